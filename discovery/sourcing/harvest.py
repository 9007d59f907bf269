"""Tokens that would expire buy what will be asked next, so that whoever asks finds it at hand.

Three kinds of refresh, each no more than a tenth of the bucket: the answer to a saved niche, the
products such an answer holds, and favourites. What is asked most comes first; who decides is the
planner. All goes through the services that people use, and fills the caches they read.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models.functions import Coalesce, Greatest

from discovery import leases
from discovery.keepa import costs
from discovery.keepa.budget import IDLE
from discovery.keepa.errors import InvalidFilters, KeepaError
from discovery.keepa.finder import NicheFilters
from discovery.models import (
    BusinessProfile,
    DiscoveryCacheEntry,
    Favourite,
    KeepaProduct,
    Niche,
)
from discovery.profiles.service import activate
from discovery.search.find_asins import find_asins, refresh
from discovery.search.results import Asker
from discovery.search.score_products import Funnel, run_funnel
from discovery.sourcing.planner import Refresh
from discovery.sourcing.switches import uses_idle_tokens

logger = logging.getLogger(__name__)

LEASE = "idle_tokens"
NICHE, PRODUCTS, FAVOURITES = "niche", "products", "favourites"
MOST_NICHES = 200  # the newest changed: those before are hardly asked any more
NICHES_IN_DEPTH = 20  # the most asked: their products are kept fresh as well
# An answer half way to its end is asked anew; a product only when it no longer counts as known.
LIST_AGE = 0.5  # of ``settings.DISCOVERY_TTL``
FAVOURITE_HITS = 1.0  # a day: their page is looked at about that often
# The most a product can cost: statistics, then the Buy Box of those that pass.
EACH = costs.product_cost(1) + costs.product_cost(1, buybox=True)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A niche with its question, and its answer in the cache if there is one."""

    niche: Niche
    filters: NicheFilters
    entry: DiscoveryCacheEntry | None

    def hits_a_day(self, now: datetime) -> float:
        """How often its answer was given out, a day of the niche's life."""
        days = max((now - self.niche.created_at) / timedelta(days=1), 1.0)
        return (self.entry.hit_count or 0) / days if self.entry else 0.0

    def age(self, now: datetime) -> timedelta | None:
        """How old its answer is; ``None`` without one that still counts."""
        if self.entry is None or self.entry.created_at is None or self.entry.expires_at <= now:
            return None
        return now - self.entry.created_at


# --- what there is to refresh ---------------------------------------------------------------------


def refreshes(*, now: datetime, largest_batch: int) -> list[Refresh]:
    """All that is worth refreshing, in no order; ``largest_batch`` is the most tokens of one."""
    asked = _asked()
    return [
        *_lists(asked, now=now),
        *_products(asked, now=now, largest_batch=largest_batch),
        *_favourites(now=now, largest_batch=largest_batch),
    ]


def _asked() -> list[_Asked]:
    """The saved niches of people who still have access, one for each question."""
    niches = Niche.objects.filter(archived_at=None, deleted_at=None, owner__is_active=True)
    questions: dict[str, tuple[Niche, NicheFilters]] = {}
    for niche in niches.order_by("-updated_at", "pk")[:MOST_NICHES]:
        try:
            filters = NicheFilters.from_canonical(niche.filters)
        except (InvalidFilters, KeyError, TypeError, ValueError):
            continue  # of another program, or of a category that is no more
        questions.setdefault(filters.cache_key, (niche, filters))
    entries = DiscoveryCacheEntry.objects.in_bulk(list(questions))
    return [_Asked(niche, filters, entries.get(key)) for key, (niche, filters) in questions.items()]


def _lists(asked: Iterable[_Asked], *, now: datetime) -> Iterable[Refresh]:
    for question in asked:
        age = question.age(now)
        if age is None or age >= settings.DISCOVERY_TTL * LIST_AGE:
            size = len(question.entry.asins) if question.entry else settings.DISCOVERY_PAGE_SIZE
            yield Refresh(
                key=f"{NICHE}:{question.filters.cache_key}",
                cost=costs.finder_cost(size),
                hits_a_day=question.hits_a_day(now),
                age=age,
            )


