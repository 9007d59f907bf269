"""Sums of history and ledger by day, so that ``/metrics`` need not read every row there is."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0007_history_of_agents"),
    ]

    operations = [
        migrations.CreateModel(
            name="LedgerDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("endpoint", models.CharField(max_length=20, verbose_name="endpoint")),
                ("purpose", models.CharField(max_length=20, verbose_name="purpose")),
                ("outcome", models.CharField(max_length=20, verbose_name="outcome")),
                ("calls", models.BigIntegerField(verbose_name="calls")),
                ("tokens", models.BigIntegerField(verbose_name="tokens")),
            ],
            options={
                "verbose_name": "day of the ledger",
                "verbose_name_plural": "days of the ledger",
                "db_table": "ledger_day",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "endpoint", "purpose", "outcome"), name="ledger_day_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("search_type", models.CharField(max_length=50, verbose_name="kind")),
                ("source", models.CharField(max_length=50, verbose_name="source")),
                ("result", models.CharField(max_length=8, verbose_name="result")),
                ("searches", models.BigIntegerField(verbose_name="searches")),
                ("tokens_saved", models.BigIntegerField(verbose_name="tokens saved")),
            ],
            options={
                "verbose_name": "day of searches",
                "verbose_name_plural": "days of searches",
                "db_table": "search_day",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "search_type", "source", "result"), name="search_day_once"
                    )
                ],
            },
        ),
        # What was added up before begins anew, with its days.
        migrations.RunSQL("DELETE FROM rollup_state", migrations.RunSQL.noop),
    ]
