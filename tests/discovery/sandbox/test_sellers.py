"""`/seller`: who sells, and a storefront that is what `/product` tells of the offers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from discovery.sandbox.guests import guest_sellers
from discovery.sandbox.offers import live_offers, sellers_of
from tests.discovery.sandbox.conftest import Clock, Keepa

FR = 4
NOBODY = "A0NOBODY00000"


def busy_sellers(keepa: Keepa, count: int) -> list[str]:
    """Sellers of the first live French products, Amazon left out."""
    figures = keepa.app.answers.figures()
    found: dict[str, None] = {}
    for product in keepa.app.catalogue.store(FR).live:
        state, used = figures.new_side(product), figures.used_side(product)
        if state is not None and used is not None:
            found |= dict.fromkeys(seller for seller, _ in sellers_of(product, state, used))
        found.pop(product.market.amazon_seller, None)
        if len(found) >= count:
            break
    return list(found)[:count]


def storefront(keepa: Keepa, seller: str) -> dict[str, Any]:
    told: dict[str, Any] = keepa.get("seller", domain=FR, seller=seller, storefront=1)
    return told


def test_the_sellers_of_a_product_are_those_of_its_live_offers(observed: Keepa) -> None:
    figures = observed.app.answers.figures()
    for product in observed.app.catalogue.store(FR).live[::37]:
        state, used = figures.new_side(product), figures.used_side(product)
        if state is None or used is None:
            continue
        offers = live_offers(product, state, used, figures.world.now)
        assert sorted((offer["sellerId"], offer["isFBA"]) for offer in offers) == sorted(
            sellers_of(product, state, used)
        )


def test_a_seller_costs_one_and_an_unknown_one_nothing(observed: Keepa) -> None:
    sellers = busy_sellers(observed, 3)
    answer = observed.get("seller", domain=FR, seller=",".join([*sellers, NOBODY]))
    assert answer["tokensConsumed"] == 3
    assert set(answer["sellers"]) == set(sellers)
    for seller, told in answer["sellers"].items():
        assert (told["sellerId"], told["domainId"]) == (seller, FR)
        assert "asinList" not in told, "a storefront is paid for"
        assert told["totalStorefrontAsins"][1] > 0
        assert 0 <= told["currentRating"] <= 100
        assert told["sellerCategoryStatistics"][0]["productCount"] > 0
        assert len(told["competitors"]) == 5
        assert 0 < told["competitors"][0]["percent"] <= 100
        assert told["avgBuyBoxCompetitors"] >= 1
        assert {told["hasFBA"], told["shipsFromChina"]} <= {True, False}
    unknown = observed.get("seller", domain=FR, seller=NOBODY, storefront=1)
    assert (unknown["sellers"], unknown["tokensConsumed"]) == ({}, 0)


def test_a_seller_without_an_offer_has_no_storefront_to_pay_for(observed: Keepa) -> None:
    (seller,) = sorted(guest_sellers(1))[:1]
    answer = observed.get("seller", domain=1, seller=seller, storefront=1)
    assert answer["tokensConsumed"] == 1
    assert "asinList" not in answer["sellers"][seller]
    assert answer["sellers"][seller]["totalStorefrontAsins"] is None


def test_a_storefront_holds_the_products_the_seller_really_offers(observed: Keepa) -> None:
    (seller,) = busy_sellers(observed, 1)
    answer = storefront(observed, seller)
    assert answer["tokensConsumed"] == 10
    told = answer["sellers"][seller]
    asins, seen = told["asinList"], told["asinListLastSeen"]
    assert len(asins) == len(seen) == told["totalStorefrontAsins"][1]
    assert seen == sorted(seen, reverse=True)
    found = observed.find({"sellerIds": [seller], "perPage": 1000}, FR)["asinList"]
    assert set(asins) == set(found)
    by_asin = dict(zip(asins, seen, strict=True))
    for product in observed.products(asins[:20], FR, offers=100):
        if product["offersSuccessful"]:
            live = [product["offers"][place] for place in product["liveOffersOrder"]]
            assert seller in {offer["sellerId"] for offer in live} or len(live) == 100
        assert by_asin[product["asin"]] == product["lastUpdate"]


def test_a_storefront_changes_with_time_and_what_is_new_was_just_seen(
    clock: Clock, keepa: Keepa
) -> None:
    (seller,) = busy_sellers(keepa, 1)
    before = storefront(keepa, seller)["sellers"][seller]
    clock.now += timedelta(days=6)
    after = storefront(keepa, seller)["sellers"][seller]
    new = set(after["asinList"]) - set(before["asinList"])
    assert new
    assert set(before["asinList"]) - set(after["asinList"])
    assert len(new) < len(after["asinList"]) / 2, "most of it is as it was"
    by_asin = dict(zip(after["asinList"], after["asinListLastSeen"], strict=True))
    assert all(by_asin[asin] > before["totalStorefrontAsins"][0] for asin in new)


def test_products_listed_since_stand_in_storefronts(clock: Clock, keepa: Keepa) -> None:
    old = keepa.app.catalogue.store(FR).by_asin.keys()
    clock.now += timedelta(days=20)
    met: set[str] = set()
    for seller in busy_sellers(keepa, 40):
        met |= set(storefront(keepa, seller)["sellers"][seller]["asinList"]) - old
    assert met


def test_people_are_plainly_invented(observed: Keepa) -> None:
    (seller,) = busy_sellers(observed, 1)
    told = observed.get("seller", domain=FR, seller=seller)["sellers"][seller]
    assert told["sellerName"].startswith("Invented Shop")
    assert told["businessName"].startswith("Not A Company")
    assert told["representative"].startswith("Nobody")
    assert told["email"].endswith(".invalid")
    assert told["phoneNumber"].startswith("+00")
    assert told["address"][-1] == "XX"


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"domain": FR}, 400),
        ({"seller": "A1"}, 400),
        ({"domain": FR, "seller": "A1,A2", "storefront": 1}, 400),
        ({"domain": FR, "seller": ",".join(f"A{n}" for n in range(101))}, 400),
        ({"domain": FR, "seller": "A1", "update": 24}, 400),
    ],
)
def test_what_keepa_does_not_take_costs_nothing(
    observed: Keepa, params: dict[str, Any], status: int
) -> None:
    before = observed.app.charged_total
    assert observed.response("seller", **params).status_code == status
    assert observed.app.charged_total == before
