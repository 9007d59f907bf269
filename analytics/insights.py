"""What the history shows: which categories are asked about, what they yield, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import add
from typing import Any, NamedTuple

from django.db.models import Count, F, Q, QuerySet, Sum, TextChoices
from django.db.models.functions import TruncHour
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from analytics.models import SearchHistory

DEFAULT_DAYS = 30
PERIODS = (7, 30, 90, 365)  # days; 0 is everything
MOST_SEARCHES = 50_000  # searches: what a page reads at most, so that no period takes it long
MOST_GROUPS = 200  # sets of categories added up; a reseller asks about far fewer
MOST_BARS = 120  # of a chart
ENOUGH_SEARCHES = 3  # with a known ROI, before an hour's mean is shown


class AnswerKind(TextChoices):
    """How a search was answered."""

    FREE = "free", _("From the cache")
    PAID = "paid", _("Asked Keepa")


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which searches to show; empty is all. ``days`` counts back from now, 0 is everything."""

    search_type: str = ""
    source: str = ""
    answer: str = ""
    days: int = DEFAULT_DAYS

    @property
    def of_all_kinds(self) -> HistoryFilter:
        """All searches of the same period."""
        return HistoryFilter(days=self.days)


class Grain(TextChoices):
    """What a bar of a chart over time stands for."""

    DAY = "day", _("Day by day")
    WEEK = "week", _("Week by week")
    MONTH = "month", _("Month by month")

    def start(self, day: date) -> date:
        """The first day of the day's week or month."""
        match self:
            case Grain.WEEK:
                return day - timedelta(days=day.weekday())
            case Grain.MONTH:
                return day.replace(day=1)
        return day


GRAINS = ((93, Grain.DAY), (370, Grain.WEEK))  # up to so many days; months beyond


class Totals(NamedTuple):
    """What a group of searches adds up to.

    ``answered`` are those known to be free or paid, ``hits`` the free ones. ``roi_sum`` adds up
    the mean ROI, in percent, of the ``with_roi`` searches that had one: real costs only.
    """

    searches: int = 0
    answered: int = 0
    hits: int = 0
    tokens_spent: int = 0
    tokens_saved: int = 0
    strong_buys: int = 0
    roi_sum: float = 0.0
    with_roi: int = 0

    def plus(self, other: Totals) -> Totals:
        """Both groups together."""
        return Totals(*map(add, self, other))

    @property
    def misses(self) -> int:
        """Searches that asked Keepa."""
        return self.answered - self.hits

    @property
    def hit_percent(self) -> float | None:
        """The share answered from the cache, in percent; ``None`` without a search."""
        return 100 * self.hits / self.answered if self.answered else None

    @property
    def strong_buys_a_search(self) -> float:
        """STRONG_BUY verdicts a search brought; 0 without a search."""
        return self.strong_buys / self.searches if self.searches else 0.0

    @property
    def mean_roi(self) -> float | None:
        """In percent; ``None`` when no search had a ROI."""
        return self.roi_sum / self.with_roi if self.with_roi else None

    @property
    def reliable_roi(self) -> float | None:
        """``mean_roi``; ``None`` when it rests on fewer than ``ENOUGH_SEARCHES``."""
        return self.mean_roi if self.with_roi >= ENOUGH_SEARCHES else None


# The statements that measure ``Totals``, by its fields.
SUMS = {
    "searches": Count("*"),
    "answered": Count("cache_hit"),
    "hits": Count("cache_hit", filter=Q(cache_hit=True)),
    "tokens_spent": Sum("tokens_spent", default=0),
    "tokens_saved": Sum("tokens_saved", default=0),
    "strong_buys": Sum("strong_buys", default=0),
    "roi_sum": Sum("average_roi", default=0.0),
    "with_roi": Count("average_roi"),
}


@dataclass(frozen=True, slots=True)
class Activity:
    """Searches by day and by hour of the day (24 of them), in the site's time zone.

    ``total`` also counts the searches without a date.
    """

    total: int
    days: Mapping[date, Totals]
    hours: Sequence[Totals]


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


