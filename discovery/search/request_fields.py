"""How each field of a question is read: one function a field, from the Finder's own tables.

A reader takes what a form, a JSON body or a command line holds, and raises ``ValidationError``
with the problems of ``numbers.refusal``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache, cached_property, partial
from typing import Any

from django.core.exceptions import ValidationError

from discovery.keepa.categories.checked import CATEGORY_IDS
from discovery.keepa.categories.known import LARGEST_ID
from discovery.keepa.errors import UnknownMarketplace
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
    Unit,
)
from discovery.keepa.marketplaces import MARKETPLACES, marketplace_of
from discovery.products.identifiers import NotAnIdentifier, parse_identifier
from discovery.scoring import Grade, VatBasis
from discovery.text.numbers import NumberField, refusal, short, shown

DEFAULT_RESULTS = 50
MOST_ASINS = 100  # one call to Keepa; longer lists are analysed in the background
LONGEST_SLUG = 60
SMALLEST_COST = Decimal("0.01")
DEFAULT_MARKETPLACE = "us"
_FLAGS = dict.fromkeys(("true", "1", "yes", "on"), True) | dict.fromkeys(
    ("false", "0", "no", "off"), False
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HALF_PAIR = re.compile(r"[\ud800-\udfff]")  # cannot be stored nor sent

Read = Callable[[Any], Any]


class Fields(dict[str, Read]):
    """What reads each field, by its name."""

    @cached_property
    def blank(self) -> dict[str, Any]:
        """What every field is when nothing is given."""
        return {name: read(None) for name, read in self.items()}


def is_blank(value: object) -> bool:
    """Whether nothing was given: ``None``, or a text of spaces."""
    return value is None or (isinstance(value, str) and not value.strip())


def _marketplace(value: object) -> str:
    try:
        return marketplace_of(DEFAULT_MARKETPLACE if is_blank(value) else value).code
    except UnknownMarketplace as error:
        raise refusal("unknown_marketplace", **error.errors["marketplace"][0].params) from None


def read_text(value: object, *, longest: int = LONGEST_TEXT, numbers: bool = False) -> str:
    """Words on one line; ``numbers``: a whole number is taken for its digits."""
    if value is None:
        return ""
    if numbers and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or _HALF_PAIR.search(value):
        raise refusal("not_text")
    if len(value) > longest:
        raise refusal("too_long", limit=shown(longest))
    return " ".join(_CONTROL.sub(" ", value).split())


def _slug(value: object) -> str | None:
    return read_text(value, longest=LONGEST_SLUG) or None


def _option(value: object, *, options: Sequence[str], default: str) -> object:
    if is_blank(value):
        return default
    if value not in options:
        raise refusal("unknown_choice", value=short(value), choices=tuple(options))
    return value


def _flag(value: object, *, default: bool = False) -> bool:
    if is_blank(value):
        return default
    text = str(value).strip().lower() if isinstance(value, bool | int | str) else ""
    if text not in _FLAGS:
        raise refusal("not_a_boolean")
    return _FLAGS[text]


def _identifier(value: object) -> str:
    """An ASIN, ISBN, EAN or UPC, as given."""
    if not isinstance(value, str):
        raise refusal("not_text")
    try:
        parse_identifier(value)
    except NotAnIdentifier:
        raise refusal("not_an_identifier", value=short(value)) from None
    return value


def _listed(
    value: object,
    *,
    read: Read,
    alone: tuple[type, ...] = (),
    most: int = MOST_VALUES,
    numbered: bool = False,
) -> tuple[Any, ...]:
    """Values read one by one, blanks left out; one of the types ``alone`` is a list of one.

    ``numbered``: a wrong value is named by its place.
    """
    if is_blank(value):
        return ()
    values = [value] if isinstance(value, alone) else value
    if not isinstance(values, list | tuple):
        raise refusal("not_a_list")
    if len(values) > most:
        raise refusal("too_many", count=shown(len(values)), limit=shown(most))
    found = each_of(((str(at) if numbered else "", item) for at, item in enumerate(values)), read)
    return tuple(item for item in found if item not in (None, ""))


def _pair(value: object, *, read: Read) -> tuple[Any, ...] | None:
    """The lowest and the highest, either of them open."""
    if is_blank(value):
        return None
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise refusal("not_a_range")
    return tuple(each_of((("", bound) for bound in value), read))


def _costs(value: object, *, read: Read) -> dict[str, Decimal]:
    """Identifier, as given -> price paid."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise refusal("not_an_object")
    if len(value) > MOST_ASINS:
        raise refusal("too_many", count=shown(len(value)), limit=shown(MOST_ASINS))
    return dict(zip(value, each_of(value.items(), read), strict=True))


