"""Purchases and their sales over the API, as on their pages; nothing here costs a token."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router
from ninja.responses import Status

from discovery.api.auth import caller_of
from discovery.api.created import created
from discovery.api.fields import InvalidBody, refuse
from discovery.api.idempotency import idempotent
from discovery.api.paging import PAGE, Cursor, Limit, page_of
from discovery.api.parameters import profile_of, words_of
from discovery.api.purchase_schemas import (
    NEW_PURCHASE_BODY,
    PURCHASE_BODY,
    SALE_BODY,
    PurchasesAnswer,
    SaleAnswer,
    SumsAnswer,
    WholePurchaseAnswer,
)
from discovery.api.schemas import WRITING_REFUSALS, Problem
from discovery.keepa.errors import FieldProblem
from discovery.models import ProductDecision, Purchase, Sale
from discovery.products import decisions, purchase_queries, purchases
from discovery.products.identifiers import NotAnIdentifier
from discovery.products.purchase_codes import UnknownCode, asin_of
from discovery.products.purchase_queries import Narrowing, ShownPurchase, Stock
from discovery.products.purchase_totals import months_of, totals_of
from discovery.products.purchases import Bought, Sold
from discovery.products.scored import StatedCost
from discovery.runs.own_costs import score_lines_anew
from discovery.scoring import VatBasis
from discovery.text.numbers import short

router = Router(tags=["purchases"])
sales_router = Router(tags=["sales"])
REFUSALS = WRITING_REFUSALS | {409: Problem}
StockName = Annotated[
    Literal["all", "left", "sold_out"], Query(description="Of which units are left, or sold out.")
]
SortName = Annotated[
    Literal[
        "-date", "date", "title", "-title", "-left", "left", "-tied_up", "tied_up", "-profit",
        "profit",
    ],
    Query(description="`-`: the largest, or newest, first."),
]  # fmt: skip
Words = Annotated[
    str, Query(max_length=100, description="In the title, the ASIN, the place or the note.")
]


@router.get("", response={200: PurchasesAnswer} | REFUSALS, summary="Your purchases")
def list_purchases(
    request: HttpRequest,
    stock: StockName = "all",
    q: Words = "",
    sort: SortName = "-date",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> dict[str, Any]:
    """A page of the caller's purchases, each with what became of it."""
    narrowing = narrowing_of(stock, q, sort)
    found = purchase_queries.purchases_of(owner=caller_of(request), narrowing=narrowing)
    order = purchase_queries.order_of(narrowing)
    page = page_of(found, order=order, cursor=cursor, limit=limit)
    return {
        "purchases": [_purchase(line) for line in purchase_queries.shown(page.rows)],
        "next": page.next,
    }


@router.get("/totals", response={200: SumsAnswer} | REFUSALS, summary="What they came to")
def total_purchases(
    request: HttpRequest, stock: StockName = "all", q: Words = ""
) -> dict[str, Any]:
    """Totals and monthly profits of the purchases looked at, by currency."""
    user, narrowing = caller_of(request), narrowing_of(stock, q, "-date")
    names = (
        "currency", "bought", "sold", "invested", "revenue", "profit", "stock", "expected",
        "untold",
    )  # fmt: skip
    return {
        "totals": [
            {name: getattr(total, name) for name in names}
            for total in totals_of(owner=user, narrowing=narrowing)
        ],
        "months": [
            {"currency": currency, "month": month.first, "profit": month.profit}
            for currency, months in months_of(owner=user, narrowing=narrowing).items()
            for month in months
        ],
    }


@router.post(
    "",
    response={201: WholePurchaseAnswer} | REFUSALS,
    openapi_extra=NEW_PURCHASE_BODY.openapi,
    summary="Note a purchase",
)
@idempotent
def create_purchase(request: HttpRequest, response: HttpResponse) -> Status[dict[str, Any]]:
    """Note a purchase of any product, known or not, with its score of this moment.

    It is in the log of its product too, and its price is what the product costs from now on.
    """
    user, said = caller_of(request), NEW_PURCHASE_BODY.read(request)
    market = said["marketplace"]
    try:
        asin = asin_of(said["asin"], marketplace=market, user=user)
    except NotAnIdentifier:
        wrong = FieldProblem("not_an_identifier", {"value": short(said["asin"])})
        raise InvalidBody({"asin": [wrong]}) from None
    except UnknownCode as error:
        raise refuse("asin", error) from None
    profile = profile_of(said["profile"], user=user)
    usual = profile.settings.for_marketplace(market).cost_vat
    made = decisions.record_decision(
        user=user,
        marketplace=market,
        asin=asin,
        kind=ProductDecision.Kind.BOUGHT,
        price=said["cost"],
        cost_vat=said["cost_vat"] or usual,
        quantity=said["quantity"],
        note=said["note"],
        bought_on=said["bought_on"],
        place=said["place"],
        profile=profile,
    )
    score_lines_anew(user=user, marketplace=market, asin=asin)
    whole = _whole(request, made.purchase.pk)
    return created(response, whole, read_by="get_purchase", at=(made.purchase.pk,))


@router.get("/{purchase_id}", response={200: WholePurchaseAnswer} | REFUSALS, summary="A purchase")
def get_purchase(request: HttpRequest, purchase_id: int) -> dict[str, Any]:
    """One of the caller's purchases with its sales."""
    return _whole(request, purchase_id)


