"""From whatever a form, an API body or a command line holds to the fields of ``NicheFilters``.

Every field that is wrong is named, with a problem the page can show beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from discovery.keepa.categories.known import ResolvedCategories, known_categories
from discovery.keepa.errors import FieldProblem, InvalidFilters, UnknownMarketplace
from discovery.keepa.finder_fields import (
    DEFAULT_PRICE_TYPE,
    DEFAULT_SORT,
    FLAGS,
    LARGEST_AMOUNT,
    LONGEST_TEXT,
    MOST_VALUES,
    PRICE_TYPES,
    RANGES,
    SORTS,
    Range,
    Unit,
)
from discovery.keepa.marketplaces import Marketplace, marketplace_of

# Turns names or ids into ids of one marketplace (its code); raises ``UnknownCategory``.
Resolve = Callable[[Sequence[str], str], ResolvedCategories]

CATEGORY_FIELDS = ("root_categories", "categories_include", "categories_exclude")
_TEXT_LISTS = ("brand", "author")
_CHOICES: dict[str, tuple[Sequence[str], str]] = {
    "price_type": (PRICE_TYPES, DEFAULT_PRICE_TYPE),
    "sort": (tuple(SORTS), DEFAULT_SORT),
}
_KNOWN = frozenset(
    {
        "marketplace",
        "categories",
        "title",
        *CATEGORY_FIELDS,
        *_TEXT_LISTS,
        *_CHOICES,
        *(flag.name for flag in FLAGS),
        *(f"{one.name}_{end}" for one in RANGES for end in ("min", "max", "range")),
    }
)
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off", ""})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(slots=True)
class _Reading:
    data: Mapping[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, list[FieldProblem]] = field(default_factory=dict)

    def wrong(self, name: str, code: str, **params: Any) -> None:
        self.errors.setdefault(name, []).append(FieldProblem(code, params))

    def given(self, name: str) -> Any:
        value = self.data.get(name)
        return None if isinstance(value, str) and not value.strip() else value


def parse_filters(
    data: Mapping[str, Any], *, resolve: Resolve, strict: bool = False
) -> dict[str, Any]:
    """Return the keyword arguments of ``NicheFilters``. Raises ``InvalidFilters``.

    ``strict`` is for what we stored ourselves: the marketplace must be there, a category need
    not.
    """
    if not isinstance(data, Mapping):
        raise InvalidFilters({"filters": [FieldProblem("required")]})
    reading = _Reading(data)
    for name in data:
        if name not in _KNOWN:
            reading.wrong(_short(name), "unknown_field")
    market = _marketplace(reading, strict=strict)
    _texts(reading)
    _choices(reading)
    for name in CATEGORY_FIELDS:
        _category_ids(reading, name)
    for condition in RANGES:
        _range(reading, condition, market)
    for flag in FLAGS:
        _flag(reading, flag.name)
    names = _category_names(reading)
    if not strict and not reading.errors and not _asks_something(reading.values, names):
        reading.wrong("categories", "nothing_asked")
    if reading.errors:
        raise InvalidFilters(reading.errors)
    if names:
        _add(reading.values, resolve(names, reading.values["marketplace"]))
    return reading.values


def _asks_something(values: Mapping[str, Any], names: Sequence[str]) -> bool:
    wanted = ("root_categories", "categories_include", "title", "brand", "author")
    return bool(names) or any(values.get(name) for name in wanted)


def _add(values: dict[str, Any], found: ResolvedCategories) -> None:
    for name, ids in (
        ("root_categories", found.root_categories),
        ("categories_include", found.categories_include),
    ):
        values[name] = (*values.get(name, ()), *ids)


def _marketplace(reading: _Reading, *, strict: bool) -> Marketplace | None:
    code = reading.given("marketplace")
    if code is None:
        if strict:
            reading.wrong("marketplace", "required")
        code = "us"
    try:
        market = marketplace_of(code)
    except UnknownMarketplace as error:
        reading.errors["marketplace"] = list(error.errors["marketplace"])
        return None
    reading.values["marketplace"] = market.code
    return market


def _texts(reading: _Reading) -> None:
    title = reading.given("title")
    if title is not None and (text := _text(reading, "title", title)):
        reading.values["title"] = text
    for name in _TEXT_LISTS:
        values = reading.given(name)
        if values is None:
            continue
        listed = [values] if isinstance(values, str) else _list(reading, name, values)
        texts = (_text(reading, name, value) for value in listed)
        reading.values[name] = tuple(text for text in texts if text)


def _text(reading: _Reading, name: str, value: Any) -> str | None:
    if not isinstance(value, str):
        reading.wrong(name, "not_text")
        return None
    if len(value) > LONGEST_TEXT:
        reading.wrong(name, "too_long", limit=LONGEST_TEXT)
        return None
    return " ".join(_CONTROL.sub(" ", value).split())


def _choices(reading: _Reading) -> None:
    for name, (choices, default) in _CHOICES.items():
        value = reading.given(name)
        if value is None:
            continue
        if value in choices:
            reading.values[name] = value
        else:
            reading.wrong(name, "unknown_choice", value=_short(value), choices=tuple(choices))
            reading.values[name] = default


def _list(reading: _Reading, name: str, value: Any) -> list[Any]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        reading.wrong(name, "not_a_list")
        return []
    listed = list(value)
    if len(listed) > MOST_VALUES:
        reading.wrong(name, "too_many", count=len(listed), limit=MOST_VALUES)
        return []
    return listed


def _category_ids(reading: _Reading, name: str) -> None:
    value = reading.given(name)
    if value is None:
        return
    ids = [_integer(reading, name, one, low=1, high=10**15) for one in _list(reading, name, value)]
    reading.values[name] = tuple(one for one in ids if one is not None)
    if name == "root_categories":
        # Asked for as a root, a sub-category silently finds nothing and still costs the search.
        for one in known_categories(reading.values.get("marketplace", "")):
            if one.id in reading.values[name] and not one.is_root:
                reading.wrong(name, "not_a_root", value=one.name)


def _category_names(reading: _Reading) -> list[str]:
    value = reading.given("categories")
    if value is None:
        return []
    listed = [value] if isinstance(value, str | int) else _list(reading, "categories", value)
    names = []
    for one in listed:
        if isinstance(one, bool) or not isinstance(one, str | int):
            reading.wrong("categories", "not_text")
        elif text := _text(reading, "categories", str(one)):
            names.append(text)
    if not names and "categories" not in reading.errors:
        reading.wrong("categories", "required")
    return names


def _range(reading: _Reading, condition: Range, market: Marketplace | None) -> None:
    name = condition.name
    low_name, high_name = f"{name}_min", f"{name}_max"
    low_value, high_value = reading.given(low_name), reading.given(high_name)
    pair = reading.given(f"{name}_range")
    if pair is not None:
        low_name = high_name = f"{name}_range"
        if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
            reading.wrong(low_name, "not_a_range")
            return
        low_value, high_value = pair
    low = _bound(reading, low_name, low_value, condition, market)
    high = _bound(reading, high_name, high_value, condition, market)
    if low is not None and high is not None and low > high:
        reading.wrong(low_name, "reversed", low=str(low), high=str(high))
    reading.values |= {
        key: bound
        for key, bound in ((f"{name}_min", low), (f"{name}_max", high))
        if bound is not None
    }


def _bound(
    reading: _Reading, name: str, value: Any, condition: Range, market: Marketplace | None
) -> int | Decimal | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if condition.unit is Unit.INTEGER:
        return _integer(reading, name, value, low=condition.low, high=condition.high)
    if condition.unit is Unit.STARS:
        return _decimal(reading, name, value, low=Decimal(0), high=Decimal(condition.high))
    smallest = Decimal(1) if market is None else market.decimal(1)
    return _decimal(reading, name, value, low=smallest, high=LARGEST_AMOUNT)


def _number(reading: _Reading, name: str, value: Any) -> Decimal | None:
    number = None
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        number = Decimal(str(value))
    elif isinstance(value, str):
        # "10 000" and "12,50" as they are written in French, with any kind of space.
        text = "".join(value.split())
        if text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        try:
            number = Decimal(text) if "_" not in text else None
        except InvalidOperation:
            number = None
    if number is None or not number.is_finite():
        reading.wrong(name, "not_a_number", value=_short(value))
        return None
    return number


def _integer(reading: _Reading, name: str, value: Any, *, low: int, high: int) -> int | None:
    number = _number(reading, name, value)
    if number is None or not _within(reading, name, number, Decimal(low), Decimal(high)):
        return None
    if number != number.to_integral_value():
        reading.wrong(name, "not_an_integer", value=_short(value))
        return None
    return int(number)


def _decimal(
    reading: _Reading, name: str, value: Any, *, low: Decimal, high: Decimal
) -> Decimal | None:
    number = _number(reading, name, value)
    if number is None or not _within(reading, name, number, low, high):
        return None
    return number


def _within(reading: _Reading, name: str, number: Decimal, low: Decimal, high: Decimal) -> bool:
    if number < low:
        reading.wrong(name, "too_small", value=_short(number), limit=str(low))
        return False
    if number > high:
        reading.wrong(name, "too_large", value=_short(number), limit=str(high))
        return False
    return True


def _flag(reading: _Reading, name: str) -> None:
    value = reading.data.get(name)
    if value is None:
        return
    text = str(value).strip().lower()
    if isinstance(value, bool | int | str) and text in _TRUE:
        reading.values[name] = True
    elif not isinstance(value, bool | int | str) or text not in _FALSE:
        reading.wrong(name, "not_a_boolean")


def _short(value: object) -> str:
    return str(value)[:60]
