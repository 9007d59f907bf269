"""The one way from facts to a score: every page, answer, export and pick shows this result."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import lru_cache, partial

from discovery.scoring.categories import fee_category
from discovery.scoring.changes import what_would_change
from discovery.scoring.codes import (
    Condition,
    CostBasis,
    ReasonCode,
    Verdict,
)
from discovery.scoring.confidence import ConfidenceModel
from discovery.scoring.dip_sale import deal_later, sellers_later, velocity_later
from discovery.scoring.fees.breakdown import OwnCosts, Sale, own_costs, sale_at, shown_profit
from discovery.scoring.fees.calculator import FeeCalculator, ProductFees, fee_calculator
from discovery.scoring.found_cost import FoundCost
from discovery.scoring.inputs import (
    ProductFacts,
)
from discovery.scoring.landed_cost import Deal, LandedCost, deal_of, landed_cost
from discovery.scoring.marketplaces import marketplace
from discovery.scoring.max_cost import VerdictInputs, max_cost, obstacles, standing_caps
from discovery.scoring.prices import SellPrice, corridor
from discovery.scoring.profile import Profile
from discovery.scoring.ranking import days_held, rank_score
from discovery.scoring.results import Reason, Score
from discovery.scoring.risk import MoneyState, ProductState, RiskModel, risk_flags
from discovery.scoring.sourcing import UnknownCost
from discovery.scoring.unit_economics import UnitEconomics
from discovery.scoring.used_prices import SoldCopy
from discovery.scoring.velocity import UNKNOWN_DAYS, Velocity, VelocityModel
from discovery.scoring.verdict import Figures, Thresholds, better_price, cap, reasons
from discovery.scoring.version import ENGINE_VERSION
from discovery.scoring.what_if import AS_EXPECTED, WhatIf
from discovery.vat_basis import VatBasis

ZERO = Decimal(0)
HUNDREDTH = Decimal("0.01")


class Models:
    """A resolved profile compiled for one marketplace."""

    def __init__(self, profile: Profile, code: str) -> None:
        self.profile = profile
        self.cent = marketplace(code).cent
        self.velocity = VelocityModel(profile, code)
        self.risk = RiskModel(profile)
        self.confidence = ConfidenceModel(profile)
        self.thresholds = Thresholds(profile, self.cent)
        self.shown = partial(shown_profit, profile=profile, cent=self.cent)
        self.reach = profile.cliff_reach_percent / 100


@lru_cache(maxsize=256)
def _models(profile: Profile, code: str) -> Models:
    return Models(profile, code)


def score(
    facts: ProductFacts,
    profile: Profile,
    *,
    now: datetime,
    cost: Decimal | None = None,
    cost_vat: VatBasis | None = None,
    cost_units: int | None = None,
    found: FoundCost | None = None,
    candidates: int = 1,
    sold: SoldCopy = SoldCopy.LISTING,
    what_if: WhatIf = AS_EXPECTED,
) -> Score:
    """Score a product as known now, for a profile.

    ``cost`` is the landed purchase price of one unit, in the marketplace's currency, stated with
    or without VAT as ``cost_vat`` says (``None``: as the profile says); one without is grossed up
    at the rate of the purchase. ``cost_units`` is for how many units it was given, where the
    listing may sell several at once. ``found`` is a price found elsewhere, in place of a ``cost``:
    real, though it may be another product's or a dip's. ``candidates`` is how many products the
    code may mean among which nobody has chosen. ``sold`` is the copy that the figures are about,
    for a profile that sells used ones: what a copy bought elsewhere fetches depends on its grade.
    ``what_if`` tries another price or way of sending: such a score is for looking at and never
    stored.
    Raises ``UnknownMarketplace`` for a store the engine does not know and ``ValueError`` for a
    naive ``now``, a cost that is not positive, or two of them.
    """
    if now.tzinfo is None:
        raise ValueError("now must be an aware datetime")
    if cost is not None and found is not None:
        raise ValueError("a product is bought at one price")
    own = what_if.profile(resolved(facts, profile))
    models = _models(own, facts.marketplace)
    if found is not None and found.sell_at is not None:
        facts = sellers_later(facts)
    deal, velocity = deal_of(facts, own, sold=sold), models.velocity.of(facts)
    if found is not None:
        deal, velocity = deal_later(deal, found), velocity_later(velocity, found, own)
    deal = what_if.deal(deal, own)
    sell = deal.sell
    measured = facts.measures.of(own.condition)
    if own.condition is Condition.USED and sell and measured:
        # What other grades, or the used Buy Box, fetched says nothing about a copy like ours.
        measured = measured if measured.series is sell.series else None
    product = ProductState(
        facts=facts,
        now=now,
        velocity=velocity,
        measured=measured,
        corridor=corridor(measured, models.cent),
        cost_units=None if cost is None else cost_units,
        candidates=candidates,
    )
    stated, money = cost_vat or own.cost_vat, None
    if sell and sell.amount > 0:
        money = _money(models, product, deal, sell, (cost, found), stated, what_if)
    return _score(models, product, money, fingerprint=profile.fingerprint)


def profit_at(
    facts: ProductFacts, profile: Profile, *, price: Decimal, cost: Decimal, now: datetime
) -> Decimal:
    """What one unit bought at ``cost`` earns when sold at ``price``, fees taken at that price.

    Both in the marketplace's currency; ``cost`` as paid. Rounded to the smallest unit. Raises
    ``UnknownMarketplace``.
    """
    return sale_of(facts, profile, price=price, cost=cost, now=now).profit_shown


def sale_of(
    facts: ProductFacts, profile: Profile, *, price: Decimal, cost: Decimal, now: datetime
) -> Sale:
    """The sale of one unit at ``price``, with its account; as ``profit_at``."""
    profile = resolved(facts, profile)
    velocity = _models(profile, facts.marketplace).velocity.of(facts)
    calculator, fees, own = _costs_of_selling(facts, profile, velocity, now)
    return sale_at(facts, calculator, fees, own, price=price, cost=cost)


def resolved(facts: ProductFacts, profile: Profile) -> Profile:
    """The profile as it holds for the product: its marketplace's, its categories'."""
    ids = facts.category_ids
    if facts.root_category is not None and facts.root_category not in ids:
        ids = (facts.root_category, *ids)
    return profile.for_marketplace(facts.marketplace, ids)


def _costs_of_selling(
    facts: ProductFacts, profile: Profile, velocity: Velocity, now: datetime
) -> tuple[FeeCalculator, ProductFees, OwnCosts]:
    day = now.astimezone(UTC).date()
    calculator = fee_calculator(profile, facts.marketplace, fee_category(facts), day)
    fees = calculator.fees_of(facts)
    tier, days = fees.fulfilment.tier, velocity.days_to_sell
    return calculator, fees, own_costs(facts, calculator, tier=tier, days_to_sell=days)


def _money(
    models: Models,
    product: ProductState,
    deal: Deal,
    sell: SellPrice,
    told: tuple[Decimal | None, FoundCost | None],
    stated: VatBasis,
    what_if: WhatIf,
) -> MoneyState:
    facts, profile, cent = product.facts, models.profile, models.cent
    price = max(sell.amount.quantize(cent, ROUND_HALF_UP), cent)
    calculator, fees, usual = _costs_of_selling(facts, profile, product.velocity, product.now)
    own = what_if.own(usual)
    vat = calculator.vat
    economics = UnitEconomics(
        schedule=fees.schedule,
        own=vat.on_costs * own.total,
        vat=vat,
        cent=cent,
        shown=models.shown,
    )
    cost_of = partial(
        landed_cost,
        profile,
        sell,
        explicit=told[0],
        found=told[1],
        units=product.cost_units,
        pack_size=facts.pack_size,
        stated=stated,
        vat=vat,
        cent=cent,
    )
    cost = cost_of(offer=deal.offer)
    if _is_nobodys_cost(models, economics, cost, price=price):
        cost = cost_of(offer=None)
    measured, target = product.measured, models.thresholds.buy.roi
    points_90, points_180 = (
        economics.time_profitable(seen, target, cost.amount)
        for seen in ((measured.window_90, measured.window_180) if measured else (None, None))
    )
    return MoneyState(
        sell=sell,
        deal=deal,
        price=price,
        cost=cost,
        calculator=calculator,
        fees=fees,
        own=own,
        economics=economics,
        sale=sale_at(facts, calculator, fees, own, price=price, cost=cost.amount),
        points_90=points_90,
        points_180=points_180,
        better=economics.better_price(
            price, cost.amount, reach=models.reach, gain=profile.better_price_gain
        ),
    )


def _is_nobodys_cost(
    models: Models, economics: UnitEconomics, cost: LandedCost, *, price: Decimal
) -> bool:
    """Whether a new unit's cost is that of an offer which earns less than a CONSIDER asks.

    Nobody buys it there, and it says nothing of what others ask. A used copy is bought on the
    listing or is another copy, with a price of its own.
    """
    if cost.basis is not CostBasis.LOWEST_OFFER or models.profile.condition is not Condition.NEW:
        return False
    earned = economics.earned_at(price, cost.amount)
    return not models.thresholds.pays(
        models.thresholds.consider, price=price, profit=earned.profit, capital=earned.cost_net
    )


def _score(
    models: Models, product: ProductState, money: MoneyState | None, *, fingerprint: str
) -> Score:
    """The score; without ``money`` (nobody sells it) SKIP, with what is known of the product."""
    facts, velocity = product.facts, product.velocity
    points = models.confidence.without_cost(
        facts,
        now=product.now,
        sell=money.sell if money else None,
        velocity=velocity,
        fees_known=money is not None and not money.fees.unknown,
    )
    confidence = models.confidence.with_cost(points, money.cost.basis if money else None)
    flags = risk_flags(models.risk, product, money)
    with_known_cost = models.confidence.with_cost(points, CostBasis.EXPLICIT)
    caps = standing_caps(flags)
    forbidden_by = obstacles(
        models.thresholds.buy, velocity=velocity.score, confidence=with_known_cost, caps=caps
    )
    complete = partial(
        Score,
        asin=facts.asin,
        marketplace=facts.marketplace,
        currency=facts.currency,
        condition=models.profile.condition,
        regime=models.profile.regime,
        sell_price_basis=models.profile.price_basis,
        velocity_score=velocity.score,
        monthly_sales=velocity.monthly_sales,
        monthly_sales_kind=velocity.kind,
        expected_sales_per_month=velocity.expected_sales,
        competitors=velocity.competitors if velocity.competitors_known else None,
        days_to_sell=_days(velocity),
        confidence=confidence,
        flags=flags,
        corridor=product.corridor,
        scored_at=product.now,
        engine_version=ENGINE_VERSION,
        profile_fingerprint=fingerprint,
        pack_size=facts.pack_size,
        cost_units=product.cost_units,
    )
    if money is None:
        return complete(
            verdict=Verdict.SKIP,
            buy_forbidden_by=(ReasonCode.NO_PRICE, *forbidden_by),
            reasons=(Reason(ReasonCode.NO_PRICE, False, {}),),
        )
    thresholds, economics = models.thresholds, money.economics
    sale, amount = money.sale, money.cost.amount
    figures = Figures(
        price=money.price,
        profit=sale.profit,
        capital=sale.cost_net,
        velocity=velocity.score,
        confidence=confidence,
    )
    inputs = VerdictInputs(
        thresholds=thresholds,
        risk=models.risk,
        economics=economics,
        price=money.price,
        left=economics.left_at(money.price),
        velocity=velocity.score,
        confidence=with_known_cost,
        caps=caps,
        seen=product.measured.window_90 if product.measured else None,
    )
    most = max_cost(inputs, thresholds.buy)
    hypothetical = money.cost.hypothetical
    share_90 = _share(money.points_90)
    days = days_held(models.profile, velocity.days_to_sell)
    if hypothetical:
        at_most = economics.earned_at(money.price, most) if most > 0 else None
        unknown = UnknownCost(
            inputs=inputs,
            flags=flags,
            most=most,
            sale=at_most,
            least=models.profile.sourcing_least_cost_percent / 100,
            confidence=confidence,
        )
        verdict, why = unknown.verdict, unknown.reasons()
        if money.better is not None:
            why = (*why, better_price(money.better))
        rank = unknown.rank_score(days=days)
    else:
        at_most = None
        reached = thresholds.verdict(figures)
        verdict = cap(reached, flags)
        why = reasons(
            thresholds,
            figures,
            reached=reached,
            flags=flags,
            share_90=share_90,
            better=money.better,
            profit_shown=sale.profit_shown,
        )
        rank = rank_score(
            profit=sale.profit,
            tied_up=sale.cost_net + money.own.money_up_front,
            days=days,
            confidence=confidence,
        )
    return complete(
        verdict=verdict,
        roi_percent=_percent(figures.roi),
        profit=sale.profit_shown,
        margin_percent=_percent(figures.margin),
        sell_price=money.price,
        sell_price_series=money.sell.series,
        grade=money.deal.grade,
        landed_cost=amount,
        landed_cost_net=sale.cost_net_shown,
        cost_basis=money.cost.basis,
        cost_source=money.cost.source,
        cost_given=money.cost.given,
        cost_vat=money.cost.vat,
        purchase_vat_percent=_purchase_vat(facts, money),
        hypothetical=hypothetical,
        max_cost=most,
        profit_at_max_cost=at_most.profit_shown if at_most else None,
        roi_at_max_cost=_percent(at_most.profit / at_most.cost_net) if at_most else None,
        buy_forbidden_by=forbidden_by,
        break_even=economics.lowest_price(ZERO, amount),
        target_price=economics.lowest_price(thresholds.buy.roi, amount),
        fees=sale.breakdown,
        reasons=why,
        what_would_change=what_would_change(
            inputs, verdict=verdict, hypothetical=hypothetical, buy_at_most=most
        ),
        share_profitable_90=share_90,
        share_profitable_180=_share(money.points_180),
        cliffs=tuple(economics.cliffs(money.price, amount, models.reach)),
        better_price=money.better,
        rank_score=rank,
    )


def _purchase_vat(facts: ProductFacts, money: MoneyState) -> Decimal | None:
    """The rate of VAT in the purchase price, in percent; None where the store has none."""
    if marketplace(facts.marketplace).vat is None:
        return None
    return 100 * money.calculator.vat.purchase_rate


def _percent(ratio: Decimal) -> Decimal:
    """A ratio in percent, rounded down: 30.00 means that 30 % is reached."""
    return (100 * ratio).quantize(HUNDREDTH, ROUND_FLOOR)


def _share(points: int | None) -> float | None:
    """Basis points as a percentage."""
    return None if points is None else points / 100


def _days(velocity: Velocity) -> float | None:
    """Days until one of ours sells; None when unknown or never."""
    days = velocity.days_to_sell
    return None if days is None or days >= UNKNOWN_DAYS else round(days, 1)
