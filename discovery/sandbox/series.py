"""The series Keepa serves, read off the market states: only changes are kept, as Keepa does."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from discovery.sandbox import kinds
from discovery.sandbox.market import (
    NONE,
    NewMarket,
    NewSide,
    birth,
    charm,
    going_price,
    has_market,
)
from discovery.sandbox.products import Product
from discovery.sandbox.ranks import has_rank, rank_now, rank_points
from discovery.sandbox.times import DAY
from discovery.sandbox.used import UsedMarket, UsedSide
from discovery.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Series:
    """Keepa minutes, values (-1: none; totals for prices with shipping) and shipping, if any."""

    times: list[int]
    values: list[int]
    shipping: list[int] | None = None

    def csv(self) -> list[int]:
        """Flat pairs `[time, value, ...]`, or triplets `[time, price, shipping, ...]`."""
        flat: list[int] = []
        if self.shipping is None:
            for time, value in zip(self.times, self.values, strict=True):
                flat += (time, value)
            return flat
        for time, value, fee in zip(self.times, self.values, self.shipping, strict=True):
            flat += (time, value - fee, fee) if value >= 0 else (time, NONE, NONE)
        return flat

    def since(self, start: int) -> Series:
        """From the point in force at `start`."""
        first = max(0, bisect_right(self.times, start) - 1)
        shipping = None if self.shipping is None else self.shipping[first:]
        return Series(self.times[first:], self.values[first:], shipping)


Point = tuple[int, int]
"""A state's value (total) and shipping for one type."""

NewSteps = list[tuple[int, NewSide]]
UsedSteps = list[tuple[int, UsedSide]]

NEW_READERS: Final[dict[int, Callable[[NewSide], Point]]] = {
    kinds.AMAZON: lambda new: (new.amazon, 0),
    kinds.NEW: lambda new: (new.new, 0),
    kinds.NEW_FBM_SHIPPING: lambda new: (new.fbm, new.fbm_shipping),
    kinds.NEW_FBA: lambda new: (new.fba, 0),
    kinds.COUNT_NEW: lambda new: (new.fba_count + new.fbm_count, 0),
    kinds.BUY_BOX_SHIPPING: lambda new: (new.buy_box, max(0, new.buy_box_shipping)),
    kinds.COUNT_NEW_FBA: lambda new: (new.fba_count, 0),
    kinds.COUNT_NEW_FBM: lambda new: (new.fbm_count, 0),
}
USED_READERS: Final[dict[int, Callable[[UsedSide], Point]]] = {
    kinds.USED: lambda used: (used.used, 0),
    kinds.COLLECTIBLE: lambda used: (used.collectible, 0),
    kinds.REFURBISHED: lambda used: (used.refurbished, 0),
    kinds.WAREHOUSE: lambda used: (used.warehouse, 0),
    kinds.COUNT_USED: lambda used: (used.copies, 0),
    kinds.COUNT_REFURBISHED: lambda used: (int(used.refurbished > 0), 0),
    kinds.COUNT_COLLECTIBLE: lambda used: (int(used.collectible > 0), 0),
    kinds.USED_NEW_SHIPPING: lambda used: (used.by_condition[0], used.shipping),
    kinds.USED_VERY_GOOD_SHIPPING: lambda used: (used.by_condition[1], used.shipping),
    kinds.USED_GOOD_SHIPPING: lambda used: (used.by_condition[2], used.shipping),
    kinds.USED_ACCEPTABLE_SHIPPING: lambda used: (used.by_condition[3], used.shipping),
    kinds.REFURBISHED_SHIPPING: lambda used: (used.refurbished, 0),
    kinds.BUY_BOX_USED_SHIPPING: lambda used: (used.buy_box, 0),
}

SIMULATED: Final = frozenset(
    {*NEW_READERS, *USED_READERS, *kinds.RATING_ONLY}
    | {kinds.SALES, kinds.LISTPRICE, kinds.LIGHTNING_DEAL}
)
"""The types some product has data of; the others are null throughout."""

_USED: Final = frozenset(
    {kinds.USED, kinds.COUNT_USED, *range(19, 23), kinds.BUY_BOX_USED_SHIPPING}
)
_REFURBISHED: Final = frozenset({kinds.REFURBISHED, kinds.COUNT_REFURBISHED, 27})
_COLLECTIBLE: Final = frozenset({kinds.COLLECTIBLE, kinds.COUNT_COLLECTIBLE})


