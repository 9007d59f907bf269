"""What a search would cost before it is made, and what keeps its answer from holding a Buy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from discovery.keepa.finder import NicheFilters
from discovery.niches.warnings import conflict_text, forewarnings
from discovery.profiles.service import ActiveProfile
from discovery.search.quote import Quote, quote


@dataclass(frozen=True, slots=True)
class Price:
    """The tokens of a question, and warnings: each a sentence, and whether it is certain."""

    quote: Quote
    warnings: tuple[tuple[str, bool], ...]


def price_of(
    *,
    filters: NicheFilters,
    profile: ActiveProfile,
    max_results: int,
    user_id: Any,
    now: datetime,
) -> Price:
    """What the user would pay for this question now; for no token. Five statements at most."""
    currency = filters.market.currency
    return Price(
        quote=quote(filters=filters, profile=profile, max_results=max_results, user_id=user_id),
        warnings=tuple(
            (conflict_text(conflict, currency=currency, profile=profile.name), conflict.certain)
            for conflict in forewarnings(filters=filters, profile=profile, now=now)
        ),
    )
