"""Tokens that would expire buy what will be asked next, so that whoever asks finds it at hand.

Three kinds of refresh: the answer to a saved niche, asked again by difference (unchanged products
are confirmed for nothing); the first of its products; and favourites. Only what is likely to be
asked before it is stale again is worth it: the other tokens are kept back for who asks, even where
they expire. All goes through the services that people use, and fills the caches they read. Deals
are not among them: nobody reads a page of deals but the job that has just bought it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

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
from discovery.search.results import Asker
from discovery.search.score_products import Funnel, run_funnel
from discovery.sourcing.planner import Refresh
from discovery.sourcing.sources.niche import BOUGHT_ANEW_AFTER, USUAL_CHURN, look_again
from discovery.sourcing.switches import uses_idle_tokens

logger = logging.getLogger(__name__)

LEASE = "idle_tokens"
NICHE, PRODUCTS, FAVOURITES = "niche", "products", "favourites"
MOST_NICHES = 200  # the newest changed: those before are hardly asked any more
LARGEST_ANSWER = 1000  # products: of a longer one, no more are confirmed
# An answer half way to its end is asked anew; a product only when it no longer counts as known.
LIST_AGE = 0.5  # of ``settings.DISCOVERY_TTL``
# Of the products shown: fewer stale ones are left until there are more, but for those of an answer
# that has just been asked.
FEW, JUST_ASKED = 0.25, timedelta(hours=1)
# A token that would expire is worth less than one that somebody at the keyboard needs.
WORTH = 0.5
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
        """How often it was asked for, a day of the niche's life: answers given out, and the first
        that was paid for.
        """
        days = max((now - self.niche.created_at) / timedelta(days=1), 1.0)
        return ((self.entry.hit_count or 0) + 1) / days if self.entry else 0.0

    @property
    def shown(self) -> list[str]:
        """The products that a search of the niche scores."""
        return self.entry.asins[: self.niche.max_results] if self.entry else []

    def age(self, now: datetime) -> timedelta | None:
        """How old its answer is; ``None`` without one that still counts."""
        if self.entry is None or self.entry.created_at is None or self.entry.expires_at <= now:
            return None
        return now - self.entry.created_at


# --- what there is to refresh ---------------------------------------------------------------------


def refreshes(*, now: datetime, largest_batch: int) -> list[Refresh]:
    """All that is worth refreshing, in no order; ``largest_batch`` is the most tokens of one."""
    return [
        *_niches(_asked(), now=now, largest_batch=largest_batch),
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


def _niches(asked: Sequence[_Asked], *, now: datetime, largest_batch: int) -> Iterable[Refresh]:
    by_marketplace: dict[str, set[str]] = {}
    for question in asked:
        by_marketplace.setdefault(question.niche.marketplace, set()).update(question.shown)
    bought = {place: _bought(place, asins) for place, asins in by_marketplace.items()}
    for question in asked:
        age, shown = question.age(now), question.shown
        known = bought[question.niche.marketplace]
        stale = [asin for asin in shown if _is_stale(known.get(asin), now)]
        is_old = age is None or age >= settings.DISCOVERY_TTL * LIST_AGE
        is_just_asked = age is not None and age < JUST_ASKED
        if not (is_old or len(stale) > (0 if is_just_asked else FEW * len(shown))):
            continue
        changed = costs.finder_cost(round(len(shown) * USUAL_CHURN))
        comparable = sum(
            asin in known and known[asin].fetched_at > now - BOUGHT_ANEW_AFTER for asin in stale
        )
        # What is stale right after a list was asked for has changed.
        by_difference = not is_just_asked and comparable * (1 - USUAL_CHURN) > changed
        size = len(question.entry.asins) if question.entry else settings.DISCOVERY_PAGE_SIZE
        anew = costs.finder_cost(size)
        first = 0
        if is_old or by_difference:
            first = anew + (changed if by_difference else 0)
        left = len(stale) - (round(comparable * (1 - USUAL_CHURN)) if by_difference else 0)
        hits_a_day = question.hits_a_day(now)
        hits = hits_a_day * (settings.SCORING_TTL / timedelta(days=1))
        spared = anew + EACH * len(shown)
        if hits * spared < WORTH * (first + EACH * left):
            continue
        yield Refresh(
            key=f"{NICHE if first else PRODUCTS}:{question.niche.pk}",
            cost=first or EACH * min(left, max(largest_batch // EACH, 1)),
            hits_a_day=hits_a_day,
            age=age,
        )


def _favourites(*, now: datetime, largest_batch: int) -> Iterable[Refresh]:
    for marketplace, asins in _favourite_asins().items():
        if stale := _stale(marketplace, asins, now=now):
            yield Refresh(
                key=f"{FAVOURITES}:{marketplace}",
                cost=EACH * min(len(stale), max(largest_batch // EACH, 1)),
                hits_a_day=FAVOURITE_HITS,
            )


def _favourite_asins() -> dict[str, list[str]]:
    rows = Favourite.objects.filter(user__is_active=True).order_by("marketplace", "asin")
    found: dict[str, list[str]] = {}
    for marketplace, asin in rows.values_list("marketplace", "asin").distinct():
        found.setdefault(marketplace, []).append(asin)
    return found


class _Bought(NamedTuple):
    """When a stored product was bought, and from when it counts as known."""

    fetched_at: datetime
    known_at: datetime


def _bought(marketplace: str, asins: Iterable[str]) -> dict[str, _Bought]:
    """What is stored of these products, by ASIN; one statement."""
    rows = KeepaProduct.objects.filter(marketplace=marketplace, asin__in=list(asins))
    known_at = Greatest("fetched_at", Coalesce("confirmed_at", "fetched_at"))
    found = rows.annotate(known_at=known_at).values_list("asin", "fetched_at", "known_at")
    return {asin: _Bought(fetched_at, known_at) for asin, fetched_at, known_at in found}


def _is_stale(bought: _Bought | None, now: datetime) -> bool:
    """Whether nothing counts as known any more."""
    return bought is None or bought.known_at <= now - settings.SCORING_TTL


def _stale(marketplace: str, asins: Sequence[str], *, now: datetime) -> list[str]:
    """Those of which nothing counts as known any more, the longest unknown first."""
    bought = _bought(marketplace, asins)
    never = [asin for asin in asins if asin not in bought]
    old = [asin for asin in asins if asin in bought and _is_stale(bought[asin], now)]
    return never + sorted(old, key=lambda asin: bought[asin].known_at)


# --- carrying it out ------------------------------------------------------------------------------


def harvest(*, chosen: Mapping[str, int], now: datetime) -> list[str]:
    """Refresh these, as far as the tokens above the floor go; returns what was done.

    ``chosen`` tells of each key how many tokens it may cost.

    Nothing when another harvest is at work, or the switch was turned off meanwhile. Keepa failing
    ends it: the next one is a minute away.
    """
    if not uses_idle_tokens():
        return []
    done = []
    with leases.alone(LEASE) as is_ours:
        for key, tokens in chosen.items() if is_ours else ():
            try:
                if _refresh(key, tokens=tokens, now=now):
                    done.append(key)
            except KeepaError as error:
                logger.info("idle tokens: %s: %s", key, error.code)
                break
    return done


def _refresh(key: str, *, tokens: int, now: datetime) -> bool:
    kind, _, name = key.partition(":")
    asker = Asker(source="schedule", purpose=IDLE)
    if kind == FAVOURITES:
        marketplace, asins, profile = name, _favourite_asins().get(name, []), None
    else:
        found = next((one for one in _asked() if one.niche.pk == int(name)), None)
        if found is None:
            return False
        if kind == NICHE:
            most = max(found.niche.max_results, LARGEST_ANSWER)
            look_again(found.filters, before=found.shown, most=most, asker=asker, now=now)
            return True
        marketplace, asins, profile = found.niche.marketplace, found.shown, found.niche.profile
    stale = _stale(marketplace, asins, now=now)[: max(tokens // EACH, 1)]
    if not stale:
        return False
    funnel = Funnel(
        marketplace=marketplace,
        profile=activate(profile or BusinessProfile.objects.get(is_default=True)),
        asker=asker,
    )
    run_funnel(funnel, asins=stale, detail=True)
    if funnel.problem is not None:
        raise funnel.problem
    return True
