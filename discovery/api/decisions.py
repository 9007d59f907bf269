"""The log of decisions over the API: bought, ignored, or a note, product by product."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from discovery.api.auth import caller_of
from discovery.api.created import created
from discovery.api.fields import Body, InvalidBody, amount, choice, cost_vat, day, whole, words
from discovery.api.idempotency import idempotent
from discovery.api.paging import PAGE, Cursor, Limit, PageAnswer, page_of
from discovery.api.parameters import AnyMarket, Market, example, named, profile_of
from discovery.api.schemas import WRITING_REFUSALS, Problem
from discovery.keepa.errors import FieldProblem
from discovery.keepa.marketplaces import MARKETPLACES, marketplace_of
from discovery.models import ProductDecision
from discovery.products import decisions, store
from discovery.runs.own_costs import score_lines_anew
from discovery.search.request_fields import LONGEST_SLUG

of_products = Router(tags=["decisions"])
router = Router(tags=["decisions"])
REFUSALS = WRITING_REFUSALS | {409: Problem}
Kind = ProductDecision.Kind
KindName = Literal["bought", "ignored", "note"]
LONGEST_NOTE, LONGEST_PLACE = 500, 120
BODY = Body(
    "Decision",
    {
        "kind": choice("A purchase needs its price, a note its text.", Kind.values).required,
        "price": amount("Paid a unit."),
        "cost_vat": cost_vat(),
        "quantity": whole("Units bought; 1 for a purchase."),
        "bought_on": day("Today for a purchase."),
        "place": words("Where it was bought.", longest=LONGEST_PLACE),
        "note": words("The reason, or a note.", longest=LONGEST_NOTE),
        "profile": words("With which a purchase is scored (slug).", longest=LONGEST_SLUG),
    },
    {"kind": "bought", "price": 12.5, "cost_vat": "incl", "quantity": 3, "place": "Momox"},
)
EXAMPLE: dict[str, Any] = {
    "id": 12, "asin": "B00EXAMPLE", "marketplace": "fr", "currency": "EUR", "kind": "bought",
    "price": 12.5, "cost_vat": "incl", "quantity": 3, "note": "", "purchase": 7,
    "created_at": "2026-11-20T08:00:00Z",
}  # fmt: skip


class DecisionAnswer(Schema):
    """A line of the log."""

    model_config = example(**EXAMPLE)
    id: int
    asin: str
    marketplace: str
    currency: str
    kind: KindName
    price: float | None
    cost_vat: Literal["incl", "excl"]
    quantity: int | None
    note: str
    purchase: int | None = Field(description="The purchase that it made.")
    created_at: datetime


class DecisionsAnswer(PageAnswer):
    """A page of the log, the newest first."""

    model_config = example(decisions=[EXAMPLE], next=None)
    decisions: list[DecisionAnswer]


@router.get("", response={200: DecisionsAnswer} | REFUSALS, summary="Your log of decisions")
def list_decisions(
    request: HttpRequest,
    marketplace: AnyMarket = None,
    kind: KindName | None = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> dict[str, Any]:
    """A page of what the caller decided on products, the newest first."""
    found = decisions.log_of(owner=caller_of(request))
    if marketplace:
        found = found.filter(marketplace=marketplace_of(marketplace).code)
    return _page(found.filter(kind=kind) if kind else found, cursor, limit)


@router.get("/{decision_id}", response={200: DecisionAnswer} | REFUSALS, summary="A decision")
def get_decision(request: HttpRequest, decision_id: int) -> dict[str, Any]:
    """One line of the caller's log."""
    found = decisions.log_of(owner=caller_of(request)).filter(pk=decision_id).first()
    if found is None:
        raise Http404
    return _answer(found)


@router.delete("/{decision_id}", response={204: None} | REFUSALS, summary="Strike a decision out")
def strike_decision(request: HttpRequest, decision_id: int) -> Status[None]:
    """Remove a line of the log, and the purchase it made; 409 once units of that are sold."""
    if not decisions.forget_decision(user=caller_of(request), decision_id=decision_id):
        raise Http404
    return Status(204, None)


@of_products.get(
    "/{asin}/decisions", response={200: DecisionsAnswer} | REFUSALS, summary="Its log of decisions"
)
def list_decisions_on(
    request: HttpRequest,
    asin: str,
    marketplace: Market = "us",
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> dict[str, Any]:
    """A page of what the caller decided on one product, the newest first."""
    known, market = named(asin, marketplace)
    user = caller_of(request)
    return _page(decisions.decisions_of(owner=user, marketplace=market, asin=known), cursor, limit)


@of_products.post(
    "/{asin}/decisions",
    response={201: DecisionAnswer} | REFUSALS,
    openapi_extra=BODY.openapi,
    summary="Decide on a product",
)
@idempotent
def decide_on(
    request: HttpRequest, response: HttpResponse, asin: str, marketplace: Market = "us"
) -> Status[dict[str, Any]]:
    """Write a line of the log: bought (a purchase too), ignored, or a note; for no token.

    404 for a product that is not stored.
    """
    known, market = named(asin, marketplace)
    if store.product_of(marketplace=market, asin=known) is None:
        raise Http404
    user, said = caller_of(request), BODY.read(request)
    _complete(said)
    profile = profile_of(said["profile"], user=user)
    usual = profile.settings.for_marketplace(market).cost_vat
    told = said | {"kind": Kind(said["kind"]), "cost_vat": said["cost_vat"] or usual}
    told["profile"] = profile
    made = decisions.record_decision(user=user, marketplace=market, asin=known, **told)
    score_lines_anew(user=user, marketplace=market, asin=known)
    return created(response, _answer(made), read_by="get_decision", at=(made.pk,))


def _complete(said: dict[str, Any]) -> None:
    needed = {Kind.BOUGHT.value: "price", Kind.NOTE.value: "note"}.get(said["kind"])
    if needed and not said[needed]:
        raise InvalidBody({needed: [FieldProblem("required")]})


def _page(found: QuerySet[ProductDecision], cursor: str | None, limit: int) -> dict[str, Any]:
    page = page_of(found, order=("-created_at", "-pk"), cursor=cursor, limit=limit)
    return {"decisions": [_answer(line) for line in page.rows], "next": page.next}


def _answer(line: ProductDecision) -> dict[str, Any]:
    names = ("asin", "marketplace", "kind", "price", "cost_vat", "quantity", "note", "created_at")
    purchase = getattr(line, "purchase", None)
    return {name: getattr(line, name) for name in names} | {
        "id": line.pk,
        "currency": MARKETPLACES[line.marketplace].currency,
        "purchase": purchase.pk if purchase else None,
    }
