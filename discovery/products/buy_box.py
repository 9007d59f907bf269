"""The Buy Box of products whose statistics alone were bought: what it costs, and buying it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models.functions import Greatest
from django.utils import timezone

from discovery import cache, leases
from discovery.keepa import costs
from discovery.keepa.budget import INTERACTIVE
from discovery.keepa.client import MOST_PRODUCTS, get_client
from discovery.keepa.errors import KeepaError
from discovery.models import KeepaProduct
from discovery.products import store

ONE = costs.product_cost(1, buybox=True)  # tokens


@dataclass(frozen=True, slots=True)
class Purchase:
    """What buying has cost, and the ASINs whose answer was none or made no sense."""

    tokens_spent: int
    unanswered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """Of some products: whose Buy Box can be bought, at ``ONE`` each, and whose Keepa lacks.

    That of the others is stored and fresh.
    """

    to_buy: frozenset[str]
    gone: frozenset[str]


def offer_of(*, marketplace: str, asins: Collection[str]) -> Offer:
    """What can be bought, in one statement; what is stored and too old to score from can."""
    oldest = timezone.now() - settings.SCORING_TTL
    rows = KeepaProduct.objects.filter(marketplace=marketplace, asin__in=asins)
    known, gone = set(), set()
    rows = rows.annotate(known_at=Greatest("fetched_at", "confirmed_at"))
    for asin, has_buy_box, known_at, gone_at in rows.values_list(
        "asin", "has_buy_box", "known_at", "gone_at"
    ):
        if has_buy_box and known_at > oldest:
            known.add(asin)
        elif gone_at is not None and gone_at > oldest:
            gone.add(asin)
    return Offer(frozenset(asins) - known - gone, frozenset(gone))


def price_of(product: store.StoredProduct, *, now: datetime) -> int | None:
    """Tokens; ``None`` where it was bought, or asked for lately and Keepa had nothing."""
    is_gone = product.gone_at is not None and product.gone_at > now - settings.SCORING_TTL
    return None if product.has_buy_box or is_gone else ONE


def still_to_buy(*, marketplace: str, asins: Collection[str]) -> frozenset[str]:
    """Those whose Buy Box is not known, and not known to be lacking."""
    return offer_of(marketplace=marketplace, asins=asins).to_buy


def buy(*, marketplace: str, asins: Collection[str]) -> Purchase:
    """Buy the Buy Box of at most 100 products and store it; what is known and fresh is not bought.

    A person waits for it: it may use the last token. What somebody else is buying is waited for.
    Raises ``KeepaError``, after what was bought before is stored, and ``ValueError`` for too many.
    """
    if len(asins) > MOST_PRODUCTS:
        raise ValueError(f"At most {MOST_PRODUCTS} products are bought at once.")
    spent = 0
    unanswered: list[str] = []

    def stored(left: Sequence[str]) -> frozenset[str]:
        return frozenset(left) - still_to_buy(marketplace=marketplace, asins=left)

    def most(left: int) -> int:
        return get_client().batch_size(left, buybox=True, purpose=INTERACTIVE)

    def buy_batch(batch: Sequence[str]) -> Sequence[str]:
        nonlocal spent
        answer = get_client().products(batch, marketplace=marketplace, buybox=True)
        spent += answer.tokens_spent
        stored_now = store.store(
            answer,
            marketplace=marketplace,
            buybox=True,
            tokens_each=ONE + costs.product_cost(1),
            now=timezone.now(),
        )
        unread = (*answer.undecodable, *store.unstored(answer, stored_now))
        unanswered.extend((*answer.missing, *unread))
        return unread

    try:
        leases.buy_once(
            sorted(still_to_buy(marketplace=marketplace, asins=asins)),
            kind=store.lease_kind(marketplace),
            stored=stored,
            buy=buy_batch,
            most=most,
            unread=unanswered.append,
        )
    except KeepaError as error:
        error.tokens_spent += spent
        raise
    finally:
        # No score made without it may answer any more, whoever bought it.
        cache.expire_scores(marketplace=marketplace, asins=list(asins))
    return Purchase(spent, tuple(unanswered))
