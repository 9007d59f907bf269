"""The shapes of purchases, their sales and their files in the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from discovery.api.fields import (
    Body,
    amount,
    cost_vat,
    day,
    lines,
    marketplace,
    whole,
    words,
)
from discovery.api.paging import PageAnswer
from discovery.api.parameters import example
from discovery.search.request_fields import LONGEST_SLUG

LONGEST_NOTE, LONGEST_PLACE, LONGEST_CODE = 500, 120, 30
SALE: dict[str, Any] = {
    "id": 3, "sold_on": "2026-11-22", "quantity": 1, "price": 24.9, "received": 17.35,
    "estimated": True, "vat_due": 0.0, "note": "", "created_at": "2026-11-22T19:00:00Z",
}  # fmt: skip
PURCHASE: dict[str, Any] = {
    "id": 7, "asin": "B00EXAMPLE", "marketplace": "fr", "currency": "EUR", "title": "A book",
    "bought_on": "2026-11-20", "place": "Momox", "cost": 12.5, "cost_vat": "incl",
    "cost_paid": 12.5, "cost_net": 12.5, "quantity": 3, "note": "", "verdict": "BUY",
    "roi_percent": 38.2, "expected_profit": 4.8, "profile": "equilibre", "sold": 1, "left": 2,
    "invested": 37.5, "tied_up": 25.0, "revenue": 24.9, "profit": 4.85, "expected": 9.6,
    "untold": 0, "created_at": "2026-11-20T08:00:00Z",
}  # fmt: skip


class SaleAnswer(Schema):
    """Units of a purchase that were sold."""

    model_config = example(**SALE)
    id: int
    sold_on: date
    quantity: int
    price: float
    received: float | None = Field(description="A unit, Amazon's fees taken; null: nobody knows.")
    estimated: bool = Field(description="`received` was worked out, not stated.")
    vat_due: float
    note: str
    created_at: datetime


class NotedPurchaseAnswer(Schema):
    """A purchase with what became of it; `sold` to `untold` are of all its units together."""

    model_config = example(**PURCHASE)
    id: int
    asin: str
    marketplace: str
    currency: str
    title: str
    bought_on: date
    place: str
    cost: float = Field(description="A unit, as it was stated.")
    cost_vat: Literal["incl", "excl"]
    cost_paid: float = Field(description="A unit, with its VAT.")
    cost_net: float = Field(description="A unit, less the VAT that is recovered.")
    quantity: int
    note: str
    verdict: str = Field(description="As it was scored that day; empty: nothing was known.")
    roi_percent: float | None
    expected_profit: float | None = Field(description="A unit.")
    profile: str
    sold: int
    left: int
    invested: float
    tied_up: float = Field(description="In the units that are left.")
    revenue: float
    profit: float | None = Field(description="Of the units sold; null while none is.")
    expected: float | None = Field(description="Of the units left.")
    untold: int = Field(description="Units sold of which nobody knows what they brought.")
    created_at: datetime


class WholePurchaseAnswer(NotedPurchaseAnswer):
    """The same with its sales, the newest first."""

    model_config = example(**PURCHASE, sales=[SALE])
    sales: list[SaleAnswer]


class PurchasesAnswer(PageAnswer):
    """A page of purchases."""

    model_config = example(purchases=[PURCHASE], next=None)
    purchases: list[NotedPurchaseAnswer]


class PurchaseTotalsAnswer(Schema):
    """What purchases in one currency came to."""

    currency: str
    bought: int
    sold: int
    invested: float
    revenue: float
    profit: float
    stock: float = Field(description="Tied up in the units that are left.")
    expected: float
    untold: int


class PurchaseMonthAnswer(Schema):
    """What the sales of a month earned."""

    currency: str
    month: date = Field(description="Its first day.")
    profit: float


class SumsAnswer(Schema):
    """Totals and months of the purchases looked at, by currency: never added across."""

    model_config = example(
        totals=[
            {
                "currency": "EUR", "bought": 3, "sold": 1, "invested": 37.5, "revenue": 24.9,
                "profit": 4.85, "stock": 25.0, "expected": 9.6, "untold": 0,
            }
        ],
        months=[{"currency": "EUR", "month": "2026-11-01", "profit": 4.85}],
    )  # fmt: skip
    totals: list[PurchaseTotalsAnswer]
    months: list[PurchaseMonthAnswer]


class ImportLineAnswer(Schema):
    """A line of the file as it would be written; what is known already is left as it is."""

    number: int
    asin: str
    marketplace: str
    quantity: int
    cost: float
    new: bool = Field(description="The purchase is not known yet.")
    new_sale: bool


class BadLineAnswer(Schema):
    """A line that is left out, and why."""

    number: int
    text: str
    code: str
    detail: str


class ImportAnswer(Schema):
    """The file that waits for its owner's word: at most 100 lines of each kind are told."""

    model_config = example(
        name="achats.csv", seen="2026-11-20T08:00:00+00:00", new_purchases=1, new_sales=0,
        lines=[
            {
                "number": 2, "asin": "B00EXAMPLE", "marketplace": "fr", "quantity": 3,
                "cost": 12.5, "new": True, "new_sale": False,
            }
        ],
        bad=[{"number": 3, "text": "x;y", "code": "no_cost", "detail": "No cost."}],
    )  # fmt: skip
    name: str
    seen: str = Field(description="To be sent back by who confirms what was understood here.")
    new_purchases: int
    new_sales: int
    lines: list[ImportLineAnswer]
    bad: list[BadLineAnswer]


