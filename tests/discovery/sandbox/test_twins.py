"""Amazon.fr's goods on amazon.de, .it and .es: same ASINs, own markets, and a few traps."""

from __future__ import annotations

import itertools
from statistics import median
from typing import Any

import pytest

from discovery.sandbox.catalogue import DEFAULT_SEED, Store
from discovery.sandbox.guests import guests_of
from discovery.sandbox.products import Product, generate_store
from discovery.sandbox.twins import HOME, twin_of
from tests.discovery.sandbox.conftest import Keepa

ABROAD = (3, 8, 9)

Pair = tuple[Product, Product]


@pytest.fixture(scope="module")
def home(observed: Keepa) -> Store:
    return observed.app.catalogue.store(HOME)


def pairs(observed: Keepa, home: Store, domain: int) -> list[Pair]:
    """Each of amazon.fr's products with its listing on the other marketplace."""
    guests = {guest.asin for guest in guests_of(domain)}
    return [
        (home.by_asin[product.asin], product)
        for product in observed.app.catalogue.store(domain).products
        if product.asin in home.by_asin and product.asin not in guests
    ]


def share(found: list[Pair], of: list[Pair]) -> float:
    return len(found) / len(of)


def told(observed: Keepa, pair: Pair) -> list[dict[str, Any]]:
    """Both listings, as `/product` tells them."""
    return [
        observed.products([product.asin], product.domain, stats=90, buybox=1)[0] for product in pair
    ]


@pytest.mark.parametrize("domain", ABROAD)
def test_a_good_part_of_the_goods_is_sold_abroad_too(
    observed: Keepa, home: Store, domain: int
) -> None:
    both = pairs(observed, home, domain)
    goods = [product for product in home.live if not product.author]
    assert 0.52 < len(both) / len(goods) < 0.68
    assert all(not abroad.author for _, abroad in both)


@pytest.mark.parametrize("domain", ABROAD)
def test_prices_are_near_ours_and_one_in_ten_is_half_of_them(
    observed: Keepa, home: Store, domain: int
) -> None:
    both = pairs(observed, home, domain)
    same_pack = [pair for pair in both if pair[0].pack == pair[1].pack]
    ratios = [there.plan.price / here.plan.price for here, there in same_pack]
    assert 0.9 < median(ratios) < 1.1
    cheap = [ratio for ratio in ratios if ratio < 0.61]
    assert 0.08 < len(cheap) / len(ratios) < 0.12
    assert min(cheap) > 0.38
    assert all(0.79 < ratio < 1.26 for ratio in ratios if ratio >= 0.61)


def test_codes_are_shared_by_most(observed: Keepa, home: Store) -> None:
    for domain in ABROAD:
        both = pairs(observed, home, domain)
        other = [pair for pair in both if pair[0].ean != pair[1].ean]
        assert 0.08 < share(other, both) < 0.16
        in_doubt = [pair for pair in other if pair[0].title != pair[1].title]
        assert 0.03 < share(in_doubt, both) < 0.1


def test_another_pack_under_the_same_asin_says_so(observed: Keepa, home: Store) -> None:
    both = list(itertools.chain.from_iterable(pairs(observed, home, each) for each in ABROAD))
    traps = [pair for pair in both if pair[0].pack != pair[1].pack]
    assert 0.02 < share(traps, both) < 0.06
    bigger = next(pair for pair in traps if pair[0].pack == 1)
    here, there = told(observed, bigger)
    assert (there["packageQuantity"], there["numberOfItems"]) == (3, 3)
    assert "3" in there["title"]
    assert here["packageQuantity"] < 1
    smaller = next(pair for pair in traps if pair[0].pack > 1)
    assert smaller[1].plan.price < 0.6 * smaller[0].plan.price, "it looks like a bargain"
    here, there = told(observed, smaller)
    assert there["title"] != here["title"]
    assert there["packageQuantity"] < 1


def test_offers_ranks_and_titles_abroad_are_its_own(observed: Keepa, home: Store) -> None:
    both = pairs(observed, home, 3)
    assert 0.4 < share([p for p in both if p[0].title == p[1].title], both) < 0.6
    assert (
        share([p for p in both if p[0].plan.rank != p[1].plan.rank or not p[0].plan.rank], both)
        > 0.95
    )
    german = [there.title for here, there in both if here.title != there.title]
    assert sum("Kopfhörer" in title or "Magnetbausteine" in title for title in german) > 3
    here, there = told(observed, both[0])
    assert here["asin"] == there["asin"]
    assert here["stats"]["current"] != there["stats"]["current"]
    assert (here["domainId"], there["domainId"]) == (4, 3)


def test_the_finder_and_the_codes_of_the_marketplace_know_them(
    observed: Keepa, home: Store
) -> None:
    here, there = next(
        pair for pair in pairs(observed, home, 3)
        if pair[0].ean == pair[1].ean and pair[1].plan.rank and not pair[1].plan.stockouts
    )  # fmt: skip
    found = observed.get("product", domain=3, code=here.ean)["products"]
    assert [product["asin"] for product in found] == [here.asin]
    listed = observed.find(
        {"categories_include": [there.category.id], "brand": [there.brand], "perPage": 1000}, 3
    )
    assert here.asin in listed["asinList"]


@pytest.mark.parametrize("domain", [HOME, *ABROAD])
def test_no_store_lost_or_changed_a_product_of_its_own(observed: Keepa, domain: int) -> None:
    store = observed.app.catalogue.store(domain)
    own = generate_store(DEFAULT_SEED, domain)
    assert store.products[: len(own)] == own
    asins = [product.asin for product in store.products]
    assert len(asins) == len(set(asins))
    numbers = [product.number for product in store.products]
    assert len(numbers) == len(set(numbers))


def test_it_is_drawn_from_the_asin_and_the_marketplace(home: Store) -> None:
    product = next(each for each in home.live if twin_of(each, 3))
    assert twin_of(product, 3) == twin_of(product, 3)
    assert twin_of(product, 3) != twin_of(product, 8)
