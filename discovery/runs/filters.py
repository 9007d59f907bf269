"""The part of an answer somebody wants to see, found by PostgreSQL, and what was decided on it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from discovery.models import ProductDecision, Run, RunLine


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Bounds a result must meet; ``None`` or False where none is asked.

    ``words`` is looked for in the title, or is an ASIN. Money in the marketplace's currency.
    """

    words: str = ""
    roi_min: Decimal | None = None
    profit_min: Decimal | None = None
    price_max: Decimal | None = None
    bsr_max: int | None = None
    known_cost: bool = False
    hide_ignored: bool = False


def narrowed(
    results: QuerySet[RunLine], asked: Narrowing, *, run: Run, user: AbstractBaseUser
) -> QuerySet[RunLine]:
    """The results that meet every bound; an unknown figure never meets one.

    What is ignored is what the ``user`` who reads them ignores.
    """
    for word in asked.words.split():
        results = results.filter(Q(title__icontains=word) | Q(asin__iexact=word))
    bounds = {
        "roi_percent__gte": asked.roi_min,
        "profit__gte": asked.profit_min,
        "price__lte": asked.price_max,
        "bsr__lte": asked.bsr_max,
    }
    results = results.filter(**{name: bound for name, bound in bounds.items() if bound is not None})
    if asked.known_cost:
        results = results.filter(breakdown__score__hypothetical=False)
    if asked.hide_ignored:
        ignored = ProductDecision.objects.filter(
            user=user.pk,
            marketplace=run.marketplace,
            asin=OuterRef("asin"),
            kind=ProductDecision.Kind.IGNORED,
        )
        results = results.filter(~Exists(ignored))
    return results
