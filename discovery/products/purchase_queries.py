"""Purchases as they are read: narrowed down, sorted, a page of them, each with its sales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import (
    DecimalField,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import KeepaProduct, Purchase, Sale
from discovery.products.from_keepa import ProductCard
from discovery.products.pictures import plain_card

PAGE_SIZE = 50
MOST_PLACES = 50  # offered to choose from
ZERO = Decimal(0)
MONEY = DecimalField(max_digits=24, decimal_places=4)


class Stock(StrEnum):
    """Which purchases are shown."""

    ALL = "all"
    LEFT = "left"
    SOLD_OUT = "sold_out"


# Name in the address -> the columns, the first of them turned round by ``dir``.
SORTS: dict[str, tuple[str, ...]] = {
    "date": ("bought_on", "pk"),
    "title": ("title", "asin", "pk"),
    "left": ("left", "pk"),
    "tied_up": ("tied_up", "pk"),
    "profit": ("profit", "pk"),
}
DEFAULT_SORT = "date"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What of the purchases is looked at; ``words`` in the title, the place, the note, the ASIN."""

    stock: Stock = Stock.ALL
    words: str = ""
    sort: str = DEFAULT_SORT
    is_descending: bool = True


@dataclass(frozen=True, slots=True)
class ShownPurchase:
    """A purchase with what became of it; amounts of all its units together.

    ``profit`` is that of the units sold, ``None`` while none is; ``expected`` that of those left,
    by the score at the purchase, ``None`` where there was none. ``untold`` are units sold of
    which nobody knows what they brought. ``is_stored``: the product has a page.
    """

    purchase: Purchase
    sold: int
    left: int
    invested: Decimal
    tied_up: Decimal
    revenue: Decimal
    profit: Decimal | None
    expected: Decimal | None
    untold: int
    card: ProductCard
    is_stored: bool

    @property
    def currency(self) -> str:
        """That of its marketplace."""
        return MARKETPLACES[self.purchase.marketplace].currency

    @property
    def without_vat(self) -> Decimal:
        """What a unit cost without VAT, whoever recovers it."""
        rate = self.purchase.purchase_vat_percent
        return self.purchase.cost_paid / (1 + rate / 100)

    @property
    def has_vat(self) -> bool:
        """Whether the purchase held VAT at all."""
        return bool(self.purchase.purchase_vat_percent)


def purchases_of(*, owner: AbstractBaseUser, narrowing: Narrowing) -> QuerySet[Purchase]:
    """The owner's purchases that are looked at, sorted, each with what became of it."""
    found: QuerySet[Purchase] = narrowed(owner, narrowing)
    first, *others = order_of(narrowing)
    main = F(first.removeprefix("-"))
    return found.order_by(
        main.desc(nulls_last=True) if first.startswith("-") else main.asc(nulls_last=True), *others
    )


def order_of(narrowing: Narrowing) -> tuple[str, ...]:
    """The columns that purchases are sorted by, ``-`` for descending; the last is unique."""
    first, *others = SORTS[narrowing.sort]
    turn = "-" if narrowing.is_descending else ""
    return (f"{turn}{first}", *others[:-1], f"{turn}pk")


def page_of_purchases(
    *, owner: AbstractBaseUser, narrowing: Narrowing, number: str
) -> Page[Purchase]:
    """One page of them; a page that is not there is the nearest."""
    return Paginator(purchases_of(owner=owner, narrowing=narrowing), PAGE_SIZE).get_page(number)


def shown(purchases: Sequence[Purchase]) -> list[ShownPurchase]:
    """Purchases of ``purchases_of`` as a page shows them, in one statement for their pictures."""
    cards = _cards(purchases)
    return [_shown(purchase, *cards[purchase.marketplace, purchase.asin]) for purchase in purchases]


def shown_purchase(*, owner: AbstractBaseUser, purchase_id: int) -> ShownPurchase:
    """One of the owner's purchases as its page shows it. Raises ``Purchase.DoesNotExist``."""
    return shown([_with_sales(Purchase.objects.filter(user=owner.pk)).get(pk=purchase_id)])[0]


