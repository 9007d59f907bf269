"""Risk flags: what could go wrong, each directional, each with the best verdict it leaves.

Directional means that only the harmful side is a risk: a price that rises is one only when it
spikes over its own average (it will come back), a rank only when it worsens. Better news is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from discovery.scoring.categories import FeeCategory
from discovery.scoring.fees.breakdown import OwnCosts
from discovery.scoring.fees.calculator import FeeCalculator, ProductFees, plain
from discovery.scoring.inputs import (
    Condition,
    FlagCode,
    FloorJoin,
    Measures,
    PriceSeries,
    ProductFacts,
    SalesKind,
    Severity,
    Verdict,
)
from discovery.scoring.landed_cost import LandedCost
from discovery.scoring.prices import MARKETPLACE_SERIES, SellPrice, spans_meaning_change
from discovery.scoring.profile import Profile
from discovery.scoring.results import Corridor, Flag, Params
from discovery.scoring.velocity import Velocity, amazon_sells, in_stock_share

NOTHING: Params = {}
Found = tuple[FlagCode, Params]

SEVERITIES = {
    FlagCode.AMAZON_SELLS: Severity.WARNING,
    FlagCode.AMAZON_HOLDS_BUY_BOX: Severity.DANGER,
    FlagCode.PRICE_SPIKE: Severity.WARNING,
    FlagCode.PRICE_FALLING: Severity.WARNING,
    FlagCode.PRICE_ABOVE_CORRIDOR: Severity.WARNING,
    FlagCode.PRICE_BELOW_CORRIDOR: Severity.INFO,
    FlagCode.RARELY_PROFITABLE: Severity.DANGER,
    FlagCode.PRICE_MEANING_CHANGED: Severity.INFO,
    FlagCode.NO_BUY_BOX: Severity.INFO,
    FlagCode.NO_CURRENT_OFFER: Severity.WARNING,
    FlagCode.OFTEN_OUT_OF_STOCK: Severity.INFO,
    FlagCode.RANK_WORSENING: Severity.WARNING,
    FlagCode.NO_RANK: Severity.WARNING,
    FlagCode.SALES_UNKNOWN: Severity.WARNING,
    FlagCode.OFFER_SURGE: Severity.DANGER,
    FlagCode.HAZMAT: Severity.DANGER,
    FlagCode.HEAT_SENSITIVE: Severity.WARNING,
    FlagCode.ADULT: Severity.WARNING,
    FlagCode.OVERSIZE: Severity.WARNING,
    FlagCode.HIGH_RETURNS: Severity.WARNING,
    FlagCode.VARIATION_PARENT: Severity.DANGER,
    FlagCode.NOT_SELLABLE: Severity.DANGER,
    FlagCode.FIXED_PRICE_BOOK: Severity.WARNING,
    FlagCode.FEES_UNKNOWN: Severity.WARNING,
    FlagCode.CLOSING_FEE_UNKNOWN: Severity.INFO,
    FlagCode.FEE_MISMATCH: Severity.INFO,
    FlagCode.SIZE_UNKNOWN: Severity.INFO,
    FlagCode.FEW_DATA: Severity.WARNING,
    FlagCode.STALE_DATA: Severity.WARNING,
    FlagCode.COST_ASSUMED: Severity.WARNING,
}

VARIATION_PARENT_TYPE = 5
STANDARD_TYPE = 0


class RiskModel:
    """A profile's alert thresholds as ratios, and the cap of each flag."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.condition = profile.condition
        self.caps: dict[FlagCode, Verdict | None] = {
            code: profile.cap_for(code) for code in FlagCode
        }
        self.flags_without_params = {
            code: Flag(code, SEVERITIES[code], self.caps[code], NOTHING) for code in FlagCode
        }
        self.amazon_share = int(profile.amazon_share_alert_percent)
        self.amazon_presence = float(profile.amazon_presence_alert_percent) / 100
        self.spike = 1 + float(profile.spike_percent) / 100
        self.fall = 1 - float(profile.fall_percent) / 100
        self.tolerance = profile.corridor_tolerance_percent / 100
        # Basis points of the last 90 days in which the ROI target must have been met. Joined by
        # OR, another floor may be met instead of the ROI at any time: nothing is asked.
        required = math.ceil(profile.rarely_profitable_percent * 100)
        self.required_points = required if profile.floors_join is FloorJoin.AND else None
        self.rank_worsening = 1 + float(profile.rank_worsening_percent) / 100
        self.offer_surge = 1 + float(profile.offer_surge_percent) / 100
        self.out_of_stock = 1 - float(profile.out_of_stock_alert_percent) / 100
        self.fixed_price = 1 - profile.fixed_price_tolerance_percent / 100

    def is_rarely_profitable(self, points: int | None) -> bool:
        """Whether the ROI target was met for too little of the time (basis points; None: unknown).

        This rule raises RARELY_PROFITABLE and bounds the maximum cost alike.
        """
        required = self.required_points
        return points is not None and required is not None and points < required

    def flag(self, code: FlagCode, params: Params) -> Flag:
        """The flag with its severity and this profile's cap."""
        if not params:
            return self.flags_without_params[code]
        return Flag(code, SEVERITIES[code], self.caps[code], params)