@router.put(
    "/{purchase_id}",
    response={200: WholePurchaseAnswer} | REFUSALS,
    openapi_extra=PURCHASE_BODY.openapi,
    summary="Put a purchase right",
)
def change_purchase(request: HttpRequest, purchase_id: int) -> dict[str, Any]:
    """Set what was said of a purchase; its score stays that of its moment.

    409 where the quantity would fall below what was sold.
    """
    mine, user = _mine(request, purchase_id), caller_of(request)
    said = PURCHASE_BODY.read(request)
    bought = Bought(
        cost=StatedCost(said["cost"], said["cost_vat"] or VatBasis(mine.cost_vat)),
        quantity=said["quantity"],
        bought_on=said["bought_on"],
        place=said["place"],
        note=said["note"],
    )
    changed = purchases.change_purchase(user=user, purchase_id=purchase_id, bought=bought)
    score_lines_anew(user=user, marketplace=changed.marketplace, asin=changed.asin)
    return _whole(request, purchase_id)


@router.delete("/{purchase_id}", response={204: None} | REFUSALS, summary="Delete a purchase")
def delete_purchase(request: HttpRequest, purchase_id: int) -> Status[None]:
    """Delete a purchase with its sales and the line of the log it came from."""
    _mine(request, purchase_id)
    purchases.delete_purchase(user=caller_of(request), purchase_id=purchase_id)
    return Status(204, None)


@sales_router.post(
    "/{purchase_id}/sales",
    response={201: SaleAnswer} | REFUSALS,
    openapi_extra=SALE_BODY.openapi,
    summary="Note a sale",
)
@idempotent
def create_sale(
    request: HttpRequest, response: HttpResponse, purchase_id: int
) -> Status[dict[str, Any]]:
    """Note units sold of a purchase; 409 for more than are left."""
    mine = _mine(request, purchase_id)
    said = SALE_BODY.read(request)
    said["sold_on"] = said["sold_on"] or timezone.localdate()
    if said["sold_on"] < mine.bought_on:
        raise refuse("sold_on", _("It was not bought yet on this day."))
    sold = Sold(**said)
    made = purchases.record_sale(user=caller_of(request), purchase_id=purchase_id, sold=sold)
    return created(response, _sale(made), read_by="get_sale", at=(purchase_id, made.pk))


@sales_router.get(
    "/{purchase_id}/sales/{sale_id}", response={200: SaleAnswer} | REFUSALS, summary="A sale"
)
def get_sale(request: HttpRequest, purchase_id: int, sale_id: int) -> dict[str, Any]:
    """A sale of one of the caller's purchases; all of them stand with the purchase."""
    found = _mine(request, purchase_id).sales.filter(pk=sale_id).first()
    if found is None:
        raise Http404
    return _sale(found)


@sales_router.delete(
    "/{purchase_id}/sales/{sale_id}",
    response={204: None} | REFUSALS,
    summary="Strike a sale out",
)
def strike_sale(request: HttpRequest, purchase_id: int, sale_id: int) -> Status[None]:
    """Strike a sale out: its units are in stock again."""
    user = caller_of(request)
    if not purchases.strike_sale(user=user, purchase_id=purchase_id, sale_id=sale_id):
        raise Http404
    return Status(204, None)


def narrowing_of(stock: str, q: str, sort: str) -> Narrowing:
    """What of the purchases is asked for."""
    return Narrowing(
        stock=Stock(stock),
        words=words_of(q),
        sort=sort.removeprefix("-"),
        is_descending=sort.startswith("-"),
    )


def _mine(request: HttpRequest, purchase_id: int) -> Purchase:
    try:
        return purchases.purchase_of(user=caller_of(request), purchase_id=purchase_id)
    except Purchase.DoesNotExist:
        raise Http404 from None


def _whole(request: HttpRequest, purchase_id: int) -> dict[str, Any]:
    try:
        line = purchase_queries.shown_purchase(owner=caller_of(request), purchase_id=purchase_id)
    except Purchase.DoesNotExist:
        raise Http404 from None
    return _purchase(line) | {"sales": [_sale(sale) for sale in line.purchase.sales.all()]}


def _purchase(line: ShownPurchase) -> dict[str, Any]:
    purchase = line.purchase
    own = (
        "asin", "marketplace", "bought_on", "place", "cost_vat", "cost_paid", "cost_net",
        "quantity", "note", "verdict", "roi_percent", "expected_profit", "created_at",
    )  # fmt: skip
    became = (
        "currency",
        "sold",
        "left",
        "invested",
        "tied_up",
        "revenue",
        "profit",
        "expected",
        "untold",
    )
    return {
        "id": purchase.pk,
        "title": line.card.title,
        "cost": purchase.unit_cost,
        "profile": purchase.profile_slug,
        **{name: getattr(purchase, name) for name in own},
        **{name: getattr(line, name) for name in became},
    }


def _sale(sale: Sale) -> dict[str, Any]:
    names = ("sold_on", "quantity", "price", "received", "vat_due", "note", "created_at")
    told = {name: getattr(sale, name) for name in names}
    return told | {"id": sale.pk, "estimated": sale.is_estimated}
