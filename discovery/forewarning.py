"""Before a search: what in the question and what in the profile exclude each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from discovery.keepa.categories import category_path
from discovery.keepa.finder import NicheFilters
from discovery.profiles import ActiveProfile
from discovery.scoring.feasibility import Conflict, Question, conflicts, in_all


def forewarnings(
    *, filters: NicheFilters, profile: ActiveProfile, now: datetime
) -> tuple[Conflict, ...]:
    """What keeps this question's products from being a Buy under this profile; free.

    With several categories, only what holds for each of them. One statement at most.
    """
    asked = question_of(filters)
    ids = (*filters.root_categories, *filters.categories_include)
    if not ids:
        return conflicts(asked, profile.settings, now=now)
    questions = [
        replace(asked, root_category=path[0] if path else None, category_ids=path)
        for path in category_path(ids, marketplace=filters.marketplace)
    ]
    return in_all([conflicts(one, profile.settings, now=now) for one in questions])


def question_of(filters: NicheFilters) -> Question:
    """What a niche allows at best, its categories left out."""
    ranks = [rank for rank in (filters.bsr_min, filters.bsr_avg90_min) if rank is not None]
    return Question(
        marketplace=filters.marketplace,
        currency=filters.market.currency,
        price_max=filters.price_max,
        best_rank=max(ranks, default=None),
        most_sales=filters.monthly_sold_max,
        most_new_offers=filters.new_offers_max,
        most_used_offers=filters.used_offers_max,
    )
