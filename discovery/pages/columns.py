"""Which columns a page or a file of results has, and in which order.

What a product's columns are is said once, in ``products/columns.py``; here are those of the search
or the list itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from discovery.models import RunLine
from discovery.products import columns as product_columns
from discovery.products.columns import Column, Row, by_name
from discovery.products.scored import from_breakdown
from discovery.products.store import as_text
from discovery.runs.sorts import DEFAULT, SORTS


def _shortest(cost: Decimal | None) -> Decimal | None:
    # Without the zeros the database added, and never as a power of ten.
    return None if cost is None else Decimal(f"{cost.normalize():f}")


def _your_cost(row: Row) -> Decimal | None:
    """The cost of the line's own file, else the one its owner stated that it was scored with."""
    cost: Decimal | None = row.line.cost
    return row.score.cost_given if cost is None and row.score else cost


COLUMNS = product_columns.COLUMNS | by_name(
    Column(name="position", heading="#", value=lambda row: row.line.position),
    Column(name="line", heading=gettext_lazy("Line"), value=lambda row: row.line.number),
    Column(name="identifier", heading=gettext_lazy("As given"), value=lambda row: row.line.text),
    Column(
        name="state",
        heading=gettext_lazy("State"),
        value=lambda row: row.line.state,
        words=lambda state: str(RunLine.State(state).label),
    ),
    Column(name="reason", heading=gettext_lazy("Reason"), value=lambda row: row.line.reason),
    Column(name="quantity", heading=gettext_lazy("Quantity"), value=lambda row: row.line.quantity),
    Column(
        name="your_cost",
        heading=gettext_lazy("Your cost"),
        value=lambda row: _shortest(_your_cost(row)),
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

# Kind of result -> the columns of its page, and the sort a click on each asks for.
ON_PAGE: Mapping[str, Mapping[str, str]] = {
    "search": {
        "position": "rank",
        "title": "title",
        "verdict": "verdict",
        "max_cost": "max_cost",
        "sell_price": "price",
        "landed_cost": "",
        "fees": "",
        "profit": "profit",
        "roi_percent": "roi",
        "velocity_score": "velocity",
        "monthly_sales": "",
        "bsr": "bsr",
        "new_offers": "",
    },
    "list": {
        "line": "line",
        "title": "title",
        "verdict": "rank",
        "max_cost": "max_cost",
        "sell_price": "price",
        "landed_cost": "cost",
        "fees": "",
        "profit": "profit",
        "roi_percent": "roi",
        "quantity": "quantity",
        "total_profit": "total",
        "velocity_score": "velocity",
        "bsr": "bsr",
    },
}
# Kind of result -> the columns of its file: what was asked, then what every file has.
GIVEN = ("line", "identifier", "state", "reason", "quantity", "your_cost", "total_profit")
IN_FILE: Mapping[str, tuple[str, ...]] = {
    "search": ("position", *product_columns.COLUMNS, "buy_box_known", "your_cost"),
    "list": (*GIVEN, *product_columns.COLUMNS, "buy_box_known", "lots", "candidates"),
}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``sort`` when a click sorts, ``next`` the direction that click asks for."""

    label: str
    sort: str
    direction: str
    next: str
    is_number: bool


def with_text(lines: QuerySet[RunLine]) -> QuerySet[RunLine]:
    """The lines with their breakdown as JSON text, which ``row_of`` reads faster than values."""
    return lines.defer("breakdown").annotate(stored=as_text("breakdown"))


def row_of(line: Any) -> Row:
    """The row of a line of ``with_text``: its product and score, ``None`` where it has no answer.

    Raises ``ValueError`` on text that never was a breakdown.
    """
    return Row(line, *(from_breakdown(line.stored) if line.stored else (None, None)))


def sorting(kind: str, asked: Mapping[str, str]) -> tuple[str, bool]:
    """The sort of ``?sort=&dir=`` and whether it descends; by rank when it is none of ours."""
    sort = asked.get("sort", DEFAULT)
    if sort not in SORTS[kind]:
        sort = DEFAULT
    by_default = SORTS[kind][sort].best_is_highest
    return sort, {"asc": False, "desc": True}.get(asked.get("dir", ""), by_default)


def headings(kind: str, *, sort: str, descending: bool) -> dict[str, Heading]:
    """Column -> its heading, with what a click asks for: the best on top, then the other way."""
    made = {}
    for name, by in ON_PAGE[kind].items():
        column, is_current = COLUMNS[name], by == sort
        goes_down = not descending if is_current else bool(by) and SORTS[kind][by].best_is_highest
        made[name] = Heading(
            label=str(column.on_page or column.heading),
            sort=by,
            direction=("descending" if descending else "ascending") if is_current else "",
            next="desc" if goes_down else "asc",
            is_number=column.is_number,
        )
    return made
