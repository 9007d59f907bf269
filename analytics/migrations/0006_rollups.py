"""Sums of history and ledger by quarter of an hour, and triggers that note which of them changed.

A new row costs its trigger one comparison: only rows dated more than ten minutes ago, or changed
later than that, make their quarter stale. The first run of ``roll-up`` adds up what is there.
"""

from __future__ import annotations

from django.db import migrations, models

TABLES = ("search_history", "keepa_token_ledger")

# A quarter is noted once a transaction. Somebody else's mark must not stand for ours: a roll-up that
# does not see our row yet may be taking it away.
FUNCTIONS = """
CREATE FUNCTION note_stale_quarter(source text, moment timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO stale_quarter (source, quarter, noted_by)
    SELECT source, quarter, pg_current_xact_id()::text::bigint
      FROM date_bin('15 minutes', moment, timestamptz '2000-01-01 00:00+00') AS quarter
     WHERE isfinite(moment) AND NOT EXISTS (
        SELECT FROM stale_quarter AS known
         WHERE known.source = note_stale_quarter.source
           AND known.quarter = quarter.quarter
           AND known.noted_by = pg_current_xact_id()::text::bigint)
$$;

CREATE FUNCTION rolled_row_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM note_stale_quarter(TG_TABLE_NAME, OLD.created_at);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM note_stale_quarter(TG_TABLE_NAME, NEW.created_at);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION rolled_table_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM rollup_state WHERE source = TG_TABLE_NAME;
    RETURN NULL;
END
$$;
"""
NO_FUNCTIONS = """
DROP FUNCTION rolled_table_emptied();
DROP FUNCTION rolled_row_changed();
DROP FUNCTION note_stale_quarter(text, timestamptz);
"""

TRIGGERS = """
CREATE TRIGGER rolled_row_added AFTER INSERT ON {table} FOR EACH ROW
    WHEN (NEW.created_at < now() - interval '10 minutes')
    EXECUTE FUNCTION rolled_row_changed();
CREATE TRIGGER rolled_row_changed AFTER UPDATE ON {table} FOR EACH ROW
    WHEN (least(OLD.created_at, NEW.created_at) < now() - interval '10 minutes')
    EXECUTE FUNCTION rolled_row_changed();
CREATE TRIGGER rolled_row_removed AFTER DELETE ON {table} FOR EACH ROW
    WHEN (OLD.created_at < now() - interval '10 minutes')
    EXECUTE FUNCTION rolled_row_changed();
CREATE TRIGGER rolled_table_emptied AFTER TRUNCATE ON {table} FOR EACH STATEMENT
    EXECUTE FUNCTION rolled_table_emptied();
"""
NO_TRIGGERS = """
DROP TRIGGER rolled_row_added ON {table};
DROP TRIGGER rolled_row_changed ON {table};
DROP TRIGGER rolled_row_removed ON {table};
DROP TRIGGER rolled_table_emptied ON {table};
"""


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0005_history_names_its_run"),
        ("discovery", "0003_own_tables"),  # of the ledger
    ]

    operations = [
        migrations.CreateModel(
            name="RollupState",
            fields=[
                (
                    "source",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="table"
                    ),
                ),
                ("rolled_until", models.DateTimeField(verbose_name="added up until")),
            ],
            options={
                "verbose_name": "state of a roll-up",
                "verbose_name_plural": "states of roll-ups",
                "db_table": "rollup_state",
            },
        ),
        migrations.CreateModel(
            name="SearchQuarter",
            fields=[
                (
                    "quarter",
                    models.DateTimeField(
                        primary_key=True, serialize=False, verbose_name="quarter of an hour"
                    ),
                ),
                ("answered", models.BigIntegerField(verbose_name="searches")),
                ("hits", models.BigIntegerField(verbose_name="cache hits")),
                ("tokens_saved", models.BigIntegerField(verbose_name="tokens saved")),
            ],
            options={
                "verbose_name": "quarter of an hour of searches",
                "verbose_name_plural": "quarters of an hour of searches",
                "db_table": "search_quarter",
            },
        ),
        migrations.CreateModel(
            name="LedgerQuarter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quarter", models.DateTimeField(verbose_name="quarter of an hour")),
                ("endpoint", models.CharField(max_length=20, verbose_name="endpoint")),
                ("purpose", models.CharField(max_length=20, verbose_name="purpose")),
                ("calls", models.BigIntegerField(verbose_name="calls")),
                ("failed", models.BigIntegerField(verbose_name="not answered")),
                ("tokens", models.BigIntegerField(verbose_name="tokens")),
            ],
            options={
                "verbose_name": "quarter of an hour of the ledger",
                "verbose_name_plural": "quarters of an hour of the ledger",
                "db_table": "ledger_quarter",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("quarter", "endpoint", "purpose"), name="ledger_quarter_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StaleQuarter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=40, verbose_name="table")),
                ("quarter", models.DateTimeField(verbose_name="quarter of an hour")),
                ("noted_by", models.BigIntegerField(verbose_name="transaction")),
            ],
            options={
                "verbose_name": "quarter to add up anew",
                "verbose_name_plural": "quarters to add up anew",
                "db_table": "stale_quarter",
                "indexes": [models.Index(fields=["source", "quarter"], name="stale_quarter_of")],
            },
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        *(
            migrations.RunSQL(TRIGGERS.format(table=table), NO_TRIGGERS.format(table=table))
            for table in TABLES
        ),
    ]
