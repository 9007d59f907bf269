"""What a run has found, over the API: its lines, their file, their Buy Boxes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from discovery.api.auth import caller_of
from discovery.api.idempotency import idempotent
from discovery.api.line_answers import line_answers
from discovery.api.line_schemas import (
    BUY_BODY,
    CSV,
    BoughtAnswer,
    BuyBoxQuote,
    LinesAnswer,
    LineState,
)
from discovery.api.paging import PAGE, Cursor, Limit, page_of
from discovery.api.reading import read_body
from discovery.api.run_schemas import RUN_REFUSALS, START_REFUSALS
from discovery.exports.columns import with_text
from discovery.exports.run_file import export_run
from discovery.keepa.client import MOST_PRODUCTS
from discovery.keepa.errors import FieldProblem, InvalidFilters
from discovery.models import RunLine
from discovery.products import buy_box
from discovery.runs import queries
from discovery.runs.buy_boxes import buy_buy_boxes, without_buy_box
from discovery.runs.filters import Narrowing, narrowed
from discovery.runs.sharing import readable_run
from discovery.runs.sorts import DEFAULT, SORTS

router = Router(tags=["runs"])
LARGEST = 10**9
LONGEST_WORDS = 100
LONGEST_ASIN = 20
Asins = Annotated[
    list[Annotated[str, Field(max_length=LONGEST_ASIN)]], Query(max_length=MOST_PRODUCTS)
]
Bound = Annotated[float | None, Query(ge=-LARGEST, le=LARGEST)]


@router.get(
    "/{run_id}/lines", response={200: LinesAnswer} | RUN_REFUSALS, summary="The lines of a run"
)
def list_lines(
    request: HttpRequest,
    run_id: UUID,
    state: LineState = "scored",
    sort: str = DEFAULT,
    dir: Literal["asc", "desc"] | None = None,
    verdict: Literal["STRONG_BUY", "BUY", "SOURCING", "CONSIDER", "SKIP"] | None = None,
    q: str = "",
    roi_min: Bound = None,
    profit_min: Bound = None,
    price_max: Bound = None,
    bsr_max: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    known_cost: bool = False,
    hide_ignored: bool = False,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> HttpResponse:
    """A page of lines with their products, sorted and narrowed down as on the page of the run.

    `sort`: rank, title, max_cost, price, profit, roi, velocity, bsr; of searches also verdict, of
    lists line, cost, quantity, total, of looks of jobs place, cost. Without `dir` the best come
    first. Lines of another `state` come in their order, and have no product.
    """
    user = caller_of(request)
    run = readable_run(user=user, run_id=run_id)
    if sort not in SORTS[run.kind]:
        choices = tuple(SORTS[run.kind])
        problem = FieldProblem("unknown_choice", {"value": sort[:60], "choices": choices})
        raise InvalidFilters({"sort": [problem]})
    order: tuple[str, ...] = ("position",)
    lines = run.lines.filter(state=state)
    if state == "scored":
        best = SORTS[run.kind][sort].best_is_highest
        is_descending = {"asc": False, "desc": True}.get(dir or "", best)
        order = queries.order_of(run=run, sort=sort, descending=is_descending)
        asked = Narrowing(
            words=q.replace("\x00", "")[:LONGEST_WORDS],
            roi_min=_exact(roi_min),
            profit_min=_exact(profit_min),
            price_max=_exact(price_max),
            bsr_max=bsr_max,
            known_cost=known_cost,
            hide_ignored=hide_ignored,
        )
        lines = queries.results_of(run=run, verdict=verdict or "")
        lines = queries.with_computed(narrowed(lines, asked, run=run, user=user), order=order)
    page = page_of(with_text(lines), order=order, cursor=cursor, limit=limit)
    # Plain JSON already: to pass it through the schemas would only cost time. A test holds the two
    # together.
    answer = {"lines": line_answers(page.rows, run=run, user=user), "next": page.next}
    return HttpResponse(
        json.dumps(answer, ensure_ascii=False, cls=DjangoJSONEncoder),
        content_type="application/json; charset=utf-8",
    )


@router.get(
    "/{run_id}/export.csv",
    response=dict(RUN_REFUSALS),
    openapi_extra={"responses": {200: CSV}},
    summary="The lines as a file",
)
def export_lines(
    request: HttpRequest, run_id: UUID, format: Literal["plain", "sheet"] = "plain"
) -> HttpResponse:
    """All lines of a run as CSV: for programs, or a `sheet` in your language."""
    run = readable_run(user=caller_of(request), run_id=run_id)
    return export_run(run, is_plain=format == "plain")


@router.get(
    "/{run_id}/buy-boxes",
    response={200: BuyBoxQuote} | RUN_REFUSALS,
    summary="What its missing Buy Boxes cost",
)
def quote_buy_boxes(
    request: HttpRequest,
    run_id: UUID,
    asin: Asins = [],  # noqa: B006 - never changed
) -> dict[str, Any]:
    """The tokens to buy the Buy Box of products scored without it: these, or the first hundred."""
    run = queries.run_of(owner=caller_of(request), run_id=run_id)
    asins = _asins(without_buy_box(run=run, asins=[one.replace("\x00", "?") for one in asin]))
    offer = buy_box.offer_of(marketplace=run.marketplace, asins=asins)
    return {
        "asins": [one for one in asins if one in offer.to_buy],
        "tokens": buy_box.ONE * len(offer.to_buy),
        "known_meanwhile": [one for one in asins if one not in offer.to_buy | offer.gone],
        "gone": sorted(offer.gone),
    }


@router.post(
    "/{run_id}/buy-boxes",
    response={200: BoughtAnswer} | START_REFUSALS,
    openapi_extra={"requestBody": BUY_BODY},
    summary="Buy missing Buy Boxes",
)
@idempotent
def buy_run_boxes(request: HttpRequest, run_id: UUID) -> dict[str, int]:
    """Buy what these products were scored without, and give their verdicts again.

    Nothing is bought twice. 409 while the run is at work: it may buy them itself.
    """
    run = queries.run_of(owner=caller_of(request), run_id=run_id)
    bought = buy_buy_boxes(run=run, asins=_named(read_body(request)))
    return {
        "lines": bought.lines,
        "tokens_spent": bought.tokens_spent,
        "unanswered": bought.unanswered,
    }


def _asins(lines: QuerySet[RunLine]) -> list[str]:
    return list(dict.fromkeys(lines.values_list("asin", flat=True)))[:MOST_PRODUCTS]


def _named(data: dict[str, Any]) -> list[str]:
    """Raises ``InvalidFilters``."""
    errors = {name[:60]: [FieldProblem("unknown_field")] for name in data if name != "asins"}
    asins = data.get("asins")
    if not isinstance(asins, list) or not asins:
        errors["asins"] = [FieldProblem("required" if not asins else "not_a_list")]
    elif len(asins) > MOST_PRODUCTS:
        numbers = {"count": len(asins), "limit": MOST_PRODUCTS}
        errors["asins"] = [FieldProblem("too_many", numbers)]
    elif not all(isinstance(asin, str) for asin in asins):
        errors["asins"] = [FieldProblem("not_text")]
    if errors:
        raise InvalidFilters(errors)
    return list(asins or ())


def _exact(bound: float | None) -> Decimal | None:
    return None if bound is None else Decimal(str(bound))
