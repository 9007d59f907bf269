"""From a niche to its ASINs: cached, deduced from a wider answer, stale, or bought once for all."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from discovery import cache, leases
from discovery.keepa import costs
from discovery.keepa.categories.checked import LookUp, settle_categories, whereabouts
from discovery.keepa.client import get_client
from discovery.keepa.errors import InvalidFilters, KeepaError, KeepaUnavailable
from discovery.keepa.finder import NicheFilters, are_settled_by, contains, matches, sort_key
from discovery.models import DiscoveryCacheEntry, KeepaProduct
from discovery.products.scored import CacheState
from discovery.schedules import schedule_refresh
from discovery.search.results import Discovery

logger = logging.getLogger(__name__)


def find_asins(
    *, filters: NicheFilters, purpose: str, holder: UUID | None = None, first: int | None = None
) -> Discovery:
    """Return every ASIN known for the niche, spending tokens only when nothing else answers.

    Looks before it pays: live entry (one statement), then a wider complete entry whose products
    are fresh, then Keepa, asked by one process for all. When Keepa cannot answer, an expired
    entry within its grace period is served as stale and a refresh is scheduled. ``holder`` names
    the asker to the others that wait for his answer (``leases.release_leases``). ``first``: so many
    ASINs will do; a live entry then brings no more.

    Raises ``InvalidFilters`` for a category of another marketplace or of none, ``KeepaError``
    when nothing at all can answer.
    """
    settled, paid = _settle_categories(filters, purpose=purpose, holder=holder)
    try:
        found = _find(settled, purpose=purpose, holder=holder, first=first)
    except KeepaError as error:
        error.tokens_spent += paid
        raise
    return replace(found, tokens_spent=found.tokens_spent + paid) if paid else found


def _find(
    filters: NicheFilters, *, purpose: str, holder: UUID | None, first: int | None
) -> Discovery:
    if (hit := _read_hit(filters, first)) is not None:
        return hit
    if (deduced := deduce(filters=filters)) is not None:
        return deduced
    try:
        return leases.single_flight(
            cache_key=filters.cache_key,
            read=lambda: _read_hit(filters),
            produce=lambda: ask_keepa(filters=filters, purpose=purpose),
            expected=KeepaError,
            describe=KeepaError.to_stored,
            holder=holder,
        )
    except leases.AnotherAskerFailed as waited:
        problem = KeepaError.from_stored(waited.failure)
        problem.tokens_spent = 0  # the process that asked has paid
        return _stale_or_raise(filters, problem)
    except leases.StillWaiting:
        return _stale_or_raise(filters, KeepaUnavailable(retry_after=settings.LEASE_SECONDS))
    except KeepaError as error:
        return _stale_or_raise(filters, error)


def list_anew(
    *, filters: NicheFilters, purpose: str, newer_than: datetime, holder: UUID | None = None
) -> Discovery:
    """Return every ASIN of the niche as Keepa lists them after ``newer_than``; stored for all.

    An entry made since answers for nothing; nothing older does. Raises ``InvalidFilters`` and
    ``KeepaError`` as ``find_asins``.
    """
    settled, paid = _settle_categories(filters, purpose=purpose, holder=holder)

    def read() -> Discovery | None:
        entry = cache.peek_discovery(cache_key=settled.cache_key)
        return _read_hit(settled) if entry and entry.created_at > newer_than else None

    try:
        found = read() or leases.single_flight(
            cache_key=settled.cache_key,
            read=read,
            produce=lambda: ask_keepa(filters=settled, purpose=purpose),
            expected=KeepaError,
            describe=KeepaError.to_stored,
            holder=holder,
        )
    except leases.AnotherAskerFailed as waited:
        problem = KeepaError.from_stored(waited.failure)
        problem.tokens_spent = paid  # the process that asked has paid for the rest
        raise problem from None
    except leases.StillWaiting:
        raise KeepaUnavailable(retry_after=settings.LEASE_SECONDS, tokens_spent=paid) from None
    except KeepaError as error:
        error.tokens_spent += paid
        raise
    return replace(found, tokens_spent=found.tokens_spent + paid)


def _settle_categories(
    filters: NicheFilters, *, purpose: str, holder: UUID | None = None
) -> tuple[NicheFilters, int]:
    market = filters.marketplace

    def once(numbers: Sequence[int], look_up: LookUp) -> int:
        spent = 0

        def stored(names: Sequence[str]) -> set[str]:
            return {str(number) for number in whereabouts([int(name) for name in names], market)}

        def buy(names: Sequence[str]) -> Sequence[str]:
            nonlocal spent
            spent += look_up([int(name) for name in names])
            return ()

        names = [str(number) for number in numbers]
        try:
            leases.buy_once(names, kind=f"category_{market}", stored=stored, buy=buy, holder=holder)
        except KeepaError as error:
            error.tokens_spent += spent
            raise
        return spent

    return settle_categories(filters, client=get_client(), purpose=purpose, once=once)


def ask_keepa(*, filters: NicheFilters, purpose: str) -> Discovery:
    """Ask the Product Finder and store its answer before anyone reads it."""
    per_page = settings.DISCOVERY_PAGE_SIZE
    answer = get_client().find(
        filters.to_selection(per_page=per_page), marketplace=filters.marketplace, purpose=purpose
    )
    entry = cache.fill_discovery(
        cache_key=filters.cache_key,
        marketplace=filters.marketplace,
        filters=filters.canonical(),
        asins=answer.asins,
        # Keepa's total is an estimate: a page that is not full is the whole answer.
        total_results=answer.total_results if len(answer.asins) >= per_page else len(answer.asins),
        tokens_spent=answer.tokens_spent,
    )
    return _found(filters, entry, CacheState.MISS)


def deduce(*, filters: NicheFilters) -> Discovery | None:
    """Answer from a wider complete entry, when every one of its products is freshly known.

    Returns exactly what Keepa would have answered on the same data, or ``None``.
    """
    newer_than = timezone.now() - settings.SCORING_TTL
    for cache_key, canonical in cache.complete_discoveries(marketplace=filters.marketplace):
        outer = _readable(canonical)
        if outer is None or not contains(outer, filters):
            continue
        entry = cache.peek_discovery(cache_key=cache_key)
        if entry is None:
            continue
        asins = entry.asins
        fresh = KeepaProduct.objects.filter(
            marketplace=filters.marketplace,
            asin__in=asins,
            fetched_at__gt=newer_than,
            is_usable=True,
        )
        known = dict(fresh.values_list("asin", "finder_values"))
        if len(known) < len(asins) or not all(
            are_settled_by(outer, filters, values) for values in known.values()
        ):
            continue
        # Counted as a hit only now that the entry does answer.
        if cache.hit_discovery(cache_key=cache_key) is None:
            continue
        kept = [asin for asin in asins if matches(filters, known[asin])]
        kept.sort(key=lambda asin: sort_key(filters, known[asin]))
        return Discovery(
            cache_key=filters.cache_key,
            filters=filters,
            asins=tuple(kept),
            total_results=len(kept),
            cache=CacheState.SUBSUMED,
            created_at=entry.created_at,
            tokens_spent=0,
            tokens_saved=costs.finder_cost(len(kept)),
        )
    return None


def _readable(canonical: dict[str, Any]) -> NicheFilters | None:
    # Adopted rows hold another program's filters: they are kept, not reasoned about.
    try:
        return NicheFilters.from_canonical(canonical)
    except (KeyError, TypeError, ValueError):
        return None


def _read_hit(filters: NicheFilters, first: int | None = None) -> Discovery | None:
    entry = cache.hit_discovery(cache_key=filters.cache_key, first=first)
    return None if entry is None else _found(filters, entry, CacheState.HIT)


def _found(filters: NicheFilters, entry: cache.CachedDiscovery, state: CacheState) -> Discovery:
    bought_now = state is CacheState.MISS
    return Discovery(
        cache_key=filters.cache_key,
        filters=filters,
        asins=entry.asins,
        total_results=entry.total_results,
        cache=state,
        created_at=entry.created_at,
        tokens_spent=entry.tokens_spent if bought_now else 0,
        tokens_saved=0 if bought_now else entry.tokens_spent,
    )


def _stale_or_raise(filters: NicheFilters, problem: KeepaError) -> Discovery:
    entry = cache.stale_discovery(cache_key=filters.cache_key)
    if entry is None:
        raise problem
    logger.warning("serving a stale answer for %s: %s", filters.cache_key, problem.code)
    if not problem.permanent:
        delay = timedelta(seconds=problem.retry_after or settings.LEASE_SECONDS)
        schedule_refresh(cache_key=filters.cache_key, at=timezone.now() + delay)
    stale = _found(filters, entry, CacheState.STALE)
    return replace(stale, tokens_spent=problem.tokens_spent, problem=problem)


def refresh(*, cache_key: str, purpose: str = "background") -> str:
    """Ask Keepa again for a stored question, as background work; returns what came of it.

    A live entry younger than an hour is left alone: somebody refreshed it already. Raises
    ``KeepaError``.
    """
    row = DiscoveryCacheEntry.objects.filter(pk=cache_key).first()
    filters = _readable(row.filters_applied or {}) if row else None
    if row is None or filters is None or filters.cache_key != cache_key:
        return "gone"
    if _is_fresh(cache_key):
        return "fresh"
    try:
        filters, _ = _settle_categories(filters, purpose=purpose)
    except InvalidFilters:
        return "refused"

    def ask() -> str:
        ask_keepa(filters=filters, purpose=purpose)
        return "refreshed"

    try:
        return leases.single_flight(
            cache_key=cache_key,
            read=lambda: "fresh" if _is_fresh(cache_key) else None,
            produce=ask,
            expected=KeepaError,
            describe=KeepaError.to_stored,
        )
    except leases.AnotherAskerFailed as waited:
        raise KeepaError.from_stored(waited.failure) from None
    except leases.StillWaiting:
        raise KeepaUnavailable(retry_after=settings.LEASE_SECONDS) from None


def _is_fresh(cache_key: str) -> bool:
    row = DiscoveryCacheEntry.objects.filter(pk=cache_key, expires_at__gt=timezone.now()).first()
    return bool(row and row.created_at and timezone.now() - row.created_at < timedelta(hours=1))
