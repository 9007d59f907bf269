"""How searches were answered, a column of the history and sums of it by quarter of an hour.

The sums are filled at once, as far as the history has been added up: one reading of its rows, while
the site goes on.
"""

from __future__ import annotations

from django.db import migrations, models

# The lock is that of ``analytics.rollup``: none of its steps comes between.
FILL = """
SELECT pg_advisory_xact_lock(7215001);
INSERT INTO answer_quarter (quarter, kind, source, result, cache, answers, tokens_saved)
SELECT date_bin('15 minutes', created_at, timestamptz '2000-01-01 00:00+00'), search_type,
       coalesce(source, ''),
       CASE cache_hit WHEN true THEN 'hit' WHEN false THEN 'miss' ELSE 'unknown' END,
       CASE cache_hit WHEN true THEN 'hit' WHEN false THEN 'miss' ELSE 'unknown' END,
       count(*), sum(coalesce(tokens_saved, 0))
  FROM search_history
 WHERE created_at > '-infinity' AND created_at < (
       SELECT rolled_until FROM rollup_state WHERE source = 'search_history')
 GROUP BY 1, 2, 3, 4, 5;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0007_history_of_agents"),
    ]

    operations = [
        migrations.AddField(
            model_name="searchhistory",
            name="cache",
            field=models.CharField(
                blank=True,
                help_text="How the answer was come by: hit, subsumed, stored, stale or miss.",
                max_length=10,
                null=True,
                verbose_name="answered by",
            ),
        ),
        migrations.CreateModel(
            name="AnswerQuarter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quarter", models.DateTimeField(verbose_name="quarter of an hour")),
                ("kind", models.CharField(max_length=50, verbose_name="kind")),
                ("source", models.CharField(max_length=50, verbose_name="source")),
                ("result", models.CharField(max_length=10, verbose_name="result")),
                ("cache", models.CharField(max_length=10, verbose_name="answered by")),
                ("answers", models.BigIntegerField(verbose_name="searches")),
                ("tokens_saved", models.BigIntegerField(verbose_name="tokens saved")),
            ],
            options={
                "verbose_name": "quarter of an hour of answers",
                "verbose_name_plural": "quarters of an hour of answers",
                "db_table": "answer_quarter",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["quarter", "kind", "source", "result", "cache"],
                        name="answer_quarter_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
