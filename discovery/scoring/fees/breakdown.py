"""Where every cent of the price goes: the lines of a sale, rounded so that they add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from discovery.scoring.codes import (
    VatRegime,
)
from discovery.scoring.fees.calculator import FeeCalculator, ProductFees
from discovery.scoring.fees.figures import FREE, NOTHING, ZERO, Figure, band_index, plain
from discovery.scoring.inputs import (
    ProductFacts,
)
from discovery.scoring.profile import Profile
from discovery.scoring.results import FeeBreakdown, FeeCode, FeeKind, FeeLine, FeeSource

THIRTY = Decimal(30)
MM3_PER_M3 = Decimal(1_000_000_000)
MM3_PER_CM3 = 1000
OWN_CODES = (
    FeeCode.INBOUND, FeeCode.PREP, FeeCode.SHIPPING, FeeCode.RETURNS, FeeCode.BUFFER,
)  # fmt: skip
# Who takes each line.
KINDS = (
    dict.fromkeys(FeeCode, FeeKind.AMAZON)
    | dict.fromkeys(OWN_CODES, FeeKind.OWN)
    | {code: FeeKind.VAT for code in FeeCode if code.startswith("vat_")}
)


@dataclass(frozen=True, slots=True)
class OwnCosts:
    """Per-unit costs that do not depend on the price, excl. VAT, and what they were read from."""

    placement: Figure
    storage: Figure
    inbound: Figure
    prep: Figure
    size_known: bool
    shipping: Figure = FREE  # of a unit we send ourselves

    @property
    def total(self) -> Decimal:
        """All of them together, excl. VAT."""
        return self.money_up_front + self.storage.value + self.shipping.value

    @property
    def money_up_front(self) -> Decimal:
        """What is tied up with the purchase until the unit sells."""
        return self.placement.value + self.inbound.value + self.prep.value


def own_costs(
    facts: ProductFacts, calculator: FeeCalculator, *, tier: str | None, days_to_sell: float | None
) -> OwnCosts:
    """Placement, storage until sold, inbound and preparation of one unit."""
    profile = calculator.profile
    days = profile.assumed_days_to_sell
    if days_to_sell is not None:
        days = min(math.ceil(days_to_sell), profile.max_days_to_sell)
    length, width, height = facts.package_sides
    has_sides = bool(length and width and height)
    volume = profile.assumed_volume_cm3 * MM3_PER_CM3
    if length and width and height:
        volume = length * width * height
    weight = facts.package_weight_g or profile.assumed_weight_g
    per_m3, per_kg = calculator.storage_per_m3, calculator.inbound_per_kg
    return OwnCosts(
        placement=calculator.placement(tier),
        storage=per_m3._replace(
            value=per_m3.value * volume / MM3_PER_M3 * days / THIRTY, params={"days": str(days)}
        ),
        inbound=per_kg._replace(value=per_kg.value * weight / 1000, params={"grams": str(weight)}),
        prep=Figure(profile.prep_per_unit, FeeSource.PROFILE),
        size_known=has_sides and bool(facts.package_weight_g),
    )


@dataclass(frozen=True, slots=True)
class Sale:
    """One sale at one price and cost, exactly; ``breakdown`` is its rounded account."""

    breakdown: FeeBreakdown
    profit: Decimal  # exact
    profit_shown: Decimal  # to the cent; lines + net cost + this = price
    cost_net: Decimal  # exact, less recoverable VAT
    cost_net_shown: Decimal


# A line before it is rounded: its amount, and the figure that it was worked out from.
Draft = tuple[FeeCode, Decimal, Figure]


def sale_at(
    facts: ProductFacts,
    calculator: FeeCalculator,
    fees: ProductFees,
    own: OwnCosts,
    *,
    price: Decimal,
    cost: Decimal,
) -> Sale:
    """One sale at ``price`` of a unit bought for ``cost`` (both in the store's currency)."""
    vat, own_total = calculator.vat, own.total
    drafts = _amazon_lines(facts, calculator, fees, price)
    amazon = sum((amount for _, amount, _ in drafts), ZERO)
    drafts += _own_lines(facts, calculator, own, price)
    drafts += _vat_lines(calculator, amazon=amazon, own=own_total, price=price, cost=cost)
    before_cost = fees.schedule.left_at(price) - vat.on_costs * own_total
    profit = vat.profit(before_cost=before_cost, price=price, cost=cost)
    cost_net = vat.base * cost
    kept = [draft for draft in drafts if draft[1]]
    amounts = [amount for _, amount, _ in kept]
    *shown, cost_shown, profit_shown = _shown(price, amounts, profit, cost_net, calculator)
    sums = dict.fromkeys(FeeKind, ZERO)
    lines = []
    for (code, _, figure), amount in zip(kept, shown, strict=True):
        kind = KINDS[code]
        sums[kind] += amount
        _, source, effective_from, to_check, params = figure
        lines.append(FeeLine(code, kind, amount, source, effective_from, to_check, params))
    total = sum(sums.values(), ZERO)
    breakdown = FeeBreakdown(
        price=price,
        lines=tuple(lines),
        amazon=sums[FeeKind.AMAZON],
        own=sums[FeeKind.OWN],
        vat=sums[FeeKind.VAT],
        total=total,
        net_proceeds=price - total,
        category=calculator.category.value,
        size_tier=fees.fulfilment.tier,
    )
    return Sale(breakdown, profit, profit_shown, cost_net, cost_shown)


def _amazon_lines(
    facts: ProductFacts, calculator: FeeCalculator, fees: ProductFees, price: Decimal
) -> list[Draft]:
    piece = fees.schedule.piece_at(price)
    referral, fulfilment, rule = fees.referral, fees.fulfilment, fees.referral.rule
    band = band_index(price, rule.tiers)
    paid = piece.rate * price + piece.fixed
    percent = {"percent": plain(rule.tiers[band][1])}
    source = FeeSource.KEEPA if band == referral.keepa_band else referral.source
    by_rule = Figure(paid, source, rule.effective_from, rule.to_check, percent)
    source = fulfilment.source
    if fulfilment.keepa_band not in (None, band_index(price, fulfilment.bands)):
        source = FeeSource.KEEPA_MOVED
    since, to_check, tier = fulfilment.effective_from, fulfilment.to_check, fulfilment.tier
    by_size = Figure(piece.fba, source, since, to_check, {"tier": tier} if tier else NOTHING)
    fuel, peak, services = calculator.fuel, fees.peak, calculator.digital_services
    surcharge = piece.fba * fuel.value if fulfilment.surcharged else ZERO
    closing = calculator.closing_fee(facts)
    base = paid + closing.value + piece.fba + surcharge + peak.value
    return [
        (FeeCode.REFERRAL, paid, by_rule),
        (FeeCode.CLOSING, closing.value, closing),
        (FeeCode.FBA, piece.fba, by_size),
        (FeeCode.FUEL_SURCHARGE, surcharge, fuel),
        (FeeCode.PEAK_SEASON, peak.value, peak),
        (FeeCode.DIGITAL_SERVICES, base * services.value, services),
    ]


def _own_lines(
    facts: ProductFacts, calculator: FeeCalculator, own: OwnCosts, price: Decimal
) -> list[Draft]:
    kept = calculator.vat.keep * price
    returns, buffer = calculator.returns(facts), calculator.buffer
    return [
        (FeeCode.PLACEMENT, own.placement.value, own.placement),
        (FeeCode.STORAGE, own.storage.value, own.storage),
        (FeeCode.INBOUND, own.inbound.value, own.inbound),
        (FeeCode.PREP, own.prep.value, own.prep),
        (FeeCode.SHIPPING, own.shipping.value, own.shipping),
        (FeeCode.RETURNS, kept * returns.value, returns),
        (FeeCode.BUFFER, kept * buffer.value, buffer),
    ]


def _vat_lines(
    calculator: FeeCalculator, *, amazon: Decimal, own: Decimal, price: Decimal, cost: Decimal
) -> list[Draft]:
    vat, on_fees, on_sale = calculator.vat, calculator.fee_vat, calculator.sale_vat
    if vat.regime is VatRegime.MARGIN:
        return [(FeeCode.VAT_ON_MARGIN, max(price - cost, ZERO) * (1 - vat.keep), on_sale)]
    rate = vat.on_fees - 1
    return [  # what is nothing is left out
        (FeeCode.VAT_ON_SALE, price * (1 - vat.keep), on_sale),
        (FeeCode.VAT_ON_FEES, amazon * rate, on_fees),
        (FeeCode.VAT_ON_COSTS, own * rate, on_fees),
    ]


def _shown(
    price: Decimal,
    lines: Sequence[Decimal],
    profit: Decimal,
    cost_net: Decimal,
    calculator: FeeCalculator,
) -> list[Decimal]:
    """The lines, the net cost and the profit in whole cents that add up to the price.

    Where no VAT is recovered, the net cost is the landed cost, which is rounded like any amount
    shown, so that it reads the same everywhere.
    """
    cent = calculator.market.cent
    profit_shown = shown_profit(profit, calculator.profile, cent)
    rest = price - profit_shown
    if calculator.vat.base != 1:
        return [*add_up(rest, [*lines, cost_net], cent), profit_shown]
    paid = cost_net.quantize(cent, ROUND_HALF_UP)
    return [*add_up(rest - paid, lines, cent), paid, profit_shown]


def shown_profit(profit: Decimal, profile: Profile, cent: Decimal) -> Decimal:
    """The one figure that a profit is shown as, everywhere: rounded to the smallest unit.

    Rounding never lifts it over a floor that it misses, nor to something out of a loss.
    """
    shown = profit.quantize(cent, ROUND_HALF_UP)
    floors = (ZERO, cent, profile.consider_profit, profile.min_profit, profile.strong_profit)
    if any(profit < floor <= shown for floor in floors):
        return profit.quantize(cent, ROUND_FLOOR)
    return shown


def add_up(total: Decimal, parts: Sequence[Decimal], cent: Decimal) -> list[Decimal]:
    """Round parts to the cent so that they still add up to ``total`` (largest remainder).

    Each part becomes one of its two neighbouring cents; what two rounded figures beside them leave
    over or take away, a cent at most, goes to the largest part. Without parts there is nothing to
    share out.
    """
    shown = [part.quantize(cent, ROUND_FLOOR) for part in parts]
    missing = int((total - sum(shown, ZERO)) / cent)
    rests = [part - whole for part, whole in zip(parts, shown, strict=True)]
    by_rest = sorted(range(len(parts)), key=rests.__getitem__, reverse=True)
    for at in by_rest[: max(missing, 0)]:
        shown[at] += cent
    if parts and (left := total - sum(shown, ZERO)):
        shown[max(range(len(parts)), key=shown.__getitem__)] += left
    return shown