def places_of(*, owner: AbstractBaseUser) -> tuple[str, ...]:
    """Where the owner bought before, to choose from."""
    named = Purchase.objects.filter(user=owner.pk).exclude(place="")
    places = named.order_by("place").values_list("place", flat=True).distinct()
    return tuple(places[:MOST_PLACES])


def has_purchases(*, owner: AbstractBaseUser) -> bool:
    """Whether anything was ever bought."""
    return Purchase.objects.filter(user=owner.pk).exists()


_EARNED = ExpressionWrapper(
    (F("received") - F("vat_due") - F("purchase__cost_net")) * F("quantity"), output_field=MONEY
)
# What sales come to; the profit is that of those of which it is known what they brought.
SUMS: dict[str, Any] = {
    "units": Sum("quantity"),
    "turnover": Sum(F("price") * F("quantity"), output_field=MONEY),
    "earned": Sum(_EARNED),
    "unknown": Sum("quantity", filter=Q(received__isnull=True)),
}


def narrowed(owner: AbstractBaseUser, narrowing: Narrowing) -> QuerySet[Any]:
    """The owner's purchases that are looked at, in no order, each with what became of it."""
    found = _with_sales(Purchase.objects.filter(user=owner.pk))
    match narrowing.stock:
        case Stock.LEFT:
            found = found.filter(left__gt=0)
        case Stock.SOLD_OUT:
            found = found.filter(left__lte=0)
        case Stock.ALL:
            pass
    for word in narrowing.words.split()[:8]:
        found = found.filter(
            Q(title__icontains=word)
            | Q(asin__icontains=word)
            | Q(place__icontains=word)
            | Q(note__icontains=word)
        )
    return found


def _with_sales(purchases: QuerySet[Any]) -> QuerySet[Any]:
    """Each with ``sold``, ``left``, ``invested``, ``tied_up``, ``revenue``, ``profit``."""
    of_purchase = Sale.objects.filter(purchase=OuterRef("pk")).order_by().values("purchase")

    def summed(name: str, field: Any) -> Subquery:
        return Subquery(of_purchase.annotate(value=SUMS[name]).values("value"), output_field=field)

    found: QuerySet[Any] = (
        purchases.defer("score")
        .annotate(
            sold=Coalesce(summed("units", IntegerField()), 0),
            revenue=Coalesce(summed("turnover", MONEY), ZERO, output_field=MONEY),
            profit=summed("earned", MONEY),
            untold=Coalesce(summed("unknown", IntegerField()), 0),
        )
        .annotate(left=ExpressionWrapper(F("quantity") - F("sold"), output_field=IntegerField()))
        .annotate(
            invested=ExpressionWrapper(F("cost_net") * F("quantity"), output_field=MONEY),
            tied_up=ExpressionWrapper(F("cost_net") * F("left"), output_field=MONEY),
        )
    )
    return found


def _cards(purchases: Sequence[Purchase]) -> dict[tuple[str, str], tuple[ProductCard, bool]]:
    wanted = {(purchase.marketplace, purchase.asin): purchase.title for purchase in purchases}
    stored = KeepaProduct.objects.filter(asin__in={asin for _market, asin in wanted})
    pictures = {
        (marketplace, asin): (image, title)
        for marketplace, asin, image, title in stored.filter(is_usable=True).values_list(
            "marketplace", "asin", "facts__card__image", "title"
        )
    }
    nothing = (None, "")
    return {
        (market, asin): (
            plain_card(
                market,
                asin,
                title=title or pictures.get((market, asin), nothing)[1],
                image=pictures.get((market, asin), nothing)[0],
            ),
            (market, asin) in pictures,
        )
        for (market, asin), title in wanted.items()
    }


def _shown(purchase: Any, card: ProductCard, is_stored: bool) -> ShownPurchase:
    expected = purchase.expected_profit
    return ShownPurchase(
        purchase=purchase,
        sold=purchase.sold,
        left=purchase.left,
        invested=purchase.invested,
        tied_up=purchase.tied_up,
        revenue=purchase.revenue,
        profit=purchase.profit,
        expected=None if expected is None or not purchase.left else expected * purchase.left,
        untold=purchase.untold,
        card=card,
        is_stored=is_stored,
    )
