"""The `stats` object of a product, worked out from the very series it is served with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from discovery.sandbox import kinds
from discovery.sandbox.availability import box_state
from discovery.sandbox.averages import drops, extremes, summary, times_out, value_at
from discovery.sandbox.market import NO_SELLER
from discovery.sandbox.products import Product
from discovery.sandbox.series import NewSteps, Series, lightning_deal
from discovery.sandbox.times import DAY
from discovery.sandbox.used import UsedSide
from discovery.sandbox.world import World

WINDOWS: Final = (30, 90, 180, 365)
NOT_COLLECTED: Final = -2

_NEVER_FILLED: Final = (
    "buyBoxIsPrimeExclusive", "buyBoxMaxOrderQuantity", "buyBoxMinOrderQuantity",
    "buyBoxShippingCountry",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Interval:
    """The window `stats=` asked for, in Keepa minutes."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Which groups of data the request paid for."""

    buy_box: bool = False
    offers: int = 0
    stock: bool = False
    rating: bool = False

    @property
    def sees_offers(self) -> bool:
        """Whether the call pays for the Buy Box or the offers."""
        return self.buy_box or self.offers > 0

    def shows(self, kind: int) -> bool:
        """Whether the call pays for the series of this index."""
        if kind in kinds.OFFERS_ONLY:
            return self.sees_offers
        if kind in kinds.RATING_ONLY:
            return self.rating or self.offers > 0
        return True


def statistics(
    world: World,
    product: Product,
    series: dict[int, Series],
    steps: NewSteps,
    *,
    used: UsedSide | None,
    interval: Interval,
    asked: Asked,
    monthly_sold: list[int],
) -> dict[str, Any]:
    """`series` holds the delivered types only; the others read -1 or null, as Keepa's do."""
    now = world.now
    # The arrays are as long as `csv`, which differs from answer to answer.
    rows = [series.get(kind) for kind in range(product.dirt.series)]
    stats: dict[str, Any] = {"current": [value_at(row, now) for row in rows]}
    for days in WINDOWS:
        sums = [summary(row, now - days * DAY, now) for row in rows]
        stats[f"avg{days}"] = [each.mean for each in sums]
        stats[f"outOfStockPercentage{days}"] = [
            each.out_of_stock if kind in kinds.PRICES else -1 for kind, each in enumerate(sums)
        ]
        stats[f"salesRankDrops{days}"] = drops(series.get(kinds.SALES), now - days * DAY)
    sums = [summary(row, interval.start, interval.end) for row in rows]
    stats["avg"] = [each.mean for each in sums]
    stats["outOfStockPercentageInInterval"] = [
        each.out_of_stock if kind in kinds.PRICES else -1 for kind, each in enumerate(sums)
    ]
    stats["atIntervalStart"] = [value_at(row, interval.start) for row in rows]
    _add_extremes(stats, rows, world, interval)
    for days in (30, 90):
        stats[f"outOfStockCountAmazon{days}"] = max(
            0, times_out(series.get(kinds.AMAZON), now - days * DAY)
        )
    stats["deltaPercent90_monthlySold"] = _monthly_delta(monthly_sold, now)
    stats["totalOfferCount"] = used.copies if used is not None else 0
    if steps:
        stats["totalOfferCount"] += steps[-1][1].fba_count + steps[-1][1].fbm_count
    stats["lastOffersUpdate"] = now - product.salt % 4000
    stats.update(_buy_box(world, product, steps, used, interval, asked))
    deal = lightning_deal(world)
    runs = product.dirt.lightning and deal[0] <= now < deal[1]
    stats["lightningDealInfo"] = list(deal) if runs else None
    stats.update(dict.fromkeys(_NEVER_FILLED))
    return stats


def _add_extremes(
    stats: dict[str, Any], rows: list[Series | None], world: World, interval: Interval
) -> None:
    ever = [extremes(row) for row in rows]
    within = [extremes(row, interval.start) for row in rows]
    recent = [extremes(row, world.now - 90 * DAY) for row in rows]
    stats["min"] = [low for low, _ in ever]
    stats["max"] = [high for _, high in ever]
    stats["minInInterval"] = [low for low, _ in within]
    stats["maxInInterval"] = [high for _, high in within]
    for name, lows in (("isLowest", ever), ("isLowest90", recent)):
        stats[name] = [
            low is not None and low[1] >= 0 and low[1] == value
            for (low, _), value in zip(lows, stats["current"], strict=True)
        ]


def _monthly_delta(history: list[int], now: int) -> int:
    """How much the monthly sales floor changed over 90 days, in per cent; 0 when unknown."""
    if not history:
        return 0
    series = Series(history[::2], history[1::2])
    before, current = value_at(series, now - 90 * DAY), series.values[-1]
    return round(100 * (current - before) / before) if before > 0 and current > 0 else 0


