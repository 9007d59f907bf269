"""A list made anew: asked once for all who want it now, and stored for everybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from discovery.keepa.errors import KeepaUnavailable
from discovery.keepa.finder import NicheFilters
from discovery.models import DiscoveryCacheEntry
from discovery.products.scored import CacheState
from discovery.search.find_asins import find_asins, list_anew
from discovery.search.request import read_filters

pytestmark = pytest.mark.django_db(transaction=True)


def toys() -> NicheFilters:
    return read_filters({"marketplace": "fr", "categories": ["Jeux et Jouets"]})


def anew(**ago: float) -> Any:
    newer_than = timezone.now() - timedelta(**ago)
    return list_anew(filters=toys(), purpose="autosourcing", newer_than=newer_than)


def test_an_old_list_does_not_answer_and_is_replaced(keepa: Any) -> None:
    find_asins(filters=toys(), purpose="interactive")
    DiscoveryCacheEntry.objects.update(
        asins=["B000000000"], created_at=timezone.now() - timedelta(hours=1)
    )
    found = anew(minutes=5)
    assert found.cache is CacheState.MISS
    assert found.tokens_spent > 0
    again = find_asins(filters=toys(), purpose="interactive")
    assert (again.asins, again.tokens_spent) == (found.asins, 0)


def test_one_made_since_answers_for_nothing(keepa: Any) -> None:
    find_asins(filters=toys(), purpose="interactive")
    found = anew(minutes=5)
    assert (found.cache, found.tokens_spent) == (CacheState.HIT, 0)


def test_no_old_answer_stands_in_when_keepa_cannot(keepa: Any) -> None:
    find_asins(filters=toys(), purpose="interactive")
    DiscoveryCacheEntry.objects.update(created_at=timezone.now() - timedelta(hours=1))
    keepa.faults.push("500", times=10)
    with pytest.raises(KeepaUnavailable):
        anew(minutes=5)


def test_two_who_want_it_at_once_pay_once(keepa: Any) -> None:
    def ask(_number: int) -> Any:
        try:
            return anew(minutes=5)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as askers:
        first, second = askers.map(ask, range(2))
    assert first.asins == second.asins
    assert first.tokens_spent + second.tokens_spent == keepa.charged_total
    assert len([call for call in keepa.calls if call.endpoint == "query"]) == 1
