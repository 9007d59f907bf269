"""The figures Product Finder tests and sorts by: the ones `/product` shows, one at a time.

They are worked out on demand, from just the window they need, and kept while the world stands
still. `None` is "no value": it satisfies no test.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from discovery.sandbox import kinds
from discovery.sandbox.averages import drops, summary, times_out
from discovery.sandbox.catalogue import as_seen
from discovery.sandbox.market import NewMarket, NewSide, has_market
from discovery.sandbox.payload import monthly_sold
from discovery.sandbox.products import Product
from discovery.sandbox.series import USED_READERS, series_of, value_now
from discovery.sandbox.stats import buy_box_shares
from discovery.sandbox.times import DAY
from discovery.sandbox.world import World

_SHORT_NAMES: Final = {"BB": "BUY_BOX_SHIPPING", "BB_USED": "BUY_BOX_USED_SHIPPING"}
_BY_TYPE: Final = re.compile(
    r"(current|avg30|avg90|avg180|avg365|deltaPercent90|outOfStockPercentage90)_([A-Z_]+)"
)
_BY_WINDOW: Final = re.compile(
    r"(salesRankDrops|buyBoxStatsAmazon|buyBoxStatsSellerCount|outOfStockCountAmazon)"
    r"(30|90|180|365)"
)
_PLAIN: Final[dict[str, Callable[[World, Product], int]]] = {
    "monthlySold": monthly_sold,
    "packageWeight": lambda _, product: product.body.weight,
    "packageLength": lambda _, product: product.body.length,
    "packageWidth": lambda _, product: product.body.width,
    "packageHeight": lambda _, product: product.body.height,
}
_SLOWEST: Final = 9


def is_figure(name: str) -> bool:
    """Whether a Finder field (without `_gte`/`_lte`) is one the sandbox can work out."""
    if name in _PLAIN or _BY_WINDOW.fullmatch(name):
        return True
    match = _BY_TYPE.fullmatch(name)
    return match is not None and _SHORT_NAMES.get(match[2], match[2]) in kinds.INDEX


def effort(name: str) -> int:
    """Cheap figures are tested first, so that the dear ones are worked out for few products."""
    if name in _PLAIN:
        return 0
    if name.startswith("current_"):
        return 1
    digits = re.search(r"\d+", name)
    return 2 + int(digits[0]) // 60 if digits else _SLOWEST


class Figures:
    """Of every product in one world; safe to share between threads (a figure may be redone)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: dict[tuple[int, int, str], int | None] = {}
        self._states: dict[tuple[int, int], NewSide] = {}

    def value(self, product: Product, name: str) -> int | None:
        """The figure a Finder field or sort tests, worked out once; None when there is none."""
        key = (product.domain, product.number, name)
        if key not in self._known:
            self._known[key] = self._work_out(product, name)
        return self._known[key]

    def new_side(self, product: Product) -> NewSide | None:
        """The state of its market now, None when it has none."""
        if not has_market(product):
            return None
        key = (product.domain, product.number)
        if key not in self._states:
            self._states[key] = NewMarket(as_seen(self.world, product), product).now()
        return self._states[key]

    def _work_out(self, product: Product, name: str) -> int | None:
        world = as_seen(self.world, product)
        if name in _PLAIN:
            return _or_none(_PLAIN[name](world, product))
        windowed = _BY_WINDOW.fullmatch(name)
        if windowed:
            return _over_window(world, product, windowed[1], int(windowed[2]))
        by_type = _BY_TYPE.fullmatch(name)
        if by_type is None:
            raise KeyError(name)
        kind = kinds.INDEX[_SHORT_NAMES.get(by_type[2], by_type[2])]
        return self._by_type(world, product, by_type[1], kind)

    def _now(self, world: World, product: Product, kind: int) -> int:
        new = None if kind in USED_READERS else self.new_side(product)
        return value_now(world, product, kind, new=new)

    def _by_type(self, world: World, product: Product, figure: str, kind: int) -> int | None:
        if figure == "current":
            return _or_none(self._now(world, product, kind))
        if figure == "deltaPercent90":
            mean = self._by_type(world, product, "avg90", kind)
            current = self._by_type(world, product, "current", kind)
            return None if not mean or current is None else round(100 * (mean - current) / mean)
        days = 90 if figure == "outOfStockPercentage90" else int(figure.removeprefix("avg"))
        start = world.now - days * DAY
        series = series_of(world, product, kind, since=start)
        mean, out_of_stock = summary(series, start, world.now)
        if figure == "outOfStockPercentage90":
            return _or_none(out_of_stock) if kind in kinds.PRICES else None
        return _or_none(mean)


def _over_window(world: World, product: Product, figure: str, days: int) -> int | None:
    start = world.now - days * DAY
    if figure == "salesRankDrops":
        return _or_none(drops(series_of(world, product, kinds.SALES, since=start), start))
    if not has_market(product):
        return None
    if figure == "outOfStockCountAmazon":
        return max(0, times_out(series_of(world, product, kinds.AMAZON, since=start), start))
    shares = buy_box_shares(NewMarket(world, product).since(start), start, world.now)
    if figure == "buyBoxStatsSellerCount":
        return len(shares)
    amazon = shares.get(product.market.amazon_seller)
    return round(amazon["percentageWon"]) if amazon else 0


def _or_none(value: int) -> int | None:
    return None if value < 0 else value