def latest_searches(
    *,
    rows: QuerySet[SearchHistory],
    among: QuerySet[SearchHistory] | None = None,
    most: int | None = None,
) -> tuple[QuerySet[SearchHistory], bool]:
    """The rows that are of the latest ``most`` of ``among``, and whether there are more of these.

    Both are sorted newest first. ``among`` is ``rows`` unless given, ``most`` is ``MOST_SEARCHES``:
    a filter that few searches pass is not looked for in all there are. One small statement.
    """
    most = MOST_SEARCHES if most is None else most
    counted = rows if among is None else among
    dated = counted.filter(created_at__isnull=False).values_list("created_at", flat=True)
    boundary = dated[most : most + 1].first()
    return (rows, False) if boundary is None else (rows.filter(created_at__gt=boundary), True)


def page_of_searches(
    *, rows: QuerySet[SearchHistory], start: int, stop: int
) -> list[SearchHistory]:
    """The rows of one page, by their keys first: skipping many then reads the index alone."""
    keys = list(rows.values_list("pk", flat=True)[start:stop])
    found = SearchHistory.objects.in_bulk(keys)
    return [found[key] for key in keys if key in found]


def popular_categories(
    *, rows: QuerySet[SearchHistory], most: int
) -> list[tuple[str, int, Totals]]:
    """Marketplace, category and totals of the categories most asked about, in one statement.

    The most searched first. A search over several categories counts for each of them.
    """
    groups = (
        rows.order_by()
        .values_list("marketplace", "filters__root_categories", "filters__categories_include")
        .annotate(**SUMS)
        .order_by(F("searches").desc())[:MOST_GROUPS]
    )
    found: dict[tuple[str, int], Totals] = defaultdict(Totals)
    for marketplace, roots, included, *sums in groups:
        for category_id in _ids(roots, included):
            key = marketplace or "", category_id
            found[key] = found[key].plus(Totals(*sums))
    ranked = [(marketplace, category, totals) for (marketplace, category), totals in found.items()]
    return sorted(ranked, key=lambda row: (-row[2].searches, row[1]))[:most]


def activity(*, rows: QuerySet[SearchHistory]) -> Activity:
    """When the rows were asked, in one statement: one group an hour of the calendar."""
    groups = rows.order_by().annotate(at=TruncHour("created_at")).values_list("at").annotate(**SUMS)
    days: dict[date, Totals] = defaultdict(Totals)
    hours = [Totals()] * 24
    total = 0
    for at, *sums in groups:
        totals = Totals(*sums)
        total += totals.searches
        if at is not None:  # adopted rows may not say when
            days[at.date()] = days[at.date()].plus(totals)
            hours[at.hour] = hours[at.hour].plus(totals)
    return Activity(total=total, days=dict(days), hours=hours)


def periods(*, found: Activity, days: int, now: datetime) -> tuple[Grain, dict[date, Totals]]:
    """The figures day by day, week by week or month by month, whichever can be read as bars.

    Each period by its first day, the oldest first, those without a search included; the first may
    have begun before the last ``days``. At most ``MOST_BARS``; 0 days is the whole history.
    """
    grain = next((grain for most, grain in GRAINS if 0 < days <= most), Grain.MONTH)
    today = timezone.localdate(now)
    first = (
        timezone.localdate(now - timedelta(days=days)) if days else min(found.days, default=today)
    )
    span = max(0, min((today - first).days, MOST_BARS * 31))
    starts = sorted({grain.start(today - timedelta(days=ago)) for ago in range(span + 1)})
    bars = dict.fromkeys(starts[-MOST_BARS:], Totals())
    for day, totals in found.days.items():
        if (start := grain.start(day)) in bars:
            bars[start] = bars[start].plus(totals)
    return grain, bars


def best_hours(*, found: Activity, most: int) -> list[tuple[int, Totals]]:
    """The hours, 0 to 23, that brought most STRONG_BUY verdicts; none that brought none."""
    paid = [(hour, totals) for hour, totals in enumerate(found.hours) if totals.strong_buys]
    return sorted(paid, key=lambda row: (-row[1].strong_buys, row[1].searches, row[0]))[:most]


def best_roi(*, found: Activity) -> tuple[int, Totals] | None:
    """The hour, 0 to 23, of the best mean ROI, among those with enough searches to be reliable."""
    known = [row for row in enumerate(found.hours) if row[1].reliable_roi is not None]
    return max(known, key=lambda row: row[1].reliable_roi or 0.0, default=None)


def _ids(*stored: Any) -> Iterable[int]:
    # Adopted rows hold another program's JSON: any shape.
    for found in stored:
        if isinstance(found, list):
            yield from (value for value in found if isinstance(value, int))
