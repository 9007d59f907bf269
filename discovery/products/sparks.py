"""The rank of the last 90 days as a small curve: its points as stored, its path as drawn."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter

from discovery.models import KeepaProduct

DAYS, POINTS = 90, 30
STEP = 2  # units of the drawing between two points
WIDTH, HEIGHT = STEP * (POINTS - 1), 16


def rank_points(series: Iterable[tuple[int, int | None]], *, until: datetime) -> list[int | None]:
    """The rank at ``POINTS`` moments of the 90 days before ``until``, the oldest first.

    Empty where no rank is known in them. ``series`` holds moments (unix seconds) and what was the
    rank from then on.
    """
    known = sorted(series, key=itemgetter(0))
    times = [at for at, _rank in known]
    points: list[int | None] = []
    for nth in range(1, POINTS + 1):
        moment = (until - timedelta(days=DAYS * (1 - nth / POINTS))).timestamp()
        at = bisect_right(times, moment)
        current = known[at - 1][1] if at else None
        points.append(current if current and current > 0 else None)
    return points if any(points) else []


def spark_path(points: Sequence[int | None]) -> str:
    """The path of the curve in ``WIDTH`` by ``HEIGHT``, the best rank on top; empty for nothing."""
    known = [math.log(point) for point in points if point]
    if len(known) < 2:
        return ""
    best, worst = min(known), max(known)
    span = (worst - best) or 1
    path, is_drawing = [], False
    for nth, point in enumerate(points):
        if point:
            height = 1 + round((HEIGHT - 2) * (math.log(point) - best) / span)
            height = HEIGHT // 2 if worst == best else height
            path.append(f"{'L' if is_drawing else 'M'}{STEP * nth} {height}")
        is_drawing = bool(point)
    return "".join(path)


def sparks_of(*, marketplace: str, asins: Sequence[str]) -> dict[str, str]:
    """ASIN -> the path of its curve, in one small statement; absent where there is none."""
    rows = KeepaProduct.objects.filter(marketplace=marketplace, asin__in=asins)
    return {
        asin: path
        for asin, points in rows.values_list("asin", "rank_spark")
        if (path := spark_path(points))
    }
