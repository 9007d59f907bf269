"""How fast it sells: the listing's monthly sales, our part of them, and a 0-100 score.

Monotone by construction: more sales never lowers the score, more competing offers never raises
it, a worse rank never raises it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from discovery.scoring.categories import FeeCategory, fee_category
from discovery.scoring.codes import (
    Condition,
    SalesKind,
)
from discovery.scoring.inputs import (
    ProductFacts,
)
from discovery.scoring.profile import Profile
from discovery.scoring.sellers import amazon_sells, sells_alone

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

# The most a department's best seller sells beside that of amazon.com's largest departments.
# Orders of magnitude, rounded down: Amazon's own "bought in past month" is said to end at "100K+",
# and the best figure in the history of one book that had stood at rank 2 is 50 000 (2024). The
# profile's ceiling corrects them by category. What is not listed counts as a small one.
DEPARTMENT_SIZE: Mapping[FeeCategory, float] = {
    **dict.fromkeys(
        (
            FeeCategory.BEAUTY, FeeCategory.HEALTH, FeeCategory.GROCERY, FeeCategory.HOME,
            FeeCategory.KITCHEN, FeeCategory.ELECTRONICS,
        ),
        1.0,
    ),
    **dict.fromkeys(
        (
            FeeCategory.BOOKS, FeeCategory.TOYS, FeeCategory.SPORTS, FeeCategory.OFFICE,
            FeeCategory.PETS, FeeCategory.PET_FOOD, FeeCategory.BABY, FeeCategory.CLOTHING,
            FeeCategory.DIY, FeeCategory.GARDEN,
        ),
        0.5,
    ),
    **dict.fromkeys(
        (
            FeeCategory.AUTOMOTIVE, FeeCategory.ACCESSORIES, FeeCategory.COMPUTERS,
            FeeCategory.VIDEO_GAMES, FeeCategory.INDUSTRIAL,
        ),
        0.2,
    ),
}  # fmt: skip
SMALL_DEPARTMENT = 0.1


@dataclass(frozen=True, slots=True)
class Velocity:
    """Sales per month of the listing and of ours; ``None`` is unknown, zero is known to be none.

    ``days_to_sell`` is never under a day for somebody who may not win the Buy Box.
    """

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
        self.ceiling = profile.rank_law_ceiling * STORE_SIZE.get(marketplace, 0.1)
        self.assumed_family = profile.assumed_family_size
        self.most_led = 1 - float(profile.newcomer_share_percent) / 100
        self.dominant = float(profile.dominant_seller_percent) / 100
        self.amazon_alert = float(profile.amazon_share_alert_percent) / 100
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
        if self.condition is Condition.USED:
            ours = monthly / (competitors + 1) * self.used_share
        else:
            ours = monthly * self._our_share(facts, competitors)
        score = 100 * ours / (ours + self.half) * self._trend(facts) * self._stock(facts)
        days = DAYS_PER_MONTH / ours if ours > DAYS_PER_MONTH / UNKNOWN_DAYS else UNKNOWN_DAYS
        if not self._box_is_open(facts):
            days = max(days, 1.0)
        return Velocity(round(score, 1), monthly, kind, competitors, known, ours, days)

    def _monthly_sales(self, facts: ProductFacts) -> tuple[float | None, SalesKind]:
        if facts.is_unreleased:
            return None, SalesKind.UNKNOWN
        if facts.monthly_sold:
            if not facts.is_variation:
                return float(facts.monthly_sold), SalesKind.FLOOR
            return facts.monthly_sold / (facts.family_size or self.assumed_family), SalesKind.SHARED
        rank = facts.bsr_avg90 or facts.bsr
        drops = self._drops(facts)
        # Without a rank there is nothing that could drop: no drop counted is not no sale.
        if drops is not None and (drops > 0 or rank):
            # Top sellers barely move in rank, and no rank drops more than hourly: there the
            # count of drops is a floor under the law of the rank.
            if rank and (drops >= self.saturation or rank <= self.floor_rank):
                by_rank = self._by_rank(rank, facts)
                if by_rank > drops:
                    return by_rank, SalesKind.RANK_MODEL
            return drops, SalesKind.PROXY
        if rank:
            return self._by_rank(rank, facts), SalesKind.RANK_MODEL
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

    def _by_rank(self, rank: int, facts: ProductFacts) -> float:
        """What the law says, no more than Amazon said of its department or ever of itself."""
        size = DEPARTMENT_SIZE.get(fee_category(facts), SMALL_DEPARTMENT)
        sales = min(self.coefficient * math.pow(rank, -self.exponent), self.ceiling * size)
        best = facts.monthly_sold_best
        return sales if best is None else min(sales, float(best))

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

    def _our_share(self, facts: ProductFacts, competitors: float) -> float:
        """Our part (0-1) of the sales: an equal one, or less where one seller holds the box.

        What Amazon and the leader leave is shared by us and the others: the two meet where the
        leader holds no more than an equal part.
        """
        left = 1 - self._amazon_share(facts)
        equal = left / (competitors + 1)
        led = self._leader_share(facts)
        if led is None:
            return equal
        return min(equal, max(left - min(led, self.most_led), 0.0) / max(competitors, 1.0))

    def _leader_share(self, facts: ProductFacts) -> float | None:
        if sells_alone(facts):
            return 1.0
        share = facts.buy_box_leader_share_90
        return None if share is None else share / 100

    def _box_is_open(self, facts: ProductFacts) -> bool:
        """Whether a newcomer is known to have a fair chance at the Buy Box."""
        led, amazon = self._leader_share(facts), facts.amazon_buy_box_share_90
        if self.condition is Condition.USED or led is None or amazon is None:
            return False
        held = facts.buy_box_is_amazon or amazon / 100 >= self.amazon_alert
        return led < self.dominant and not held

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


def in_stock_share(facts: ProductFacts, condition: Condition) -> float | None:
    """The share (0-1) of the last 90 days with an offer we would sell against."""
    measured = facts.measures.of(condition)
    if measured is not None and measured.in_stock_90 is not None:
        return measured.in_stock_90
    if facts.out_of_stock_90 is None:
        return None
    return 1 - facts.out_of_stock_90 / 100
