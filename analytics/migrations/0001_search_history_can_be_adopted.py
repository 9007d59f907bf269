from __future__ import annotations

import django.db.models.functions.datetime
from django.db import migrations, models

import analytics.models
from discovery.migrations._adoption import RefuseUnadoptable


class Migration(migrations.Migration):
    """Look at search_history before the caches are converted: all three are adopted, or none."""

    initial = True

    dependencies = []

    run_before = [("discovery", "0001_caches")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="SearchHistory",
                    fields=[
                        (
                            "id",
                            models.CharField(
                                db_default=analytics.models.RandomUUIDText(),
                                editable=False,
                                max_length=36,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "user_id",
                            models.CharField(
                                blank=True, max_length=36, null=True, verbose_name="user"
                            ),
                        ),
                        (
                            "search_type",
                            models.CharField(
                                choices=[
                                    ("discovery", "discovery"),
                                    ("scoring", "scoring"),
                                    ("autosourcing", "AutoSourcing"),
                                    ("bulk", "list analysis"),
                                ],
                                max_length=50,
                                verbose_name="kind",
                            ),
                        ),
                        ("filters", models.JSONField(verbose_name="filters")),
                        ("results_count", models.IntegerField(verbose_name="results")),
                        (
                            "source",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("frontend", "website"),
                                    ("api", "API"),
                                    ("manual", "command line"),
                                    ("schedule", "schedule"),
                                ],
                                max_length=50,
                                null=True,
                                verbose_name="source",
                            ),
                        ),
                        (
                            "created_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                null=True,
                                verbose_name="when",
                            ),
                        ),
                        (
                            "marketplace",
                            models.CharField(
                                blank=True, max_length=8, null=True, verbose_name="marketplace"
                            ),
                        ),
                        ("cache_hit", models.BooleanField(null=True, verbose_name="cache hit")),
                        (
                            "duration_ms",
                            models.IntegerField(null=True, verbose_name="duration (ms)"),
                        ),
                        (
                            "tokens_spent",
                            models.IntegerField(null=True, verbose_name="tokens spent"),
                        ),
                        (
                            "tokens_saved",
                            models.IntegerField(null=True, verbose_name="tokens saved"),
                        ),
                        ("average_roi", models.FloatField(null=True, verbose_name="mean ROI %")),
                        (
                            "strong_buys",
                            models.IntegerField(null=True, verbose_name="STRONG_BUY verdicts"),
                        ),
                    ],
                    options={
                        "verbose_name": "search",
                        "verbose_name_plural": "search history",
                        "db_table": "search_history",
                        "indexes": [
                            models.Index(fields=["created_at"], name="idx_history_created_at"),
                            models.Index(fields=["user_id"], name="idx_history_user_id"),
                            models.Index(fields=["search_type"], name="idx_history_search_type"),
                        ],
                    },
                ),
            ]
        ),
        RefuseUnadoptable(["SearchHistory"]),
    ]
