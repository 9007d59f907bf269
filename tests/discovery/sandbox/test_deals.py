"""`/deal`: rows that agree with `/product`, filters that are obeyed or refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from discovery.sandbox import kinds
from discovery.sandbox.deal_request import NAMES
from tests.discovery.sandbox.conftest import Clock, Keepa

FR = 4
TOYS = 322086011
HIGH_TECH = 13921051
WEEK, MONTH, QUARTER = 1, 2, 3


def asked(keepa: Keepa, **query: Any) -> dict[str, Any]:
    body = {"domainId": FR, "priceTypes": [kinds.NEW], "dateRange": QUARTER, **query}
    answer: dict[str, Any] = keepa.http.post(
        "/deal", params={"key": "any"}, content=json.dumps(body)
    ).json()
    return answer


def rows(keepa: Keepa, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(keepa, **query)["deals"]["dr"]
    return found


def narrowed(keepa: Keepa, **filters: Any) -> list[dict[str, Any]]:
    return rows(keepa, isFilterEnabled=True, **filters)


def ranged(keepa: Keepa, **ranges: Any) -> list[dict[str, Any]]:
    return rows(keepa, isRangeEnabled=True, **ranges)


@pytest.fixture(scope="module")
def unnarrowed(observed: Keepa) -> list[dict[str, Any]]:
    """The first page of a query that narrows nothing."""
    return rows(observed)


def test_a_page_holds_150_rows_and_costs_five(observed: Keepa) -> None:
    answer = asked(observed)
    assert answer["tokensConsumed"] == 5
    deals = answer["deals"]
    assert len(deals["dr"]) == 150
    total = sum(deals["categoryCount"])
    assert total > 300
    assert len(deals["categoryIds"]) == len(deals["categoryNames"]) == len(deals["categoryCount"])
    assert "Jeux et Jouets" in deals["categoryNames"]
    seen = [row["asin"] for page in range(-(-total // 150)) for row in rows(observed, page=page)]
    assert len(seen) == len(set(seen)) == total
    beyond = asked(observed, page=total // 150 + 1)
    assert (beyond["deals"]["dr"], beyond["tokensConsumed"]) == ([], 5)


def test_the_query_may_stand_in_the_address_as_well(observed: Keepa) -> None:
    query = {"domainId": FR, "priceTypes": [kinds.NEW], "dateRange": QUARTER}
    by_address = observed.get("deal", domain=FR, selection=json.dumps(query))
    assert by_address["deals"] == asked(observed)["deals"]


@pytest.mark.parametrize("kind", [kinds.AMAZON, kinds.NEW, kinds.USED, kinds.BUY_BOX_SHIPPING])
def test_a_row_tells_what_the_product_tells(observed: Keepa, kind: int) -> None:
    found = rows(
        observed, priceTypes=[kind], isFilterEnabled=True, includeCategories=[TOYS, HIGH_TECH],
        isRangeEnabled=True, deltaPercentRange=[12, 90],
    )[:20]  # fmt: skip
    assert len(found) > 3
    by_asin = {
        product["asin"]: product
        for product in observed.products(
            [row["asin"] for row in found], FR, stats=90, buybox=1, rating=1
        )
    }
    for row in found:
        product = by_asin[row["asin"]]
        current = product["stats"]["current"]
        assert len(row["current"]) == kinds.COUNT
        for place in (kinds.AMAZON, kinds.NEW, kinds.SALES, kinds.COUNT_NEW, kinds.NEW_FBA):
            assert row["current"][place] == current[place]
        assert abs(row["avg"][QUARTER][kinds.NEW] - product["stats"]["avg90"][kinds.NEW]) <= 1
        box = product["stats"]["buyBoxPrice"]
        assert row["current"][kinds.BUY_BOX_SHIPPING] == box, "without shipping"
        assert row["lastUpdate"] == product["lastUpdate"]
        assert row["creationDate"] <= row["lastUpdate"]
        assert (row["rootCat"], row["categories"]) == (
            product["rootCategory"], product["categories"],
        )  # fmt: skip
        price, mean = row["current"][kind], row["avg"][QUARTER][kind]
        assert row["delta"][QUARTER][kind] == mean - price > 0
        assert row["deltaPercent"][QUARTER][kind] == round(100 * (mean - price) / mean)
        assert 12 <= row["deltaPercent"][QUARTER][kind] <= 90


def test_every_product_that_fell_so_far_is_there_and_no_other(observed: Keepa) -> None:
    asins = observed.find({"rootCategory": [TOYS], "perPage": 1000}, FR)["asinList"]
    fell = set()
    for start in range(0, len(asins), 100):
        for product in observed.products(asins[start : start + 100], FR, stats=90, history=1):
            price = product["stats"]["current"][kinds.NEW]
            mean = product["stats"]["avg90"][kinds.NEW]
            if price >= 0 and mean > 0 and round(100 * (mean - price) / mean) >= 15:
                fell.add(product["asin"])
    found = rows(
        observed, isFilterEnabled=True, includeCategories=[TOYS], isRangeEnabled=True,
        deltaPercentRange=[15, 100],
    )  # fmt: skip
    assert len(fell) > 5
    assert {row["asin"] for row in found} == fell


def test_image_names_are_codes_of_ascii(unnarrowed: list[dict[str, Any]]) -> None:
    names = ["".join(map(chr, row["image"])) for row in unnarrowed if row["image"]]
    assert names
    assert all(name.endswith(".jpg") for name in names)


@pytest.mark.parametrize(
    ("ranges", "holds"),
    [
        ({"currentRange": [1000, 3000]}, lambda r: 1000 <= r["current"][1] <= 3000),
        ({"deltaRange": [500, 2000]}, lambda r: 500 <= r["delta"][3][1] <= 2000),
        ({"deltaPercentRange": [30, 80]}, lambda r: 30 <= r["deltaPercent"][3][1] <= 80),
        ({"salesRankRange": [1, 20_000]}, lambda r: 1 <= r["current"][3] <= 20_000),
        ({"salesRankRange": [50_000, -1]}, lambda r: r["current"][3] >= 50_000),
        ({"deltaLastRange": [100, 900]}, lambda r: 100 <= r["deltaLast"][1] <= 900),
    ],
)
def test_ranges_hold_when_they_are_enabled(
    observed: Keepa,
    unnarrowed: list[dict[str, Any]],
    ranges: dict[str, Any],
    holds: Callable[[dict[str, Any]], bool],
) -> None:
    found = ranged(observed, **ranges)
    assert found
    assert all(holds(row) for row in found)
    assert rows(observed, **ranges) == unnarrowed, "switched off, a range is not looked at"


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        ({"includeCategories": [TOYS]}, lambda r: r["rootCat"] == TOYS),
        ({"excludeCategories": [TOYS]}, lambda r: r["rootCat"] != TOYS),
        ({"mustHaveAmazonOffer": True}, lambda r: r["current"][0] > 0),
        ({"mustNotHaveAmazonOffer": True}, lambda r: r["current"][0] == -1),
        ({"titleSearch": "Puzzle bois"}, lambda r: "Puzzle en bois" in r["title"]),
        ({"minRating": 44}, lambda r: r["minRating"] >= 44),
        ({"isLowestOffer": True}, lambda r: r["current"][1] > 0),
    ],
)
def test_filters_hold_when_they_are_enabled(
    observed: Keepa,
    unnarrowed: list[dict[str, Any]],
    filters: dict[str, Any],
    holds: Callable[[dict[str, Any]], bool],
) -> None:
    found = narrowed(observed, **filters)
    assert found
    assert all(holds(row) for row in found)
    assert rows(observed, **filters) == unnarrowed, "switched off, a filter is not looked at"


def test_a_lowest_price_is_the_lowest_of_its_history(observed: Keepa) -> None:
    for flag, figure in (("isLowest", "min"), ("isLowest90", "minInInterval")):
        found = narrowed(observed, **{flag: True})[:15]
        assert found
        for product in observed.products([row["asin"] for row in found], FR, stats=90):
            current = product["stats"]["current"][kinds.NEW]
            assert product["stats"][figure][kinds.NEW][1] == current


def test_one_variation_of_a_family_is_enough(observed: Keepa) -> None:
    found = narrowed(observed, singleVariation=True)
    families = [row["parentAsin"] or row["asin"] for row in found]
    assert len(families) == len(set(families))


def test_sorted_as_asked_and_inverted_by_a_minus(observed: Keepa) -> None:
    def values(sort: int, read: Callable[[dict[str, Any]], int]) -> list[int]:
        found = narrowed(observed, sortType=sort, includeCategories=[TOYS])
        return [read(row) for row in found if read(row) >= 0]

    newest = values(1, lambda row: row["currentSince"][1])
    deltas = values(2, lambda row: row["delta"][3][1])
    ranks = values(3, lambda row: row["current"][3])
    shares = values(4, lambda row: row["deltaPercent"][3][1])
    assert newest == sorted(newest, reverse=True)
    assert deltas == sorted(deltas, reverse=True)
    assert ranks == sorted(ranks)
    assert shares == sorted(shares, reverse=True)
    assert values(-4, lambda row: row["deltaPercent"][3][1]) == sorted(shares)


def test_a_shorter_range_holds_only_what_changed_in_it(observed: Keepa) -> None:
    found = narrowed(observed, dateRange=WEEK, includeCategories=[TOYS])
    assert found
    for row in found:
        assert row["lastUpdate"] - row["currentSince"][kinds.NEW] <= 7 * 1440
        assert row["deltaPercent"][WEEK][kinds.NEW] >= 10


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"dropPercent": 20}, "dropPercent"),
        ({"priceTypes": [0, 1]}, "priceTypes"),
        ({"priceTypes": [34]}, "34"),
        ({"priceTypes": [33]}, "PRIME_EXCL"),
        ({"isRangeEnabled": True, "deltaPercentRange": [5, 90]}, "deltaPercentRange"),
        ({"priceTypes": [3], "deltaPercentRange": [20, 90]}, "deltaPercentRange"),
        ({"currentRange": [5]}, "currentRange"),
        ({"warehouseConditions": [2]}, "warehouseConditions"),
        ({"dateRange": 4}, "dateRange"),
        ({"sortType": -1}, "sortType"),
        ({"domainId": 7}, "domain"),
    ],
)
def test_what_keepa_does_not_take_is_refused_by_name_for_nothing(
    observed: Keepa, query: dict[str, Any], named: str
) -> None:
    before = observed.app.charged_total
    answer = asked(observed, **query)
    assert named in answer["error"]["message"] + answer["error"]["details"]
    assert observed.app.charged_total == before


def test_the_names_are_those_of_the_vendors_request_class() -> None:
    from keepa.query_keys import DEAL_REQUEST_KEYS

    assert DEAL_REQUEST_KEYS.keys() - NAMES == set()


def test_the_same_query_is_answered_alike_for_two_minutes_and_charged(
    clock: Clock, keepa: Keepa
) -> None:
    clock.now += timedelta(hours=5, minutes=59)
    toys = {"isFilterEnabled": True, "includeCategories": [TOYS]}
    before = asked(keepa, **toys)
    clock.now += timedelta(seconds=90)  # the world has moved on since
    kept = asked(keepa, **toys)
    assert kept["deals"] == before["deals"]
    assert kept["tokensConsumed"] == 5
    clock.now += timedelta(seconds=40)
    assert asked(keepa, **toys)["deals"] != before["deals"]


@pytest.mark.parametrize("status", [404, 402])
def test_a_plan_may_hold_no_deals(new_sandbox: Callable[..., Keepa], status: int) -> None:
    keepa = new_sandbox(without=("deal",))
    if status != 404:
        told = keepa.http.post("/sandbox/plan", json={"without": {"deal": status}}).json()
        assert told == {"without": {"deal": status}}
    response = keepa.response("deal", domain=FR, selection=json.dumps({"domainId": FR}))
    assert response.status_code == status
    assert keepa.app.charged_total == 0
    assert keepa.http.post("/sandbox/plan", json={"without": {"deal": 200}}).status_code == 400
    keepa.http.post("/sandbox/plan", json={"without": {}})
    assert keepa.response("deal", selection=json.dumps({"domainId": FR})).status_code == 200
