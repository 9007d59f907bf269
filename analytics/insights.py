"""What the history teaches: which categories are asked about, what they yield, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Avg, Count, QuerySet, Sum
from django.db.models.functions import ExtractHour

from analytics.models import SearchHistory

DEFAULT_DAYS = 30
PERIODS = (7, 30, 90, 365)  # days; 0 is everything
MOST_GROUPS = 200  # sets of categories added up; a reseller asks about far fewer


class AnswerKind(StrEnum):
    """How a search was answered."""

    FREE = "free"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which searches to show; empty is all. ``days`` counts back from now, 0 is everything."""

    search_type: str = ""
    source: str = ""
    answer: str = ""
    days: int = DEFAULT_DAYS


@dataclass(frozen=True, slots=True)
class CategoryInsight:
    """What searching a category has brought; ``average_roi`` is of real costs only, in percent."""

    marketplace: str
    category_id: int
    searches: int
    tokens_spent: int
    tokens_saved: int
    average_roi: float | None


def searches_of(*, user_id: str, chosen: HistoryFilter, now: datetime) -> QuerySet[SearchHistory]:
    """The user's searches that pass the filter, newest first."""
    rows = SearchHistory.objects.filter(user_id=user_id)
    if chosen.days:
        rows = rows.filter(created_at__gte=now - timedelta(days=chosen.days))
    if chosen.search_type:
        rows = rows.filter(search_type=chosen.search_type)
    if chosen.source:
        rows = rows.filter(source=chosen.source)
    if chosen.answer in set(AnswerKind):
        rows = rows.filter(cache_hit=chosen.answer == AnswerKind.FREE)
    return rows.order_by("-created_at", "pk")


def popular_categories(*, rows: QuerySet[SearchHistory], most: int) -> list[CategoryInsight]:
    """The categories most asked about, in one statement: the most searched first.

    A search over several categories counts for each of them.
    """
    groups = (
        rows.order_by()
        .values("marketplace", "filters__root_categories", "filters__categories_include")
        .annotate(
            searches=Count("pk"),
            spent=Sum("tokens_spent", default=0),
            saved=Sum("tokens_saved", default=0),
            roi=Avg("average_roi"),
            with_roi=Count("average_roi"),
        )
        .order_by("-searches")[:MOST_GROUPS]
    )
    totals: dict[tuple[str, int], list[float]] = {}
    for group in groups:
        ids = _ids(group["filters__root_categories"], group["filters__categories_include"])
        for category_id in ids:
            total = totals.setdefault((group["marketplace"] or "", category_id), [0.0] * 5)
            total[0] += group["searches"]
            total[1] += group["spent"]
            total[2] += group["saved"]
            total[3] += (group["roi"] or 0.0) * group["with_roi"]
            total[4] += group["with_roi"]
    insights = [
        CategoryInsight(
            marketplace=marketplace,
            category_id=category_id,
            searches=int(searches),
            tokens_spent=int(spent),
            tokens_saved=int(saved),
            average_roi=roi / with_roi if with_roi else None,
        )
        for (marketplace, category_id), (searches, spent, saved, roi, with_roi) in totals.items()
    ]
    return sorted(insights, key=lambda one: (-one.searches, one.category_id))[:most]


def searches_by_hour(*, rows: QuerySet[SearchHistory]) -> list[int]:
    """How many searches began in each hour of the day, 0 to 23, in the site's time zone."""
    counts = [0] * 24
    hours = (
        rows.order_by()
        .filter(created_at__isnull=False)
        .annotate(hour=ExtractHour("created_at"))
        .values_list("hour")
        .annotate(Count("pk"))
    )
    for hour, count in hours:
        counts[hour] = count
    return counts


def _ids(*stored: Any) -> Iterable[int]:
    # Adopted rows hold another program's JSON: any shape.
    for found in stored:
        if isinstance(found, list):
            yield from (one for one in found if isinstance(one, int))