@dataclass(slots=True, kw_only=True)  # not frozen: made once a score, for speed
class RiskInputs:
    """What has been worked out about a product before its risks are named.

    From ``sell`` on, None without a sell price. ``points_90`` are the basis points of the last 90
    days in which the ROI target was met at ``cost``.
    """

    facts: ProductFacts
    now: datetime
    velocity: Velocity
    corridor: Corridor | None = None
    sell: SellPrice | None = None
    cost: LandedCost | None = None
    points_90: int | None = None
    calculator: FeeCalculator | None = None
    fees: ProductFees | None = None
    own: OwnCosts | None = None


def risk_flags(model: RiskModel, inputs: RiskInputs) -> tuple[Flag, ...]:
    """Every flag raised: about the listing, demand, data, Amazon, price, fees, money; in order."""
    found: list[Found] = []
    found += _listing(inputs.facts)
    found += _demand(model, inputs)
    found += _data(model, inputs)
    if model.condition is Condition.NEW:
        found += _amazon(model, inputs.facts)
    if inputs.sell is not None:
        found += _price(model, inputs, inputs.sell)
        found += _fees(inputs)
        found += _money(model, inputs)
    return tuple(model.flag(code, params) for code, params in found)


def _listing(facts: ProductFacts) -> Iterator[Found]:
    if facts.is_variation_parent or facts.product_type == VARIATION_PARENT_TYPE:
        yield FlagCode.VARIATION_PARENT, NOTHING
    elif facts.product_type != STANDARD_TYPE:
        yield FlagCode.NOT_SELLABLE, {"type": str(facts.product_type)}
    if facts.is_hazmat:
        yield FlagCode.HAZMAT, NOTHING
    if facts.is_heat_sensitive:
        yield FlagCode.HEAT_SENSITIVE, NOTHING
    if facts.is_adult:
        yield FlagCode.ADULT, NOTHING
    if facts.return_rate == 2:
        yield FlagCode.HIGH_RETURNS, NOTHING


def _demand(model: RiskModel, inputs: RiskInputs) -> Iterator[Found]:
    facts, measures = inputs.facts, inputs.facts.measures
    if facts.bsr is None and facts.bsr_avg90 is None:
        yield FlagCode.NO_RANK, NOTHING
    if inputs.velocity.kind is SalesKind.UNKNOWN:
        yield FlagCode.SALES_UNKNOWN, NOTHING
    worsening = measures.rank_trend
    if worsening is None and facts.bsr and facts.bsr_avg90:
        worsening = facts.bsr / facts.bsr_avg90
    if worsening is not None and worsening > model.rank_worsening:
        yield FlagCode.RANK_WORSENING, {"ratio": f"{worsening:.2f}"}
    surge = _offers_trend(measures, model.condition)
    if surge is not None and surge > model.offer_surge:
        yield FlagCode.OFFER_SURGE, {"ratio": f"{surge:.2f}"}
    share = in_stock_share(facts, model.condition)
    if share is not None and share < model.out_of_stock:
        yield FlagCode.OFTEN_OUT_OF_STOCK, {"percent": f"{100 * (1 - share):.0f}"}


def _offers_trend(measures: Measures, condition: Condition) -> float | None:
    return measures.new_offers_trend if condition is Condition.NEW else measures.used_offers_trend


def _data(model: RiskModel, inputs: RiskInputs) -> Iterator[Found]:
    facts, profile = inputs.facts, model.profile
    days = facts.measures.history_days
    if days < profile.few_data_days:
        yield FlagCode.FEW_DATA, {"days": str(days)}
    hours = (inputs.now - facts.fetched_at).total_seconds() / 3600
    if hours > profile.stale_hours:
        yield FlagCode.STALE_DATA, {"hours": f"{hours:.0f}"}


def _amazon(model: RiskModel, facts: ProductFacts) -> Iterator[Found]:
    share = facts.amazon_buy_box_share_90
    presence = facts.measures.amazon_presence_90
    if facts.buy_box_is_amazon or (share is not None and share >= model.amazon_share):
        params = NOTHING if share is None else {"percent": str(share)}
        yield FlagCode.AMAZON_HOLDS_BUY_BOX, params
    elif share is None and presence is not None and presence >= model.amazon_presence:
        yield FlagCode.AMAZON_HOLDS_BUY_BOX, {"present": f"{100 * presence:.0f}"}
    if amazon_sells(facts):
        price = facts.amazon.current
        yield FlagCode.AMAZON_SELLS, NOTHING if price is None else {"amount": f"{price:f}"}


