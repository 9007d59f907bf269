"""Products stored before have their curve of 90 days too, while the site goes on working.

Not with the column itself: the lock that adding one takes would be held until the last is drawn.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import migrations

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
    """Fill the column of every product that has a history of its rank and no curve yet.

    Each batch is committed by itself: broken off, it goes on where it was.
    """
    products = apps.get_model("discovery", "KeepaProduct").objects
    last = 0
    while True:
        rows = list(
            products.filter(pk__gt=last, rank_spark=[])
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
    atomic = False

    dependencies = [
        ("discovery", "0032_names_of_cache_entries"),
    ]

    operations = [
        migrations.RunPython(draw, migrations.RunPython.noop, elidable=True),
    ]
