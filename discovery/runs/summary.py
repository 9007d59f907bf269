"""What a search says of itself when it has ended: sources, stages, what stood in the way. Pure.

The outcome is stored with the run as JSON: ``cache`` and ``discovery_cache`` (``CacheState``
values), ``discovered_at`` (ISO 8601), ``total_results``, ``duration_ms``, ``profile``, ``stages``
(name, items, tokens_spent, survivors), ``obstacles`` (reason -> products), ``unusable`` and
``undecodable`` (ASINs).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from discovery.products.scored import CacheState
from discovery.profiles.service import ActiveProfile
from discovery.scoring import ReasonCode, Score, Verdict
from discovery.search.results import Discovery, Stage
from discovery.search.score_products import Funnel

BUYS = frozenset({Verdict.STRONG_BUY, Verdict.BUY})
FLAG = "flag:"

Outcome = dict[str, Any]


def obstacles(scores: Iterable[Score]) -> dict[str, int]:
    """Count, for all that is no buy, each reason against it, the most frequent first.

    Keys are ``ReasonCode`` values, or ``flag:`` and a ``FlagCode`` for a risk that capped the
    verdict. One product may stand under several.
    """
    counts: Counter[str] = Counter()
    for score in scores:
        if score.verdict in BUYS:
            continue
        counts.update(
            {
                f"{FLAG}{reason.params['flag']}"
                if reason.code is ReasonCode.CAPPED
                else reason.code.value
                for reason in score.reasons
                if not reason.supports
            }
        )
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def first_outcome(found: Discovery, *, asked_at: datetime, profile: ActiveProfile) -> Outcome:
    """The outcome once the products are known and none is scored.

    A list that was bought after ``asked_at`` and is found in the cache was bought by this very
    run, before it was interrupted: that is no hit, and saved nothing.
    """
    own = found.cache is CacheState.HIT and found.created_at >= asked_at
    cache = CacheState.MISS if own else found.cache
    stages = []
    if found.cache is CacheState.MISS:
        size = len(found.asins)
        stages.append(asdict(Stage("finder", size, found.tokens_spent, size)))
    return {
        "discovery_cache": cache.value,
        "discovered_at": found.created_at.isoformat(),
        "total_results": found.total_results,
        "list_saved": 0 if own else found.tokens_saved,
        "profile": {"slug": profile.slug, "revision": profile.revision},
        "stale": cache is CacheState.STALE,
        "problem": found.problem.to_stored() if found.problem else None,
        "stages": stages,
        "obstacles": {},
        "unusable": [],
        "undecodable": [],
    }


def with_batch(outcome: Mapping[str, Any] | None, funnel: Funnel) -> Outcome:
    """The outcome after one more batch."""
    so_far = dict(outcome or {})
    stages = {stage["name"]: dict(stage) for stage in so_far.get("stages", ())}
    for stage in funnel.stages:
        sums = stages.setdefault(stage.name, asdict(Stage(stage.name, 0, 0, 0)))
        for name in ("items", "tokens_spent", "survivors"):
            sums[name] += getattr(stage, name)
    products = funnel.products.values()
    against = Counter(so_far.get("obstacles", {}))
    against.update(obstacles(product.score for product in products))
    return so_far | {
        "stages": list(stages.values()),
        "obstacles": dict(against),
        "stale": so_far.get("stale", False)
        or any(product.cache is CacheState.STALE for product in products),
        "unusable": [*so_far.get("unusable", ()), *funnel.unusable],
        "undecodable": [*so_far.get("undecodable", ()), *funnel.undecodable],
    }


def final_outcome(
    outcome: Mapping[str, Any] | None, *, tokens_spent: int, worked_ms: int
) -> Outcome | None:
    """The outcome of a search that has ended; ``None`` when not even its products were found."""
    if not outcome:
        return None
    cache = outcome["discovery_cache"]
    if outcome["stale"]:
        cache = CacheState.STALE.value
    elif tokens_spent:
        cache = CacheState.MISS.value
    return dict(outcome) | {"cache": cache, "duration_ms": worked_ms}
