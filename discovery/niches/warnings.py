"""Before a search: what in the question and what in the profile exclude each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.keepa.categories.stored import category_path
from discovery.keepa.finder import NicheFilters
from discovery.profiles.service import ActiveProfile
from discovery.scoring.feasibility import Conflict, ConflictCode, Question, conflicts, in_all
from discovery.text import formats


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
    return in_all([conflicts(question, profile.settings, now=now) for question in questions])


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


SENTENCES = {
    ConflictCode.ASSUMED_COST: gettext_noop(
        "The profile %(profile)s assumes every purchase price: no product can be better "
        "than Consider. Read the maximum buy price, or let it use the cheapest offer."
    ),
    ConflictCode.NOBODY_SELLS: gettext_noop(
        "The question asks for products nobody offers in the condition you sell: without "
        "a price, none can be a Buy."
    ),
    ConflictCode.NO_PROFIT: gettext_noop(
        "Even at the highest price asked, %(amount)s, fees leave nothing to buy with for "
        "the %(percent)s ROI and %(profit)s profit of the profile %(profile)s: no "
        "product can be a Buy. Raise the highest price."
    ),
    ConflictCode.TOO_SLOW: gettext_noop(
        "At a sales rank of %(rank)s, shared with %(sellers)s other sellers, a product "
        "has a velocity of about %(velocity)s; the profile %(profile)s asks %(needed)s "
        "for a Buy. Expect few: ask for better ranks."
    ),
}
FEW_SALES = gettext_noop(
    "At most %(sales)s sales a month, shared with %(sellers)s other sellers, give a "
    "velocity of %(velocity)s; the profile %(profile)s asks %(needed)s for a Buy. "
    "Expect few or none."
)


def conflict_text(conflict: Conflict, *, currency: str, profile: str) -> str:
    """One sentence or two: what excludes what, and what to loosen."""
    sentence = FEW_SALES if "sales" in conflict.params else SENTENCES[conflict.code]
    values = {name: _shown(name, value, currency) for name, value in conflict.params.items()}
    return _(sentence) % {"profile": profile, **values}


def _shown(name: str, value: str, currency: str) -> str:
    number = Decimal(value)
    if name in {"amount", "profit"}:
        return formats.money(number, currency)
    return formats.percent(number) if name == "percent" else formats.number(number)
