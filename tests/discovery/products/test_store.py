"""Products that Keepa has not looked at again count as fetched when it said so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from discovery.keepa.client import get_client
from discovery.models import KeepaProduct
from discovery.products import buy_box
from discovery.products.store import confirm_unchanged, known_products, product_of, store

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture
def asins(keepa: Any) -> tuple[str, ...]:
    found = get_client().find({"perPage": 50, "current_SALES_lte": 90_000}, marketplace="fr")
    return found.asins[:3]


def fetch(asins: tuple[str, ...], *, now: datetime, detail: bool = False) -> None:
    answer = get_client().products(asins, marketplace="fr", buybox=detail)
    store(answer, marketplace="fr", buybox=detail, tokens_each=1, now=now)


def known(asins: tuple[str, ...], newer_than: datetime) -> set[str]:
    found = known_products(marketplace="fr", asins=asins, newer_than=newer_than)
    return {product.asin for product in found.products}


def test_a_confirmed_product_is_as_good_as_fetched_then(asins: tuple[str, ...]) -> None:
    now = timezone.now()
    fetch(asins, now=now - DAY)
    assert known(asins, now - timedelta(hours=6)) == set()
    assert confirm_unchanged(marketplace="fr", asins=asins[:2], now=now) == 2
    assert known(asins, now - timedelta(hours=6)) == set(asins[:2])


def test_it_keeps_the_date_it_was_fetched_at(asins: tuple[str, ...]) -> None:
    now = timezone.now()
    fetch(asins, now=now - DAY)
    confirm_unchanged(marketplace="fr", asins=asins, now=now)
    product = product_of(marketplace="fr", asin=asins[0])
    assert product is not None
    assert (product.fetched_at, product.known_at) == (now - DAY, now)


def test_fetched_again_it_is_no_longer_confirmed(asins: tuple[str, ...]) -> None:
    now = timezone.now()
    fetch(asins, now=now - 2 * DAY)
    confirm_unchanged(marketplace="fr", asins=asins, now=now)
    fetch(asins, now=now - DAY)
    assert set(KeepaProduct.objects.values_list("confirmed_at", flat=True)) == {None}
    assert known(asins, now - timedelta(hours=6)) == set()


def test_another_marketplaces_product_is_not_confirmed(asins: tuple[str, ...]) -> None:
    now = timezone.now()
    fetch(asins, now=now - DAY)
    assert confirm_unchanged(marketplace="de", asins=asins, now=now) == 0


def test_what_is_known_is_one_statement(
    asins: tuple[str, ...], django_assert_num_queries: Any
) -> None:
    now = timezone.now()
    fetch(asins, now=now)
    with django_assert_num_queries(1):
        assert known(asins, now - DAY) == set(asins)


def test_its_buy_box_needs_not_be_bought_again(asins: tuple[str, ...]) -> None:
    now = timezone.now()
    fetch(asins, now=now - DAY, detail=True)
    assert buy_box.still_to_buy(marketplace="fr", asins=asins) == set(asins)
    confirm_unchanged(marketplace="fr", asins=asins, now=now)
    assert buy_box.still_to_buy(marketplace="fr", asins=asins) == set()
