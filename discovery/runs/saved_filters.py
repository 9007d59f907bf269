"""Filters of tables that a user has named: kept once, chosen on any search or list."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from discovery.models import SavedFilter

MOST = 50  # of one user: a menu holds no more
LONGEST_NAME, LONGEST_QUERY = 60, 500


class TooManyFilters(Exception):
    """The user has as many as a menu can hold."""


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