class ImportedAnswer(Schema):
    """How much was written."""

    model_config = example(new_purchases=1, new_sales=0)
    new_purchases: int
    new_sales: int


_SAID = {
    "cost": amount("Paid a unit.").required,
    "cost_vat": cost_vat(),
    "quantity": whole("Units.", default=1),
    "bought_on": day("Else today; of a purchase changed, the day stays."),
    "place": words("Where.", longest=LONGEST_PLACE),
    "note": words("A note.", longest=LONGEST_NOTE),
}
NEW_PURCHASE_BODY = Body(
    "New purchase",
    {
        "asin": words("An ASIN, ISBN, EAN or UPC.", longest=LONGEST_CODE).required,
        "marketplace": marketplace().required,
        **_SAID,
        "profile": words("With which it is scored (slug).", longest=LONGEST_SLUG),
    },
    {
        "asin": "B00EXAMPLE", "marketplace": "fr", "cost": 12.5, "cost_vat": "incl",
        "quantity": 3, "bought_on": "2026-11-20", "place": "Momox",
    },
)  # fmt: skip
PURCHASE_BODY = Body(
    "Purchase", _SAID | {"cost_vat": cost_vat("Else as it was.")}, {"cost": 12.5, "quantity": 3}
)
SALE_BODY = Body(
    "Sale",
    {
        "sold_on": day("Else today; never before it was bought."),
        "quantity": whole("Units.", default=1),
        "price": amount("Sale price a unit, VAT included.").required,
        "received": amount("From Amazon a unit, its fees taken; else estimated."),
        "note": words("A note.", longest=LONGEST_NOTE),
    },
    {"sold_on": "2026-11-22", "quantity": 1, "price": 24.9},
)
IMPORT_BODY = Body(
    "Import",
    {
        "text": lines("The lines, headings first.", longest=5_000_000).required,
        "marketplace": marketplace("Of the lines that name none.").required,
    },
    {"text": "ASIN;Cost;Quantity;Bought on\nB00EXAMPLE;12.50;3;2026-11-20", "marketplace": "fr"},
)
CONFIRM_BODY = Body(
    "Confirmation",
    {"seen": words("`seen` of what was looked at.", longest=60).required},
    {"seen": "2026-11-20T08:00:00+00:00"},
)
