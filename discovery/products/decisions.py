"""Products a user keeps an eye on, and what was decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import QuerySet

from discovery.models import Favourite, ProductCost, ProductDecision
from discovery.paging import PAGE_SIZE
from discovery.products import purchases, store
from discovery.products.columns import Row
from discovery.products.product_costs import known_costs, score_at, stated
from discovery.products.scored import StatedCost
from discovery.products.sparks import sparks_of
from discovery.profiles.service import ActiveProfile
from discovery.scoring import SoldCopy, VatBasis

THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KnownFavourite:
    """A favourite with what is stored of it, scored now for no token; no card if nothing is."""

    marketplace: str
    asin: str
    row: Row
    seen_at: datetime | None
    has_buy_box: bool = False
    own: ProductCost | None = None
    is_ignored: bool = False
    fetched_at: datetime | None = None

    @property
    def ignored(self) -> frozenset[str]:
        """What of the one product of its row is ignored, as rows of a table are told."""
        return frozenset({self.asin}) if self.is_ignored else frozenset()


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
    *,
    favourites: Sequence[Favourite],
    user: AbstractBaseUser,
    profile: ActiveProfile,
    now: datetime,
) -> list[KnownFavourite]:
    """The favourites with their scores, in the order given: three statements per marketplace.

    What the user has said a product costs is its cost.
    """
    known: dict[tuple[str, str], tuple[store.StoredProduct, Row]] = {}
    for marketplace in sorted({favourite.marketplace for favourite in favourites}):
        asins = [kept.asin for kept in favourites if kept.marketplace == marketplace]
        known |= _known_rows(user, marketplace, asins, profile, now)
    found = []
    for favourite in favourites:
        product, row = known.get((favourite.marketplace, favourite.asin), (None, None))
        found.append(
            KnownFavourite(
                marketplace=favourite.marketplace,
                asin=favourite.asin,
                row=replace(row or Row(None, None, None), added_at=favourite.created_at),
                seen_at=product.seen_at if product else None,
                has_buy_box=product is not None and product.has_buy_box,
                fetched_at=product.fetched_at if product else None,
            )
        )
    return found


def known_row(
    *,
    user: AbstractBaseUser,
    marketplace: str,
    asin: str,
    profile: ActiveProfile,
    now: datetime,
) -> Row | None:
    """One product as it is known now, with what the user has said it costs; for no token."""
    rows = _known_rows(user, marketplace, [asin], profile, now)
    return next((row for _product, row in rows.values()), None)


def _known_rows(
    user: AbstractBaseUser,
    marketplace: str,
    asins: Sequence[str],
    profile: ActiveProfile,
    now: datetime,
) -> dict[tuple[str, str], tuple[store.StoredProduct, Row]]:
    stored = store.known_products(marketplace=marketplace, asins=asins, newer_than=THE_BEGINNING)
    costs = known_costs(user_id=user.pk, marketplace=marketplace, asins=asins)
    sparks = sparks_of(marketplace=marketplace, asins=asins)
    rows = {}
    for product in stored.products:
        own = costs.get(product.asin)
        row = Row(
            None,
            store.product_card(product),
            score_at(product, stated(own), profile=profile.settings, now=now),
            sparks.get(product.asin, ""),
            own=own,
        )
        rows[marketplace, product.asin] = (product, row)
    return rows


@transaction.atomic
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
    bought_on: date | None = None,
    place: str = "",
    profile: ActiveProfile | None = None,
    sold: SoldCopy | None = None,
) -> ProductDecision:
    """Write a line of the log; ``price`` is that of one unit, with VAT or without.

    What was bought, at a price, is a purchase too: ``decision.purchase``, of one unit where no
    ``quantity`` is said; ``bought_on``, ``place``, ``profile`` and ``sold`` as ``record_purchase``
    takes them. Favourites stay as they are.
    """
    is_purchase = kind is ProductDecision.Kind.BOUGHT and price is not None
    quantity = quantity or 1 if is_purchase else quantity
    decision = ProductDecision.objects.create(
        user_id=user.pk,
        marketplace=marketplace,
        asin=asin,
        kind=kind,
        price=price,
        cost_vat=cost_vat,
        quantity=quantity,
        note=note,
    )
    if is_purchase and price is not None:
        purchases.record_purchase(
            user=user,
            marketplace=marketplace,
            asin=asin,
            bought=purchases.Bought(
                StatedCost(price, cost_vat), quantity or 1, bought_on, place, note
            ),
            profile=profile,
            decision=decision,
            sold=sold,
        )
    return decision


@transaction.atomic
def forget_decision(*, user: AbstractBaseUser, decision_id: int) -> bool:
    """Strike a line out of one's own log, and the purchase it made; returns whether there was one.

    Raises ``purchases.HasSales``, and strikes nothing out, when units of the purchase are sold.
    """
    purchases.give_up_purchase(user=user, decision_id=decision_id)
    return bool(ProductDecision.objects.filter(pk=decision_id, user_id=user.pk).delete()[0])


def favourites_of(*, owner: AbstractBaseUser) -> QuerySet[Favourite]:
    """The owner's favourites, newest first."""
    return Favourite.objects.filter(user=owner.pk)


def page_of_favourites(*, favourites: Sequence[Any] | QuerySet[Any], number: str) -> Page[Any]:
    """One page of favourites; a page that is not there is the nearest."""
    return Paginator(favourites, PAGE_SIZE).get_page(number)


def decisions_of(
    *, owner: AbstractBaseUser, marketplace: str, asin: str
) -> QuerySet[ProductDecision]:
    """The owner's log about a product, newest first, each line with the purchase it made."""
    return log_of(owner=owner).filter(marketplace=marketplace, asin=asin)


def log_of(*, owner: AbstractBaseUser) -> QuerySet[ProductDecision]:
    """The owner's log about all products, newest first, each line with the purchase it made."""
    mine = ProductDecision.objects.filter(user=owner.pk).order_by("-created_at", "-pk")
    return mine.select_related("purchase").defer("purchase__score")


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
