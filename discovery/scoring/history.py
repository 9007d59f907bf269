"""From a product's histories to its ``Measures``, once, when it is fetched.

A value of a series holds from its time until the next; ``None`` means no offer (or no rank). Time
before the first point is unknown and counts for nothing, and so does a point of the future (the
announced end of a deal).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter

from discovery.scoring.codes import (
    Condition,
    PriceSeries,
)
from discovery.scoring.dips import dip_of
from discovery.scoring.inputs import (
    Measures,
    PriceDistribution,
    PriceMeasures,
)
from discovery.scoring.prices import MARKETPLACE_SERIES, MEANING_CHANGED_UNTIL, SELL_SIDE

DAY = 86_400
MOST_POINTS = 32  # distinct prices kept of a distribution; more are merged with their neighbours
ALL = 10_000  # basis points
# A rank moves by the hour. One that was noted less often than once a week on average was not
# watched: that no drop was seen then tells nothing.
LOOKED_AT_EVERY = 7 * DAY

Point = tuple[int, int | None]
Series = Sequence[Point]


@dataclass(frozen=True, slots=True)
class History:
    """Time series by Keepa's names, ascending: (unix seconds, value or None).

    Prices are in minor units (cents; whole yen), those of ``BUY_BOX_SHIPPING``, ``NEW_FBA``,
    ``NEW``, ``AMAZON``, ``USED`` and ``BUY_BOX_USED_SHIPPING`` are read, shipping included where
    the name says so; ``SALES`` holds ranks, ``COUNT_NEW`` and ``COUNT_USED`` offers. Other series
    are ignored, absent ones are unknown.
    """

    series: Mapping[str, Series] = field(default_factory=dict)

    def of(self, name: str) -> Series:
        """A series by its name; empty when it is unknown."""
        return self.series.get(name, ())


def measure(history: History, *, now: datetime) -> Measures:
    """Everything the engine needs of a product's past. Raises ValueError for a naive ``now``."""
    if now.tzinfo is None:
        raise ValueError("now must be an aware datetime")
    until = int(now.astimezone(UTC).timestamp())
    ranks = history.of("SALES")
    return Measures(
        history_days=_history_days(history, until),
        new=_price_measures(history, Condition.NEW, until),
        used=_price_measures(history, Condition.USED, until),
        rank_trend=_trend(ranks, until),
        drop_days_180=_drop_days(ranks, until),
        amazon_presence_90=_presence(history.of(PriceSeries.AMAZON), until),
        new_offers_trend=_trend(history.of("COUNT_NEW"), until),
        used_offers_trend=_trend(history.of("COUNT_USED"), until),
        most_new_offers_180=_most(history.of("COUNT_NEW"), until - 180 * DAY, until),
        dip=dip_of(history.of(PriceSeries.AMAZON), history.of(PriceSeries.BUY_BOX), until),
    )


