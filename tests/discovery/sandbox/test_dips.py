"""Amazon's own price drops: some come back, one does not, and `/product` tells which."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from discovery.sandbox import kinds
from discovery.sandbox.dips import FALLEN, REGULAR, RETURNING
from discovery.sandbox.products import Product
from tests.discovery.sandbox.conftest import Keepa

FR = 4


def dipping(observed: Keepa, kind: str) -> list[Product]:
    """French products of this kind of dip that Keepa has not lost sight of."""
    return [
        product
        for product in observed.app.catalogue.store(FR).live
        if product.dip is not None and product.dip.kind == kind and not product.stale_days
    ]


def of_amazon(observed: Keepa, products: list[Product]) -> dict[str, list[tuple[int, int]]]:
    """Amazon's price by ASIN, as `/product` tells it: `(minute, price)`, none left out."""
    asins = [product.asin for product in products]
    found: dict[str, list[tuple[int, int]]] = {}
    for product in observed.products(asins, FR):
        flat: list[int] = product["csv"][kinds.AMAZON]
        found[product["asin"]] = list(zip(flat[::2], flat[1::2], strict=True))
    return found


def falls(points: list[tuple[int, int]], depth: float) -> int:
    """How often the price went from above to below the middle between usual and dip."""
    prices = [price for _, price in points if price > 0]
    middle = max(prices) * (1 + depth) / 2
    return sum(before > middle >= after for before, after in pairwise(prices))


def test_some_of_the_goods_that_sell_well_dip_and_nothing_else(observed: Keepa) -> None:
    live = observed.app.catalogue.store(FR).live
    counts = Counter(product.dip.kind for product in live if product.dip is not None)
    assert counts[RETURNING] >= 60
    assert min(counts[FALLEN], counts[REGULAR]) >= 15
    goods = sum(not product.author for product in live)
    assert 0.015 < counts.total() / goods < 0.05
    assert not any(product.author and product.dip for product in live)


@pytest.mark.parametrize(("kind", "is_down"), [(RETURNING, True), (REGULAR, False)])
def test_a_dip_that_comes_back_did_so_three_times_at_least(
    observed: Keepa, kind: str, is_down: bool
) -> None:
    products = [each for each in dipping(observed, kind) if not each.plan.stockouts][:30]
    series = of_amazon(observed, products)
    for product in products:
        assert product.dip is not None
        points = series[product.asin]
        highest = max(price for _, price in points)
        assert falls(points, product.dip.depth) >= 3 + is_down
        assert (points[-1][1] < 0.75 * highest) is is_down


def test_a_price_that_fell_once_stays_low(observed: Keepa) -> None:
    calm = [each for each in dipping(observed, FALLEN) if each.plan.amplitude < 0.08]
    products = [each for each in calm if not each.plan.stockouts and each.plan.peak < 0]
    assert products
    for product in products:
        assert product.dip is not None
        points = of_amazon(observed, [product])[product.asin]
        assert falls(points, product.dip.depth) == 1
        low = [price for _, price in points][-5:]
        assert max(low) < 0.75 * max(price for _, price in points)


def test_others_hold_the_buy_box_outside_a_dip_and_amazon_within(observed: Keepa) -> None:
    def share(kind: str) -> float:
        products = [each for each in dipping(observed, kind) if not each.plan.stockouts][:20]
        told: list[dict[str, Any]] = observed.products(
            [each.asin for each in products], FR, stats=90, buybox=1
        )
        return sum(bool(product["stats"]["buyBoxIsAmazon"]) for product in told) / len(told)

    assert share(RETURNING) > 0.9
    assert share(REGULAR) < 0.3
