"""Which price we expect to sell at, where the price usually stands, and when it was observed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from discovery.scoring.codes import (
    Condition,
    PriceBasis,
    PriceSeries,
)
from discovery.scoring.inputs import (
    PriceMeasures,
    PriceStats,
    ProductFacts,
)
from discovery.scoring.results import Corridor

# Keepa's NEW and USED held the listing price before, price + shipping since 23 February 2026
# (release notes of keepa-mcp 1.8.0). Keepa's Java client says the 16th: a window that touches
# either day counts as one that mixes both meanings.
MEANING_CHANGED_FROM = datetime(2026, 2, 16, tzinfo=UTC)
MEANING_CHANGED_UNTIL = datetime(2026, 2, 24, tzinfo=UTC)
MARKETPLACE_SERIES = frozenset({PriceSeries.NEW, PriceSeries.USED})

# The series we would sell against, the most telling first.
SELL_SIDE = {
    Condition.NEW: (PriceSeries.BUY_BOX, PriceSeries.NEW_FBA, PriceSeries.NEW),
    Condition.USED: (PriceSeries.BUY_BOX_USED, PriceSeries.USED),
}


def spans_meaning_change(*, now: datetime, days: int) -> bool:
    """Whether a window of ``days`` before ``now`` mixes the two meanings of NEW and USED."""
    return now > MEANING_CHANGED_FROM and now - timedelta(days=days) < MEANING_CHANGED_UNTIL


@dataclass(frozen=True, slots=True)
class SellPrice:
    """The price we expect, the series it is read from, and that series today.

    ``current`` is what a buyer pays today, ``listed`` that before the coupon.
    """

    amount: Decimal
    series: PriceSeries
    current: Decimal | None
    average: Decimal | None
    used_average: bool
    listed: Decimal | None = None


def sell_price(facts: ProductFacts, basis: PriceBasis, average_days: int) -> SellPrice | None:
    """The price expected for a new unit, or None when no series of it has ever had one.

    The first series with an offer today wins; when none has, the first with an average. Used
    copies: see ``used_prices``.
    """
    fallback: SellPrice | None = None
    for series in SELL_SIDE[Condition.NEW]:
        stats = facts.prices(series)
        average = usual_price(stats, average_days)
        if stats.current is not None:
            paid = after_coupon(facts, series, stats.current)
            amount, from_average = by_basis(paid, average, basis)
            return SellPrice(amount, series, paid, average, from_average, stats.current)
        if fallback is None and average is not None:
            fallback = SellPrice(average, series, None, average, used_average=True)
    return fallback


def after_coupon(facts: ProductFacts, series: PriceSeries, price: Decimal) -> Decimal:
    """What a buyer really pays: the coupon is on the Buy Box offer of new copies."""
    if series is not PriceSeries.BUY_BOX:
        return price
    if facts.coupon_percent:
        return (price * (100 - facts.coupon_percent) / 100).quantize(price)
    off = facts.coupon_amount
    return price - off if off is not None and off < price else price


def usual_price(stats: PriceStats, average_days: int) -> Decimal | None:
    """The average the profile asks for, or as near to it as there is one."""
    return stats.average(average_days) or stats.avg90 or stats.avg30


def by_basis(current: Decimal, average: Decimal | None, basis: PriceBasis) -> tuple[Decimal, bool]:
    """Return the price by the profile's basis, and whether the average was read for it."""
    if average is None or basis is PriceBasis.CURRENT:
        return current, False
    if basis is PriceBasis.AVERAGE:
        return average, True
    return min(current, average), True


def corridor(measures: PriceMeasures | None, cent: Decimal) -> Corridor | None:
    """Where the sell-side price usually stands, in the marketplace's currency."""
    if measures is None:
        return None
    return Corridor(
        measures.series, measures.p25 * cent, measures.median * cent, measures.p75 * cent
    )
