"""Tables draw the rank of 90 days from a small column; filters of tables have names."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

BATCH = 500
DAYS, POINTS = 90, 30


def points_of(series: dict[str, Any], until: datetime) -> list[int | None]:
    """The rank at 30 moments of the 90 days before, the oldest first; empty for none."""
    known = list(zip(series.get("times", ()), series.get("values", ()), strict=False))
    points: list[int | None] = []
    at, current = 0, None
    for nth in range(1, POINTS + 1):
        moment = (until - timedelta(days=DAYS * (1 - nth / POINTS))).timestamp()
        while at < len(known) and known[at][0] <= moment:
            current = known[at][1]
            at += 1
        points.append(current if current and current > 0 else None)
    return points if any(points) else []


def draw(apps: Any, _schema_editor: Any) -> None:
    """Fill the column of every product that has a history of its rank, batch by batch."""
    products = apps.get_model("discovery", "KeepaProduct").objects
    last = 0
    while True:
        rows = list(
            products.filter(pk__gt=last)
            .order_by("pk")
            .values_list("pk", "history__SALES", "fetched_at")[:BATCH]
        )
        if not rows:
            return
        last = rows[-1][0]
        drawn = [
            products.model(pk=pk, rank_spark=points)
            for pk, series, fetched_at in rows
            if isinstance(series, dict) and (points := points_of(series, fetched_at))
        ]
        products.bulk_update(drawn, ["rank_spark"])


class Migration(migrations.Migration):
    dependencies = [
        ("discovery", "0027_product_costs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="keepaproduct",
            name="rank_spark",
            field=models.JSONField(
                blank=True,
                db_default=models.Value([], models.JSONField()),
                default=list,
                help_text="A few ranks of the last 90 days, for the small curve in tables.",
                verbose_name="rank, 90 days",
            ),
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(max_length=500, verbose_name="query")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_filters",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved filter",
                "verbose_name_plural": "saved filters",
                "db_table": "saved_filter",
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(fields=("user", "name"), name="saved_filter_name")
                ],
            },
        ),
        migrations.RunPython(draw, migrations.RunPython.noop, elidable=True),
    ]
