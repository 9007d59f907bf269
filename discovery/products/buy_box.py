"""The Buy Box of products whose statistics alone were bought: what it costs, and buying it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils import timezone

from discovery import cache
from discovery.keepa import costs
from discovery.keepa.client import MOST_PRODUCTS, get_client
from discovery.keepa.errors import KeepaError, KeepaUnavailable
from discovery.models import KeepaProduct
from discovery.products import store

ONE = costs.product_cost(1, buybox=True)  # tokens


@dataclass(frozen=True, slots=True)
class Purchase:
    """What buying has cost, and the ASINs whose answer was none or made no sense."""

    tokens_spent: int
    unanswered: tuple[str, ...] = ()


def still_to_buy(*, marketplace: str, asins: Collection[str]) -> frozenset[str]:
    """Those whose Buy Box is not stored, or too old to score from; ``ONE`` is the price of each."""
    known = KeepaProduct.objects.filter(
        marketplace=marketplace,
        asin__in=asins,
        has_buy_box=True,
        fetched_at__gt=timezone.now() - settings.SCORING_TTL,
    )
    return frozenset(asins) - frozenset(known.values_list("asin", flat=True))


def buy(*, marketplace: str, asins: Collection[str]) -> Purchase:
    """Buy the Buy Box of at most 100 products and store it; what is known and fresh is not bought.

    A person waits for it: it may use the last token. Whoever asks at the same time waits, and pays
    for the rest alone. Raises ``KeepaError``, and ``ValueError`` for too many.
    """
    if len(asins) > MOST_PRODUCTS:
        raise ValueError(f"At most {MOST_PRODUCTS} products are bought at once.")

    def nothing_left() -> Purchase | None:
        is_left = still_to_buy(marketplace=marketplace, asins=asins)
        return None if is_left else Purchase(0)

    try:
        purchase = nothing_left() or cache.single_flight(
            cache_key=f"buy_box_{marketplace}",
            read=nothing_left,
            produce=lambda: _buy(marketplace, asins),
            expected=KeepaError,
            describe=KeepaError.to_stored,
        )
    except (cache.AnotherAskerFailed, cache.StillWaiting):
        raise KeepaUnavailable(retry_after=settings.LEASE_SECONDS) from None
    # No score made without it may answer any more, whoever bought it.
    cache.expire_scores(marketplace=marketplace, asins=list(asins))
    return purchase


def _buy(marketplace: str, asins: Collection[str]) -> Purchase:
    wanted = sorted(still_to_buy(marketplace=marketplace, asins=asins))
    answer = get_client().products(wanted, marketplace=marketplace, buybox=True)
    # What Keepa no longer has keeps its statistics and its page: it is not stored as nothing.
    stored = store.store(
        replace(answer, missing=()),
        marketplace=marketplace,
        buybox=True,
        tokens_each=ONE + costs.product_cost(1),
        now=timezone.now(),
    )
    unread = (*answer.undecodable, *store.unstored(answer, stored))
    return Purchase(answer.tokens_spent, (*answer.missing, *unread))
