"""A file of purchases: what of it is new, and, once its owner agrees, written in one go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from discovery.models import ProductCost, Purchase, PurchaseFile, Sale
from discovery.products import product_costs, store
from discovery.products.purchase_codes import asins_of_codes
from discovery.products.purchase_lines import (
    BadPurchase,
    PurchaseLine,
    content_reference,
    read_lines,
    sale_reference,
)
from discovery.products.purchase_money import (
    put_cost,
    put_profile,
    put_received,
    put_vat_due,
)
from discovery.products.purchases import Bought, Sold, sale_of
from discovery.products.scored import StatedCost
from discovery.profiles.service import ActiveProfile, active_profile, all_profiles
from discovery.scoring import VatBasis

THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
BATCH = 500


@dataclass(frozen=True, slots=True)
class UnderstoodLine:
    """A line as it would be written; what is known already is left as it is."""

    line: PurchaseLine
    reference: UUID
    is_new: bool
    sale: Sold | None
    is_new_sale: bool


@dataclass(frozen=True, slots=True)
class Understood:
    """A file as it was understood, line by line; ``bad`` are left out."""

    lines: tuple[UnderstoodLine, ...]
    bad: tuple[BadPurchase, ...]

    @property
    def new_purchases(self) -> int:
        """How many purchases would be written."""
        return sum(line.is_new for line in self.lines)

    @property
    def new_sales(self) -> int:
        """How many sales would be written."""
        return sum(line.is_new_sale for line in self.lines)

    @property
    def known(self) -> int:
        """How many lines bring nothing new."""
        return sum(not (line.is_new or line.is_new_sale) for line in self.lines)


def pending_file(*, user: AbstractBaseUser) -> PurchaseFile | None:
    """What the user gave and has neither confirmed nor given up."""
    return PurchaseFile.objects.filter(user=user.pk).first()


def mark_of(given: PurchaseFile) -> str:
    """What tells a file from the one given before or after it."""
    return given.given_at.isoformat()


def give_up_file(*, user: AbstractBaseUser) -> bool:
    """Forget the file that was given; returns whether there was one."""
    return bool(PurchaseFile.objects.filter(user=user.pk).delete()[0])


def understand(*, user: AbstractBaseUser, given: PurchaseFile) -> Understood:
    """What the file says, held against what is known. Writes and spends nothing.

    A purchase or a sale is known by its reference, as an export writes it; one without is known
    by what it says, so that the same line twice is one purchase. Raises ``NoHeadings``.
    """
    profile = active_profile(user=user).settings
    read, bad = read_lines(
        given.rows,
        marketplace=given.marketplace,
        usual_vat=lambda market: profile.for_marketplace(market).cost_vat,
    )
    named, unknown = _with_asins(read, user)
    known = _Known(user, named)
    lines = []
    for line in named:
        reference = line.reference or known.reference_of(line)
        is_new = reference not in known.left
        left = known.left.get(reference, line.bought.quantity)
        sale, is_new_sale = line.sale, False
        if sale is not None:
            sale = known.settled(reference, line, sale)
            is_new_sale = (reference, sale.reference) not in known.sales
            if is_new_sale and sale.quantity > left:
                unknown.append(BadPurchase(line.number, line.text, "more_than_bought", str(left)))
                continue
        known.left[reference] = left - (sale.quantity if sale and is_new_sale else 0)
        if sale is not None:
            known.sales.add((reference, sale.reference))
        lines.append(UnderstoodLine(line, reference, is_new, sale, is_new_sale))
    return Understood(tuple(lines), tuple(sorted(bad + unknown, key=lambda line: line.number)))


class AnotherFile(Exception):
    """A file was given since its owner agreed to another."""

    code = "another_file"


@transaction.atomic
def bring_in(*, user: AbstractBaseUser, seen: str = "") -> Understood | None:
    """Write what is new of the file that was given, and forget the file; ``None`` without one.

    ``seen`` is the ``mark_of`` the file that its owner looked at. Raises ``NoHeadings`` and
    ``AnotherFile``.
    """
    given = PurchaseFile.objects.select_for_update().filter(user=user.pk).first()
    if given is None:
        return None
    if seen and seen != mark_of(given):
        raise AnotherFile
    # Nobody sells of these purchases meanwhile: the units left are counted once.
    list(Purchase.objects.select_for_update().filter(user=user.pk).values_list("pk", flat=True))
    understood = understand(user=user, given=given)
    _write(understood.lines, user)
    given.delete()
    return understood


class _Known:
    """What the user has of the purchases a file speaks of: units ``left``, and ``sales``."""

    def __init__(self, user: AbstractBaseUser, lines: Sequence[PurchaseLine]) -> None:
        self.left: dict[UUID, int] = {}
        self.sales: set[tuple[UUID, UUID]] = set()
        self._by_content: dict[UUID, UUID] = {}
        self._sales_by_content: dict[UUID, UUID] = {}
        mine = Purchase.objects.filter(user=user.pk).filter(
            Q(asin__in={line.asin for line in lines})
            | Q(reference__in={line.reference for line in lines if line.reference})
        )
        for purchase in mine.defer("score").prefetch_related("sales"):
            cost = StatedCost(purchase.unit_cost, VatBasis(purchase.cost_vat))
            said = Bought(cost, purchase.quantity, purchase.bought_on, purchase.place)
            content = content_reference(purchase.marketplace, purchase.asin, said)
            self._by_content.setdefault(content, purchase.reference)
            self.left[purchase.reference] = purchase.quantity
            for sale in purchase.sales.all():
                self.left[purchase.reference] -= sale.quantity
                self.sales.add((purchase.reference, sale.reference))
                content = sale_reference(
                    purchase.reference,
                    sold_on=sale.sold_on,
                    quantity=sale.quantity,
                    price=sale.price,
                )
                self._sales_by_content.setdefault(content, sale.reference)

    def reference_of(self, line: PurchaseLine) -> UUID:
        """The purchase a line without a reference speaks of."""
        content = content_reference(line.marketplace, line.asin, line.bought)
        return self._by_content.get(content, content)

    def settled(self, purchase: UUID, line: PurchaseLine, sale: Sold) -> Sold:
        """The sale under the reference it is known by."""
        if line.has_sale_reference:
            return sale
        content = sale_reference(
            purchase, sold_on=sale.sold_on, quantity=sale.quantity, price=sale.price
        )
        return replace(sale, reference=self._sales_by_content.get(content, content))


def _with_asins(
    lines: Iterable[PurchaseLine], user: AbstractBaseUser
) -> tuple[list[PurchaseLine], list[BadPurchase]]:
    """The lines with the products of their codes, and those whose code nobody looked up."""
    lines = list(lines)
    codes: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line.code:
            codes[line.marketplace].add(line.code)
    asins = {
        market: asins_of_codes(sorted(wanted), marketplace=market, user=user)
        for market, wanted in codes.items()
    }
    named, unknown = [], []
    for line in lines:
        asin = line.asin or asins[line.marketplace].get(line.code, "")
        if asin:
            named.append(replace(line, asin=asin))
        else:
            unknown.append(BadPurchase(line.number, line.text, "unknown_code", line.code))
    return named, unknown


def _write(lines: Sequence[UnderstoodLine], user: AbstractBaseUser) -> None:
    now = timezone.now()
    usual = active_profile(user=user)
    profiles = {profile.slug: profile for profile in all_profiles(user=user)}
    products = _products(lines)
    new = [line for line in lines if line.is_new]
    purchases = [_purchase(line, user, products, profiles, usual) for line in new]
    Purchase.objects.bulk_create(purchases, batch_size=BATCH)
    wanted = {line.reference for line in lines if line.is_new_sale}
    mine = Purchase.objects.filter(user=user.pk, reference__in=wanted).defer("score")
    of = {purchase.reference: purchase for purchase in mine}
    sales = []
    for line in lines:
        if line.sale is None or not line.is_new_sale:
            continue
        purchase, sold = of[line.reference], line.sale
        sale = sale_of(purchase, sold)
        if sold.received is None:
            product = products.get((purchase.marketplace, purchase.asin))
            put_received(sale, product, profiles.get(purchase.profile_slug, usual), now=now)
        put_vat_due(sale)
        sales.append(sale)
    Sale.objects.bulk_create(sales, batch_size=BATCH)
    _state_costs(purchases, user, now)


def _products(lines: Sequence[UnderstoodLine]) -> dict[tuple[str, str], store.StoredProduct]:
    """What is stored of the products that something new is said of."""
    asins: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line.is_new or line.is_new_sale:
            asins[line.line.marketplace].add(line.line.asin)
    return {
        (market, product.asin): product
        for market, wanted in asins.items()
        for product in store.known_products(
            marketplace=market, asins=sorted(wanted), newer_than=THE_BEGINNING
        ).products
    }


def _purchase(
    understood: UnderstoodLine,
    user: AbstractBaseUser,
    products: dict[tuple[str, str], store.StoredProduct],
    profiles: dict[str, ActiveProfile],
    usual: ActiveProfile,
) -> Purchase:
    line, bought, told = understood.line, understood.line.bought, understood.line.told
    product = products.get((line.marketplace, line.asin))
    purchase = Purchase(
        user_id=user.pk,
        marketplace=line.marketplace,
        asin=line.asin,
        title=told.title or (store.product_card(product).title[:500] if product else ""),
        bought_on=bought.bought_on or timezone.localdate(),
        place=bought.place,
        quantity=bought.quantity,
        note=bought.note,
        verdict=told.verdict,
        roi_percent=told.roi_percent,
        expected_profit=told.expected_profit,
        engine_version=told.engine_version,
        reference=understood.reference,
    )
    vat = put_profile(purchase, profiles.get(told.profile, usual), product)
    put_cost(purchase, bought.cost, told.vat or vat)
    if told.profile:
        purchase.profile_slug = told.profile
        purchase.profile_revision = told.profile_revision
    return purchase


def _state_costs(purchases: Sequence[Purchase], user: AbstractBaseUser, now: datetime) -> None:
    """The last price paid is what a product costs, where nobody has said anything yet."""
    costs: dict[str, dict[str, StatedCost]] = defaultdict(dict)
    for purchase in sorted(purchases, key=lambda purchase: purchase.bought_on):
        cost = StatedCost(purchase.unit_cost, VatBasis(purchase.cost_vat))
        costs[purchase.marketplace][purchase.asin] = cost
    for market, paid in costs.items():
        said = product_costs.costs_of(user_id=user.pk, marketplace=market, asins=list(paid))
        product_costs.state_costs(
            user=user,
            marketplace=market,
            costs={asin: cost for asin, cost in paid.items() if asin not in said},
            source=ProductCost.Source.BOUGHT,
            now=now,
        )
