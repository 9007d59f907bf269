"""The one way from facts to a score: every page, answer, export and pick shows this result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import lru_cache

from discovery.scoring.breakdown import OwnCosts, Sale, account, own_costs
from discovery.scoring.categories import fee_category
from discovery.scoring.changes import Case, what_would_change
from discovery.scoring.confidence import ConfidenceModel
from discovery.scoring.fees import FeeDesk, FeeSituation, fee_desk
from discovery.scoring.inputs import CostBasis, PriceMeasures, ProductFacts, ReasonCode, Verdict
from discovery.scoring.landed_cost import LandedCost, landed_cost
from discovery.scoring.marketplaces import marketplace
from discovery.scoring.outlook import Position
from discovery.scoring.prices import SellPrice, corridor, sell_price
from discovery.scoring.profile import Profile
from discovery.scoring.results import BetterPrice, Corridor, Flag, Reason, Score
from discovery.scoring.risk import Evidence, RiskModel, risk_flags
from discovery.scoring.velocity import UNKNOWN_DAYS, Velocity, VelocityModel
from discovery.scoring.verdict import Economics, Judge, cap, reasons
from discovery.scoring.version import ENGINE_VERSION

ZERO = Decimal(0)
HUNDREDTH = Decimal("0.01")
DAYS_PER_YEAR = 365.0


class Models:
    """A resolved profile compiled for one marketplace."""

    def __init__(self, profile: Profile, code: str) -> None:
        self.profile = profile
        self.place = marketplace(code)
        self.velocity = VelocityModel(profile, code)
        self.risk = RiskModel(profile)
        self.confidence = ConfidenceModel(profile)
        self.judge = Judge(profile, self.place.cent)
        self.roi_target = profile.roi_target_percent / 100
        self.reach = profile.cliff_reach_percent / 100
        self.rarely = float(profile.rarely_profitable_percent)


@lru_cache(maxsize=256)
def _models(profile: Profile, code: str) -> Models:
    return Models(profile, code)


@dataclass(frozen=True, slots=True)
class _Deal:
    """The money side of a product that has a price."""

    sell: SellPrice
    price: Decimal
    cost: LandedCost
    desk: FeeDesk
    situation: FeeSituation
    own: OwnCosts
    position: Position
    sale: Sale
    left: Decimal
    corridor: Corridor | None
    share_90: float | None
    share_180: float | None
    better: BetterPrice | None


def score(
    facts: ProductFacts, profile: Profile, *, now: datetime, cost: Decimal | None = None
) -> Score:
    """Score a product as known now, for a profile.

    ``cost`` is the landed purchase price as paid (VAT included where it applies), in the
    marketplace's currency. Raises ``UnknownMarketplace`` for a store the engine does not know and
    ``ValueError`` for a naive ``now`` or a cost that is not positive.
    """
    if now.tzinfo is None:
        raise ValueError("now must be an aware datetime")
    resolved = _resolved(facts, profile)
    models = _models(resolved, facts.marketplace)
    velocity = models.velocity.of(facts)
    sell = sell_price(facts, resolved.condition, resolved.price_basis, resolved.average_days)
    if sell is None or sell.amount <= 0:
        return _without_price(facts, profile, models, velocity, now)
    deal = _deal(facts, models, sell, velocity, now, cost)
    return _judged(facts, profile, models, velocity, deal, now)


def profit_at(
    facts: ProductFacts, profile: Profile, *, price: Decimal, cost: Decimal, now: datetime
) -> Decimal:
    """What one unit bought at ``cost`` earns when sold at ``price``, fees taken at that price.

    Both in the marketplace's currency; ``cost`` as paid. Rounded to the smallest unit.
    """
    resolved = _resolved(facts, profile)
    models = _models(resolved, facts.marketplace)
    velocity = models.velocity.of(facts)
    day = now.astimezone(UTC).date()
    desk = fee_desk(resolved, facts.marketplace, fee_category(facts), day)
    situation = desk.situation(facts)
    own = own_costs(facts, desk, tier=situation.fulfilment.tier, days_to_sell=velocity.days_to_sell)
    return account(facts, desk, situation, own, price=price, cost=cost).profit_shown


def _resolved(facts: ProductFacts, profile: Profile) -> Profile:
    ids = facts.category_ids
    if facts.root_category is not None and facts.root_category not in ids:
        ids = (facts.root_category, *ids)
    return profile.for_marketplace(facts.marketplace, ids)


def _deal(
    facts: ProductFacts,
    models: Models,
    sell: SellPrice,
    velocity: Velocity,
    now: datetime,
    cost: Decimal | None,
) -> _Deal:
    profile, cent = models.profile, models.place.cent
    price = max(sell.amount.quantize(cent, ROUND_HALF_UP), cent)
    landed = landed_cost(facts, profile, sell, explicit=cost, cent=cent)
    desk = fee_desk(profile, facts.marketplace, fee_category(facts), now.astimezone(UTC).date())
    situation = desk.situation(facts)
    own = own_costs(facts, desk, tier=situation.fulfilment.tier, days_to_sell=velocity.days_to_sell)
    position = Position(situation.schedule, desk.vat.on_costs * own.total, desk.vat, cent)
    measured = facts.measures.of(profile.condition)
    seen_90 = measured.window_90 if measured else None
    seen_180 = measured.window_180 if measured else None
    target, amount = models.roi_target, landed.amount
    return _Deal(
        sell=sell,
        price=price,
        cost=landed,
        desk=desk,
        situation=situation,
        own=own,
        position=position,
        sale=account(facts, desk, situation, own, price=price, cost=amount),
        left=position.left_at(price),
        corridor=corridor(measured, cent),
        share_90=position.share_profitable(seen_90, target, amount),
        share_180=position.share_profitable(seen_180, target, amount),
        better=position.better_price(
            price, amount, reach=models.reach, gain=profile.better_price_gain
        ),
    )


def _judged(
    facts: ProductFacts,
    profile: Profile,
    models: Models,
    velocity: Velocity,
    deal: _Deal,
    now: datetime,
) -> Score:
    judge, sale = models.judge, deal.sale

    points = models.confidence.without_cost(
        facts,
        now=now,
        sell=deal.sell,
        velocity=velocity,
        fees_known=not deal.situation.unknown,
    )
    confidence = models.confidence.with_cost(points, deal.cost.basis)
    evidence = Evidence(
        facts,
        now,
        velocity,
        deal.sell,
        deal.corridor,
        deal.cost,
        deal.share_90,
        deal.desk,
        deal.situation,
        deal.own,
    )
    flags = risk_flags(models.risk, evidence)
    figures = Economics(deal.price, sale.profit, sale.cost_net, velocity.score, confidence)
    reached = judge.verdict(figures)
    verdict = cap(reached, flags)
    hypothetical = deal.cost.hypothetical
    measured = facts.measures.of(models.profile.condition)
    case = Case(
        judge,
        deal.position,
        deal.price,
        deal.left,
        velocity.score,
        models.confidence.with_cost(points, CostBasis.EXPLICIT),
        flags,
        _often(models, deal, measured),
        models.profile.cap_rarely_profitable,
    )
    amount = deal.cost.amount
    reach = models.reach
    return Score(
        asin=facts.asin,
        marketplace=facts.marketplace,
        currency=facts.currency,
        verdict=verdict,
        condition=models.profile.condition,
        regime=models.profile.regime,
        roi_percent=_percent(figures.roi),
        profit=sale.profit_shown,
        margin_percent=_percent(figures.margin),
        sell_price=deal.price,
        sell_price_series=deal.sell.series,
        sell_price_basis=models.profile.price_basis,
        landed_cost=amount,
        landed_cost_net=sale.cost_net_shown,
        cost_basis=deal.cost.basis,
        cost_source=deal.cost.source,
        hypothetical=hypothetical,
        max_cost=judge.max_cost(judge.buy, left=deal.left, price=deal.price, vat=deal.desk.vat),
        break_even=deal.position.lowest_price(ZERO, amount),
        target_price=deal.position.lowest_price(models.roi_target, amount),
        fees=sale.breakdown,
        velocity_score=velocity.score,
        monthly_sales=velocity.monthly_sales,
        monthly_sales_kind=velocity.kind,
        expected_sales_per_month=velocity.expected_sales,
        competitors=velocity.competitors if velocity.competitors_known else None,
        days_to_sell=_days(velocity),
        confidence=confidence,
        flags=flags,
        reasons=reasons(
            judge,
            figures,
            reached=reached,
            flags=flags,
            hypothetical=hypothetical,
            share_90=deal.share_90,
            better=deal.better,
            profit_shown=sale.profit_shown,
        ),
        what_would_change=what_would_change(case, verdict=verdict, hypothetical=hypothetical),
        corridor=deal.corridor,
        share_profitable_90=deal.share_90,
        share_profitable_180=deal.share_180,
        cliffs=tuple(deal.position.cliffs(deal.price, amount, reach)),
        better_price=deal.better,
        rank_score=_rank_score(models, deal, velocity, confidence),
        scored_at=now,
        engine_version=ENGINE_VERSION,
        profile_fingerprint=profile.fingerprint,
    )


def _often(models: Models, deal: _Deal, measured: PriceMeasures | None) -> Decimal | None:
    """The highest cost that would have paid off often enough over the last 90 days."""
    if measured is None or measured.window_90 is None or not models.risk.roi_required:
        return None
    seen = measured.window_90
    return deal.position.cost_profitable_for(seen, models.roi_target, models.rarely)


def _rank_score(models: Models, deal: _Deal, velocity: Velocity, confidence: float) -> float:
    """Annual profit per unit of money tied up (percent); gains count only as far as trusted."""
    days = velocity.days_to_sell
    if days is None:
        days = float(models.profile.assumed_days_to_sell)
    turns = DAYS_PER_YEAR / min(max(days, 1.0), models.profile.max_days_to_sell)
    tied_up = deal.sale.cost_net + deal.own.money_up_front
    yearly = float(100 * deal.sale.profit / tied_up) * turns
    return round(yearly * confidence / 100 if yearly > 0 else yearly, 2)


def _percent(ratio: Decimal) -> Decimal:
    """A ratio in percent, rounded down: 30.00 means that 30 % is reached."""
    return (100 * ratio).quantize(HUNDREDTH, ROUND_FLOOR)


def _days(velocity: Velocity) -> float | None:
    """Days until one of ours sells; None when unknown or never."""
    days = velocity.days_to_sell
    return None if days is None or days >= UNKNOWN_DAYS else round(days, 1)


def _without_price(
    facts: ProductFacts, profile: Profile, models: Models, velocity: Velocity, now: datetime
) -> Score:
    """The score of a product nobody sells: SKIP, with what is known of it."""
    flags: tuple[Flag, ...] = risk_flags(models.risk, Evidence(facts, now, velocity))
    points = models.confidence.without_cost(
        facts, now=now, sell=None, velocity=velocity, fees_known=False
    )
    measured = facts.measures.of(models.profile.condition)
    return Score(
        asin=facts.asin,
        marketplace=facts.marketplace,
        currency=facts.currency,
        verdict=Verdict.SKIP,
        condition=models.profile.condition,
        regime=models.profile.regime,
        roi_percent=None,
        profit=None,
        margin_percent=None,
        sell_price=None,
        sell_price_series=None,
        sell_price_basis=models.profile.price_basis,
        landed_cost=None,
        landed_cost_net=None,
        cost_basis=None,
        cost_source=None,
        hypothetical=False,
        max_cost=None,
        break_even=None,
        target_price=None,
        fees=None,
        velocity_score=velocity.score,
        monthly_sales=velocity.monthly_sales,
        monthly_sales_kind=velocity.kind,
        expected_sales_per_month=velocity.expected_sales,
        competitors=velocity.competitors if velocity.competitors_known else None,
        days_to_sell=_days(velocity),
        confidence=models.confidence.with_cost(points, None),
        flags=flags,
        reasons=(Reason(ReasonCode.NO_PRICE, False, {}),),
        what_would_change=(),
        corridor=corridor(measured, models.place.cent),
        share_profitable_90=None,
        share_profitable_180=None,
        cliffs=(),
        better_price=None,
        rank_score=0.0,
        scored_at=now,
        engine_version=ENGINE_VERSION,
        profile_fingerprint=profile.fingerprint,
    )
