"""What the history teaches: which categories are asked about, what they yield, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from analytics.models import SearchHistory

DEFAULT_DAYS = 30
PERIODS = (7, 30, 90, 365)  # days; 0 is everything
MOST_SEARCHES = 50_000  # searches: what a page reads at most, so that no period takes it long
MOST_GROUPS = 200  # sets of categories added up; a reseller asks about far fewer
MOST_BARS = 120  # of a chart
ENOUGH_SEARCHES = 3  # with a known ROI, before an hour's mean is told


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


class Grain(StrEnum):
    """What a bar of a chart over time stands for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def start(self, day: date) -> date:
        """The first day of the day's week or month."""
        match self:
            case Grain.DAY:
                return day
            case Grain.WEEK:
                return day - timedelta(days=day.weekday())
            case Grain.MONTH:
                return day.replace(day=1)

    def following(self, start: date) -> date:
        """The start of the next one."""
        step = {Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 31}[self]
        return self.start(start + timedelta(days=step))


GRAINS = ((93, Grain.DAY), (370, Grain.WEEK))  # up to so many days; months beyond


@dataclass(frozen=True, slots=True)
class PeriodTotals:
    """A day of the site's time zone, or the week or month that begins on it; ``answered`` are the
    searches known to be free or paid.
    """

    first_day: date
    answered: int
    hits: int
    tokens_spent: int
    tokens_saved: int

    @property
    def ratio(self) -> float | None:
        """The share answered from the cache, 0 to 1; ``None`` without a search."""
        return self.hits / self.answered if self.answered else None


@dataclass(frozen=True, slots=True)
class HourTotals:
    """An hour of the day, 0 to 23, over the whole period; ``roi_sum`` over ``with_roi`` searches.

    Only ROI of real costs is in it.
    """

    hour: int
    searches: int
    strong_buys: int
    roi_sum: float
    with_roi: int

    @property
    def strong_buys_a_search(self) -> float:
        return self.strong_buys / self.searches if self.searches else 0.0

    @property
    def mean_roi(self) -> float | None:
        """In percent; ``None`` when too few searches had a ROI to tell a mean."""
        return self.roi_sum / self.with_roi if self.with_roi >= ENOUGH_SEARCHES else None


@dataclass(frozen=True, slots=True)
class Activity:
    """Searches by day and by hour of the day; ``total`` also counts those without a date."""

    total: int
    days: Mapping[date, PeriodTotals]
    hours: tuple[HourTotals, ...]


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


@dataclass(frozen=True, slots=True)
class LatestSearches:
    """What a page tells about; ``is_cut`` when there is more than the latest ``MOST_SEARCHES``."""

    rows: QuerySet[SearchHistory]
    is_cut: bool


def latest_searches(*, rows: QuerySet[SearchHistory], most: int | None = None) -> LatestSearches:
    """The latest ``most`` of the rows, which are sorted newest first: one small statement."""
    most = MOST_SEARCHES if most is None else most
    dated = rows.filter(created_at__isnull=False).values_list("created_at", flat=True)
    boundary = dated[most : most + 1].first()
    if boundary is None:
        return LatestSearches(rows, is_cut=False)
    return LatestSearches(rows.filter(created_at__gt=boundary), is_cut=True)


def page_of_searches(
    *, rows: QuerySet[SearchHistory], start: int, stop: int
) -> list[SearchHistory]:
    """The rows of one page, by their keys first: skipping many then reads the index alone."""
    keys = list(rows.values_list("pk", flat=True)[start:stop])
    found = SearchHistory.objects.in_bulk(keys)
    return [found[key] for key in keys if key in found]


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
            roi=Sum("average_roi", default=0.0),
            with_roi=Count("average_roi"),
        )
        .order_by("-searches")[:MOST_GROUPS]
    )
    totals: dict[tuple[str, int], list[float]] = defaultdict(lambda: [0.0] * 5)
    for group in groups:
        ids = _ids(group["filters__root_categories"], group["filters__categories_include"])
        for category_id in ids:
            total = totals[group["marketplace"] or "", category_id]
            _add(total, group, ("searches", "spent", "saved", "roi", "with_roi"))
    insights = [
        CategoryInsight(
            marketplace=marketplace,
            category_id=category_id,
            searches=int(searches),
            tokens_spent=int(spent),
            tokens_saved=int(saved),
            average_roi=roi / with_roi if with_roi else None,
        )
        for (marketplace, category_id), (searches, spent, saved, roi, with_roi) in (totals.items())
    ]
    return sorted(insights, key=lambda found: (-found.searches, found.category_id))[:most]


