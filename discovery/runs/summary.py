"""What a search says of itself when it has ended: sources, stages, what stood in the way. Pure.

The outcome is stored with the run as JSON: ``cache`` and ``discovery_cache`` (``CacheState``
values), ``discovered_at`` (ISO 8601), ``total_results``, ``duration_ms``, ``profile``, ``stages``
(name, items, tokens_spent, survivors), ``obstacles`` (reason -> products), ``unusable`` and
``undecodable`` (ASINs). While a search waits to go on, ``unfinished`` are the products that are
shown as they are known so far: ASIN -> whether the stages hold their statistics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from discovery.keepa import costs
from discovery.products.scored import CacheState, ScoredProduct
from discovery.profiles.service import ActiveProfile
from discovery.scoring import ReasonCode, Score
from discovery.scoring.verdict import BUYS
from discovery.search.results import Discovery, Stage
from discovery.search.score_products import Funnel, is_promising

FLAG = "flag:"
STATISTICS = costs.product_cost(1)

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


def first_outcome(
    found: Discovery, *, bought_since: datetime | None, asked_at: datetime, profile: ActiveProfile
) -> tuple[Outcome, int]:
    """The outcome once the products are known and none is scored; and the tokens that took.

    ``bought_since`` is given for a run that was interrupted: a list found in the cache that is no
    older was bought by this very run. That is no hit, and saved nothing.
    """
    own = (
        bought_since is not None
        and found.cache is CacheState.HIT
        and found.created_at >= bought_since
    )
    cache = CacheState.MISS if own else found.cache
    spent = found.tokens_saved if own else found.tokens_spent
    stages = []
    if cache is CacheState.MISS:
        size = len(found.asins)
        stages.append(asdict(Stage("finder", size, spent, size)))
    outcome = {
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
    return outcome, spent


def unfinished_of(outcome: Mapping[str, Any] | None) -> dict[str, bool]:
    """The products of a search that were scored, but not for good; see above."""
    return dict((outcome or {}).get("unfinished") or {})


def with_batch(
    outcome: Mapping[str, Any] | None,
    funnel: Funnel,
    *,
    bought_since: datetime | None,
    goes_on: bool = False,
    left: Collection[str] = (),
) -> Outcome:
    """The outcome after one more batch; products ``left`` are final, and come again all the same.

    ``bought_since`` is given for a batch that was interrupted: what was at hand and is no older
    was bought in the same stages, before. A batch that was cut short and ``goes_on`` later counts
    only what is final of it; its stages count all that was bought.
    """
    so_far = dict(outcome or {})
    stages = {stage["name"]: dict(stage) for stage in so_far.get("stages", ())}
    unfinished = unfinished_of(outcome)
    booked = {asin for asin, has_statistics in unfinished.items() if has_statistics}
    before = (
        bought_before(funnel, since=bought_since, booked=booked) if bought_since is not None else ()
    )
    for stage in (*before, *funnel.stages):
        sums = stages.setdefault(stage.name, asdict(Stage(stage.name, 0, 0, 0)))
        for name in ("items", "tokens_spent", "survivors"):
            sums[name] += getattr(stage, name)
    unsettled = {
        asin: asin in funnel.due
        for asin, product in funnel.products.items()
        if goes_on and not is_final(product, funnel)
    } | dict.fromkeys(left, True)
    products = [product for asin, product in funnel.products.items() if asin not in unsettled]
    against = Counter(so_far.get("obstacles", {}))
    against.update(obstacles(product.score for product in products))
    done_with = {*funnel.products, *funnel.unusable, *funnel.undecodable}
    return so_far | {
        "unfinished": {k: v for k, v in unfinished.items() if k not in done_with} | unsettled,
        "stages": list(stages.values()),
        "obstacles": dict(against),
        "stale": so_far.get("stale", False)
        or any(product.cache is CacheState.STALE for product in products),
        "unusable": list(dict.fromkeys([*so_far.get("unusable", ()), *funnel.unusable])),
        "undecodable": list(dict.fromkeys([*so_far.get("undecodable", ()), *funnel.undecodable])),
    }


def with_buy_boxes(
    outcome: Mapping[str, Any],
    *,
    before: Iterable[Score],
    after: Sequence[ScoredProduct],
    items: int,
    tokens_spent: int,
) -> Outcome:
    """The outcome once the Buy Box of ``items`` products was bought on demand.

    ``before`` are the scores that those of ``after`` replace; an ``items`` that cost nothing is
    no stage.
    """
    against = Counter(outcome.get("obstacles", {})) - Counter(obstacles(before))
    against.update(obstacles(product.score for product in after))
    stages = {stage["name"]: dict(stage) for stage in outcome.get("stages", ())}
    if tokens_spent:
        stage = stages.setdefault("buy_box", asdict(Stage("buy_box", 0, 0, 0)))
        stage["items"] += items
        stage["tokens_spent"] += tokens_spent
        stage["survivors"] += sum(is_promising(product.score) for product in after)
    return dict(outcome) | {"obstacles": dict(against), "stages": list(stages.values())}


def is_final(product: ScoredProduct, funnel: Funnel) -> bool:
    """Whether nothing more will be asked of it: neither its Buy Box nor newer statistics."""
    return product.asin not in funnel.due and product.cache is not CacheState.STALE


def bought_before(
    funnel: Funnel, *, since: datetime, booked: Collection[str] = ()
) -> tuple[Stage, ...]:
    """The stages in which what was at hand was bought, as far as it is no older than ``since``.

    What has a Buy Box passed the statistics, and cost 3 tokens more. The statistics of those
    ``booked`` have been counted already.
    """
    own = [product for product in funnel.known.values() if product.fetched_at >= since]
    detailed = [product for product in own if product.tokens_saved > STATISTICS]
    passed = {product.asin for product in own if is_promising(product.score)}
    fresh = {product.asin for product in own}.difference(booked)
    survivors = fresh & (passed | {product.asin for product in detailed})
    stages = (
        Stage("statistics", len(fresh), STATISTICS * len(fresh), len(survivors)),
        Stage(
            "buy_box",
            len(detailed),
            sum(product.tokens_saved - STATISTICS for product in detailed),
            sum(product.asin in passed for product in detailed),
        ),
    )
    return tuple(stage for stage in stages if stage.items)


def paid_by_stage(outcome: Mapping[str, Any] | None) -> int:
    """The tokens of all stages together."""
    return sum(stage["tokens_spent"] for stage in (outcome or {}).get("stages", ()))


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
    told = {name: value for name, value in outcome.items() if name != "unfinished"}
    return told | {"cache": cache, "duration_ms": worked_ms}
