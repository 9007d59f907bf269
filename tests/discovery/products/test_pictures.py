"""Pictures for pages that know products by name alone."""

from __future__ import annotations

from typing import Any

import pytest

from discovery.models import KeepaProduct
from discovery.products.pictures import cards_of
from tests.discovery.products.test_pages import ASIN, stored

pytestmark = pytest.mark.django_db


def test_a_stored_product_has_its_picture_on_its_own_marketplace_alone(
    django_assert_num_queries: Any,
) -> None:
    product = stored()
    product.facts["card"]["image"] = "51abc.jpg"
    KeepaProduct.objects.filter(pk=product.pk).update(facts=product.facts)
    with django_assert_num_queries(1):
        cards = cards_of([("us", ASIN, "Here"), ("fr", ASIN, "There"), ("us", "B000000000", "")])
    assert [(card.image, card.title) for card in cards.values()] == [
        ("51abc.jpg", "Here"), (None, "There"), (None, ""),
    ]  # fmt: skip


def test_no_product_takes_no_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert cards_of([]) == {}
