"""Risk flags: what could go wrong, each directional, each with the best verdict it leaves.

Directional means that only the harmful side is a risk: a price that rises is one only when it
spikes over its own average (it will come back), a rank only when it worsens.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from discovery.scoring.categories import FeeCategory
from discovery.scoring.codes import (
    Condition,
    CostBasis,
    FlagCode,
    FloorJoin,
    SalesKind,
    Severity,
    Verdict,
)
from discovery.scoring.fees.breakdown import OwnCosts, Sale
from discovery.scoring.fees.calculator import FeeCalculator, ProductFees
from discovery.scoring.fees.delivered import known
from discovery.scoring.fees.figures import NOTHING, band_index, plain
from discovery.scoring.fees.vat import tax_untold
from discovery.scoring.found_cost import Identity
from discovery.scoring.inputs import (
    PriceMeasures,
    ProductFacts,
)
from discovery.scoring.landed_cost import Deal, LandedCost
from discovery.scoring.prices import MARKETPLACE_SERIES, SellPrice, spans_meaning_change
from discovery.scoring.profile import Profile
from discovery.scoring.results import BetterPrice, Corridor, FeeSource, Flag, Params
from discovery.scoring.sellers import seller_flags
from discovery.scoring.unit_economics import UnitEconomics
from discovery.scoring.velocity import Velocity, in_stock_share, rank_trend

Found = tuple[FlagCode, Params]

SEVERITIES = (
    dict.fromkeys(FlagCode, Severity.WARNING)
    | dict.fromkeys(
        (
            FlagCode.AMAZON_HOLDS_BUY_BOX,
            FlagCode.RARELY_PROFITABLE,
            FlagCode.OFFER_SURGE,
            FlagCode.HAZMAT,
            FlagCode.VARIATION_PARENT,
            FlagCode.NOT_SELLABLE,
            FlagCode.DOMINANT_SELLER,
            FlagCode.BRAND_SELLS_ALONE,
        ),
        Severity.DANGER,
    )
    | dict.fromkeys(
        (
            FlagCode.PRICE_BELOW_CORRIDOR,
            FlagCode.PRICE_MEANING_CHANGED,
            FlagCode.NO_BUY_BOX,
            FlagCode.OFTEN_OUT_OF_STOCK,
            FlagCode.CLOSING_FEE_UNKNOWN,
            FlagCode.FEE_MISMATCH,
            FlagCode.SIZE_UNKNOWN,
            FlagCode.COUPON,
            FlagCode.SALES_SHARED,
            FlagCode.RANK_REFERENCE_CHANGED,
            FlagCode.SIZE_NEAR_LIMIT,
            FlagCode.FEES_OLD,
            FlagCode.PACK,
            FlagCode.DIP,
        ),
        Severity.INFO,
    )
)

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
        self.dominant = float(profile.dominant_seller_percent)
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
class ProductState:
    """What is known of a product whether or not it has a price; ``corridor`` in its currency.

    ``cost_units`` is for how many units an explicit cost was given, ``candidates`` how many
    products the code may mean among which nobody has chosen.
    """

    facts: ProductFacts
    now: datetime
    velocity: Velocity
    measured: PriceMeasures | None
    corridor: Corridor | None
    cost_units: int | None = None
    candidates: int = 1


@dataclass(slots=True, kw_only=True)  # not frozen: made once a score, for speed
class MoneyState:
    """The money side of a product that has a price.

    ``points_90`` and ``points_180`` are the basis points of the last days in which the ROI target
    was met at ``cost``; None when no price was seen.
    """

    sell: SellPrice
    deal: Deal
    price: Decimal
    cost: LandedCost
    calculator: FeeCalculator
    fees: ProductFees
    own: OwnCosts
    economics: UnitEconomics
    sale: Sale
    points_90: int | None
    points_180: int | None
    better: BetterPrice | None


def risk_flags(
    model: RiskModel, product: ProductState, money: MoneyState | None
) -> tuple[Flag, ...]:
    """Every flag raised: about the listing, demand, data, Amazon, price, fees, money, and whether
    cost and listing are for the same thing; in order.
    """
    found: list[Found] = []
    found += _listing(product.facts)
    found += _demand(model, product)
    found += _data(model, product)
    if model.condition is Condition.NEW:
        found += seller_flags(
            product.facts,
            amazon_share=model.amazon_share,
            amazon_presence=model.amazon_presence,
            dominant=model.dominant,
        )
    if money is not None:
        found += _price(model, product, money.sell)
        found += _outside_corridor(model, product.corridor, money.sell)
        found += _fixed_price(model, product.facts, money)
        found += _fees(product.facts, money)
        found += _size_near_limit(money)
        found += _tax(money)
        found += _cost(model, money)
        found += _found_cost(model, money)
    found += _identity(product, money)
    return tuple(model.flag(code, params) for code, params in found)


def _listing(facts: ProductFacts) -> Iterator[Found]:
    if facts.is_variation_parent or facts.product_type == VARIATION_PARENT_TYPE:
        yield FlagCode.VARIATION_PARENT, NOTHING
    elif facts.product_type != STANDARD_TYPE:
        yield FlagCode.NOT_SELLABLE, {"type": str(facts.product_type)}
    for code, is_so in (
        (FlagCode.HAZMAT, facts.is_hazmat),
        (FlagCode.HEAT_SENSITIVE, facts.is_heat_sensitive),
        (FlagCode.ADULT, facts.is_adult),
        (FlagCode.HIGH_RETURNS, facts.return_rate == 2),
    ):
        if is_so:
            yield code, NOTHING
    if facts.is_unreleased:
        day = facts.release_day
        yield FlagCode.NOT_RELEASED, {"day": day.isoformat()} if day else NOTHING


def _demand(model: RiskModel, product: ProductState) -> Iterator[Found]:
    facts, measures = product.facts, product.facts.measures
    # Amazon's own figure tells more than a rank would.
    if facts.bsr is None and facts.bsr_avg90 is None and not facts.monthly_sold:
        yield FlagCode.NO_RANK, NOTHING
    if product.velocity.kind is SalesKind.UNKNOWN:
        yield FlagCode.SALES_UNKNOWN, NOTHING
    if product.velocity.kind is SalesKind.SHARED:
        params = {"sales": str(facts.monthly_sold)}
        yield FlagCode.SALES_SHARED, params
    if facts.rank_reference_changed:
        yield FlagCode.RANK_REFERENCE_CHANGED, NOTHING
    worsening = rank_trend(facts)
    if worsening is not None and worsening > model.rank_worsening:
        yield FlagCode.RANK_WORSENING, {"ratio": f"{worsening:.2f}"}
    is_new = model.condition is Condition.NEW
    surge = measures.new_offers_trend if is_new else measures.used_offers_trend
    if surge is not None and surge > model.offer_surge:
        yield FlagCode.OFFER_SURGE, {"ratio": f"{surge:.2f}"}
    share = in_stock_share(facts, model.condition)
    if share is not None and share < model.out_of_stock:
        yield FlagCode.OFTEN_OUT_OF_STOCK, {"percent": f"{100 * (1 - share):.0f}"}


def _data(model: RiskModel, product: ProductState) -> Iterator[Found]:
    facts, profile = product.facts, model.profile
    days = facts.measures.history_days
    if days < profile.few_data_days:
        yield FlagCode.FEW_DATA, {"days": str(days)}
    hours = (product.now - facts.known_at).total_seconds() / 3600
    if hours > profile.stale_hours:
        yield FlagCode.STALE_DATA, {"hours": f"{hours:.0f}"}


def _price(model: RiskModel, product: ProductState, sell: SellPrice) -> Iterator[Found]:
    if sell.series in MARKETPLACE_SERIES:
        yield FlagCode.NO_BUY_BOX, {"series": sell.series.value}
        days = model.profile.average_days
        if sell.used_average and spans_meaning_change(now=product.now, days=days):
            yield FlagCode.PRICE_MEANING_CHANGED, {"series": sell.series.value}
    stats, measured = product.facts.prices(sell.series), product.measured
    # Keepa's averages of a window that mixes two meanings of a price show moves that were none.
    mixed = sell.series in MARKETPLACE_SERIES and spans_meaning_change(now=product.now, days=90)
    if sell.current is None:
        yield FlagCode.NO_CURRENT_OFFER, NOTHING
    else:
        if sell.current != sell.listed:
            yield FlagCode.COUPON, {"price": f"{sell.current:f}", "amount": f"{sell.listed:f}"}
        spike = measured.last_to_median if measured else None
        if stats.avg90 and not mixed:
            spike = float(sell.current / stats.avg90)
        if spike is not None and spike > model.spike:
            yield FlagCode.PRICE_SPIKE, {"ratio": f"{spike:.2f}"}
    trend = measured.trend if measured else None
    if trend is None and stats.avg30 is not None and stats.avg90 and not mixed:
        trend = float(stats.avg30 / stats.avg90)
    if trend is not None and trend < model.fall:
        yield FlagCode.PRICE_FALLING, {"ratio": f"{trend:.2f}"}


def _outside_corridor(model: RiskModel, usual: Corridor | None, sell: SellPrice) -> Iterator[Found]:
    price = sell.current or sell.amount
    if usual and price > usual.p75 * (1 + model.tolerance):
        yield FlagCode.PRICE_ABOVE_CORRIDOR, {"price": f"{price:f}", "p75": f"{usual.p75:f}"}
    elif usual and price < usual.p25 * (1 - model.tolerance):
        yield FlagCode.PRICE_BELOW_CORRIDOR, {"price": f"{price:f}", "p25": f"{usual.p25:f}"}


def _fixed_price(model: RiskModel, facts: ProductFacts, money: MoneyState) -> Iterator[Found]:
    """French law fixes the price of new books: one far under its list price is doubtful data."""
    listed = facts.list_price
    is_book = money.calculator.category is FeeCategory.BOOKS and facts.marketplace == "fr"
    if not (listed and is_book and model.condition is Condition.NEW):
        return
    if money.sell.amount < listed * model.fixed_price:
        yield FlagCode.FIXED_PRICE_BOOK, {"list_price": f"{listed:f}"}


def _fees(facts: ProductFacts, money: MoneyState) -> Iterator[Found]:
    fees = money.fees
    if fees.unknown:
        yield FlagCode.FEES_UNKNOWN, NOTHING
    if money.calculator.closing_unknown and known(facts.closing_fee) is None:
        yield FlagCode.CLOSING_FEE_UNKNOWN, NOTHING
    mismatches = {"referral": fees.referral.mismatch, "fba": fees.fulfilment.mismatch}
    for line, mismatch in mismatches.items():
        if mismatch is not None:
            table, keepa = (f"{figure:f}" for figure in mismatch)
            yield FlagCode.FEE_MISMATCH, {"line": line, "table": table, "keepa": keepa}
    if fees.fulfilment.oversize:
        yield FlagCode.OVERSIZE, {"tier": fees.fulfilment.tier or ""}
    if not money.own.size_known:
        yield FlagCode.SIZE_UNKNOWN, NOTHING
    if fees.old is not None:
        yield FlagCode.FEES_OLD, {"date": fees.old.isoformat()}


def _size_near_limit(money: MoneyState) -> Iterator[Found]:
    """Measures are rounded: a millimetre or a gram beside a limit, another fee may be the true one.

    Amazon's own figure needs no measures.
    """
    fulfilment, price = money.fees.fulfilment, money.price
    if fulfilment.near is None or fulfilment.source is not FeeSource.TABLE:
        return
    here = fulfilment.at(price)
    smaller, larger = (bands[band_index(price, bands)][1] for bands in fulfilment.near)
    if not smaller == here == larger:
        params = {"fee": f"{here:f}", "smaller": f"{smaller:f}", "larger": f"{larger:f}"}
        yield FlagCode.SIZE_NEAR_LIMIT, params


def _tax(money: MoneyState) -> Iterator[Found]:
    calculator = money.calculator
    if tax_untold(calculator.profile, calculator.market):
        rate = calculator.vat.sale_rate
        yield FlagCode.TAX_UNKNOWN, {"percent": plain(100 * rate)} if rate else NOTHING


def _cost(model: RiskModel, money: MoneyState) -> Iterator[Found]:
    if not money.deal.grade_known:
        yield FlagCode.GRADE_ASSUMED, NOTHING
        if money.deal.offer is not None:
            yield FlagCode.OFFER_UNGRADED, NOTHING
    points = money.points_90
    if money.cost.hypothetical:
        yield FlagCode.COST_ASSUMED, {"percent": plain(model.profile.price_factor_percent)}
    elif points is not None and model.is_rarely_profitable(points):
        yield FlagCode.RARELY_PROFITABLE, {"percent": f"{points / 100:.0f}"}


def _found_cost(model: RiskModel, money: MoneyState) -> Iterator[Found]:
    """Whether what is bought elsewhere is this product, and whether a dip is known to come back."""
    found = money.cost.found
    if found is None:
        return
    if found.identity is not Identity.PROVED:
        yield FlagCode.IDENTITY_TO_CHECK, {"source": found.source}
    if found.basis is not CostBasis.DIP:
        return
    params = {"price": f"{money.price:f}"}
    yield FlagCode.DIP, params if found.days is None else params | {"days": f"{found.days:.0f}"}
    comebacks, needed = found.comebacks or 0, model.profile.dip_comebacks
    if comebacks < needed:
        yield FlagCode.DIP_UNPROVEN, {"count": str(comebacks), "needed": str(needed)}


def _identity(product: ProductState, money: MoneyState | None) -> Iterator[Found]:
    """Whether the cost is for what the listing sells: so many units, and this very product."""
    facts, units = product.facts, product.facts.pack_size
    other = facts.pack_size_other
    if units is not None and (units > 1 or other is not None):
        found = {"units": str(units)}
        yield FlagCode.PACK, found if other is None else found | {"other": str(other)}
        # A cost for the whole lot needs no multiplying, however many units that is.
        is_sure = product.cost_units == units or (product.cost_units is not None and other is None)
        if money is not None and money.cost.basis is CostBasis.EXPLICIT and not is_sure:
            yield FlagCode.PACK_COST, {"units": str(max(units, other or 0))}
    if product.candidates > 1:
        yield FlagCode.AMBIGUOUS_CODE, {"count": str(product.candidates)}