def _products(asked: Sequence[_Asked], *, now: datetime, largest_batch: int) -> Iterable[Refresh]:
    answered = [question for question in asked if question.age(now) is not None]
    answered.sort(key=lambda question: -question.hits_a_day(now))
    for question in answered[:NICHES_IN_DEPTH]:
        stale = _stale(question.niche.marketplace, _first_asins(question), now=now)
        if stale:
            yield Refresh(
                key=f"{PRODUCTS}:{question.niche.pk}",
                cost=EACH * len(stale[: largest_batch // EACH]),
                hits_a_day=question.hits_a_day(now),
                age=None,
            )


def _favourites(*, now: datetime, largest_batch: int) -> Iterable[Refresh]:
    for marketplace, asins in _favourite_asins().items():
        if stale := _stale(marketplace, asins, now=now):
            yield Refresh(
                key=f"{FAVOURITES}:{marketplace}",
                cost=EACH * len(stale[: largest_batch // EACH]),
                hits_a_day=FAVOURITE_HITS,
                age=None,
            )


def _favourite_asins() -> dict[str, list[str]]:
    rows = Favourite.objects.filter(user__is_active=True).order_by("marketplace", "asin")
    found: dict[str, list[str]] = {}
    for marketplace, asin in rows.values_list("marketplace", "asin").distinct():
        found.setdefault(marketplace, []).append(asin)
    return found


def _first_asins(question: _Asked) -> list[str]:
    """Those that a search of the niche scores."""
    return list(question.entry.asins[: question.niche.max_results]) if question.entry else []


def _stale(marketplace: str, asins: Sequence[str], *, now: datetime) -> list[str]:
    """Those of which nothing counts as known any more, the longest unknown first."""
    rows = KeepaProduct.objects.filter(marketplace=marketplace, asin__in=asins)
    seen = dict(
        rows.annotate(
            seen=Greatest("fetched_at", Coalesce("confirmed_at", "fetched_at"))
        ).values_list("asin", "seen")
    )
    never = [asin for asin in asins if asin not in seen]
    old = [asin for asin in asins if asin in seen and seen[asin] <= now - settings.SCORING_TTL]
    return never + sorted(old, key=lambda asin: seen[asin])


# --- carrying it out ------------------------------------------------------------------------------


def harvest(*, keys: Sequence[str], largest_batch: int, now: datetime) -> list[str]:
    """Refresh these, as far as the tokens above the floor go; returns what was done.

    Nothing when another harvest is at work, or the switch was turned off meanwhile. Keepa failing
    ends it: the next one is a minute away.
    """
    if not uses_idle_tokens():
        return []
    done = []
    with leases.alone(LEASE) as is_ours:
        for key in keys if is_ours else ():
            try:
                if _refresh(key, largest_batch=largest_batch, now=now):
                    done.append(key)
            except KeepaError as error:
                logger.info("idle tokens: %s: %s", key, error.code)
                break
    return done


def _refresh(key: str, *, largest_batch: int, now: datetime) -> bool:
    kind, _, name = key.partition(":")
    if kind == NICHE:
        return _refresh_list(name)
    if kind == PRODUCTS:
        niche = Niche.objects.select_related("profile").filter(pk=int(name)).first()
        found = next((asked for asked in _asked() if asked.niche == niche), None)
        if niche is None or found is None:
            return False
        marketplace, asins, profile = niche.marketplace, _first_asins(found), niche.profile
    else:
        marketplace, asins, profile = name, _favourite_asins().get(name, []), None
    stale = _stale(marketplace, asins, now=now)[: max(largest_batch // EACH, 1)]
    if not stale:
        return False
    funnel = Funnel(
        marketplace=marketplace,
        profile=activate(profile or BusinessProfile.objects.get(is_default=True)),
        asker=Asker(source="schedule", purpose=IDLE),
    )
    run_funnel(funnel, asins=stale, detail=True)
    if funnel.problem is not None:
        raise funnel.problem
    return True


def _refresh_list(cache_key: str) -> bool:
    if DiscoveryCacheEntry.objects.filter(pk=cache_key).exists():
        return refresh(cache_key=cache_key, purpose=IDLE) == "refreshed"
    asked = next((asked for asked in _asked() if asked.filters.cache_key == cache_key), None)
    if asked is None:
        return False
    try:
        find_asins(filters=asked.filters, purpose=IDLE)
    except InvalidFilters:
        return False
    return True
