"""The Product Finder's selection as it goes out: what Keepa would refuse or misread is refused
here, before a token is spent and with the name of the field.

Sources: the vendor's request class (names and shapes), and answers of the live service (a page
below 50 is answered 400; a flat ``sort``, a text for a list, a negative price are not understood).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from discovery.keepa.errors import FieldProblem, InvalidFilters
from discovery.keepa.finder_fields import MOST_RESULTS, MOST_VALUES, SMALLEST_PAGE
from discovery.keepa.finder_names import PLAIN_NAMES, RANGE_NAMES, unknown_keys

MOST_SORTS = 3
MOST_RATING = 50  # tenths of stars
# Changes, and what a coupon takes off, may be below zero; prices, ranks and counts may not.
_SIGNED = ("delta", "coupon")
_ENDS = ("_gte", "_lte")

Problems = Iterator[tuple[str, FieldProblem]]


def check_selection(selection: Mapping[str, Any]) -> None:
    """Refuse a selection Keepa would not answer as meant.

    Raises ``InvalidFilters`` with the problems of every field, by Keepa's names.
    """
    errors: dict[str, list[FieldProblem]] = {}
    for name, problem in _problems(selection):
        errors.setdefault(name, []).append(problem)
    if errors:
        raise InvalidFilters(errors)


def _problems(selection: Mapping[str, Any]) -> Problems:
    unknown = unknown_keys(selection)
    for name, value in selection.items():
        if name in unknown:
            yield name[:60], FieldProblem("unknown_field")
        elif name in PLAIN_NAMES:
            if (problem := _plain_problem(name, value)) is not None:
                yield name, problem
        elif (problem := _bound_problem(name, value)) is not None:
            yield name, problem
    yield from _reversed_ranges(selection)
    yield from _page_problems(selection)


def _plain_problem(name: str, value: Any) -> FieldProblem | None:
    match PLAIN_NAMES[name]:
        case "flag":
            return None if isinstance(value, bool) else FieldProblem("not_a_boolean")
        case "integer":
            return None if _is_whole(value) else _no_integer(value)
        case "text":
            return None if isinstance(value, str) else FieldProblem("not_text")
        case "pairs":
            return _sort_problem(value)
        case "integers" | "texts" as shape:
            return _list_problem(name, value, shape)
    return None if isinstance(value, Mapping) else FieldProblem("not_an_object")


def _list_problem(name: str, values: Any, shape: str) -> FieldProblem | None:
    if not isinstance(values, list | tuple):
        return FieldProblem("not_a_list")
    if len(values) > MOST_VALUES:
        return FieldProblem("too_many", {"count": len(values), "limit": MOST_VALUES})
    for value in values:
        if shape == "integers" or name == "rootCategory":  # ids, told to be texts
            is_id = isinstance(value, str) and value.isdecimal() and name == "rootCategory"
            if not (_is_whole(value) or is_id):
                return _no_integer(value)
        elif not isinstance(value, str):
            return FieldProblem("not_text")
    return None


def _sort_problem(pairs: Any) -> FieldProblem | None:
    if not isinstance(pairs, list | tuple):
        return FieldProblem("not_a_list")
    if len(pairs) > MOST_SORTS:
        return FieldProblem("too_many", {"count": len(pairs), "limit": MOST_SORTS})
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            return FieldProblem("not_a_sort", {"value": str(pair)[:40]})
        field, direction = pair
        if field not in RANGE_NAMES or direction not in ("asc", "desc"):
            return FieldProblem("not_a_sort", {"value": f"{field} {direction}"[:40]})
    return None


def _bound_problem(name: str, value: Any) -> FieldProblem | None:
    field = name[: -len(_ENDS[0])]
    if field == "unitValue" and isinstance(value, float):
        return None
    if not _is_whole(value):
        return _no_integer(value)
    if value < 0 and not field.startswith(_SIGNED):
        return FieldProblem("too_small", {"value": value, "limit": 0})
    if field.endswith("_RATING") and not field.startswith(_SIGNED) and value > MOST_RATING:
        return FieldProblem("too_large", {"value": value, "limit": MOST_RATING})
    return None


def _reversed_ranges(selection: Mapping[str, Any]) -> Problems:
    for name, low in selection.items():
        high = selection.get(name.removesuffix("_gte") + "_lte") if name.endswith("_gte") else None
        if _is_whole(low) and _is_whole(high) and low > high:
            yield name, FieldProblem("reversed", {"low": low, "high": high})


def _page_problems(selection: Mapping[str, Any]) -> Problems:
    per_page, page = selection.get("perPage", SMALLEST_PAGE), selection.get("page", 0)
    if not _is_whole(per_page) or not _is_whole(page):
        return
    if per_page < SMALLEST_PAGE:
        yield "perPage", FieldProblem("too_small", {"value": per_page, "limit": SMALLEST_PAGE})
    elif page < 0:
        yield "page", FieldProblem("too_small", {"value": page, "limit": 0})
    elif (page + 1) * per_page > MOST_RESULTS:
        yield "page", FieldProblem("beyond_results", {"limit": MOST_RESULTS})


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _no_integer(value: Any) -> FieldProblem:
    return FieldProblem("not_an_integer", {"value": str(value)[:40]})
