"""Which columns a page or a file of results has, and in which order.

What a product's columns are is said once, in ``products/columns.py``; here are those of the search
or the list itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from discovery.models import ProductCost, RunLine
from discovery.products import columns as product_columns
from discovery.products.columns import Column, Row, by_name
from discovery.products.scored import from_breakdown
from discovery.products.store import as_text
from discovery.runs.sorts import DEFAULT, SORTS
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

# Kind of result -> the columns its page may have, in the order they first stand in, and the sort a
# click on each asks for.
_PRODUCT = {
    "title": "title",
    "verdict": "verdict",
    "max_cost": "max_cost",
    "landed_cost": "",
    "sell_price": "price",
    "profit": "profit",
    "roi_percent": "roi",
    "monthly_sales": "",
    "bsr": "bsr",
    "new_offers": "",
    "flags": "",
    "velocity_score": "velocity",
    "days_to_sell": "",
    "fees": "",
    "margin_percent": "",
    "break_even": "",
    "confidence": "",
    "bsr_avg90": "",
    "fba_offers": "",
    "brand": "",
}
_OF_A_LIST = {"quantity": "quantity", "total_profit": "total"}
ON_PAGE: Mapping[str, Mapping[str, str]] = {
    "search": {"position": "rank"} | _PRODUCT,
    "list": {"line": "line"} | _OF_A_LIST | _PRODUCT | {"verdict": "rank", "landed_cost": "cost"},
    "favourites": {"added": "rank"} | _PRODUCT,
    "sourcing": {"position": "place", "bought_at": ""}
    | _PRODUCT
    | {"verdict": "rank", "landed_cost": "cost"},
}
# Kind of result -> what its first order is called, and in a sentence.
BY_RANK = {
    "search": gettext_lazy("Best first"),
    "list": gettext_lazy("Best first"),
    "favourites": gettext_lazy("Newest first"),
    "sourcing": gettext_lazy("Best first"),
}
RANKED = {
    "search": gettext_lazy(
        "Best first: verdict, then expected profit a day on the money tied up; to source: profit "
        "a month at the price to look for."
    ),
    "list": gettext_lazy("Best first: verdict, then what the line earns."),
    "favourites": gettext_lazy("Newest first."),
    "sourcing": gettext_lazy("Best first: verdict, then expected profit on the money tied up."),
}
# What a table shows until its reader says otherwise; those of FIXED it always shows, first.
FIXED = ("position", "line", "added", "title")
SHOWN_FIRST = (
    "verdict", "bought_at", "max_cost", "landed_cost", "sell_price", "profit", "roi_percent",
    "quantity", "total_profit", "monthly_sales", "bsr", "new_offers", "flags",
)  # fmt: skip
# Kind of result -> those of SHOWN_FIRST that it has and hides: its own take their room.
HIDDEN_FIRST = {"list": ("new_offers",), "sourcing": ("new_offers",)}
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


def row_of(line: Any, *, spark: str = "", own: ProductCost | None = None) -> Row:
    """The row of a line of ``with_text``: its product and score, ``None`` where it has no answer.

    Raises ``ValueError`` on text that never was a breakdown.
    """
    card, score = from_breakdown(line.stored) if line.stored else (None, None)
    return Row(line, card, score, spark, own=own)


def sorting(kind: str, asked: Mapping[str, str]) -> tuple[str, bool]:
    """The sort of ``?sort=&dir=`` and whether it descends; by rank when it is none of ours."""
    sort = asked.get("sort", DEFAULT)
    if sort not in SORTS[kind]:
        sort = DEFAULT
    by_default = SORTS[kind][sort].best_is_highest
    return sort, {"asc": False, "desc": True}.get(asked.get("dir", ""), by_default)


def headings(
    kind: str, *, sort: str, descending: bool, shown: Sequence[str] | None = None
) -> dict[str, Heading]:
    """Column -> its heading, with what a click asks for: the best on top, then the other way.

    Those of ``FIXED``, then the ``shown`` ones in their order.
    """
    sorts = ON_PAGE[kind]
    shown = shown_first(kind) if shown is None else shown
    fixed = [name for name in FIXED if name in sorts]
    return {
        name: _heading(kind, name, sort=sort, descending=descending)
        for name in (*fixed, *(name for name in shown if name in sorts and name not in FIXED))
    }


def shown_first(kind: str) -> list[str]:
    """The columns that a table shows to who has chosen none, those of ``FIXED`` left out."""
    hidden = HIDDEN_FIRST.get(kind, ())
    return [name for name in SHOWN_FIRST if name in ON_PAGE[kind] and name not in hidden]


def _heading(kind: str, name: str, *, sort: str, descending: bool) -> Heading:
    by, column = ON_PAGE[kind][name], COLUMNS[name]
    is_current = bool(by) and by == sort
    goes_down = not descending if is_current else bool(by) and SORTS[kind][by].best_is_highest
    return Heading(
        label=label_of(name),
        sort=by,
        direction=("descending" if descending else "ascending") if is_current else "",
        next="desc" if goes_down else "asc",
        is_number=column.is_number,
    )


def label_of(name: str) -> str:
    """What a column is called on pages."""
    column = COLUMNS[name]
    return str(column.on_page or column.heading)


def sort_labels(kind: str) -> dict[str, str]:
    """Sort of the address -> what it is called, for every sort there is."""
    return {
        by: str(BY_RANK[kind]) if by == DEFAULT else label_of(name)
        for name, by in ON_PAGE[kind].items()
        if by
    }


def order_text(kind: str, *, sort: str, descending: bool) -> str:
    """In which order a table stands, in a sentence."""
    is_usual = descending == SORTS[kind][sort].best_is_highest
    if sort == DEFAULT and is_usual:
        return str(RANKED[kind])
    template = (
        _("Sorted by %(column)s, descending.")
        if descending
        else _("Sorted by %(column)s, ascending.")
    )
    return template % {"column": sort_labels(kind)[sort]}
