from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Remember when the cache alert was last raised."""

    dependencies = [
        ("analytics", "0002_search_history"),
    ]

    operations = [
        migrations.CreateModel(
            name="CacheAlert",
            fields=[
                (
                    "name",
                    models.CharField(
                        max_length=40, primary_key=True, serialize=False, verbose_name="alert"
                    ),
                ),
                ("last_alert_at", models.DateTimeField(verbose_name="last alert")),
                ("ratio", models.FloatField(verbose_name="hit ratio")),
            ],
            options={
                "verbose_name": "cache alert",
                "verbose_name_plural": "cache alerts",
                "db_table": "cache_alert",
            },
        ),
    ]
