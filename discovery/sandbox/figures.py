"""The figures Product Finder tests and sorts by: the ones `/product` shows, one at a time.

They are worked out on demand, from just the window they need, and kept while the world stands
still. `None` is "no value": it satisfies no test.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from discovery.sandbox import kinds
from discovery.sandbox.averages import drops, extremes, summary, times_out
from discovery.sandbox.looks import as_seen, noticed_at
from discovery.sandbox.market import NewMarket, NewSide, has_market
from discovery.sandbox.measures import MEASURES
from discovery.sandbox.monthly import monthly_sold_history
from discovery.sandbox.names import is_range
from discovery.sandbox.products import Product
from discovery.sandbox.series import SIMULATED, USED_READERS, series_of, value_now
from discovery.sandbox.stats import buy_box_shares, monthly_delta
from discovery.sandbox.times import DAY
from discovery.sandbox.used import UsedMarket, UsedSide
from discovery.sandbox.world import World

_SHORT_NAMES: Final = {"BB": "BUY_BOX_SHIPPING", "BB_USED": "BUY_BOX_USED_SHIPPING"}
_MONTHLY_DELTA: Final = "deltaPercent90_monthlySold"
_OUT_OF_STOCK: Final = "outOfStockPercentage90"
_BY_TYPE: Final = re.compile(
    r"(current|avg(?:1|7|30|90|180|365)|deltaPercent(?:1|7|30|90)|outOfStockPercentage90"
    r"|lastPriceChange)_([A-Z_]+)"
)
_BY_WINDOW: Final = re.compile(
    r"(salesRankDrops|buyBoxStatsAmazon|buyBoxStatsSellerCount|buyBoxStatsTopSeller"
    r"|outOfStockCountAmazon)(30|90|180|365)"
)
_PRICE_CHANGES: Final = (kinds.AMAZON, kinds.NEW, kinds.USED)
_SLOWEST: Final = 9
_KEPT_FINDS: Final = 64
_BACK_WITHIN: Final = 60 * DAY


def is_figure(name: str) -> bool:
    """Whether the sandbox can work out a range of the Finder (without `_gte` or `_lte`)."""
    if not is_range(name):
        return False
    simulated = {"lastPriceChange", _OUT_OF_STOCK, _MONTHLY_DELTA} | MEASURES.keys()
    if name in simulated or _BY_WINDOW.fullmatch(name):
        return True
    match = _BY_TYPE.fullmatch(name)
    return match is not None and _kind(match[2]) in SIMULATED


def _kind(name: str) -> int:
    return kinds.INDEX[_SHORT_NAMES.get(name, name)]


def effort(name: str) -> int:
    """Cheap figures are tested first, so that the dear ones are worked out for few products."""
    if name in MEASURES:
        return 1
    if name.startswith("current_"):
        return 2
    if name.startswith("lastPriceChange"):
        return _SLOWEST
    digits = re.search(r"\d+", name)
    return 3 + int(digits[0]) // 60 if digits else _SLOWEST


class Figures:
    """Of every product in one world; safe to share between threads (a figure may be redone)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: dict[tuple[int, int, str], int | None] = {}
        self._states: dict[tuple[int, int], NewSide] = {}
        self._found: OrderedDict[object, list[Product]] = OrderedDict()
        self._lock = threading.Lock()

    def found(self, key: object, find: Callable[[], list[Product]]) -> list[Product]:
        """What `find` answers in this world, in order; the selections asked for last are kept."""
        with self._lock:
            known = self._found.get(key)
        if known is None:
            known = find()
            with self._lock:
                self._found[key] = known
                while len(self._found) > _KEPT_FINDS:
                    self._found.popitem(last=False)
        return known

    def seen(self, product: Product) -> World:
        """The world as Keepa last saw it for this product."""
        return as_seen(self.world, product)

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
            self._states[key] = NewMarket(self.seen(product), product).now()
        return self._states[key]

    def used_side(self, product: Product) -> UsedSide | None:
        """The state of its used copies now, None when it has no market."""
        return UsedMarket(self.seen(product), product).now() if has_market(product) else None

    def shares(self, product: Product, days: int) -> dict[str, float]:
        """Who held the Buy Box over the last `days`, in per cent, the most first."""
        if not has_market(product):
            return {}
        world = self.seen(product)
        start = world.now - days * DAY
        won = buy_box_shares(NewMarket(world, product).since(start), start, world.now)
        return {seller: row["percentageWon"] for seller, row in won.items()}

    def is_lowest(self, product: Product, kind: int) -> bool:
        """Whether a type stands at the lowest value it ever had."""
        world = self.seen(product)
        current = self._now(world, product, kind)
        for since in (world.now - 90 * DAY, None):
            low, _ = extremes(series_of(world, product, kind, since=since))
            if low is None or low[1] < 0 or low[1] != current:
                return False
        return True

    def is_back(self, product: Product, kind: int, within: int = _BACK_WITHIN) -> bool:
        """Whether a type has a value again, and had none at some time in the last minutes."""
        world = self.seen(product)
        start = world.now - within
        series = series_of(world, product, kind, since=start)
        if series is None or self._now(world, product, kind) < 0:
            return False
        return any(value < 0 for value in series.values)

    def _work_out(self, product: Product, name: str) -> int | None:
        world = self.seen(product)
        if name in MEASURES:
            found = MEASURES[name](world, product, self.new_side(product))
            return _or_none(found)
        if name == _MONTHLY_DELTA:
            return monthly_delta(monthly_sold_history(world, product), world.now)
        if name == "lastPriceChange":
            changes = [self._last_change(product, kind) for kind in _PRICE_CHANGES]
            return max((change for change in changes if change), default=world.now)
        if name == _OUT_OF_STOCK:
            name += "_AMAZON"
        windowed = _BY_WINDOW.fullmatch(name)
        if windowed:
            return self._over_window(product, windowed[1], int(windowed[2]))
        by_type = _BY_TYPE.fullmatch(name)
        if by_type is None:
            raise KeyError(name)
        return self._by_type(world, product, by_type[1], _kind(by_type[2]))

    def _now(self, world: World, product: Product, kind: int) -> int:
        new = None if kind in USED_READERS else self.new_side(product)
        return value_now(world, product, kind, new=new)

    def _last_change(self, product: Product, kind: int) -> int | None:
        world = self.seen(product)
        for days in (30, 180, None):  # most change often: the whole history is seldom needed
            since = None if days is None else world.now - days * DAY
            series = series_of(world, product, kind, since=since)
            if series is None or not series.times:
                return None
            if len(series.times) > 1 or since is None:
                return noticed_at(world, product, series.times[-1])
        return None

    def _by_type(self, world: World, product: Product, figure: str, kind: int) -> int | None:
        if figure == "current":
            return _or_none(self._now(world, product, kind))
        if figure == "lastPriceChange":
            return self._last_change(product, kind)
        if figure.startswith("deltaPercent"):
            # Positive when the value fell below its mean.
            window = figure.removeprefix("deltaPercent")
            mean = self._by_type(world, product, f"avg{window}", kind)
            current = self._by_type(world, product, "current", kind)
            return None if not mean or current is None else round(100 * (mean - current) / mean)
        days = 90 if figure == _OUT_OF_STOCK else int(figure.removeprefix("avg"))
        start = world.now - days * DAY
        series = series_of(world, product, kind, since=start)
        mean, out_of_stock = summary(series, start, world.now)
        if figure == _OUT_OF_STOCK:
            return _or_none(out_of_stock) if kind in kinds.PRICES else None
        return _or_none(mean)

    def _over_window(self, product: Product, figure: str, days: int) -> int | None:
        world = self.seen(product)
        start = world.now - days * DAY
        if figure == "salesRankDrops":
            return _or_none(drops(series_of(world, product, kinds.SALES, since=start), start))
        if not has_market(product):
            return None
        if figure == "outOfStockCountAmazon":
            return max(0, times_out(series_of(world, product, kinds.AMAZON, since=start), start))
        return _SHARES[figure](self.shares(product, days), product)


_SHARES: Final[dict[str, Callable[[dict[str, float], Product], int]]] = {
    "buyBoxStatsSellerCount": lambda shares, _: len(shares),
    "buyBoxStatsTopSeller": lambda shares, _: round(max(shares.values(), default=0.0)),
    "buyBoxStatsAmazon": lambda shares, product: round(
        shares.get(product.market.amazon_seller, 0.0)
    ),
}


def _or_none(value: int | None) -> int | None:
    return None if value is None or value < 0 else value
