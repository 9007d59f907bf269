"""The searches: discover a niche, discover and score it, score what you name, quote a price.

Every caller (page, API, command, task) makes one call here. Each answered search is announced
with ``search_completed``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from statistics import fmean
from typing import Any

from django.utils import timezone

from discovery.keepa.errors import GarbledAnswer
from discovery.keepa.finder import NicheFilters
from discovery.keepa.http import COME_BACK_IN
from discovery.products.asin_lookup import Lookup, resolve
from discovery.products.product_costs import (
    Source,
    costs_of,
    costs_of_listings,
    state_costs,
)
from discovery.products.scored import CacheState, StatedCost, ranked
from discovery.profiles.service import ActiveProfile
from discovery.scoring import Grade, VatBasis, Verdict
from discovery.scoring.pack_size import COST_PLACES
from discovery.search.find_asins import find_asins
from discovery.search.results import FREE_STATES, Asker, Discovery, ScoredSearch, Stage
from discovery.search.score_products import Funnel, run_funnel
from discovery.signals import CompletedSearch, search_completed


def discover(*, filters: NicheFilters, max_results: int, asker: Asker) -> Discovery:
    """Return the first ``max_results`` ASINs of a niche, spending as few tokens as possible.

    Raises ``KeepaError`` when neither the cache nor Keepa can answer.
    """
    started = time.monotonic()
    found = find_asins(filters=filters, purpose=asker.purpose, first=max_results)
    answer = replace(found, asins=found.asins[:max_results])
    _announce(
        CompletedSearch(
            search_type="discovery",
            source=asker.source,
            user_id=asker.user_id,
            marketplace=filters.marketplace,
            filters=filters.canonical(),
            results_count=len(answer.asins),
            cache_hit=answer.cache in FREE_STATES,
            duration_ms=_milliseconds_since(started),
            tokens_spent=answer.tokens_spent,
            tokens_saved=answer.tokens_saved,
            cache=answer.cache.value,
        )
    )
    return answer


def discover_with_scoring(
    *,
    filters: NicheFilters,
    profile: ActiveProfile,
    max_results: int,
    asker: Asker,
    detail: bool = True,
    spread: bool = False,
) -> ScoredSearch:
    """Discover a niche and rank its products by verdict and expected profit.

    ``detail`` allows the Buy Box stage (3 tokens each) for products that pass the profile on
    what one token tells; ``spread`` scores an even spread over the answer instead of its head.
    Products are scored at what they cost the asker, where that is known.

    Raises ``KeepaError`` when not a single product could be had; a failure that leaves some comes
    back in ``problem``, with what was bought before it.
    """
    started = time.monotonic()
    found = find_asins(filters=filters, purpose=asker.purpose)
    chosen = _spread(found.asins, max_results) if spread else found.asins[:max_results]
    funnel = Funnel(
        marketplace=filters.marketplace,
        profile=profile,
        asker=asker,
        costs=costs_of(user_id=asker.user_id, marketplace=filters.marketplace, asins=chosen),
    )
    funnel.found = found.total_results
    funnel.tokens_spent = found.tokens_spent
    if found.cache is CacheState.MISS:
        funnel.stages.append(
            Stage("finder", len(found.asins), found.tokens_spent, len(found.asins))
        )
    run_funnel(funnel, asins=chosen, detail=detail)
    return _finish(
        funnel,
        search_type="discovery",
        filters=filters.canonical(),
        started=started,
        discovery=replace(found, asins=tuple(chosen)),
    )


def score_asins(
    *,
    identifiers: Sequence[str],
    marketplace: str,
    profile: ActiveProfile,
    asker: Asker,
    costs: Mapping[str, Decimal] | None = None,
    cost_vat: VatBasis | None = None,
    grade: Grade | None = None,
    detail: bool = True,
) -> ScoredSearch:
    """Score named products: ASIN, ISBN, EAN or UPC, each with its purchase price if given.

    ``costs`` maps an identifier, as given, to the price paid in the marketplace's currency, with
    or without VAT as ``cost_vat`` says, else as the profile does; of identifiers that turn out to
    be one product, the mean is taken. They are kept as what these products cost the asker; one that
    is not named is scored at what was kept before. ``grade`` is how good the used copies are,
    bought elsewhere; untold, one with a cost is as good as the profile says, else of the lowest
    grade.

    Raises ``NotAnIdentifier`` before anything is spent; ``KeepaError`` when a code cannot be
    resolved for lack of an answer, or not a single product could be had.
    """
    started = time.monotonic()
    named = resolve(
        identifiers=identifiers,
        marketplace=marketplace,
        purpose=asker.purpose,
        user_id=asker.user_id,
    )
    stated = cost_vat or profile.settings.for_marketplace(marketplace).cost_vat
    by_asin: dict[str, list[tuple[str, Lookup]]] = {}
    for text, lookup in named.lookups.items():
        if lookup.asin:
            by_asin.setdefault(lookup.asin, []).append((text, lookup))
    given = {
        asin: StatedCost(cost, stated) for asin, cost in mean_costs(by_asin, costs or {}).items()
    }
    unsaid = [asin for asin in by_asin if asin not in given]
    own = costs_of(user_id=asker.user_id, marketplace=marketplace, asins=unsaid)
    funnel = Funnel(
        marketplace=marketplace,
        profile=profile,
        asker=asker,
        costs=own | given,
        cost_units={
            asin: next((found.cost_units for _text, found in named_so if found.cost_units), None)
            for asin, named_so in by_asin.items()
        },
        # Whoever names the ASIN itself has chosen.
        candidates={
            asin: min(found.open_candidates for _text, found in named_so)
            for asin, named_so in by_asin.items()
        },
        grade=grade,
    )
    asins = list(dict.fromkeys(named.asins.values()))
    funnel.found = len(asins)
    funnel.tokens_spent = named.tokens_spent
    funnel.unusable += named.unknown
    funnel.undecodable += named.unread
    run_funnel(funnel, asins=asins, detail=detail)
    if given and asker.user_id is not None:
        state_costs(
            user_id=asker.user_id,
            marketplace=marketplace,
            costs=costs_of_listings(funnel.products.values(), given),
            source=Source.API,
            now=timezone.now(),
        )
    return _finish(
        funnel,
        search_type="scoring",
        filters={"marketplace": marketplace, "identifiers": list(identifiers)},
        started=started,
        discovery=None,
        lookups=named.lookups,
    )


def mean_costs(
    by_asin: Mapping[str, Sequence[tuple[str, Lookup]]], costs: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """The cost of each product: that given for it, or the mean of those given under its names."""
    paid = {
        asin: [costs[text] for text, _lookup in given if text in costs]
        for asin, given in by_asin.items()
    }
    return {
        asin: values[0]
        if len(set(values)) == 1
        else (sum(values, Decimal(0)) / len(values)).quantize(COST_PLACES)
        for asin, values in paid.items()
        if values
    }


def _spread(asins: Sequence[str], wanted: int) -> tuple[str, ...]:
    """Evenly spaced over the whole list, first and last included."""
    if wanted >= len(asins) or wanted < 2:
        return tuple(asins[:wanted])
    step = (len(asins) - 1) / (wanted - 1)
    return tuple(asins[round(place * step)] for place in range(wanted))


def _overall(funnel: Funnel, discovery: Discovery | None) -> CacheState:
    states = {product.cache for product in funnel.products.values()}
    if CacheState.STALE in states or (discovery and discovery.cache is CacheState.STALE):
        return CacheState.STALE
    if funnel.tokens_spent or CacheState.MISS in states:
        return CacheState.MISS
    return discovery.cache if discovery else CacheState.HIT


def _announced(funnel: Funnel, state: CacheState, discovery: Discovery | None) -> CacheState:
    """As the whole answer; of products asked by name, where none was scored before, ``STORED``."""
    states = {product.cache for product in funnel.products.values()}
    if discovery is None and state is CacheState.HIT and states == {CacheState.STORED}:
        return CacheState.STORED
    return state


def _finish(
    funnel: Funnel,
    *,
    search_type: str,
    filters: dict[str, Any],
    started: float,
    discovery: Discovery | None,
    lookups: Mapping[str, Lookup] | None = None,
) -> ScoredSearch:
    products = ranked(funnel.products.values())
    state = _overall(funnel, discovery)
    saved = sum(product.tokens_saved for product in products)
    saved += discovery.tokens_saved if discovery else 0
    # A mean that mixes real purchase prices with assumed ones would mean nothing.
    rois = [
        float(product.score.roi_percent)
        for product in products
        if product.score.roi_percent is not None and not product.score.hypothetical
    ]
    duration = _milliseconds_since(started)
    _announce(
        CompletedSearch(
            search_type=search_type,
            source=funnel.asker.source,
            user_id=funnel.asker.user_id,
            marketplace=funnel.marketplace,
            filters=filters,
            results_count=len(products),
            cache_hit=state in FREE_STATES,
            duration_ms=duration,
            tokens_spent=funnel.tokens_spent,
            tokens_saved=saved,
            average_roi=fmean(rois) if rois else None,
            strong_buys=sum(p.score.verdict is Verdict.STRONG_BUY for p in products),
            cache=_announced(funnel, state, discovery).value,
        )
    )
    problem = funnel.problem
    if problem is None and funnel.undecodable and not funnel.unusable:
        problem = GarbledAnswer(retry_after=COME_BACK_IN)
    if problem is not None and not products:
        # An empty list would say that there is nothing to find.
        problem.tokens_spent = funnel.tokens_spent
        raise problem
    return ScoredSearch(
        products=products,
        marketplace=funnel.marketplace,
        profile_slug=funnel.profile.slug,
        profile_revision=funnel.profile.revision,
        profile_fingerprint=funnel.profile.settings.fingerprint,
        cache=state,
        tokens_spent=funnel.tokens_spent,
        tokens_saved=saved,
        duration_ms=duration,
        discovery=discovery,
        stages=tuple(funnel.stages),
        unusable=tuple(funnel.unusable),
        undecodable=tuple(funnel.undecodable),
        problem=funnel.problem or (discovery.problem if discovery else None),
        lookups=lookups or {},
    )


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _announce(search: CompletedSearch) -> None:
    # A listener that fails is logged by Django and loses nobody's results.
    search_completed.send_robust(sender=None, search=search)