def _cost_vat(value: object) -> VatBasis | None:
    """Whether the costs hold VAT; ``None``: as the profile says."""
    chosen = _option(value, options=tuple(VatBasis), default="")
    return VatBasis(str(chosen)) if chosen else None


def _grade(value: object) -> Grade | None:
    """How good the used copies are; ``None``: nobody told."""
    chosen = _option(value, options=tuple(Grade), default="")
    return Grade(str(chosen)) if chosen else None


def each_of(items: Iterable[tuple[str, Any]], read: Read) -> list[Any]:
    """Read each value; every one that is wrong is named by its key."""
    values: list[Any] = []
    errors: list[ValidationError] = []
    for at, value in items:
        try:
            values.append(read(value))
        except ValidationError as error:
            errors += [
                ValidationError(wrong.message, wrong.code, {**(wrong.params or {}), "at": at})
                for wrong in error.error_list
            ]
    if errors:
        raise ValidationError(errors)
    return values


@cache
def filter_fields(*, exponent: int = 2, localize: bool = True) -> Fields:
    """What reads each condition of a niche; the amounts are of a currency's decimals."""
    market = next(known for known in MARKETPLACES.values() if known.exponent == exponent)
    words = partial(_listed, read=read_text, alone=(str,))
    ids = NumberField(low=1, high=LARGEST_ID, whole=True, localize=localize)
    names: dict[str, Read] = {
        "marketplace": _marketplace,
        "categories": partial(_listed, read=partial(read_text, numbers=True), alone=(str, int)),
        "title": read_text,
        "brand": words,
        "author": words,
        "price_type": partial(_option, options=PRICE_TYPES, default=DEFAULT_PRICE_TYPE),
        "sort": partial(_option, options=tuple(SORTS), default=DEFAULT_SORT),
    }
    names |= dict.fromkeys(CATEGORY_IDS, partial(_listed, read=ids.clean))
    names |= dict.fromkeys((flag.name for flag in FLAGS), _flag)
    for condition in RANGES:
        low, high = condition.limits(market)
        whole = condition.unit is Unit.INTEGER
        bound = NumberField(low=low, high=high, whole=whole, localize=localize).clean
        names[f"{condition.name}_min"] = names[f"{condition.name}_max"] = bound
        names[f"{condition.name}_range"] = partial(_pair, read=bound)
    return Fields(names)


@cache
def option_fields(*, scoring: bool, most_results: int, localize: bool) -> Fields:
    """What reads how the search is made, beside what is looked for."""
    count = NumberField(
        low=1, high=most_results, whole=True, localize=localize, initial=DEFAULT_RESULTS
    )
    fields = Fields(max_results=count.clean)
    if scoring:
        fields |= {"profile": _slug, "detail": partial(_flag, default=True), "spread": _flag}
    return fields


@cache
def list_fields(*, localize: bool) -> Fields:
    """What reads a list of products."""
    cost = NumberField(low=SMALLEST_COST, high=LARGEST_AMOUNT, localize=localize)
    return Fields(
        asins=partial(_listed, read=_identifier, most=MOST_ASINS, numbered=True),
        costs=partial(_costs, read=cost.clean),
        cost_vat=_cost_vat,
        grade=_grade,
        marketplace=_marketplace,
        profile=_slug,
        detail=partial(_flag, default=True),
    )
