"""What a program says of a list: where it is sold, with which profile, and how it is to be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError

from discovery.keepa.errors import FieldProblem, InvalidFilters, UnknownMarketplace
from discovery.keepa.marketplaces import marketplace_of
from discovery.lists.reading.model import MOST_CELLS, NO_COLUMN, Corrections
from discovery.profiles.service import ActiveProfile, active_profile
from discovery.scoring import VatBasis
from discovery.search.request_fields import LONGEST_SLUG, is_blank, read_text
from discovery.text.numbers import NumberField, refusal, short

LONGEST_SHEET = 200
LAST_ROW = 1_048_576  # of a spreadsheet
LOWEST_RATE, HIGHEST_RATE = Decimal("0.000001"), Decimal(1_000_000)
COLUMNS = ("identifier", "cost", "quantity", "pack")
CORRECTIONS = ("sheet", "heading_row", *COLUMNS, "pack_priced", "cost_vat", "currency", "rate")

Errors = dict[str, list[FieldProblem]]


@dataclass(frozen=True, slots=True)
class AskedList:
    """Where a list is sold, the profile to score it with, and what is said of how to read it."""

    marketplace: str
    profile: ActiveProfile
    corrections: Corrections


def read_asked_list(data: Mapping[str, Any], *, user: AbstractBaseUser) -> AskedList:
    """Read ``marketplace``, ``profile`` (its slug) and ``corrections``, what is left out being left
    to the reader of lists.

    Raises ``InvalidFilters`` with every wrong field, and ``UnknownProfile``; spends nothing.
    """
    errors: Errors = {}
    _refuse_unknown(data, ("marketplace", "profile", "corrections"), "", errors)
    marketplace = _marketplace(data, errors)
    slug = _read(data, "profile", partial(read_text, longest=LONGEST_SLUG), errors)
    said = data.get("corrections")
    if said is not None and not isinstance(said, Mapping):
        errors["corrections"] = [FieldProblem("not_a_group")]
    corrections = _corrections(said if isinstance(said, Mapping) else {}, errors)
    if errors:
        raise InvalidFilters(errors)
    profile = active_profile(slug=slug or None, user=user)
    return AskedList(marketplace, profile, corrections)


def _corrections(said: Mapping[str, Any], errors: Errors) -> Corrections:
    _refuse_unknown(said, CORRECTIONS, "corrections.", errors)
    read = partial(_read, said, errors=errors, prefix="corrections.")
    whole = partial(NumberField, whole=True, localize=False)
    column = whole(low=NO_COLUMN, high=MOST_CELLS).clean
    rate = NumberField(low=LOWEST_RATE, high=HIGHEST_RATE, localize=False)
    return Corrections(
        sheet=read("sheet", partial(read_text, longest=LONGEST_SHEET)) or None,
        heading_row=read("heading_row", whole(low=0, high=LAST_ROW).clean),
        **{name: read(name, column) for name in COLUMNS},
        pack_priced=read("pack_priced", _yes_or_no),
        vat=read("cost_vat", _vat),
        currency=read("currency", _currency),
        rate=read("rate", rate.clean),
    )


def _marketplace(data: Mapping[str, Any], errors: Errors) -> str:
    asked = data.get("marketplace")
    if is_blank(asked):
        errors["marketplace"] = [FieldProblem("required")]
        return ""
    try:
        return marketplace_of(asked).code
    except UnknownMarketplace as error:
        errors["marketplace"] = list(error.errors["marketplace"])
        return ""


def _yes_or_no(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise refusal("not_a_boolean")


def _vat(value: object) -> VatBasis | None:
    if is_blank(value):
        return None
    if value not in [basis.value for basis in VatBasis]:
        raise refusal("unknown_choice", value=short(value), choices=tuple(VatBasis))
    return VatBasis(str(value))


def _currency(value: object) -> str | None:
    if is_blank(value):
        return None
    if not (isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha()):
        raise refusal("unknown_choice", value=short(value), choices=("ISO 4217",))
    return value.upper()


def _refuse_unknown(
    data: Mapping[str, Any], known: tuple[str, ...], prefix: str, errors: Errors
) -> None:
    for name in data:
        if name not in known:
            errors[f"{prefix}{short(name)}"] = [FieldProblem("unknown_field")]


def _read(
    data: Mapping[str, Any],
    name: str,
    read: Callable[[Any], Any],
    errors: Errors,
    prefix: str = "",
) -> Any:
    try:
        return read(data.get(name))
    except ValidationError as refused:
        errors[f"{prefix}{name}"] = [
            (wrong.params or {})["problem"] for wrong in refused.error_list
        ]
        return None
