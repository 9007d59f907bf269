"""Search results as plain JSON-able answers: what the API sends and the commands print.

Amounts are numbers in the answer's ``currency``, percentages are percent (30 = 30 %), times ISO
8601 in UTC, texts in the active language. ``products`` depends on the stored scores alone: asking
twice gives the same list, and what the asking cost stands in ``metadata``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from discovery.products.as_json import product_answer
from discovery.products.scored import CacheState
from discovery.scoring.version import ENGINE_VERSION
from discovery.search import failures
from discovery.search.results import Discovery, ScoredSearch

Answer = dict[str, Any]

FREE_STATES = frozenset({CacheState.HIT, CacheState.SUBSUMED})

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
) -> Answer:
    """The whole answer to a search: ``products``, ``total_count``, ``cache_hit``, ``metadata``.

    ``duration_ms`` is for a ``Discovery``, which does not know its own.
    """
    if isinstance(search, Discovery):
        return _discovery_answer(search, now=now, duration_ms=duration_ms or 0)
    return _scored_answer(search, now=now)


def _discovery_answer(found: Discovery, *, now: datetime, duration_ms: int) -> Answer:
    return {
        "products": [{"asin": asin, **UNSCORED} for asin in found.asins],
        "total_count": found.total_results,
        "cache_hit": found.cache in FREE_STATES,
        "metadata": {
            "filters_applied": found.filters.canonical(),
            "marketplace": found.filters.marketplace,
            "execution_time_ms": duration_ms,
            "cache": found.cache.value,
            "stale": found.cache is CacheState.STALE,
            "age_seconds": _age(found, now),
            "tokens_spent": found.tokens_spent,
            "tokens_saved": found.tokens_saved,
            "problem": failures.problem_of(found.problem),
        },
    }


def _scored_answer(search: ScoredSearch, *, now: datetime) -> Answer:
    found = search.discovery
    return {
        "products": [product_answer(product) for product in search.products],
        "total_count": search.total_count,
        "cache_hit": search.cache in FREE_STATES,
        "metadata": {
            "filters_applied": found.filters.canonical() if found else None,
            "marketplace": search.marketplace,
            "execution_time_ms": search.duration_ms,
            "cache": search.cache.value,
            "stale": search.is_stale,
            "age_seconds": _age(found, now) if found else None,
            "tokens_spent": search.tokens_spent,
            "tokens_saved": search.tokens_saved,
            "problem": failures.problem_of(search.problem),
            "discovery_cache": found.cache.value if found else None,
            "product_cache": _counted(product.cache for product in search.products),
            "stages": [
                {
                    "name": stage.name,
                    "items": stage.items,
                    "tokens_spent": stage.tokens_spent,
                    "survivors": stage.survivors,
                }
                for stage in search.stages
            ],
            "profile": {
                "slug": search.profile_slug,
                "revision": search.profile_revision,
                "fingerprint": search.profile_fingerprint,
            },
            "engine_version": ENGINE_VERSION,
            "unusable": list(search.unusable),
            "undecodable": list(search.undecodable),
        },
    }


def _counted(states: Iterable[CacheState]) -> dict[str, int]:
    counts = Counter(states)
    return {state.value: counts[state] for state in CacheState if counts[state]}


def _age(found: Discovery, now: datetime) -> int:
    return round(found.age(now=now).total_seconds())
