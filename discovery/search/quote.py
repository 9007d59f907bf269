"""What a search or a list would cost now, in tokens, before anything is spent."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from discovery import cache
from discovery.keepa import costs
from discovery.keepa import costs as keepa_costs
from discovery.keepa.finder import NicheFilters
from discovery.models import KeepaProduct, ProductCode, Run, RunLine, ScoringCacheEntry
from discovery.products import store
from discovery.products.scored import score_key
from discovery.profiles.service import ActiveProfile


@dataclass(frozen=True, slots=True)
class Quote:
    """What a search would cost if it ran now, before anything is spent.

    ``detail_tokens`` is the most the Buy Box stage can add: it is only spent on products that
    pass the profile on what is known by then.
    """

    finder_tokens: int
    product_tokens: int
    detail_tokens: int
    cached_products: int

    @property
    def total(self) -> int:
        return self.finder_tokens + self.product_tokens

    @property
    def is_free(self) -> bool:
        return self.total == 0 and self.detail_tokens == 0


DETAIL_COST = 3  # tokens: the product again (1) with its Buy Box (+2); KEEPA /product


def quote(*, filters: NicheFilters, profile: ActiveProfile, max_results: int) -> Quote:
    """What the search would cost now, without spending a token or counting a hit."""
    entry = cache.peek_discovery(cache_key=filters.cache_key)
    if entry is None:
        return Quote(
            finder_tokens=keepa_costs.finder_cost(settings.DISCOVERY_PAGE_SIZE),
            product_tokens=keepa_costs.product_cost(max_results),
            detail_tokens=DETAIL_COST * max_results,
            cached_products=0,
        )
    asins = entry.asins[:max_results]
    fingerprint = profile.settings.fingerprint
    keys = [
        score_key(asin=a, marketplace=filters.marketplace, fingerprint=fingerprint, cost=None)
        for a in asins
    ]
    scores = cache.peek_scores(cache_keys=keys)
    unscored = [asin for asin in asins if asin not in scores]
    known = store.known_products(
        marketplace=filters.marketplace,
        asins=unscored,
        newer_than=timezone.now() - settings.SCORING_TTL,
    )
    to_buy = len(unscored) - len(known)
    due = sum(bool(row.breakdown.get("detail_due")) for row in scores.values())
    due += sum(not product.has_buy_box for product in known.products)
    return Quote(
        finder_tokens=0,
        product_tokens=keepa_costs.product_cost(to_buy),
        detail_tokens=DETAIL_COST * (to_buy + due),
        cached_products=len(scores) + len(known),
    )


@dataclass(frozen=True, slots=True)
class ListQuote:
    """What the lines still to be analysed would cost now.

    ``code_tokens`` finds the products of EAN and UPC codes (and buys their data), ``detail_tokens``
    is the most the Buy Box stage can add, ``known`` are products whose data is at hand.
    """

    code_tokens: int
    product_tokens: int
    detail_tokens: int
    known: int

    @property
    def total(self) -> int:
        return self.code_tokens + self.product_tokens

    @property
    def most(self) -> int:
        return self.total + self.detail_tokens

    @property
    def is_free(self) -> bool:
        return self.most == 0


def quote_list(*, run: Run, profile: ActiveProfile, marketplace: str) -> ListQuote:
    """Price what is still to be analysed, in four statements, spending nothing."""
    now = timezone.now()
    lines = run.lines.filter(state=RunLine.State.PENDING).values_list("code", "asin", "cost")
    wanted = [(code, asin, cost) for code, asin, cost in lines]
    codes = {code for code, asin, _cost in wanted if code and not asin}
    resolved = dict(
        ProductCode.objects.filter(marketplace=marketplace, code__in=codes).values_list(
            "code", "asin"
        )
    )
    asked = {(asin or resolved.get(code, ""), cost) for code, asin, cost in wanted}
    asins = {asin for asin, _cost in asked if asin}
    fresh = KeepaProduct.objects.filter(
        marketplace=marketplace, asin__in=asins, fetched_at__gt=now - settings.SCORING_TTL
    )
    stored = {
        asin: has_buy_box or not is_usable
        for asin, has_buy_box, is_usable in fresh.values_list("asin", "has_buy_box", "is_usable")
    }
    keys = {
        score_key(
            asin=asin,
            marketplace=marketplace,
            fingerprint=profile.settings.fingerprint,
            cost=cost,
        ): asin
        for asin, cost in asked
        if asin
    }
    scores = ScoringCacheEntry.objects.filter(cache_key__in=keys, expires_at__gt=now)
    scored = dict(scores.values_list("cache_key", "breakdown__detail_due"))
    settled = {keys[key] for key, due in scored.items() if due is False}
    unknown_codes = len(codes - resolved.keys())
    to_buy = asins - stored.keys() - {keys[key] for key in scored}
    complete = settled | {asin for asin, is_complete in stored.items() if is_complete}
    return ListQuote(
        code_tokens=costs.product_cost(unknown_codes),
        product_tokens=costs.product_cost(len(to_buy)),
        detail_tokens=DETAIL_COST * (len(asins - complete) + unknown_codes),
        known=len(asins) - len(to_buy),
    )
