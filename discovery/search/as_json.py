"""Search results as plain JSON-able answers: what the API sends and the commands print.

Amounts are numbers in the answer's ``currency``, percentages are percent (30 = 30 %), times ISO
8601 in UTC, texts in the active language. ``products`` depends on the stored scores alone: asking
twice gives the same list, and what the asking cost stands in ``metadata``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from discovery.products.as_json import code_answer, product_answer
from discovery.products.candidates import Candidate
from discovery.products.scored import CacheState
from discovery.scoring.version import ENGINE_VERSION
from discovery.search import failures
from discovery.search.results import FREE_STATES, Discovery, ScoredSearch

# What a product list holds before anything is scored: the shape of a scored one, nothing made up.
UNSCORED: Mapping[str, Any] = {
    "title": None,
    "price": None,
    "bsr": None,
    "roi_percent": None,
    "velocity_score": None,
    "recommendation": None,
}


def search_answer(
    search: ScoredSearch | Discovery, *, now: datetime, duration_ms: int | None = None
) -> dict[str, Any]:
    """The whole answer to a search: ``products``, ``total_count``, ``cache_hit``, ``metadata``.

    ``duration_ms`` is for a ``Discovery``, which does not know its own.
    """
    if isinstance(search, ScoredSearch):
        products = [
            product_answer(product, _candidates(search, product.asin))
            for product in search.products
        ]
        total, found, duration_ms = search.total_count, search.discovery, search.duration_ms
    else:
        products = [{"asin": asin, **UNSCORED} for asin in search.asins]
        total, found = search.total_results, search
    return {
        "products": products,
        "total_count": total,
        "cache_hit": search.cache in FREE_STATES,
        "metadata": {
            "filters_applied": found.filters.canonical() if found else None,
            "marketplace": search.marketplace,
            "execution_time_ms": duration_ms or 0,
            "cache": search.cache.value,
            "stale": search.cache is CacheState.STALE,
            "age_seconds": round(found.age(now=now).total_seconds()) if found else None,
            "tokens_spent": search.tokens_spent,
            "tokens_saved": search.tokens_saved,
            "problem": failures.problem_of(search.problem),
            **(_scoring_details(search) if isinstance(search, ScoredSearch) else {}),
        },
    }


def _scoring_details(search: ScoredSearch) -> dict[str, Any]:
    counts = Counter(product.cache for product in search.products)
    return {
        "discovery_cache": search.discovery.cache.value if search.discovery else None,
        "product_cache": {state.value: counts[state] for state in CacheState if counts[state]},
        "stages": [asdict(stage) for stage in search.stages],
        "profile": {
            "slug": search.profile_slug,
            "revision": search.profile_revision,
            "fingerprint": search.profile_fingerprint,
        },
        "engine_version": ENGINE_VERSION,
        "unusable": list(search.unusable),
        "undecodable": list(search.undecodable),
        "codes": [
            code_answer(text, lookup)
            for text, lookup in search.lookups.items()
            if lookup.resolved_at is not None
        ],
    }


def _candidates(search: ScoredSearch, asin: str) -> tuple[Candidate, ...]:
    """The products among which this one was found by its code; none when it was named itself."""
    found = [lookup for lookup in search.lookups.values() if lookup.asin == asin]
    return next((lookup.candidates for lookup in found if len(lookup.candidates) > 1), ())
