from __future__ import annotations

import django.db.models.functions.datetime
from django.db import migrations, models

from discovery.migrations._adoption import AdoptOrCreateTables


class Migration(migrations.Migration):
    """The two caches: adopted where a live database already holds them, else created."""

    initial = True

    dependencies = []

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="DiscoveryCacheEntry",
                    fields=[
                        (
                            "cache_key",
                            models.CharField(
                                max_length=255,
                                primary_key=True,
                                serialize=False,
                                verbose_name="cache key",
                            ),
                        ),
                        ("asins", models.JSONField(verbose_name="ASINs")),
                        (
                            "filters_applied",
                            models.JSONField(blank=True, null=True, verbose_name="filters"),
                        ),
                        (
                            "created_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                null=True,
                                verbose_name="created",
                            ),
                        ),
                        ("expires_at", models.DateTimeField(verbose_name="expires")),
                        (
                            "hit_count",
                            models.IntegerField(db_default=0, null=True, verbose_name="hits"),
                        ),
                        (
                            "marketplace",
                            models.CharField(
                                db_default="us", max_length=8, verbose_name="marketplace"
                            ),
                        ),
                        (
                            "total_results",
                            models.IntegerField(
                                blank=True,
                                help_text="Keepa's own estimate.",
                                null=True,
                                verbose_name="matches at Keepa",
                            ),
                        ),
                        (
                            "tokens_spent",
                            models.IntegerField(db_default=0, verbose_name="tokens spent"),
                        ),
                        (
                            "last_hit_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="last hit"),
                        ),
                    ],
                    options={
                        "verbose_name": "discovery cache entry",
                        "verbose_name_plural": "discovery cache",
                        "db_table": "product_discovery_cache",
                        "indexes": [
                            models.Index(fields=["expires_at"], name="idx_discovery_expires_at"),
                            models.Index(fields=["created_at"], name="idx_discovery_created_at"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ScoringCacheEntry",
                    fields=[
                        (
                            "cache_key",
                            models.CharField(
                                max_length=255,
                                primary_key=True,
                                serialize=False,
                                verbose_name="cache key",
                            ),
                        ),
                        ("asin", models.CharField(max_length=20, verbose_name="ASIN")),
                        ("roi_percent", models.FloatField(verbose_name="ROI %")),
                        ("velocity_score", models.FloatField(verbose_name="velocity")),
                        ("recommendation", models.CharField(max_length=50, verbose_name="verdict")),
                        (
                            "title",
                            models.CharField(
                                blank=True, max_length=500, null=True, verbose_name="title"
                            ),
                        ),
                        ("price", models.FloatField(blank=True, null=True, verbose_name="price")),
                        ("bsr", models.IntegerField(blank=True, null=True, verbose_name="BSR")),
                        (
                            "created_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                null=True,
                                verbose_name="created",
                            ),
                        ),
                        ("expires_at", models.DateTimeField(verbose_name="expires")),
                        (
                            "hit_count",
                            models.IntegerField(db_default=0, null=True, verbose_name="hits"),
                        ),
                        (
                            "marketplace",
                            models.CharField(
                                db_default="us", max_length=8, verbose_name="marketplace"
                            ),
                        ),
                        (
                            "breakdown",
                            models.JSONField(blank=True, null=True, verbose_name="breakdown"),
                        ),
                        (
                            "tokens_spent",
                            models.IntegerField(db_default=0, verbose_name="tokens spent"),
                        ),
                    ],
                    options={
                        "verbose_name": "scoring cache entry",
                        "verbose_name_plural": "scoring cache",
                        "db_table": "product_scoring_cache",
                        "indexes": [
                            models.Index(fields=["expires_at"], name="idx_scoring_expires_at"),
                            models.Index(fields=["asin"], name="idx_scoring_asin"),
                            models.Index(fields=["roi_percent"], name="idx_scoring_roi"),
                            models.Index(fields=["velocity_score"], name="idx_scoring_velocity"),
                        ],
                    },
                ),
            ]
        ),
        AdoptOrCreateTables(["DiscoveryCacheEntry", "ScoringCacheEntry"]),
    ]
