"""The columns of a row of results as values: those of its product, and those of its run.

What a product's columns are is said once, in ``products/columns.py``; here are those of the search
or the list itself, and which of them a file has.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from discovery.models import ProductCost, RunLine
from discovery.products import columns as product_columns
from discovery.products.columns import Column, Row, by_name
from discovery.products.scored import from_breakdown
from discovery.products.store import as_text
from discovery.sourcing.evidence_text import place_code, place_label


def _shortest(cost: Decimal | None) -> Decimal | None:
    # Without the zeros the database added, and never as a power of ten.
    return None if cost is None else Decimal(f"{cost.normalize():f}")


def _your_cost(row: Row) -> Decimal | None:
    """The cost of the line's own file, else the one its owner stated that it was scored with."""
    cost: Decimal | None = row.line.cost
    return row.score.cost_given if cost is None and row.score else cost


COLUMNS = product_columns.COLUMNS | by_name(
    Column(name="position", heading="#", value=lambda row: row.line.position),
    Column(
        name="added",
        heading=gettext_lazy("Added"),
        value=lambda row: row.added_at,
        is_number=False,
    ),
    Column(name="line", heading=gettext_lazy("Line"), value=lambda row: row.line.number),
    Column(name="identifier", heading=gettext_lazy("As given"), value=lambda row: row.line.text),
    Column(
        name="state",
        heading=gettext_lazy("State"),
        value=lambda row: row.line.state,
        words=lambda state: str(RunLine.State(state).label),
    ),
    Column(name="reason", heading=gettext_lazy("Reason"), value=lambda row: row.line.reason),
    Column(
        name="quantity",
        heading=gettext_lazy("Quantity"),
        on_page=gettext_lazy("Qty"),
        value=lambda row: row.line.quantity,
    ),
    Column(
        name="your_cost",
        heading=gettext_lazy("Your cost"),
        value=lambda row: _shortest(_your_cost(row)),
    ),
    Column(
        name="bought_at",
        heading=gettext_lazy("Where to buy"),
        value=lambda row: place_code(row.line.evidence),
        words=place_label,
        is_number=False,
    ),
    Column(name="lots", heading=gettext_lazy("Lots"), value=lambda row: row.line.lots),
    Column(
        name="candidates",
        heading=gettext_lazy("Other products of the code"),
        value=lambda row: tuple(
            stored["asin"] for stored in row.line.candidates if stored["asin"] != row.line.asin
        ),
        words=" ".join,
    ),
    Column(
        name="buy_box_known",
        heading=gettext_lazy("Buy Box known"),
        value=lambda row: row.line.buy_box_known if row.score else None,
    ),
    Column(
        name="total_profit",
        heading=gettext_lazy("Total profit"),
        value=lambda row: row.total_profit,
    ),
)

# Kind of result -> the columns of its file: what was asked, then what every file has.
GIVEN = ("line", "identifier", "state", "reason", "quantity", "your_cost", "total_profit")
IN_FILE: Mapping[str, tuple[str, ...]] = {
    "search": ("position", *product_columns.COLUMNS, "buy_box_known", "your_cost"),
    "list": (*GIVEN, *product_columns.COLUMNS, "buy_box_known", "lots", "candidates"),
    "sourcing": (
        "position",
        "bought_at",
        *product_columns.COLUMNS,
        "buy_box_known",
        "your_cost",
    ),
}


def with_text(lines: QuerySet[RunLine]) -> QuerySet[RunLine]:
    """The lines with their breakdown as JSON text, which ``row_of`` reads faster than values."""
    return lines.defer("breakdown").annotate(stored=as_text("breakdown"))


def row_of(line: Any, *, spark: str = "", own: ProductCost | None = None) -> Row:
    """The row of a line of ``with_text``: its product and score, ``None`` where it has no answer.

    Raises ``ValueError`` on text that never was a breakdown.
    """
    card, score = from_breakdown(line.stored) if line.stored else (None, None)
    return Row(line, card, score, spark, own=own)
