"""Before a search: what in the question and what in the profile exclude each other."""

from __future__ import annotations

from datetime import datetime

from discovery.keepa.finder import NicheFilters
from discovery.profiles import ActiveProfile
from discovery.scoring.feasibility import Conflict, Question, conflicts


def forewarnings(
    *, filters: NicheFilters, profile: ActiveProfile, now: datetime
) -> tuple[Conflict, ...]:
    """What keeps this question's products from being a Buy under this profile; free."""
    return conflicts(_question(filters), profile.settings, now=now)


def _question(filters: NicheFilters) -> Question:
    roots = filters.root_categories
    ranks = [rank for rank in (filters.bsr_min, filters.bsr_avg90_min) if rank is not None]
    prices = [price for price in (filters.price_max,) if price is not None]
    return Question(
        marketplace=filters.marketplace,
        currency=filters.market.currency,
        root_category=roots[0] if len(roots) == 1 else None,
        price_max=min(prices, default=None),
        best_rank=max(ranks, default=None),
        most_sales=filters.monthly_sold_max,
        most_new_offers=filters.new_offers_max,
        most_used_offers=filters.used_offers_max,
    )
