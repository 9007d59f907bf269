"""What a search or a list would cost now, in tokens; asking spends nothing and counts no hit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone

from discovery import cache
from discovery.keepa import costs
from discovery.keepa.categories.checked import to_look_up
from discovery.keepa.finder import NicheFilters
from discovery.models import KeepaProduct, Run, RunLine, ScoringCacheEntry
from discovery.products.asin_lookup import look_up_known
from discovery.products.candidates import MOST_CANDIDATES
from discovery.products.product_costs import costs_of
from discovery.products.scored import StatedCost, score_key, sold_copy, stated_cost
from discovery.products.store import known_since
from discovery.profiles.service import ActiveProfile
from discovery.scoring import Grade

DETAIL_COST = costs.product_cost(1, buybox=True)


@dataclass(frozen=True, slots=True)
class Quote:
    """Tokens, by what they are spent on; ``known`` counts the products whose data is at hand.

    ``lookup_tokens`` finds the products: a niche's by the Product Finder, a list's by codes not
    seen before (which buys their data as well). ``detail_tokens`` is the most the Buy Box stage
    can add: it is only spent on products that pass the profile on what is known by then.
    ``candidate_tokens`` is the most that codes of several products can add.
    """

    lookup_tokens: int
    product_tokens: int
    detail_tokens: int
    known: int
    candidate_tokens: int = 0

    @property
    def total(self) -> int:
        """Tokens spent in any case."""
        return self.lookup_tokens + self.product_tokens

    @property
    def most(self) -> int:
        """Tokens if every product needs its Buy Box."""
        return self.total + self.candidate_tokens + self.detail_tokens

    @property
    def is_free(self) -> bool:
        """Whether not a single token can be spent."""
        return self.most == 0


class Asked(NamedTuple):
    """A product to be scored, with what its score depends on; see ``score``."""

    asin: str
    cost: StatedCost | None = None
    cost_units: int | None = None
    candidates: int = 1


def quote(
    *, filters: NicheFilters, profile: ActiveProfile, max_results: int, user_id: Any = None
) -> Quote:
    """Price a niche search, in three statements; one more for categories not built in.

    And one for what the products cost the user who asks, by whose key they are scored so.
    """
    entry = cache.peek_discovery(cache_key=filters.cache_key)
    if entry is None:
        return Quote(
            lookup_tokens=costs.finder_cost(settings.DISCOVERY_PAGE_SIZE) + to_look_up(filters),
            product_tokens=costs.product_cost(max_results),
            detail_tokens=DETAIL_COST * max_results,
            known=0,
        )
    asins = entry.asins[:max_results]
    own = costs_of(user_id=user_id, marketplace=filters.marketplace, asins=asins)
    asked = (Asked(asin, own.get(asin)) for asin in asins)
    return quote_products(asked, marketplace=filters.marketplace, profile=profile)


def quote_list(*, run: Run, profile: ActiveProfile, marketplace: str) -> Quote:
    """Price the lines of a list still to be analysed, in six statements."""
    pending = run.lines.filter(state=RunLine.State.PENDING)
    default = profile.settings.for_marketplace(marketplace).cost_vat
    lines = [
        (code, asin, stated_cost(cost, vat, default=default), units)
        for code, asin, cost, vat, units in pending.values_list(
            "code", "asin", "cost", "cost_vat", "cost_units"
        )
    ]
    named = {code or asin: bool(code) and not asin for code, asin, _cost, _units in lines}
    known, unknown = look_up_known(
        named=named, marketplace=marketplace, user_id=run.owner_id, now=timezone.now()
    )
    asked = []
    for code, asin, cost, units in lines:
        found = known.get(code or asin)
        if asin:
            units = units or (found.said_units if found else None)
            asked.append(Asked(asin, cost, units))
        elif found:
            asked.append(Asked(found.asin, cost, found.cost_units, found.open_candidates))
    unsaid = [product.asin for product in asked if product.cost is None]
    own = costs_of(user_id=run.owner_id, marketplace=marketplace, asins=unsaid)
    asked = [
        product if product.cost else product._replace(cost=own.get(product.asin))
        for product in asked
    ]
    return quote_products(asked, marketplace=marketplace, profile=profile, unknown_codes=unknown)


def quote_products(
    asked: Iterable[Asked],
    *,
    marketplace: str,
    profile: ActiveProfile,
    unknown_codes: int = 0,
    grade: Grade | None = None,
) -> Quote:
    """Price products (an empty ASIN stands for none), and codes still to be looked up.

    ``grade`` is how good the used copies are, where that was told. In two statements.
    """
    now = timezone.now()
    fingerprint = profile.settings.fingerprint
    keys = {
        score_key(
            asin=product.asin,
            marketplace=marketplace,
            fingerprint=fingerprint,
            cost=product.cost,
            cost_units=product.cost_units,
            candidates=product.candidates,
            sold=sold_copy(product.cost, grade=grade),
        ): product.asin
        for product in asked
        if product.asin
    }
    asins = set(keys.values())
    stored = KeepaProduct.objects.filter(marketplace=marketplace, asin__in=asins)
    fresh = known_since(stored, now - settings.SCORING_TTL).values_list(
        "asin", "has_buy_box", "is_usable", "gone_at"
    )
    is_complete = {
        asin: has_buy_box or not is_usable or gone_at is not None
        for asin, has_buy_box, is_usable, gone_at in fresh
    }
    live = ScoringCacheEntry.objects.filter(
        cache_key__in=keys, expires_at__gt=now, breakdown__isnull=False
    )
    is_due = dict(live.values_list("cache_key", "breakdown__detail_due"))
    to_buy = asins - is_complete.keys() - {keys[key] for key in is_due}
    may_need_detail = {
        asin
        for key, asin in keys.items()
        if (is_due[key] if key in is_due else not is_complete.get(asin))
    }
    return Quote(
        lookup_tokens=costs.product_cost(unknown_codes),
        product_tokens=costs.product_cost(len(to_buy)),
        detail_tokens=DETAIL_COST * (len(may_need_detail) + unknown_codes),
        known=len(asins) - len(to_buy),
        candidate_tokens=costs.product_cost(unknown_codes * (MOST_CANDIDATES - 1)),
    )
