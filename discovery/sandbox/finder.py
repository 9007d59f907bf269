"""Product Finder: which products satisfy a selection, in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from discovery.sandbox.catalogue import Catalogue, Store
from discovery.sandbox.categories import category_tree
from discovery.sandbox.errors import Refused, bad_parameter
from discovery.sandbox.figures import Figures, effort, is_figure
from discovery.sandbox.payload import availability_of_amazon
from discovery.sandbox.products import Product

MOST_RESULTS: Final = 10_000
LEAST_PER_PAGE: Final = 50
MOST_VALUES: Final = 50
MOST_SORTS: Final = 3

_LOWEST, _HIGHEST = -(10**12), 10**12

Test = Callable[[Product], bool]


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
    tests: tuple[tuple[str, Any], ...]
    ranges: tuple[Range, ...]
    sort: tuple[tuple[str, bool], ...]
    """Figures, and whether descending."""
    single_variation: bool
    page: int
    per_page: int


def parse_selection(raw: object, catalogue: Catalogue, domain: int) -> Selection:
    """Refuses (400) by name whatever it does not know or cannot read."""
    if not isinstance(raw, dict):
        raise bad_parameter("The selection is not a JSON object.")
    fields = {name: value for name, value in raw.items() if value is not None}
    per_page = _whole(fields.pop("perPage", LEAST_PER_PAGE), "perPage")
    page = _whole(fields.pop("page", 0), "page")
    if per_page < LEAST_PER_PAGE:
        raise bad_parameter("perPage must be at least 50.", f"perPage = {per_page}")
    if page < 0 or (page + 1) * per_page > MOST_RESULTS:
        raise bad_parameter(
            "Only the first 10 000 results can be reached.", f"page = {page}, perPage = {per_page}"
        )
    sort = _sort(fields.pop("sort", []))
    groups = []
    if "rootCategory" in fields:
        wanted = _ids(fields.pop("rootCategory"), "rootCategory")
        # Keepa knows only roots here: another node is no error, it just matches nothing.
        groups.append(frozenset(i for i in wanted if catalogue.is_root(domain, i)))
    if "categories_include" in fields:
        groups.append(_ids(fields.pop("categories_include"), "categories_include"))
    excluded = _ids(fields.pop("categories_exclude", []), "categories_exclude")
    single = _flag(fields.pop("singleVariation", False), "singleVariation")
    ranges, tests = _tests(fields)
    return Selection(
        tuple(groups), excluded, tests, ranges, sort, single_variation=single, page=page,
        per_page=per_page,
    )  # fmt: skip


def _tests(
    fields: Mapping[str, object],
) -> tuple[tuple[Range, ...], tuple[tuple[str, Any], ...]]:
    bounds: dict[str, list[int]] = {}
    tests: list[tuple[str, Any]] = []
    unknown = []
    for name, value in fields.items():
        figure, _, end = name.rpartition("_")
        if end in {"gte", "lte"} and is_figure(figure):
            bound = bounds.setdefault(figure, [_LOWEST, _HIGHEST])
            bound[end == "lte"] = _whole(value, name)
        elif name in _READERS:
            tests.append((name, _READERS[name](value, name)))
        else:
            unknown.append(name)
    if unknown:
        raise Refused(
            400,
            "unsupportedField",
            "This selection holds fields the sandbox does not know: " + ", ".join(sorted(unknown)),
            "Known: see docs/sandbox.md.",
        )
    ranges = [Range(figure, low, high) for figure, (low, high) in bounds.items()]
    return tuple(sorted(ranges, key=lambda each: effort(each.figure))), tuple(tests)


def _sort(raw: object) -> tuple[tuple[str, bool], ...]:
    if not isinstance(raw, list) or len(raw) > MOST_SORTS:
        raise bad_parameter("sort is a list of up to three [field, direction] pairs.")
    found = []
    for pair in raw:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or pair[1] not in {"asc", "desc"}:
            raise bad_parameter("sort is a list of [field, direction] pairs.", repr(pair))
        if not isinstance(pair[0], str) or not is_figure(pair[0]):
            raise Refused(400, "unsupportedField", f"Cannot sort by {pair[0]}.")
        found.append((pair[0], pair[1] == "desc"))
    return tuple(found)


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise bad_parameter(f"{name} must be a whole number.", repr(value)[:80])
    return int(value)


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise bad_parameter(f"{name} must be true or false.", repr(value)[:80])
    return value


def _values(value: object, name: str) -> list[object]:
    values = value if isinstance(value, list) else [value]
    if len(values) > MOST_VALUES:
        raise bad_parameter(f"{name} holds more than {MOST_VALUES} values.")
    return values


def _ids(value: object, name: str) -> frozenset[int]:
    return frozenset(
        int(each) if isinstance(each, str) and each.isdigit() else _whole(each, name)
        for each in _values(value, name)
    )


def _words(value: object, name: str) -> frozenset[str]:
    values = _values(value, name)
    if not all(isinstance(each, str) for each in values):
        raise bad_parameter(f"{name} must be text.", repr(value)[:80])
    return frozenset(str(each).casefold() for each in values)


def _title(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, str):
        raise bad_parameter(f"{name} must be text.", repr(value)[:80])
    return tuple(value.casefold().split())


_READERS: Final[dict[str, Callable[[object, str], Any]]] = {
    "title": _title,
    "brand": _words,
    "author": _words,
    "manufacturer": _words,
    "binding": _words,
    "productGroup": _words,
    "productType": _ids,
    "availabilityAmazon": lambda value, name: frozenset(
        _whole(each, name) for each in _values(value, name)
    ),
    "returnRate": _ids,
    "isAdultProduct": _flag,
    "hasReviews": _flag,
    "isHazMat": _flag,
    "isHeatSensitive": _flag,
}

_ATTRIBUTES: Final[dict[str, Callable[[Product], Any]]] = {
    "brand": lambda product: product.brand.casefold(),
    "manufacturer": lambda product: product.brand.casefold(),
    "author": lambda product: product.author.casefold(),
    "binding": lambda product: product.binding.casefold(),
    "productGroup": lambda product: product.category.shelf.group.casefold(),
    "productType": lambda product: product.product_type,
    "returnRate": lambda product: (None, None, 1, 2)[product.salt % 4],
}
_FLAGS: Final[dict[str, Callable[[Product], bool]]] = {
    "isAdultProduct": lambda product: product.is_adult,
    "hasReviews": lambda product: product.plan.rating > 0,
    "isHazMat": lambda product: product.is_hazmat,
    "isHeatSensitive": lambda product: product.is_heat_sensitive,
}


def find(selection: Selection, store: Store, domain: int, figures: Figures) -> list[Product]:
    """Every match in order; the caller cuts the page out."""
    tests = [_test(name, wanted, figures) for name, wanted in selection.tests]
    found = [
        product
        for product in _candidates(selection, store, domain)
        if all(test(product) for test in tests)
    ]
    for bounds in selection.ranges:
        found = [product for product in found if _within(figures, product, bounds)]
    found = _sorted(found, selection.sort or (("current_SALES", False),), figures)
    return _one_per_family(found) if selection.single_variation else found


def _candidates(selection: Selection, store: Store, domain: int) -> list[Product]:
    found = store.live
    if selection.categories:
        narrowest = min(
            selection.categories,
            key=lambda group: sum(len(store.by_category.get(each, ())) for each in group),
        )
        seen = {
            product.number: product
            for category in narrowest
            for product in store.by_category.get(category, ())
        }
        found = [seen[number] for number in sorted(seen)]
        known = category_tree(domain)
        found = [
            product
            for product in found
            if all(
                any(node in group and node in known for node in product.category.path)
                for group in selection.categories
            )
        ]
    if selection.excluded:
        found = [each for each in found if not selection.excluded & {*each.category.path}]
    return found


def _within(figures: Figures, product: Product, bounds: Range) -> bool:
    value = figures.value(product, bounds.figure)
    return value is not None and bounds.low <= value <= bounds.high


def _test(name: str, wanted: Any, figures: Figures) -> Test:
    if name == "title":
        return lambda product: all(word in product.title.casefold() for word in wanted)
    if name == "availabilityAmazon":
        return lambda product: availability_of_amazon(product, figures.new_side(product)) in wanted
    if name in _FLAGS:
        return lambda product: _FLAGS[name](product) is wanted
    return lambda product: _ATTRIBUTES[name](product) in wanted


def _sorted(
    found: list[Product], sort: tuple[tuple[str, bool], ...], figures: Figures
) -> list[Product]:
    """Products without a value come last either way; ties stay in the order of their ASINs."""

    def place(product: Product) -> tuple[object, ...]:
        keys: list[object] = []
        for figure, descending in sort:
            value = figures.value(product, figure)
            keys += (value is None, 0 if value is None else -value if descending else value)
        return (*keys, product.asin)

    return sorted(found, key=place)


def _one_per_family(found: list[Product]) -> list[Product]:
    families: dict[str, Product] = {}
    for product in found:
        families.setdefault(product.parent_asin or product.asin, product)
    return list(families.values())