def buy_box_shares(steps: NewSteps, start: int, end: int) -> dict[str, dict[str, Any]]:
    """`buyBoxStats`: who held the Buy Box, for what share of `[start, end)`, at what price."""
    held: Counter[str] = Counter()
    value: Counter[str] = Counter()
    offers: Counter[str] = Counter()
    fba: dict[str, bool] = {}
    seen: dict[str, int] = {}
    for place, (minute, state) in enumerate(steps):
        until = steps[place + 1][0] if place + 1 < len(steps) else end
        begin, until = max(minute, start), min(until, end)
        seller = state.seller
        if until <= begin or seller == NO_SELLER:
            continue
        held[seller] += until - begin
        value[seller] += state.buy_box * (until - begin)
        offers[seller] += (state.fba_count + state.fbm_count) * (until - begin)
        fba[seller] = state.is_fba
        seen[seller] = until
    span = max(1, end - max(start, steps[0][0])) if steps else 1
    return {
        seller: {
            "percentageWon": round(100 * time / span, 2),
            "avgPrice": round(value[seller] / time),
            "avgNewOfferCount": round(offers[seller] / time),
            "isFBA": fba[seller],
            "lastSeen": seen[seller],
        }
        for seller, time in held.most_common()
    }


def _buy_box(
    world: World,
    product: Product,
    steps: NewSteps,
    used: UsedSide | None,
    interval: Interval,
    asked: Asked,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "buyBoxPrice": NOT_COLLECTED,
        "buyBoxShipping": NOT_COLLECTED,
        "offerCountFBA": NOT_COLLECTED,
        "offerCountFBM": NOT_COLLECTED,
        "retrievedOfferCount": NOT_COLLECTED,
        **dict.fromkeys(_BUY_BOX_DETAILS),
    }
    if not asked.sees_offers or not steps:
        return found
    state = steps[-1][1]
    has_box = state.buy_box >= 0
    shipping = max(0, state.buy_box_shipping)
    is_amazon = state.seller == product.market.amazon_seller
    held_up = box_state(product, state)
    found |= {
        "lastBuyBoxUpdate": world.now,
        "buyBoxPrice": state.buy_box - shipping if has_box else -1,
        "buyBoxShipping": shipping if has_box else -1,
        "buyBoxSellerId": state.seller if has_box else None,
        "buyBoxIsAmazon": is_amazon,
        "buyBoxIsFBA": state.is_fba,
        "buyBoxIsUsed": False,
        "buyBoxIsUnqualified": not has_box,
        "buyBoxIsShippable": has_box and not held_up,
        "buyBoxIsBackorder": held_up == "backorder",
        "buyBoxIsPreorder": held_up == "preorder",
        "buyBoxAvailabilityMessage": _MESSAGES.get(held_up),
        "buyBoxIsMAP": product.is_map,
        "buyBoxIsPrimeEligible": has_box and state.is_fba,
        "buyBoxIsFreeShippingEligible": has_box and shipping == 0,
        "buyBoxStats": buy_box_shares(steps, interval.start, interval.end),
    }
    if used is not None and used.buy_box >= 0:
        found |= {
            "buyBoxUsedPrice": used.buy_box,
            "buyBoxUsedShipping": 0,
            "buyBoxUsedIsFBA": used.is_fba,
            "buyBoxUsedCondition": 3,
        }
    if asked.offers:
        found |= {"offerCountFBA": state.fba_count, "offerCountFBM": state.fbm_count}
        if asked.stock:
            found["stockAmazon"] = 40 + product.salt % 500 if state.amazon > 0 else 0
            found["stockBuyBox"] = 1 + product.salt % 60 if has_box else 0
    return found


_MESSAGES: Final = {
    "backorder": "Usually ships within 2 to 3 weeks.",
    "preorder": "Available for pre-order.",
    "unshippable": "Currently unavailable.",
}
_BUY_BOX_DETAILS: Final = (
    "lastBuyBoxUpdate", "buyBoxSellerId", "buyBoxIsAmazon", "buyBoxIsFBA", "buyBoxIsUsed",
    "buyBoxIsUnqualified", "buyBoxIsShippable", "buyBoxIsMAP", "buyBoxIsPrimeEligible",
    "buyBoxIsFreeShippingEligible", "buyBoxStats", "buyBoxUsedPrice", "buyBoxUsedShipping",
    "buyBoxUsedIsFBA", "buyBoxUsedCondition", "buyBoxIsBackorder", "buyBoxIsPreorder",
    "buyBoxAvailabilityMessage", "stockAmazon", "stockBuyBox",
    "sellerIdsLowestFBA", "sellerIdsLowestFBM",
)  # fmt: skip
