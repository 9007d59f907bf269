"""One row of `/deal`: a summary of a product, from the very series `/product` tells.

Prices are without shipping, unlike those of `stats`. Of the two dimensions of `avg`, `delta` and
`deltaPercent` the first is the window (day, week, month, 90 days), the second the type, as the
public clients that read real answers have it. What fell is positive in `delta`, `deltaPercent`
and `deltaLast`; 0 where nothing can be said.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from discovery.sandbox import kinds
from discovery.sandbox.averages import UNKNOWN, summary
from discovery.sandbox.deal_request import DAYS
from discovery.sandbox.looks import noticed_at
from discovery.sandbox.market import NewMarket, has_market
from discovery.sandbox.products import Product
from discovery.sandbox.series import (
    NewSteps,
    Series,
    UsedSteps,
    has_series,
    lightning_deal,
    series_of,
)
from discovery.sandbox.times import DAY
from discovery.sandbox.used import UsedMarket
from discovery.sandbox.world import World

_LONGEST = 90 * DAY
_VERY_GOOD = 3


class Fall(NamedTuple):
    """How a type of a product stands against its mean; smallest unit or rank, -1 for none."""

    current: int
    mean: int
    delta: int
    """The mean less the current value: positive when it fell."""
    percent: int
    last: int
    """The value before less the current one."""
    since: int
    """The Keepa minute of the last change."""


class DealMarket:
    """The last 90 days of one product, as Keepa last saw them; prices without shipping."""

    def __init__(self, seen: World, product: Product) -> None:
        self.seen = seen
        self.product = product
        self._new: NewSteps | None = None
        self._used: UsedSteps | None = None

    def series(self, kind: int) -> Series | None:
        """One series from the point in force 90 days ago; None where there never was any."""
        if not has_series(self.product, kind):
            return None
        since = self.seen.now - _LONGEST
        if self._new is None and has_market(self.product):
            self._new = NewMarket(self.seen, self.product).since(since)
        if self._used is None and kind not in _READ_OFF_NEW and has_market(self.product):
            self._used = UsedMarket(self.seen, self.product).since(since)
        found = series_of(
            self.seen, self.product, kind, since=since, new=self._new, used=self._used
        )
        return None if found is None else _without_shipping(found, self.seen.now)

    def fall(self, kind: int, days: int) -> Fall:
        """The present value against the mean of so many days."""
        return _fall(self.series(kind), self.seen.now - days * DAY, self.seen.now)


_READ_OFF_NEW = frozenset({0, 1, 3, 4, 7, 8, 10, 11, 16, 17, 18, 34, 35})


def _without_shipping(series: Series, now: int) -> Series:
    values = series.values
    if series.shipping is not None:
        values = [
            value - fee if value >= 0 else value
            for value, fee in zip(series.values, series.shipping, strict=True)
        ]
    # The end of a lightning deal lies ahead; it is not the present.
    seen = sum(time <= now for time in series.times)
    return Series(series.times[:seen], values[:seen])


def _fall(series: Series | None, start: int, now: int) -> Fall:
    if series is None or not series.times:
        return Fall(UNKNOWN, UNKNOWN, 0, 0, 0, 0)
    current = series.values[-1]
    mean = summary(series, start, now).mean
    before = series.values[-2] if len(series.values) > 1 else UNKNOWN
    last = before - current if before >= 0 and current >= 0 else 0
    if current < 0 or mean <= 0:
        return Fall(current, mean, 0, 0, last, series.times[-1])
    delta = mean - current
    return Fall(current, mean, delta, round(100 * delta / mean), last, series.times[-1])


def deal_row(seen: World, product: Product, kind: int) -> dict[str, Any]:
    """A row of `dr`, for a deal of the type `kind`."""
    market = DealMarket(seen, product)
    falls = []
    for place in range(kinds.COUNT):
        series = market.series(place)
        falls.append([_fall(series, seen.now - days * DAY, seen.now) for days in DAYS])
    begin, end = lightning_deal(seen)
    runs = product.dirt.lightning and begin <= seen.now < end
    has_returns = falls[kinds.WAREHOUSE][0].current > 0
    name = f"51sandbox{product.number}L.jpg" if product.has_image else ""
    windows = range(len(DAYS))
    return {
        "asin": product.asin,
        "parentAsin": product.parent_asin or None,
        "title": product.title,
        "rootCat": product.category.root,
        "categories": [product.category.id],
        "image": list(name.encode("ascii")) or None,
        "current": [fall[0].current for fall in falls],
        "currentSince": [fall[0].since for fall in falls],
        "avg": [[fall[window].mean for fall in falls] for window in windows],
        "delta": [[fall[window].delta for fall in falls] for window in windows],
        "deltaPercent": [[fall[window].percent for fall in falls] for window in windows],
        "deltaLast": [fall[0].last for fall in falls],
        "creationDate": noticed_at(seen, product, falls[kind][0].since),
        "lastUpdate": seen.now,
        "lightningEnd": end if runs else 0,
        "warehouseCondition": _VERY_GOOD if has_returns else 0,
        "warehouseConditionComment": "Outer box damaged." if has_returns else None,
        "minRating": product.plan.rating or -1,
    }