def has_series(product: Product, kind: int) -> bool:
    """Whether Keepa ever had data of this type: otherwise its series is null."""
    plan = product.plan
    if kind == kinds.SALES:
        return has_rank(product)
    if kind in kinds.RATING_ONLY:
        return has_market(product) and plan.rating > 0
    if kind == kinds.LISTPRICE:
        return has_market(product) and plan.list_price > 0
    if kind == kinds.LIGHTNING_DEAL:
        return has_market(product) and product.dirt.lightning
    if not has_market(product) or not (kind in NEW_READERS or kind in USED_READERS):
        return False
    if kind in _USED:
        return plan.used_ratio > 0
    if kind in _REFURBISHED:
        return plan.refurbished
    if kind in _COLLECTIBLE:
        return plan.collectible
    return plan.warehouse if kind == kinds.WAREHOUSE else True


def series_of(
    world: World,
    product: Product,
    kind: int,
    *,
    since: int | None = None,
    new: NewSteps | None = None,
    used: UsedSteps | None = None,
) -> Series | None:
    """One series from birth, or from the point in force at `since`; null if it never was.

    `new` and `used` are the market's steps, when the caller reads several series off them.
    """
    if not has_series(product, kind):
        return None
    if kind == kinds.SALES:
        points = rank_points(world, product, since)
        return Series([time for time, _ in points], [rank for _, rank in points])
    triplets = kind in kinds.WITH_SHIPPING
    if kind in NEW_READERS:
        read_new = NEW_READERS[kind]
        steps = NewMarket(world, product).since(since) if new is None else new
        return _changes([(minute, read_new(state)) for minute, state in steps], triplets)
    if kind in USED_READERS:
        read_used = USED_READERS[kind]
        copies = UsedMarket(world, product).since(since) if used is None else used
        return _changes([(minute, read_used(state)) for minute, state in copies], triplets)
    whole = _slow_series(world, product, kind)
    return whole if since is None else whole.since(since)


def _changes(points: list[tuple[int, Point]], triplets: bool) -> Series:
    times: list[int] = []
    values: list[int] = []
    fees: list[int] = []
    last: Point | None = None
    for minute, point in points:
        if point != last:
            last = point
            times.append(minute)
            values.append(point[0])
            fees.append(point[1])
    return Series(times, values, fees if triplets else None)


def lightning_deal(world: World) -> tuple[int, int]:
    """When the lightning deals of the day begin and end, Keepa minutes; at first they run."""
    return world.anchor - 2 * 60, world.anchor + 10 * 60


def _slow_series(world: World, product: Product, kind: int) -> Series:
    """List price, rating, review count and lightning deals: a handful of points over the years."""
    plan = product.plan
    born = birth(world, product)
    if kind == kinds.LIGHTNING_DEAL:
        begin, end = lightning_deal(world)
        price = charm(going_price(world, product, 0.0) * 0.8)
        # As at Keepa, the end of a deal is told while it runs: the last point lies ahead.
        return Series([begin, end], [price, NONE])
    if kind == kinds.LISTPRICE:
        raised = world.anchor - 400 * DAY
        if born >= raised:
            return Series([born], [plan.list_price])
        return Series([born, raised], [int(plan.list_price * 0.95), plan.list_price])
    count = len(range(born, world.anchor, 60 * DAY))
    times = [born + place * 60 * DAY for place in range(count)]
    if kind == kinds.COUNT_REVIEWS:
        values = [max(1, plan.reviews * (place + 1) // count) for place in range(count)]
    else:
        wobble = (round(2 * world.draw(product.salt, 773, place)) - 1 for place in range(count))
        values = [min(50, plan.rating + step) for step in wobble]
    seen = bisect_right(times, world.now)
    return Series(times[:seen], values[:seen])


def value_now(
    world: World,
    product: Product,
    kind: int,
    *,
    new: NewSide | None = None,
    used: UsedSide | None = None,
) -> int:
    """The value in force now, -1 for none: the last value of the series, without making it."""
    if not has_series(product, kind):
        return NONE
    if kind == kinds.SALES:
        return rank_now(world, product)
    if kind in NEW_READERS:
        return NEW_READERS[kind](new or NewMarket(world, product).now())[0]
    if kind in USED_READERS:
        return USED_READERS[kind](used or UsedMarket(world, product).now())[0]
    whole = _slow_series(world, product, kind)
    return whole.values[max(0, bisect_right(whole.times, world.now) - 1)]
