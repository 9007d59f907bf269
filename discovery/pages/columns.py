"""Which columns a page or a file of results has, and in which order.

What the columns are is said once, in ``products/columns.py`` and ``exports/columns.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from discovery.exports.columns import COLUMNS
from discovery.runs.sorts import DEFAULT, SORTS

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


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``sort`` when a click sorts, ``next`` the direction that click asks for."""

    label: str
    sort: str
    direction: str
    next: str
    is_number: bool


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
