"""How fast it sells: the listing's monthly sales, our part of them, and a 0-100 score.

Monotone by construction: more sales never lowers the score, more competing offers never raises
it, a worse rank never raises it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from discovery.scoring.inputs import Condition, ProductFacts, SalesKind
from discovery.scoring.profile import Profile

DAYS_PER_MONTH = 30.0
UNKNOWN_DAYS = 36_500.0

# How much smaller than amazon.com's a store's sales are at the same rank. Orders of magnitude
# taken from the stores' visitors; the profile's coefficient corrects them per marketplace.
STORE_SIZE: Mapping[str, float] = {
    "us": 1.0,
    "uk": 0.3,
    "de": 0.3,
    "jp": 0.3,
    "fr": 0.15,
    "it": 0.12,
    "es": 0.1,
    "ca": 0.12,
    "in": 0.15,
    "mx": 0.05,
    "br": 0.05,
}


@dataclass(frozen=True, slots=True)
class Velocity:
    """Sales per month of the listing and of ours; ``None`` is unknown, zero is known to be none."""

    score: float
    monthly_sales: float | None
    kind: SalesKind
    competitors: float
    competitors_known: bool
    expected_sales: float | None
    days_to_sell: float | None


class VelocityModel:
    """A profile's velocity settings as plain numbers, for one marketplace."""

    def __init__(self, profile: Profile, marketplace: str) -> None:
        self.condition = profile.condition
        self.weights = (
            float(profile.weight_drops_30),
            float(profile.weight_drops_90),
            float(profile.weight_drops_180),
        )
        self.saturation = float(profile.drops_saturation)
        self.floor_rank = profile.drops_floor_rank
        self.coefficient = float(profile.rank_law_coefficient) * STORE_SIZE.get(marketplace, 0.1)
        self.exponent = float(profile.rank_law_exponent)
        self.used_share = float(profile.used_sales_percent) / 100
        self.fbm_weight = float(profile.fbm_weight_percent) / 100
        self.near_price = float(profile.near_price_percent) / 100
        self.assumed_competitors = float(profile.assumed_competitors)
        self.assumed_amazon_share = float(profile.assumed_amazon_share_percent) / 100
        self.half = float(profile.half_score_sales)
        self.trend_weight = float(profile.trend_weight)
        self.out_of_stock_weight = float(profile.out_of_stock_weight_percent) / 100
        self.longest = float(profile.max_days_to_sell)

    def of(self, facts: ProductFacts) -> Velocity:
        """The velocity of a product as known now."""
        monthly, kind = self._monthly_sales(facts)
        competitors, known = self._competitors(facts)
        if monthly is None:
            return Velocity(0.0, None, kind, competitors, known, None, None)
        ours = monthly / (competitors + 1)
        if self.condition is Condition.USED:
            ours *= self.used_share
        else:
            ours *= 1 - self._amazon_share(facts)
        score = 100 * ours / (ours + self.half) * self._trend(facts) * self._stock(facts)
        days = DAYS_PER_MONTH / ours if ours > DAYS_PER_MONTH / UNKNOWN_DAYS else UNKNOWN_DAYS
        return Velocity(round(score, 1), monthly, kind, competitors, known, ours, days)

    def _monthly_sales(self, facts: ProductFacts) -> tuple[float | None, SalesKind]:
        if facts.monthly_sold:
            return float(facts.monthly_sold), SalesKind.FLOOR
        rank = facts.bsr_avg90 or facts.bsr
        drops = self._drops(facts)
        if drops is not None:
            # Top sellers barely move in rank, and no rank drops more than hourly: there the
            # count of drops is a floor under the law of the rank.
            if rank and (drops >= self.saturation or rank <= self.floor_rank):
                by_rank = self._by_rank(rank)
                if by_rank > drops:
                    return by_rank, SalesKind.RANK_MODEL
            return drops, SalesKind.PROXY
        if rank:
            return self._by_rank(rank), SalesKind.RANK_MODEL
        return None, SalesKind.UNKNOWN

    def _drops(self, facts: ProductFacts) -> float | None:
        counted = (facts.rank_drops_30, facts.rank_drops_90, facts.rank_drops_180)
        total = weight_sum = 0.0
        for drops, weight, months in zip(counted, self.weights, (1, 3, 6), strict=True):
            if drops is not None and weight:
                total += weight * drops / months
                weight_sum += weight
        if weight_sum:
            return total / weight_sum
        days = facts.measures.drop_days_180
        return None if days is None else days / 6

    def _by_rank(self, rank: int) -> float:
        return self.coefficient * math.pow(rank, -self.exponent)

    def _competitors(self, facts: ProductFacts) -> tuple[float, bool]:
        """Offers near our price, ourselves not counted; Amazon counts by its share."""
        if self.condition is Condition.USED:
            if facts.count_used is not None:
                return facts.count_used * self.near_price, True
            return self.assumed_competitors, False
        if facts.sellers_near_price is not None:
            return float(facts.sellers_near_price), True
        if facts.count_new_fba is not None:
            others = max(facts.count_new_fba - amazon_sells(facts), 0)
            return others + self.fbm_weight * (facts.count_new_fbm or 0), True
        if facts.count_new is not None:
            return facts.count_new * self.near_price, True
        return self.assumed_competitors, False

    def _amazon_share(self, facts: ProductFacts) -> float:
        if facts.amazon_buy_box_share_90 is not None:
            return facts.amazon_buy_box_share_90 / 100
        holds = facts.buy_box_is_amazon
        if holds or (holds is None and amazon_sells(facts)):
            return self.assumed_amazon_share
        return 0.0

    def _trend(self, facts: ProductFacts) -> float:
        """Below 1 when the rank has been getting worse; a better one earns nothing extra."""
        worsening = rank_trend(facts)
        if worsening is None or worsening <= 1:
            return 1.0
        return math.pow(worsening, -self.trend_weight)

    def _stock(self, facts: ProductFacts) -> float:
        """Below 1 for a listing often without an offer: it sells less often, whoever lists."""
        share = in_stock_share(facts, self.condition)
        return 1.0 if share is None else 1 - self.out_of_stock_weight * (1 - share)


def rank_trend(facts: ProductFacts) -> float | None:
    """The rank of the last 30 days, else today's, over that of 90: above 1 it got worse."""
    trend = facts.measures.rank_trend
    if trend is None and facts.bsr and facts.bsr_avg90:
        return facts.bsr / facts.bsr_avg90
    return trend


def amazon_sells(facts: ProductFacts) -> bool:
    """Whether Amazon itself has a new offer today (availability −1 is "no offer")."""
    return facts.amazon.current is not None or facts.amazon_availability == 0


def in_stock_share(facts: ProductFacts, condition: Condition) -> float | None:
    """The share (0-1) of the last 90 days with an offer we would sell against."""
    measured = facts.measures.of(condition)
    if measured is not None and measured.in_stock_90 is not None:
        return measured.in_stock_90
    if facts.out_of_stock_90 is None:
        return None
    return 1 - facts.out_of_stock_90 / 100
