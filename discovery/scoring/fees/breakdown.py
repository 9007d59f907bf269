"""Where every cent of the price goes: the lines of a sale, rounded so that they add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from discovery.scoring.fees.calculator import FeeCalculator, ProductFees, Sourced, band_index, plain
from discovery.scoring.inputs import ProductFacts, VatRegime
from discovery.scoring.results import (
    FeeBreakdown,
    FeeCode,
    FeeKind,
    FeeLine,
    FeeSource,
    Params,
)

ZERO = Decimal(0)
THIRTY = Decimal(30)
CM3_PER_M3 = Decimal(1_000_000)
MM3_PER_CM3 = Decimal(1000)
NOTHING: Params = {}


@dataclass(frozen=True, slots=True)
class OwnCosts:
    """Per-unit costs that do not depend on the price, excl. VAT, and what they were read from."""

    placement: Sourced
    storage: Decimal
    storage_days: int
    volume_cm3: Decimal
    inbound: Decimal
    weight_g: int
    prep: Decimal
    size_known: bool

    @property
    def total(self) -> Decimal:
        """All of them together, excl. VAT."""
        return self.placement.value + self.storage + self.inbound + self.prep

    @property
    def money_up_front(self) -> Decimal:
        """What is tied up with the purchase until the unit sells."""
        return self.placement.value + self.inbound + self.prep


def own_costs(
    facts: ProductFacts, calculator: FeeCalculator, *, tier: str | None, days_to_sell: float | None
) -> OwnCosts:
    """Placement, storage until sold, inbound and preparation of one unit."""
    profile = calculator.profile
    days = profile.assumed_days_to_sell
    if days_to_sell is not None:
        days = min(math.ceil(days_to_sell), profile.max_days_to_sell)
    length, width, height = (
        facts.package_length_mm,
        facts.package_width_mm,
        facts.package_height_mm,
    )
    if length and width and height:
        volume = Decimal(length * width * height) / MM3_PER_CM3
    else:
        volume = Decimal(profile.assumed_volume_cm3)
    weight = facts.package_weight_g or profile.assumed_weight_g
    return OwnCosts(
        placement=calculator.placement(tier),
        storage=calculator.storage_per_m3.value * volume / CM3_PER_M3 * days / THIRTY,
        storage_days=days,
        volume_cm3=volume,
        inbound=calculator.inbound_per_kg.value * weight / 1000,
        weight_g=weight,
        prep=profile.prep_per_unit,
        size_known=bool(length and width and height and facts.package_weight_g),
    )


@dataclass(frozen=True, slots=True)
class Sale:
    """One sale at one price and cost, exactly; ``breakdown`` is its rounded account."""

    breakdown: FeeBreakdown
    profit: Decimal  # exact
    profit_shown: Decimal  # to the cent; lines + net cost + this = price
    cost_net: Decimal  # exact, less recoverable VAT
    cost_net_shown: Decimal


Draft = tuple[FeeCode, FeeKind, Decimal, FeeSource, Sourced | None, Params]


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
    drafts = _amazon_lines(facts, calculator, fees, price)
    amazon = sum((draft[2] for draft in drafts), ZERO)
    drafts += _own_lines(facts, calculator, own, price)
    before_cost = fees.schedule.left_at(price) - calculator.vat.on_costs * own.total
    profit = calculator.vat.profit(before_cost=before_cost, price=price, cost=cost)
    cost_net = calculator.vat.base * cost
    drafts += _vat_lines(calculator, amazon=amazon, own=own.total, price=price, cost=cost)
    kept = [draft for draft in drafts if draft[2]]
    amounts = [draft[2] for draft in kept]
    *shown, cost_shown, profit_shown = add_up(
        price, [*amounts, cost_net, profit], calculator.market.cent
    )
    lines = tuple(
        FeeLine(
            code,
            kind,
            amount,
            source,
            figure.effective_from if figure else None,
            bool(figure and figure.to_check),
            params,
        )
        for (code, kind, _, source, figure, params), amount in zip(kept, shown, strict=True)
    )
    breakdown = _breakdown(calculator, fees, lines, price)
    return Sale(breakdown, profit, profit_shown, cost_net, cost_shown)


def _breakdown(
    calculator: FeeCalculator, fees: ProductFees, lines: tuple[FeeLine, ...], price: Decimal
) -> FeeBreakdown:
    sums = {FeeKind.AMAZON: ZERO, FeeKind.OWN: ZERO, FeeKind.VAT: ZERO}
    for line in lines:
        sums[line.kind] += line.amount
    total = sums[FeeKind.AMAZON] + sums[FeeKind.OWN] + sums[FeeKind.VAT]
    return FeeBreakdown(
        price=price,
        lines=lines,
        amazon=sums[FeeKind.AMAZON],
        own=sums[FeeKind.OWN],
        vat=sums[FeeKind.VAT],
        total=total,
        net_proceeds=price - total,
        category=calculator.category.value,
        size_tier=fees.fulfilment.tier,
    )


def _amazon_lines(
    facts: ProductFacts, calculator: FeeCalculator, fees: ProductFees, price: Decimal
) -> list[Draft]:
    piece = fees.schedule.piece_at(price)
    referral, fulfilment = fees.referral, fees.fulfilment
    rule = referral.rule
    paid = piece.rate * price + piece.fixed
    band = band_index(price, rule.tiers)
    vouched = band == referral.keepa_band
    referral_figure = Sourced(paid, referral.source, rule.effective_from, rule.to_check)
    referral_source = FeeSource.KEEPA if vouched else referral.source
    closing = calculator.closing_fee(facts)
    fba_source = fulfilment.source
    if fulfilment.keepa_band is not None:
        in_band = band_index(price, fulfilment.bands) == fulfilment.keepa_band
        fba_source = FeeSource.KEEPA if in_band else FeeSource.KEEPA_MOVED
    fba_figure = Sourced(piece.fba, fba_source, fulfilment.effective_from, fulfilment.to_check)
    fuel = piece.fba * calculator.fuel.value if fulfilment.surcharged else ZERO
    services = calculator.digital_services
    base = paid + closing.value + piece.fba + fuel + calculator.peak.value
    percent = {"percent": plain(rule.tiers[band][1])}
    tier = {"tier": fulfilment.tier} if fulfilment.tier else NOTHING
    amazon = FeeKind.AMAZON
    return [
        (FeeCode.REFERRAL, amazon, paid, referral_source, referral_figure, percent),
        (FeeCode.CLOSING, amazon, closing.value, closing.source, closing, NOTHING),
        (FeeCode.FBA, amazon, piece.fba, fba_source, fba_figure, tier),
        (
            FeeCode.FUEL_SURCHARGE,
            amazon,
            fuel,
            calculator.fuel.source,
            calculator.fuel,
            calculator.fuel_params,
        ),
        (
            FeeCode.PEAK_SEASON,
            amazon,
            calculator.peak.value,
            calculator.peak.source,
            calculator.peak,
            NOTHING,
        ),
        (
            FeeCode.DIGITAL_SERVICES,
            amazon,
            base * services.value,
            services.source,
            services,
            calculator.services_params,
        ),
    ]


def _own_lines(
    facts: ProductFacts, calculator: FeeCalculator, own: OwnCosts, price: Decimal
) -> list[Draft]:
    kept = calculator.vat.keep * price
    profile = FeeSource.PROFILE
    return [
        (
            FeeCode.PLACEMENT,
            FeeKind.AMAZON,
            own.placement.value,
            own.placement.source,
            own.placement,
            NOTHING,
        ),
        (
            FeeCode.STORAGE,
            FeeKind.AMAZON,
            own.storage,
            calculator.storage_per_m3.source,
            calculator.storage_per_m3,
            {"days": str(own.storage_days)},
        ),
        (
            FeeCode.INBOUND,
            FeeKind.OWN,
            own.inbound,
            calculator.inbound_per_kg.source,
            calculator.inbound_per_kg,
            {"grams": str(own.weight_g)},
        ),
        (FeeCode.PREP, FeeKind.OWN, own.prep, profile, None, NOTHING),
        (
            FeeCode.RETURNS,
            FeeKind.OWN,
            kept * calculator.returns_share(facts),
            profile,
            None,
            calculator.returns_params(facts),
        ),
        (
            FeeCode.BUFFER,
            FeeKind.OWN,
            kept * calculator.buffer,
            profile,
            None,
            calculator.buffer_params,
        ),
    ]


def _vat_lines(
    calculator: FeeCalculator, *, amazon: Decimal, own: Decimal, price: Decimal, cost: Decimal
) -> list[Draft]:
    vat = calculator.vat
    kind = FeeKind.VAT
    if vat.regime is VatRegime.FRANCHISE:
        rate, figure, params = vat.on_fees - 1, calculator.fee_vat, calculator.fee_vat_params
        return [
            (FeeCode.VAT_ON_FEES, kind, amazon * rate, figure.source, figure, params),
            (FeeCode.VAT_ON_COSTS, kind, own * rate, figure.source, figure, params),
        ]
    figure, params = calculator.sale_vat, calculator.sale_vat_params
    if vat.regime is VatRegime.REEL:
        owed = price * (1 - vat.keep)
        return [(FeeCode.VAT_ON_SALE, kind, owed, figure.source, figure, params)]
    owed = max(price - cost, ZERO) * (1 - vat.keep)
    return [(FeeCode.VAT_ON_MARGIN, kind, owed, figure.source, figure, params)]


def add_up(price: Decimal, parts: Sequence[Decimal], cent: Decimal) -> list[Decimal]:
    """Round parts to the cent so that they still add up to ``price`` (largest remainder).

    Each part becomes one of its two neighbouring cents; parts in whole cents stay as they are.
    """
    floors = [part.quantize(cent, ROUND_FLOOR) for part in parts]
    missing = int((price - sum(floors, ZERO)) / cent)
    if missing:
        rests = [part - whole for part, whole in zip(parts, floors, strict=True)]
        for at in sorted(range(len(parts)), key=rests.__getitem__, reverse=True)[:missing]:
            floors[at] += cent
    return floors
