"""What is decided about a product: an eye kept on it, ignored, bought, a note."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from discovery.keepa.errors import FieldProblem
from discovery.mcp import schemas
from discovery.mcp.arguments import ArgumentProblem, InvalidArguments
from discovery.mcp.registry import Answer, Call, Tool
from discovery.models import ProductDecision, Scope
from discovery.products import decisions
from discovery.products.identifiers import IdentifierKind, NotAnIdentifier, parse_identifier
from discovery.products.marks import Mark, mark_products
from discovery.runs.own_costs import score_lines_anew
from discovery.scoring import VatBasis
from discovery.search.request_fields import SMALLEST_COST
from discovery.sourcing.decisions import follow_marks

Kind = ProductDecision.Kind
LONGEST_NOTE = 500
MOST_UNITS = 100_000
# What is given or taken, by the name of the decision.
MARKS = {
    "favourite": (Mark.FAVOURITE, True),
    "unfavourite": (Mark.FAVOURITE, False),
    "ignore": (Mark.IGNORED, True),
    "unignore": (Mark.IGNORED, False),
}
DECISIONS = (*MARKS, "bought", "note")


def decide(call: Call, arguments: Mapping[str, Any]) -> Answer:
    """Write the decision down, as the pages do; costs no token."""
    asin, market = _asin(arguments["asin"]), arguments["marketplace"]
    decision = arguments["decision"]
    if decision in MARKS:
        mark, is_given = MARKS[decision]
        mark_products(user=call.user, products=[(market, asin)], mark=mark, is_given=is_given)
    else:
        _log(call, arguments, market, asin)
    if decision != "note":
        follow_marks(owner_id=call.user.pk, now=call.now, asins=[asin])
    given = decisions.marks_of(owner=call.user, marketplace=market, asins=[asin])
    return Answer(
        {
            "asin": asin,
            "marketplace": market,
            "decision": decision,
            "favourite": asin in given.favourites,
            "ignored": asin in given.ignored,
        }
    )


def _log(call: Call, arguments: Mapping[str, Any], market: str, asin: str) -> None:
    """A line of the log, and the purchase it makes. Raises ``InvalidArguments``."""
    note, price = arguments.get("note", ""), arguments.get("price")
    is_bought = arguments["decision"] == "bought"
    if not is_bought and not note:
        raise InvalidArguments({"note": [FieldProblem("required")]})
    told: dict[str, Any] = {}
    if is_bought:
        told = {
            "price": price,
            "cost_vat": VatBasis(arguments.get("cost_vat", VatBasis.INCLUDED)),
            "quantity": arguments.get("quantity"),
            "bought_on": _day(arguments.get("bought_on")),
        }
    decisions.record_decision(
        user=call.user,
        marketplace=market,
        asin=asin,
        kind=Kind.BOUGHT if is_bought else Kind.NOTE,
        note=note,
        **told,
    )
    if is_bought and price is not None:
        score_lines_anew(user=call.user, marketplace=market, asin=asin, now=call.now)


def _asin(text: str) -> str:
    """The ASIN, or that of an ISBN. Raises ``NotAnIdentifier``, for other codes too."""
    named = parse_identifier(text)
    if named.kind is not IdentifierKind.ASIN:
        raise NotAnIdentifier(text)
    return named.value


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidArguments({"bought_on": [ArgumentProblem("not_a_date")]}) from None


TOOLS = (
    Tool(
        name="decide",
        title="Decide on a product",
        description="Write down what your user decided about a product: favourite or unfavourite "
        "(keep an eye on it), ignore or unignore, bought (with `price` of one unit: a purchase, "
        "and your cost of it from now on), or a note. Ask your user before bought. Not undone "
        "by calling it again: each bought and note is a line of its own. Free.",
        arguments={
            "asin": {"type": "string", "minLength": 8, "maxLength": 20},
            "marketplace": schemas.MARKETPLACE,
            "decision": {"type": "string", "enum": list(DECISIONS)},
            "price": schemas.AMOUNT
            | {"minimum": float(SMALLEST_COST), "description": "Of one unit; for bought."},
            "cost_vat": {"type": "string", "enum": [basis.value for basis in VatBasis]},
            "quantity": {"type": "integer", "minimum": 1, "maximum": MOST_UNITS},
            "bought_on": {"type": "string", "format": "date", "maxLength": 10},
            "note": {"type": "string", "maxLength": LONGEST_NOTE},
        },
        required=("asin", "marketplace", "decision"),
        answer={
            "asin": schemas.TEXT,
            "marketplace": schemas.TEXT,
            "decision": {"enum": list(DECISIONS)},
            "favourite": schemas.BOOLEAN,
            "ignored": schemas.BOOLEAN,
        },
        run=decide,
        scope=Scope.SEARCH,
        is_destructive=True,
        is_idempotent=False,
    ),
)