def _price(model: RiskModel, inputs: RiskInputs, sell: SellPrice) -> Iterator[Found]:
    if sell.series in MARKETPLACE_SERIES:
        yield FlagCode.NO_BUY_BOX, {"series": sell.series.value}
        days = model.profile.average_days
        if sell.used_average and spans_meaning_change(now=inputs.now, days=days):
            yield FlagCode.PRICE_MEANING_CHANGED, {"series": sell.series.value}
    if sell.current is None:
        yield FlagCode.NO_CURRENT_OFFER, NOTHING
    else:
        yield from _spike(model, inputs, sell, sell.current)
    falling = _price_trend(inputs.facts, sell.series, model.condition)
    if falling is not None and falling < model.fall:
        yield FlagCode.PRICE_FALLING, {"ratio": f"{falling:.2f}"}
    yield from _outside_corridor(model, inputs, sell)
    yield from _fixed_price(model, inputs, sell)


def _spike(
    model: RiskModel, inputs: RiskInputs, sell: SellPrice, current: Decimal
) -> Iterator[Found]:
    stats = inputs.facts.prices(sell.series)
    ratio = None
    if stats.avg90:
        ratio = float(current / stats.avg90)
    else:
        measured = inputs.facts.measures.of(model.condition)
        ratio = measured.last_to_median if measured else None
    if ratio is not None and ratio > model.spike:
        yield FlagCode.PRICE_SPIKE, {"ratio": f"{ratio:.2f}"}


def _price_trend(facts: ProductFacts, series: PriceSeries, condition: Condition) -> float | None:
    measured = facts.measures.of(condition)
    if measured is not None and measured.trend is not None:
        return measured.trend
    stats = facts.prices(series)
    if stats.avg30 is None or not stats.avg90:
        return None
    return float(stats.avg30 / stats.avg90)


def _outside_corridor(model: RiskModel, inputs: RiskInputs, sell: SellPrice) -> Iterator[Found]:
    usual = inputs.corridor
    price = sell.current or sell.amount
    if usual is None:
        return
    if price > usual.p75 * (1 + model.tolerance):
        yield FlagCode.PRICE_ABOVE_CORRIDOR, {"price": f"{price:f}", "p75": f"{usual.p75:f}"}
    elif price < usual.p25 * (1 - model.tolerance):
        yield FlagCode.PRICE_BELOW_CORRIDOR, {"price": f"{price:f}", "p25": f"{usual.p25:f}"}


def _fixed_price(model: RiskModel, inputs: RiskInputs, sell: SellPrice) -> Iterator[Found]:
    """French law fixes the price of new books: one far under its list price is doubtful data."""
    facts, calculator = inputs.facts, inputs.calculator
    if (
        calculator is None
        or calculator.category is not FeeCategory.BOOKS
        or facts.marketplace != "fr"
    ):
        return
    listed = facts.list_price
    if model.condition is Condition.NEW and listed and sell.amount < listed * model.fixed_price:
        yield FlagCode.FIXED_PRICE_BOOK, {"list_price": f"{listed:f}"}


def _fees(inputs: RiskInputs) -> Iterator[Found]:
    calculator, fees = inputs.calculator, inputs.fees
    if calculator is None or fees is None:
        return
    if fees.unknown:
        yield FlagCode.FEES_UNKNOWN, NOTHING
    if calculator.closing_unknown and not inputs.facts.closing_fee:
        yield FlagCode.CLOSING_FEE_UNKNOWN, NOTHING
    for line, mismatch in (
        ("referral", fees.referral.mismatch),
        ("fba", fees.fulfilment.mismatch),
    ):
        if mismatch is not None:
            table, keepa = mismatch
            yield (
                FlagCode.FEE_MISMATCH,
                {"line": line, "table": f"{table:f}", "keepa": f"{keepa:f}"},
            )
    if fees.fulfilment.oversize:
        yield FlagCode.OVERSIZE, {"tier": fees.fulfilment.tier or ""}
    if inputs.own is not None and not inputs.own.size_known:
        yield FlagCode.SIZE_UNKNOWN, NOTHING


def _money(model: RiskModel, inputs: RiskInputs) -> Iterator[Found]:
    cost, points = inputs.cost, inputs.points_90
    if cost is not None and cost.hypothetical:
        yield FlagCode.COST_ASSUMED, {"percent": plain(model.profile.price_factor_percent)}
    elif points is not None and model.is_rarely_profitable(points):
        yield FlagCode.RARELY_PROFITABLE, {"percent": f"{points / 100:.0f}"}
