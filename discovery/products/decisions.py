"""Products a user keeps an eye on, and what was decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils import timezone

from discovery.models import Favourite, ProductCost, ProductDecision
from discovery.paging import PAGE_SIZE
from discovery.products import product_costs, store
from discovery.products.from_keepa import ProductCard
from discovery.products.product_costs import score_at
from discovery.products.scored import StatedCost
from discovery.profiles.service import ActiveProfile
from discovery.scoring import Score, VatBasis

THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KnownFavourite:
    """A favourite with what is stored of it, scored now for no token; ``None`` if nothing is.

    ``own`` is what it costs its user, where that is known: the score is reckoned with it.
    """

    marketplace: str
    asin: str
    card: ProductCard | None
    score: Score | None
    seen_at: datetime | None
    has_buy_box: bool = False
    own: ProductCost | None = None


def add_favourite(*, user: AbstractBaseUser, marketplace: str, asin: str) -> bool:
    """Keep an eye on a product; returns whether it was not a favourite yet."""
    return Favourite.objects.get_or_create(user_id=user.pk, marketplace=marketplace, asin=asin)[1]


def add_favourites(*, user: AbstractBaseUser, marketplace: str, asins: Sequence[str]) -> int:
    """Keep an eye on all of these; returns how many were no favourites yet."""
    before = Favourite.objects.filter(user_id=user.pk, marketplace=marketplace, asin__in=asins)
    known = before.count()
    Favourite.objects.bulk_create(
        [
            Favourite(user_id=user.pk, marketplace=marketplace, asin=asin)
            for asin in dict.fromkeys(asins)
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )
    return before.count() - known


def ignore_products(*, user: AbstractBaseUser, marketplace: str, asins: Sequence[str]) -> int:
    """Write into the log that these are ignored; returns how many were not yet."""
    ignored = ProductDecision.Kind.IGNORED
    known = set(
        ProductDecision.objects.filter(
            user_id=user.pk, marketplace=marketplace, asin__in=asins, kind=ignored
        ).values_list("asin", flat=True)
    )
    lines = [
        ProductDecision(user_id=user.pk, marketplace=marketplace, asin=asin, kind=ignored)
        for asin in dict.fromkeys(asins)
        if asin not in known
    ]
    return len(ProductDecision.objects.bulk_create(lines, batch_size=1000))


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
    """The favourites of a user with their scores, in the order given, at what they cost him: two
    statements per marketplace.
    """
    stored: dict[tuple[str, str], store.StoredProduct] = {}
    own: dict[tuple[str, str], ProductCost] = {}
    for marketplace in {favourite.marketplace for favourite in favourites}:
        kept = [favourite for favourite in favourites if favourite.marketplace == marketplace]
        asins = [favourite.asin for favourite in kept]
        known = store.known_products(marketplace=marketplace, asins=asins, newer_than=THE_BEGINNING)
        stored |= {(marketplace, product.asin): product for product in known.products}
        costs = product_costs.known_costs(
            user_id=kept[0].user_id, marketplace=marketplace, asins=asins
        )
        own |= {(marketplace, asin): cost for asin, cost in costs.items()}
    names = [(favourite.marketplace, favourite.asin) for favourite in favourites]
    return [
        _known_favourite(
            marketplace, asin, stored.get((marketplace, asin)), own.get((marketplace, asin)),
            profile=profile, now=now,
        )
        for marketplace, asin in names
    ]  # fmt: skip


def score_product(
    *, user: AbstractBaseUser, marketplace: str, asin: str, profile: ActiveProfile, now: datetime
) -> KnownFavourite:
    """One product as ``score_favourites`` scores it, a favourite or not."""
    named = Favourite(user_id=user.pk, marketplace=marketplace, asin=asin)
    return score_favourites(favourites=[named], profile=profile, now=now)[0]


def _known_favourite(
    marketplace: str,
    asin: str,
    product: store.StoredProduct | None,
    own: ProductCost | None,
    *,
    profile: ActiveProfile,
    now: datetime,
) -> KnownFavourite:
    if product is None:
        return KnownFavourite(marketplace, asin, None, None, None, own=own)
    return KnownFavourite(
        marketplace=marketplace,
        asin=asin,
        card=store.product_card(product),
        score=score_at(product, product_costs.stated(own), profile=profile.settings, now=now),
        seen_at=product.seen_at,
        has_buy_box=product.has_buy_box,
        own=own,
    )


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

    What was paid is what the product costs the user from then on. Favourites stay as they are.
    """
    if kind is ProductDecision.Kind.BOUGHT and price is not None:
        product_costs.state_costs(
            user=user,
            marketplace=marketplace,
            costs={asin: StatedCost(price, cost_vat, is_whole=True)},
            source=ProductCost.Source.BOUGHT,
            now=timezone.now(),
        )
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
