"""What a table of products may be sorted by: a search, a list, favourites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Sort(NamedTuple):
    """``column`` of the query, and whether the best is the highest."""

    column: str
    best_is_highest: bool = False


_SHARED = {
    "title": Sort("title"),
    "max_cost": Sort("max_cost", best_is_highest=True),
    "price": Sort("price", best_is_highest=True),
    "profit": Sort("profit", best_is_highest=True),
    "roi": Sort("roi_percent", best_is_highest=True),
    "velocity": Sort("velocity_score", best_is_highest=True),
    "bsr": Sort("bsr"),
}
# Kind of result -> name in the address -> what it sorts by; unknown values come last.
SORTS: Mapping[str, Mapping[str, Sort]] = {
    "search": _SHARED | {"rank": Sort("position"), "verdict": Sort("verdict_order")},
    "list": _SHARED
    | {
        "rank": Sort("verdict_order"),
        "line": Sort("position"),
        "cost": Sort("landed_cost"),
        "quantity": Sort("units", best_is_highest=True),
        "total": Sort("total_profit", best_is_highest=True),
    },
    "sourcing": _SHARED
    | {
        "rank": Sort("verdict_order"),
        "place": Sort("position"),
        "cost": Sort("landed_cost"),
    },
    "favourites": _SHARED
    | {
        "rank": Sort("created_at", best_is_highest=True),
        "verdict": Sort("verdict_order"),
    },
}
DEFAULT = "rank"
