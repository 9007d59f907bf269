"""A Product Finder selection, read: what it asks for, or by which name it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from discovery.sandbox.attributes import Test, is_dear, test_of
from discovery.sandbox.catalogue import Catalogue
from discovery.sandbox.errors import Refused, bad_parameter
from discovery.sandbox.figures import effort, is_figure
from discovery.sandbox.names import RANGE, form_of, is_range
from discovery.sandbox.reading import flag, ids, whole

MOST_RESULTS: Final = 10_000
LEAST_PER_PAGE: Final = 50
MOST_SORTS: Final = 3

_LOWEST, _HIGHEST = -(10**12), 10**12


@dataclass(frozen=True, slots=True)
class Range:
    """A figure's bounds, inclusive."""

    figure: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Selection:
    """A validated Product Finder selection."""

    categories: tuple[frozenset[int], ...]
    """A product must be under one of each group."""
    excluded: frozenset[int]
    tests: tuple[Test, ...]
    dear_tests: tuple[Test, ...]
    """To be tried last, on what the others leave."""
    ranges: tuple[Range, ...]
    sort: tuple[tuple[str, bool], ...]
    """Figures, and whether descending."""
    single_variation: bool
    page: int
    per_page: int


def parse_selection(raw: object, catalogue: Catalogue, domain: int) -> Selection:
    """Refuses (400) by name whatever Keepa does not know, and what is not simulated here."""
    if not isinstance(raw, dict):
        raise bad_parameter("The selection is not a JSON object.")
    fields = {name: value for name, value in raw.items() if value is not None}
    _refuse_unknown(fields)
    per_page = whole(fields.pop("perPage", LEAST_PER_PAGE), "perPage")
    page = whole(fields.pop("page", 0), "page")
    if per_page < LEAST_PER_PAGE:
        raise bad_parameter("perPage must be at least 50.", f"perPage = {per_page}")
    if page < 0 or (page + 1) * per_page > MOST_RESULTS:
        raise bad_parameter(
            "Only the first 10 000 results can be reached.", f"page = {page}, perPage = {per_page}"
        )
    sort = _sort(fields.pop("sort", []))
    groups = []
    if "rootCategory" in fields:
        wanted = ids(fields.pop("rootCategory"), "rootCategory")
        # Keepa knows only roots here: another node is no error, it just matches nothing.
        groups.append(frozenset(i for i in wanted if catalogue.is_root(domain, i)))
    if "categories_include" in fields:
        groups.append(ids(fields.pop("categories_include"), "categories_include"))
    excluded = ids(fields.pop("categories_exclude", []), "categories_exclude")
    single = flag(fields.pop("singleVariation", False), "singleVariation")
    ranges = _ranges(fields)
    tests = _tests(fields)
    dear = tuple(test for name, test in tests.items() if is_dear(name))
    cheap = tuple(test for name, test in tests.items() if not is_dear(name))
    return Selection(
        tuple(groups), excluded, cheap, dear, ranges, sort, single_variation=single, page=page,
        per_page=per_page,
    )  # fmt: skip


def _refuse_unknown(fields: Mapping[str, object]) -> None:
    unknown = sorted(name for name in fields if form_of(name) is None)
    if unknown:
        raise bad_parameter(
            "The selection holds names the Product Finder does not know: " + ", ".join(unknown)
        )


def _not_simulated(names: list[str]) -> Refused:
    return Refused(
        400,
        "notSimulated",
        "Keepa knows these fields, the sandbox does not simulate them: " + ", ".join(names),
        "See docs/sandbox.md.",
    )


def _ranges(fields: Mapping[str, object]) -> tuple[Range, ...]:
    bounds: dict[str, list[int]] = {}
    missing = []
    for name, value in fields.items():
        if form_of(name) == RANGE:
            figure, end = name[:-4], name[-3:]
            if not is_figure(figure):
                missing.append(name)
                continue
            bound = bounds.setdefault(figure, [_LOWEST, _HIGHEST])
            bound[end == "lte"] = whole(value, name)
    if missing:
        raise _not_simulated(sorted(missing))
    ranges = [Range(figure, low, high) for figure, (low, high) in bounds.items()]
    return tuple(sorted(ranges, key=lambda each: effort(each.figure)))


def _tests(fields: Mapping[str, object]) -> dict[str, Test]:
    plain = {name: test_of(name, value) for name, value in fields.items() if form_of(name) != RANGE}
    missing = sorted(name for name, test in plain.items() if test is None)
    if missing:
        raise _not_simulated(missing)
    return {name: test for name, test in plain.items() if test is not None}


def _sort(raw: object) -> tuple[tuple[str, bool], ...]:
    if not isinstance(raw, list) or len(raw) > MOST_SORTS:
        raise bad_parameter("sort is a list of up to three [field, direction] pairs.")
    found = []
    for pair in raw:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or pair[1] not in {"asc", "desc"}:
            raise bad_parameter("sort is a list of [field, direction] pairs.", repr(pair))
        if not isinstance(pair[0], str) or not is_range(pair[0]):
            raise bad_parameter(f"sort knows no field {pair[0]}.")
        if not is_figure(pair[0]):
            raise _not_simulated([pair[0]])
        found.append((pair[0], pair[1] == "desc"))
    return tuple(found)
