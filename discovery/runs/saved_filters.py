"""Filters of tables that a user has named: kept once, chosen on any search or list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from discovery.keepa.errors import FieldProblem, InvalidFilters
from discovery.models import SavedFilter
from discovery.search.request_fields import read_text
from discovery.text.numbers import short

MOST = 50  # of one user: a menu holds no more
LONGEST_NAME, LONGEST_QUERY = 60, 500
FIELDS = {"name": LONGEST_NAME, "query": LONGEST_QUERY}


# What an address says of a table, its page apart; always in one order.
PARAMETERS = (
    "sort", "dir", "verdict", "q", "roi_min", "profit_min", "price_max", "bsr_max", "known_cost",
    "hide_ignored",
)  # fmt: skip


class TooManyFilters(Exception):
    """The user has as many as a menu can hold."""

    code = "too_many_filters"

    def __str__(self) -> str:
        return _("You have 50 filters: delete one first.")


def table_query(address: Mapping[str, str]) -> str:
    """The part of an address that says what a table shows."""
    query = QueryDict(mutable=True)
    for name in PARAMETERS:
        if value := address.get(name, "").replace("\x00", "").strip():
            query[name] = value
    return query.urlencode()


def read_filter(data: Mapping[str, Any]) -> tuple[str, str]:
    """The name and the query that a program sends. Raises ``InvalidFilters``."""
    errors = {short(name): [FieldProblem("unknown_field")] for name in data.keys() - {*FIELDS}}
    read = {}
    for name, longest in FIELDS.items():
        try:
            read[name] = read_text(data.get(name), longest=longest)
        except ValidationError as refused:
            errors[name] = [(wrong.params or {})["problem"] for wrong in refused.error_list]
    query = table_query(QueryDict(read.get("query", "")))
    for name, value in {**read, "query": query}.items():
        if not value and name not in errors:
            errors[name] = [FieldProblem("required")]
    if len(query) > LONGEST_QUERY:
        errors["query"] = [FieldProblem("too_long", {"limit": LONGEST_QUERY})]
    if errors:
        raise InvalidFilters(errors)
    return read["name"], query


def filters_of(*, user_id: Any) -> QuerySet[SavedFilter]:
    """The user's filters, by name."""
    return SavedFilter.objects.filter(user=user_id)


def keep_filter(*, user: AbstractBaseUser, name: str, query: str) -> SavedFilter:
    """Keep the filter, in place of one of the same name. Raises ``TooManyFilters``."""
    mine = filters_of(user_id=user.pk)
    if mine.count() >= MOST and not mine.filter(name=name).exists():
        raise TooManyFilters
    kept, _is_new = SavedFilter.objects.update_or_create(
        user_id=user.pk, name=name, defaults={"query": query}
    )
    return kept


def forget_filter(*, user: AbstractBaseUser, pk: int) -> bool:
    """Delete one of the user's filters; returns whether there was one."""
    return bool(filters_of(user_id=user.pk).filter(pk=pk).delete()[0])
