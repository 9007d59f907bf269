"""The shapes of the lines of runs in the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from discovery.api.bodies import JsonSchema, body_of, object_of
from discovery.api.line_example import LINE_EXAMPLE
from discovery.api.paging import PageAnswer
from discovery.api.schemas import Coded, ScoredProduct
from discovery.keepa.client import MOST_PRODUCTS

LineState = Literal["scored", "pending", "unknown", "unreadable", "bad"]


class LineNote(Coded):
    """What was done to read a line of a list; ``value`` is what it is about."""

    value: str


class LineProduct(ScoredProduct):
    """A product as a run has scored it."""

    scored_at: datetime | None = Field(  # type: ignore[assignment]
        description="Always null: see the run's `finished_at`."
    )


class LineAnswer(Schema):
    """One product of a run, with what was given of it."""

    id: int
    position: int
    state: LineState
    reason: Coded | None = Field(description="Why there is no score.")
    asin: str | None
    number: int | None = Field(description="The line of a list's file.")
    also: list[int] = Field(description="Lines that named the same product.")
    text: str = Field(description="What a list gave for it.")
    code: str = Field(description="The EAN, UPC or ISBN-13 of a list's line.")
    chosen: bool = Field(description="The owner has chosen among the products of the code.")
    quantity: int | None
    lots: int | None = Field(description="What the quantity makes where units are sold in lots.")
    cost: float | None = Field(description="Of a unit, in the marketplace's currency.")
    cost_vat: Literal["incl", "excl", ""]
    cost_given: str = Field(description="The cell of the cost as it was written.")
    cost_units: int | None
    notes: list[LineNote]
    evidence: dict[str, Any] = Field(
        description="What the source of a job saw, and where the purchase price was found."
    )
    favourite: bool
    ignored: bool
    product: LineProduct | None

    model_config = ConfigDict(json_schema_extra={"examples": [LINE_EXAMPLE]})


class LinesAnswer(PageAnswer):
    """A page of the lines of a run."""

    lines: list[LineAnswer]

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lines": [LINE_EXAMPLE], "next": None}]}
    )


class BuyBoxQuote(Schema):
    """What it takes to know the Buy Box of products that were scored without."""

    asins: list[str] = Field(description="Those to be bought.")
    tokens: int
    known_meanwhile: list[str] = Field(description="Bought elsewhere since: scored again for none.")
    gone: list[str] = Field(description="Keepa has nothing on them any more.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"asins": ["0131103628"], "tokens": 3, "known_meanwhile": [], "gone": []}]
        }
    )


class BoughtAnswer(Schema):
    """What was bought: lines scored again, tokens, and products that Keepa had nothing on."""

    lines: int
    tokens_spent: int
    unanswered: int

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lines": 1, "tokens_spent": 3, "unanswered": 0}]}
    )


CSV: JsonSchema = {
    "description": "The file.",
    "content": {
        "text/csv": {
            "schema": {"type": "string"},
            "example": "position,asin,title\r\n1,0131103628,A book\r\n",
        }
    },
}
BUY_BODY = body_of(
    object_of(
        {
            "asins": {
                "type": "array", "items": {"type": "string"}, "minItems": 1,
                "maxItems": MOST_PRODUCTS,
            }
        },
        ["asins"],
        "Products",
    ),
    {"asins": ["0131103628"]},
)  # fmt: skip
