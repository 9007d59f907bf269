"""Purchases and their sales: written here alone, whoever buys and wherever it is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from discovery.models import ProductCost, ProductDecision, Purchase, Sale
from discovery.products import product_costs, store
from discovery.products.purchase_money import (
    kept,
    profile_of,
    put_cost,
    put_profile,
    put_received,
    put_score,
    put_vat_due,
    vat_of,
)
from discovery.products.scored import StatedCost
from discovery.profiles.service import ActiveProfile, active_profile
from discovery.scoring import SoldCopy, VatBasis
from discovery.text import formats


class MoreThanBought(Exception):
    """More units would be sold than were bought; ``left`` are those there are."""

    code = "more_than_bought"

    def __init__(self, left: int) -> None:
        super().__init__(left)
        self.left = left

    def __str__(self) -> str:
        left = formats.number(self.left)
        return ngettext(
            "Only %(left)s unit of this purchase is left to sell.",
            "Only %(left)s units of this purchase are left to sell.",
            self.left,
        ) % {"left": left}


class FewerThanSold(Exception):
    """The quantity of a purchase would fall below what was sold of it."""

    code = "fewer_than_sold"

    def __init__(self, sold: int) -> None:
        super().__init__(sold)
        self.sold = sold

    def __str__(self) -> str:
        sold = formats.number(self.sold)
        return ngettext(
            "%(sold)s unit of this purchase is sold already.",
            "%(sold)s units of this purchase are sold already.",
            self.sold,
        ) % {"sold": sold}


class HasSales(Exception):
    """A decision whose purchase has sales stays: the money of the sales would be lost."""

    code = "has_sales"

    def __init__(self, purchase: Purchase) -> None:
        super().__init__(purchase.pk)
        self.purchase = purchase

    def __str__(self) -> str:
        return _(
            "Units of this purchase are sold: it stays. Strike its sales out in “My purchases” "
            "first, or delete the purchase there."
        )


@dataclass(frozen=True, slots=True)
class Bought:
    """What a user says of a purchase; ``cost`` is of one unit."""

    cost: StatedCost
    quantity: int = 1
    bought_on: date | None = None  # None: today
    place: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sold:
    """What a user says of a sale; ``price`` and ``received`` are of one unit.

    ``received`` None: worked out from what is stored of the product.
    """

    sold_on: date
    quantity: int
    price: Decimal
    received: Decimal | None = None
    note: str = ""
    is_estimated: bool = False
    reference: UUID = field(default_factory=uuid4)


@transaction.atomic
def record_purchase(
    *,
    user: AbstractBaseUser,
    marketplace: str,
    asin: str,
    bought: Bought,
    profile: ActiveProfile | None = None,
    decision: ProductDecision | None = None,
    sold: SoldCopy | None = None,
) -> Purchase:
    """Keep a purchase with the score of this moment, and its cost as what the product costs.

    ``profile`` None is the user's; ``sold`` the used copy it is, where that is known. Nothing is
    bought from Keepa: of a product nobody fetched there is no score. Raises ``UnknownMarketplace``
    and, for a cost that is not positive, ``ValueError``.
    """
    now = timezone.now()
    profile = profile or active_profile(user=user)
    product = store.product_of(marketplace=marketplace, asin=asin)
    purchase = Purchase(
        user_id=user.pk,
        marketplace=marketplace,
        asin=asin,
        title=store.product_card(product).title[:500] if product else "",
        bought_on=bought.bought_on or timezone.localdate(),
        place=bought.place,
        quantity=bought.quantity,
        note=bought.note,
        decision=decision,
    )
    put_cost(purchase, bought.cost, put_profile(purchase, profile, product))
    if product is not None:
        put_score(purchase, product, profile, sold=sold, now=now)
    purchase.save(force_insert=True)
    product_costs.state_costs(
        user=user,
        marketplace=marketplace,
        costs={asin: bought.cost},
        source=ProductCost.Source.BOUGHT,
        now=now,
    )
    return purchase


@transaction.atomic
def change_purchase(*, user: AbstractBaseUser, purchase_id: int, bought: Bought) -> Purchase:
    """Put right what was said of a purchase; its score stays that of its moment.

    The line of the log it came from says the same, and so does the cost of the product where it is
    that of this purchase. Raises ``Purchase.DoesNotExist`` and ``FewerThanSold``.
    """
    purchase = _locked(user, purchase_id)
    sold = _units_sold(purchase)
    if bought.quantity < sold:
        raise FewerThanSold(sold)
    product_costs.correct_cost(
        user=user,
        marketplace=purchase.marketplace,
        asin=purchase.asin,
        paid=StatedCost(purchase.unit_cost, VatBasis(purchase.cost_vat)),
        cost=StatedCost(kept(bought.cost.amount), bought.cost.vat),
    )
    put_cost(purchase, bought.cost, vat_of(purchase))
    purchase.bought_on = bought.bought_on or purchase.bought_on
    purchase.place, purchase.note, purchase.quantity = bought.place, bought.note, bought.quantity
    purchase.save()
    for sale in purchase.sales.all():
        sale.purchase = purchase
        put_vat_due(sale)
        sale.save(update_fields=["vat_due"])
    ProductDecision.objects.filter(purchase=purchase).update(
        price=bought.cost.amount,
        cost_vat=bought.cost.vat.value,
        quantity=bought.quantity,
        note=bought.note,
    )
    return purchase


@transaction.atomic
def delete_purchase(*, user: AbstractBaseUser, purchase_id: int) -> Purchase:
    """Delete a purchase with its sales and the line of the log it came from.

    Raises ``Purchase.DoesNotExist``.
    """
    purchase = _locked(user, purchase_id)
    decisions = ProductDecision.objects.filter(purchase=purchase)
    found = list(decisions.values_list("pk", flat=True))
    Purchase.objects.filter(pk=purchase.pk).delete()
    ProductDecision.objects.filter(pk__in=found).delete()
    return purchase


def give_up_purchase(*, user: AbstractBaseUser, decision_id: int) -> None:
    """Delete the purchase that a decision made, if it made one and nothing of it is sold.

    Within the transaction that deletes the decision. Raises ``HasSales``.
    """
    mine = Purchase.objects.select_for_update().filter(user=user.pk, decision=decision_id)
    purchase = mine.defer("score").first()
    if purchase is None:
        return
    if purchase.sales.exists():
        raise HasSales(purchase)
    purchase.delete()


def sale_of(purchase: Purchase, sold: Sold) -> Sale:
    """The sale as it is kept, not saved yet: what came of it is still to be put on it."""
    return Sale(
        purchase=purchase,
        sold_on=sold.sold_on,
        quantity=sold.quantity,
        price=kept(sold.price),
        received=None if sold.received is None else kept(sold.received),
        is_estimated=sold.is_estimated,
        note=sold.note,
        reference=sold.reference,
    )


@transaction.atomic
def record_sale(*, user: AbstractBaseUser, purchase_id: int, sold: Sold) -> Sale:
    """Keep a sale of a purchase's units. Raises ``Purchase.DoesNotExist``, ``MoreThanBought``."""
    purchase = _locked(user, purchase_id)
    left = purchase.quantity - _units_sold(purchase)
    if sold.quantity > left:
        raise MoreThanBought(left)
    sale = sale_of(purchase, sold)
    if sold.received is None:
        product = store.product_of(marketplace=purchase.marketplace, asin=purchase.asin)
        put_received(sale, product, profile_of(purchase, user=user), now=timezone.now())
    put_vat_due(sale)
    sale.save(force_insert=True)
    return sale


def strike_sale(*, user: AbstractBaseUser, purchase_id: int, sale_id: int) -> bool:
    """Strike a sale out: its units are in stock again; returns whether there was one."""
    mine = Sale.objects.filter(pk=sale_id, purchase=purchase_id, purchase__user=user.pk)
    return bool(mine.delete()[0])


def purchase_of(*, user: AbstractBaseUser, purchase_id: int) -> Purchase:
    """One of the user's own purchases. Raises ``Purchase.DoesNotExist``."""
    return Purchase.objects.defer("score").get(pk=purchase_id, user=user.pk)


def _locked(user: AbstractBaseUser, purchase_id: int) -> Purchase:
    """The purchase, for nobody else to change until the transaction ends."""
    mine = Purchase.objects.select_for_update().defer("score")
    return mine.get(pk=purchase_id, user=user.pk)


def _units_sold(purchase: Purchase) -> int:
    return purchase.sales.aggregate(sold=Sum("quantity"))["sold"] or 0
