"""What is asked of the searches: one reader for the page, the API, the terminal and our own code.

The fields come from the tables of the Product Finder's conditions. Whatever is wrong is found
before anything is spent, and every wrong field is named at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.core.exceptions import ValidationError

from discovery.keepa.categories.checked import CATEGORY_IDS, problems_of
from discovery.keepa.categories.stored import resolve_categories
from discovery.keepa.errors import FieldProblem, InvalidFilters, UnknownCategory
from discovery.keepa.finder import NicheFilters
from discovery.keepa.finder_fields import RANGES
from discovery.keepa.marketplaces import MARKETPLACES, Marketplace
from discovery.search.request_fields import (
    DEFAULT_MARKETPLACE,
    DEFAULT_RESULTS,
    Fields,
    filter_fields,
    is_blank,
    list_fields,
    option_fields,
)
from discovery.text.numbers import short, shown

MOST_RESULTS = 100
BSR_FIELDS = ("bsr_range", "bsr_min", "bsr_max")
_SOMETHING = ("categories", "root_categories", "categories_include", "title", "brand", "author")

Values = dict[str, Any]
Errors = dict[str, list[FieldProblem]]


@dataclass(frozen=True, slots=True)
class NicheRequest:
    """Find the products of a niche, and score them where that is asked for."""

    filters: NicheFilters
    max_results: int = DEFAULT_RESULTS
    profile: str | None = None
    detail: bool = True
    spread: bool = False


def read_niche(
    data: Mapping[str, Any],
    *,
    scoring: bool,
    most_results: int = MOST_RESULTS,
    localize: bool = True,
    complete: bool = True,
) -> NicheRequest:
    """Read the filters of a niche and our options.

    Accepts every filter by name, ``{name}_range: [low, high]`` for any pair, and ``categories``:
    names or ids. ``complete`` requires categories and a rank. Without ``scoring``, its options
    are unknown fields: nothing is ignored in silence. ``localize``: numbers in texts are in the
    active language; without, only what has one reading is taken.

    Raises ``InvalidFilters`` or its ``UnknownCategory``. Spends nothing: a category is known
    already, refused, or a number to be looked up before the search (``settle_categories``).
    """
    options = option_fields(scoring=scoring, most_results=most_results, localize=localize)
    filters, values = _read(data, options, localize=localize, complete=complete)
    return NicheRequest(filters, **{name: values[name] for name in options})


def read_filters(data: Mapping[str, Any]) -> NicheFilters:
    """Read the filters alone, as a program writes them. Raises as ``read_niche``."""
    return _read(data, Fields(), localize=False, complete=False)[0]


def read_list(data: Mapping[str, Any], *, localize: bool = True) -> Values:
    """Read ``asins`` (1 to 100 ASINs, ISBNs, EANs or UPCs) and what goes with them.

    Returns every field of ``list_fields``. Raises ``InvalidFilters``.
    """
    values, errors = _cleaned(data, list_fields(localize=localize))
    named, costs = data.get("asins"), data.get("costs")
    if not named and "asins" not in errors:
        errors["asins"] = [FieldProblem("required")]
    if isinstance(named, list | tuple) and isinstance(costs, Mapping) and "costs" not in errors:
        for text, cost in costs.items():
            if text not in named:
                problem = FieldProblem("cost_of_nothing", {"value": short(text)})
                errors.setdefault(_path("costs", text), []).append(problem)
            elif is_blank(cost):
                errors[_path("costs", text)] = [FieldProblem("required")]
    if errors:
        raise InvalidFilters(errors)
    return values | {"asins": tuple(dict.fromkeys(values["asins"]))}


def _read(
    data: Mapping[str, Any], options: Fields, *, localize: bool, complete: bool
) -> tuple[NicheFilters, Values]:
    code = str(data.get("marketplace") or DEFAULT_MARKETPLACE).strip().lower()
    exponent = MARKETPLACES.get(code, MARKETPLACES[DEFAULT_MARKETPLACE]).exponent
    names = filter_fields(exponent=exponent, localize=localize)
    values, errors = _cleaned(data, names, options)
    _settle_ranges(values, errors)
    market = MARKETPLACES.get(values.get("marketplace", ""))
    if market:
        _check_numbers(values, errors, market)
    if complete and all(_is_missing(data.get(name)) for name in BSR_FIELDS):
        errors.setdefault("bsr_range", [FieldProblem("required")])
    if complete and _is_missing(data.get("categories")):
        errors.setdefault("categories", [FieldProblem("required")])
    elif not errors and not any(values[name] for name in _SOMETHING):
        errors["categories"] = [FieldProblem("nothing_asked")]
    if market and values.get("categories"):
        _resolve(values, errors, market)
    if errors:
        raise InvalidFilters(errors)
    asked = {spec.name: values[spec.name] for spec in fields(NicheFilters)}
    return NicheFilters(**asked), values


def _settle_ranges(values: Values, errors: Errors) -> None:
    """A pair goes before its two ends; the lowest is not above the highest."""
    for condition in RANGES:
        low_name, high_name = condition.ends
        pair_name = f"{condition.name}_range"
        if pair := values.get(pair_name):
            values[low_name], values[high_name] = pair
        low, high = values.get(low_name), values.get(high_name)
        if low is not None and high is not None and low > high:
            problem = FieldProblem("reversed", {"low": shown(low), "high": shown(high)})
            errors.setdefault(pair_name if pair else low_name, []).append(problem)


def _check_numbers(values: Values, errors: Errors, market: Marketplace) -> None:
    """Refuse numbers of another marketplace, or of none, and sub-categories as departments."""
    asked = {name: values[name] for name in CATEGORY_IDS if values.get(name)}
    for name, problems in problems_of(asked, market.code).items():
        errors.setdefault(name, []).extend(problems)


def _resolve(values: Values, errors: Errors, market: Marketplace) -> None:
    try:
        found = resolve_categories(values["categories"], market.code)
    except UnknownCategory as error:
        if not errors:
            raise
        errors["categories"] = list(error.errors["categories"])
        return
    if problems := problems_of({"categories": found.pending}, market.code):
        errors.update(problems)
    values["root_categories"] = (*values.get("root_categories", ()), *found.root_categories)
    # What a number nobody knows stands for is looked up before the search is paid for.
    included = (*found.categories_include, *found.pending)
    values["categories_include"] = (*values.get("categories_include", ()), *included)


def _cleaned(data: Mapping[str, Any], *groups: Fields) -> tuple[Values, Errors]:
    """What every field makes of the data, and what is wrong with it."""
    values: Values = {name: value for fields in groups for name, value in fields.blank.items()}
    errors: Errors = {
        short(name): [FieldProblem("unknown_field")] for name in data if name not in values
    }
    given = [(name, read) for fields in groups for name, read in fields.items() if name in data]
    for name, read in given:
        try:
            values[name] = read(data[name])
        except ValidationError as error:
            for wrong in error.error_list:
                params = wrong.params or {}
                path = _path(name, params.get("at", ""))
                errors.setdefault(path, []).append(params["problem"])
    return values, errors


def _path(name: str, at: object) -> str:
    return f"{name}.{short(at)}" if at else name


def _is_missing(value: object) -> bool:
    return is_blank(value) or value in ([], ())
