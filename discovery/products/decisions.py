"""Products a user keeps an eye on, and what was decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from discovery.models import Favourite, ProductDecision
from discovery.paging import PAGE_SIZE
from discovery.products import store
from discovery.products.from_keepa import ProductCard
from discovery.profiles.service import ActiveProfile
from discovery.scoring import Score, VatBasis, score

THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KnownFavourite:
    """A favourite with what is stored of it, scored now for no token; ``None`` if nothing is."""

    marketplace: str
    asin: str
    card: ProductCard | None
    score: Score | None
    seen_at: datetime | None
    has_buy_box: bool = False


def add_favourite(*, user: AbstractBaseUser, marketplace: str, asin: str) -> bool:
    """Keep an eye on a product; returns whether it was not a favourite yet."""
    return Favourite.objects.get_or_create(user_id=user.pk, marketplace=marketplace, asin=asin)[1]


def remove_favourite(*, user: AbstractBaseUser, marketplace: str, asin: str) -> bool:
    """Remove a favourite; returns whether it was a favourite."""
    mine = Favourite.objects.filter(user_id=user.pk, marketplace=marketplace, asin=asin)
    return bool(mine.delete()[0])


def is_favourite(*, user: AbstractBaseUser, marketplace: str, asin: str) -> bool:
    """Whether the user keeps an eye on the product."""
    return Favourite.objects.filter(user_id=user.pk, marketplace=marketplace, asin=asin).exists()


def score_favourites(
    *, favourites: Sequence[Favourite], profile: ActiveProfile, now: datetime
) -> list[KnownFavourite]:
    """The favourites with their scores, in the order given: one statement per marketplace."""
    stored: dict[tuple[str, str], store.StoredProduct] = {}
    for marketplace in {favourite.marketplace for favourite in favourites}:
        asins = [kept.asin for kept in favourites if kept.marketplace == marketplace]
        known = store.known_products(marketplace=marketplace, asins=asins, newer_than=THE_BEGINNING)
        stored |= {(marketplace, product.asin): product for product in known.products}
    found = []
    for favourite in favourites:
        product = stored.get((favourite.marketplace, favourite.asin))
        found.append(
            KnownFavourite(
                marketplace=favourite.marketplace,
                asin=favourite.asin,
                card=store.product_card(product) if product else None,
                score=score(product.facts, profile.settings, now=now) if product else None,
                seen_at=product.seen_at if product else None,
                has_buy_box=product is not None and product.has_buy_box,
            )
        )
    return found


def record_decision(
    *,
    user: AbstractBaseUser,
    marketplace: str,
    asin: str,
    kind: ProductDecision.Kind,
    price: Decimal | None = None,
    cost_vat: VatBasis = VatBasis.INCLUDED,
    quantity: int | None = None,
    note: str = "",
) -> ProductDecision:
    """Write a line of the log; ``price`` is that of one unit, with VAT or without.

    Favourites stay as they are.
    """
    return ProductDecision.objects.create(
        user_id=user.pk,
        marketplace=marketplace,
        asin=asin,
        kind=kind,
        price=price,
        cost_vat=cost_vat,
        quantity=quantity,
        note=note,
    )


def forget_decision(*, user: AbstractBaseUser, decision_id: int) -> bool:
    """Strike a line out of one's own log; returns whether there was one."""
    return bool(ProductDecision.objects.filter(pk=decision_id, user_id=user.pk).delete()[0])


def page_of_favourites(*, owner: AbstractBaseUser, number: str) -> Page[Favourite]:
    """One page of the owner's favourites, newest first; a page that is not there is the nearest."""
    return Paginator(Favourite.objects.filter(user=owner.pk), PAGE_SIZE).get_page(number)


def decisions_of(
    *, owner: AbstractBaseUser, marketplace: str, asin: str
) -> QuerySet[ProductDecision]:
    """The owner's log about a product, newest first."""
    return ProductDecision.objects.filter(user=owner.pk, marketplace=marketplace, asin=asin)


@dataclass(frozen=True, slots=True)
class Marks:
    """Which products of a page are favourites, and which were ignored."""

    favourites: frozenset[str]
    ignored: frozenset[str]


def marks_of(*, owner: AbstractBaseUser, marketplace: str, asins: Sequence[str]) -> Marks:
    """What the owner decided on these products, in two statements."""
    favourites = Favourite.objects.filter(user=owner.pk, marketplace=marketplace, asin__in=asins)
    ignored = ProductDecision.objects.filter(
        user=owner.pk, marketplace=marketplace, asin__in=asins, kind=ProductDecision.Kind.IGNORED
    )
    return Marks(
        favourites=frozenset(favourites.values_list("asin", flat=True)),
        ignored=frozenset(ignored.values_list("asin", flat=True)),
    )
