"""How far a score can be trusted, 0-100: completeness, freshness, length of history, cost basis."""

from __future__ import annotations

from datetime import datetime

from discovery.scoring.codes import (
    Condition,
    CostBasis,
    SalesKind,
)
from discovery.scoring.inputs import (
    ProductFacts,
)
from discovery.scoring.prices import MARKETPLACE_SERIES, SellPrice
from discovery.scoring.profile import Profile
from discovery.scoring.velocity import Velocity


class ConfidenceModel:
    """A profile's confidence settings as plain numbers."""

    def __init__(self, profile: Profile) -> None:
        self.condition = profile.condition
        self.weights = (
            profile.weight_completeness,
            profile.weight_freshness,
            profile.weight_history,
            profile.weight_cost,
        )
        self.total = sum(self.weights)
        self.fresh = profile.fresh_hours
        self.stale = profile.stale_hours
        self.full_history = profile.full_history_days
        self.by_cost = {
            CostBasis.EXPLICIT: 1.0,
            CostBasis.LOWEST_OFFER: float(profile.confidence_lowest_offer) / 100,
            CostBasis.EUROPE: float(profile.confidence_europe) / 100,
            CostBasis.DIP: float(profile.confidence_dip) / 100,
            CostBasis.PRICE_FACTOR: float(profile.confidence_price_factor) / 100,
        }

    def without_cost(
        self,
        facts: ProductFacts,
        *,
        now: datetime,
        sell: SellPrice | None,
        velocity: Velocity,
        fees_known: bool,
    ) -> float:
        """The points earned by everything but the cost; give them to ``with_cost``."""
        completeness, freshness, history, _ = self.weights
        return (
            completeness * self._completeness(facts, sell, velocity, fees_known)
            + freshness * self._freshness(facts, now)
            + history * min(facts.measures.history_days / self.full_history, 1.0)
        )

    def with_cost(self, points: float, basis: CostBasis | None) -> float:
        """The confidence in a score whose cost has that basis (None: no cost at all)."""
        cost = 0.0 if basis is None else self.weights[3] * self.by_cost[basis]
        return round(100 * (points + cost) / self.total, 1)

    def _completeness(
        self, facts: ProductFacts, sell: SellPrice | None, velocity: Velocity, fees_known: bool
    ) -> float:
        """The share of what a sound score needs that is known; the price weighs double."""
        known = fees_known + velocity.competitors_known + bool(facts.bsr or facts.monthly_sold)
        known += velocity.kind in (SalesKind.FLOOR, SalesKind.SHARED, SalesKind.PROXY)
        known += facts.measures.of(self.condition) is not None
        if sell is not None:
            known += sell.current is not None
            known += sell.average is not None
            known += 2 * (sell.series not in MARKETPLACE_SERIES)
        if self.condition is Condition.NEW:
            known += facts.buy_box_is_amazon is not None or facts.amazon_availability is not None
            return known / 10
        return known / 9

    def _freshness(self, facts: ProductFacts, now: datetime) -> float:
        hours = (now - facts.known_at).total_seconds() / 3600
        if hours <= self.fresh:
            return 1.0
        if hours >= self.stale:
            return 0.0
        return (self.stale - hours) / (self.stale - self.fresh)