def _history_days(history: History, until: int) -> int:
    names = ("SALES", *PriceSeries)
    starts = [series[0][0] for name in names if (series := history.of(name))]
    return max(0, (until - min(starts)) // DAY) if starts else 0


def _price_measures(history: History, condition: Condition, until: int) -> PriceMeasures | None:
    """Measures of the best sell-side series that held a price in the last 180 days."""
    for series in SELL_SIDE[condition]:
        points = _of_one_meaning(history.of(series), series, until)
        window_180 = _distribution(points, until - 180 * DAY, until)
        if window_180 is None:
            continue
        window_90 = _distribution(points, until - 90 * DAY, until)
        usual = window_90 or window_180
        last = next((v for at, v in reversed(points) if v is not None and at <= until), None)
        median = usual.quantile(ALL // 2)
        return PriceMeasures(
            series=series,
            p25=usual.quantile(ALL // 4),
            median=median,
            p75=usual.quantile(3 * ALL // 4),
            window_90=window_90,
            window_180=window_180,
            trend=_trend(points, until),
            last_to_median=None if not last or not median else round(last / median, 4),
            in_stock_90=_presence(points, until),
        )
    return None


def _of_one_meaning(points: Series, series: PriceSeries, until: int) -> Series:
    """The part of a series whose prices mean the same as today's: see ``MEANING_CHANGED_UNTIL``.

    The value in force on that day holds from it on: one that shipping was added to has a point
    of its own.
    """
    changed = int(MEANING_CHANGED_UNTIL.timestamp())
    if series not in MARKETPLACE_SERIES or until <= changed:
        return points
    since = bisect_right(points, changed, key=itemgetter(0))
    if not since:
        return points
    return [(changed, points[since - 1][1]), *points[since:]]


def _spans(points: Series, since: int, until: int) -> Iterator[tuple[int | None, int]]:
    """(value, seconds it held) within a window."""
    # The point in force when the window opens, and those within it: two years lie before them.
    first = max(bisect_right(points, since, key=itemgetter(0)) - 1, 0)
    held = points[first : bisect_left(points, until, key=itemgetter(0))]
    if not held or since >= until:
        return
    start, value = max(held[0][0], since), held[0][1]
    for at, following in held[1:]:
        if at > start:
            yield value, at - start
        start, value = at, following
    yield value, until - start


def _distribution(points: Series, since: int, until: int) -> PriceDistribution | None:
    held: dict[int, int] = {}
    for value, seconds in _spans(points, since, until):
        if value is not None and value > 0:
            held[value] = held.get(value, 0) + seconds
    if not held:
        return None
    total = sum(held.values())
    prices: list[int] = []
    cumulative: list[int] = []
    passed = 0
    for price, seconds in _merged(sorted(held.items()), total):
        passed += seconds
        prices.append(price)
        cumulative.append(round(ALL * passed / total))
    return PriceDistribution(tuple(prices), tuple(cumulative))


def _merged(held: list[tuple[int, int]], total: int) -> Iterator[tuple[int, int]]:
    """Keep at most ``MOST_POINTS`` prices; a merged group keeps its lowest price (prudent)."""
    if len(held) <= MOST_POINTS:
        yield from held
        return
    group_price, group_seconds, passed, slot = held[0][0], 0, 0, 1
    for price, seconds in held:
        if group_seconds and passed >= slot * total / MOST_POINTS:
            yield group_price, group_seconds
            group_price, group_seconds = price, 0
            slot = int(passed * MOST_POINTS / total) + 1
        group_seconds += seconds
        passed += seconds
    yield group_price, group_seconds


def _mean(points: Series, since: int, until: int) -> float | None:
    total = weighted = 0
    for value, seconds in _spans(points, since, until):
        if value is not None and value > 0:
            total += seconds
            weighted += value * seconds
    return weighted / total if total else None


def _trend(points: Series, until: int) -> float | None:
    """The mean of the last 30 days over the mean of the last 90."""
    recent = _mean(points, until - 30 * DAY, until)
    longer = _mean(points, until - 90 * DAY, until)
    return None if recent is None or not longer else round(recent / longer, 4)


def _presence(points: Series, until: int) -> float | None:
    """The share of the observed last 90 days with a value."""
    seen = present = 0
    for value, seconds in _spans(points, until - 90 * DAY, until):
        seen += seconds
        present += seconds if value is not None and value > 0 else 0
    return round(present / seen, 4) if seen else None


def _most(points: Series, since: int, until: int) -> int | None:
    """The highest value seen within a window."""
    return max(
        (value for value, _ in _spans(points, since, until) if value is not None), default=None
    )


def _drop_days(ranks: Series, until: int) -> int | None:
    """Days of the last 180 on which the rank improved at least once: days with a sale.

    None when none was seen because it had no rank in those days, or was looked at too seldom.
    """
    since = until - 180 * DAY
    first, end = (bisect_right(ranks, moment, key=itemgetter(0)) for moment in (since, until))
    days, looks = set(), 0
    before = next((rank for _, rank in reversed(ranks[:first]) if rank is not None and rank > 0), 0)
    for at, rank in ranks[first:end]:
        if rank is None:
            continue
        looks += 1
        if rank > 0:
            if rank < before:
                days.add((until - at) // DAY)
            before = rank
    was_watched = looks and looks * LOOKED_AT_EVERY >= until - max(since, ranks[0][0])
    return len(days) if days or was_watched else None