def activity(*, rows: QuerySet[SearchHistory]) -> Activity:
    """Everything the rows tell about when, in one statement: one group an hour of the calendar."""
    groups = (
        rows.order_by()
        .annotate(at=TruncHour("created_at"))
        .values("at")
        .annotate(
            searches=Count("*"),
            answered=Count("cache_hit"),
            hits=Count("cache_hit", filter=Q(cache_hit=True)),
            spent=Sum("tokens_spent", default=0),
            saved=Sum("tokens_saved", default=0),
            strong_buys=Sum("strong_buys", default=0),
            roi=Sum("average_roi", default=0.0),
            with_roi=Count("average_roi"),
        )
    )
    days: dict[date, list[int]] = defaultdict(lambda: [0] * 4)
    hours: list[list[float]] = [[0, 0, 0.0, 0] for _hour in range(24)]
    total = 0
    for group in groups:
        total += group["searches"]
        if (at := group["at"]) is None:
            continue  # an adopted row that never said when
        _add(days[at.date()], group, ("answered", "hits", "spent", "saved"))
        _add(hours[at.hour], group, ("searches", "strong_buys", "roi", "with_roi"))
    return Activity(
        total=total,
        days={day: PeriodTotals(day, *figures) for day, figures in days.items()},
        hours=tuple(
            HourTotals(hour, int(searches), int(strong), roi, int(with_roi))
            for hour, (searches, strong, roi, with_roi) in enumerate(hours)
        ),
    )


def periods(*, found: Activity, days: int, now: datetime) -> tuple[Grain, list[PeriodTotals]]:
    """The figures day by day, week by week or month by month, whichever can be read as bars.

    The oldest first, those without a search included; the first may have begun before the period.
    """
    grain = next((grain for most, grain in GRAINS if 0 < days <= most), Grain.MONTH)
    today = timezone.localdate(now)
    first = (
        timezone.localdate(now - timedelta(days=days)) if days else min(found.days, default=today)
    )
    starts = _starts(grain.start(first), today, grain)[-MOST_BARS:]
    totals = {start: [0] * 4 for start in starts}
    for day in found.days.values():
        if (total := totals.get(grain.start(day.first_day))) is not None:
            _add(total, asdict(day), ("answered", "hits", "tokens_spent", "tokens_saved"))
    return grain, [PeriodTotals(start, *total) for start, total in totals.items()]


def best_hours(*, found: Activity, most: int) -> list[HourTotals]:
    """The hours that brought most STRONG_BUY verdicts; hours that brought none are left out."""
    paid = [hour for hour in found.hours if hour.strong_buys]
    return sorted(paid, key=lambda hour: (-hour.strong_buys, hour.searches, hour.hour))[:most]


def best_roi(*, found: Activity) -> HourTotals | None:
    """The hour of the best mean ROI, among those with enough searches to be told."""
    known = [hour for hour in found.hours if hour.mean_roi is not None]
    return max(known, key=lambda hour: hour.mean_roi or 0.0, default=None)


def _add(total: list[Any], group: Mapping[str, Any], names: Iterable[str]) -> None:
    for place, name in enumerate(names):
        total[place] += group[name]


def _starts(first: date, last: date, grain: Grain) -> list[date]:
    starts = [first]
    while (following := grain.following(starts[-1])) <= last:
        starts.append(following)
    return starts


def _ids(*stored: Any) -> Iterable[int]:
    # Adopted rows hold another program's JSON: any shape.
    for found in stored:
        if isinstance(found, list):
            yield from (value for value in found if isinstance(value, int))
