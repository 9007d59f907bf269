"""What a program says of a niche, or of a search without one: its name, its profile, its question.

The question itself is read by ``discovery.search.request``, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError

from discovery.keepa.errors import FieldProblem, InvalidFilters
from discovery.keepa.finder import NicheFilters
from discovery.profiles.service import ActiveProfile, active_profile
from discovery.search.request import read_filters
from discovery.search.request_fields import DEFAULT_RESULTS, LONGEST_SLUG, read_text
from discovery.text.numbers import NumberField, short

MOST_PRODUCTS = 500  # of one search
LONGEST_NAME = 120
FIELDS = ("name", "filters", "profile", "max_results")

Errors = dict[str, list[FieldProblem]]


@dataclass(frozen=True, slots=True)
class AskedNiche:
    """A question, its name (empty without one), and the profile to score with.

    ``profile_slug`` is the profile's where the caller has named it, else ``None``.
    """

    name: str
    filters: NicheFilters
    max_results: int
    profile: ActiveProfile
    profile_slug: str | None


def read_asked_niche(
    data: Mapping[str, Any], *, user: AbstractBaseUser, needs_name: bool
) -> AskedNiche:
    """Read ``name``, ``filters``, ``max_results`` and ``profile``: its slug, the default without.

    The filters must say their marketplace. Numbers are a program's, never in a language. Raises
    ``InvalidFilters`` with every wrong field, and ``UnknownProfile``; spends nothing.
    """
    errors: Errors = {short(name): [FieldProblem("unknown_field")] for name in data.keys() - FIELDS}
    name = _read(data, "name", partial(read_text, longest=LONGEST_NAME), errors)
    slug = _read(data, "profile", partial(read_text, longest=LONGEST_SLUG), errors)
    count = NumberField(
        low=1, high=MOST_PRODUCTS, whole=True, localize=False, initial=DEFAULT_RESULTS
    )
    max_results = _read(data, "max_results", count.clean, errors)
    if needs_name and not name and "name" not in errors:
        errors["name"] = [FieldProblem("required")]
    filters = _filters(data.get("filters"), errors)
    if errors or filters is None:
        raise InvalidFilters(errors)
    profile = active_profile(slug=slug or None, user=user)
    return AskedNiche(name, filters, max_results, profile, slug or None)


def _filters(asked: object, errors: Errors) -> NicheFilters | None:
    if not isinstance(asked, Mapping):
        errors["filters"] = [FieldProblem("required" if asked is None else "not_a_group")]
        return None
    if not asked.get("marketplace"):
        errors["filters.marketplace"] = [FieldProblem("required")]
    try:
        return read_filters(asked)
    except InvalidFilters as error:
        for name, problems in error.errors.items():
            errors.setdefault(f"filters.{name}", []).extend(problems)
    return None


def _read(data: Mapping[str, Any], name: str, read: Callable[[Any], Any], errors: Errors) -> Any:
    try:
        return read(data.get(name))
    except ValidationError as refused:
        errors[name] = [(wrong.params or {})["problem"] for wrong in refused.error_list]
        return None
