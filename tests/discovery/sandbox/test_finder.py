"""Product Finder filters on the very numbers `/product` shows."""

from __future__ import annotations

from typing import Any

import pytest

from discovery.sandbox import kinds
from discovery.sandbox.errors import Refused
from discovery.sandbox.names import FLAG, NUMBERS, RANGE, TEXTS, form_of, selection_names
from discovery.sandbox.selection import parse_selection
from discovery.sandbox.times import DAY
from tests.discovery.sandbox.conftest import Keepa

TOYS = 322086011
"""Jeux et Jouets, the French root."""

TYPES = ("SALES", "NEW", "AMAZON", "BUY_BOX_SHIPPING", "NEW_FBA", "NEW_FBM_SHIPPING", "COUNT_NEW")


@pytest.fixture(scope="module")
def toys(observed: Keepa) -> list[dict[str, Any]]:
    """All French toys, by the product endpoint."""
    asins = observed.find({"rootCategory": [TOYS], "perPage": 1000}, 4)["asinList"]
    return [
        product
        for start in range(0, len(asins), 100)
        for product in observed.products(
            asins[start : start + 100], 4, stats=90, buybox=1, rating=1, history=0
        )
    ]


def found(observed: Keepa, **selection: Any) -> set[str]:
    answer = observed.find({"rootCategory": [TOYS], "perPage": 1000, **selection}, 4)
    assert answer["totalResults"] == len(answer["asinList"])
    return set(answer["asinList"])


def expected(toys: list[dict[str, Any]], low: int, high: int, value: Any) -> set[str]:
    return {toy["asin"] for toy in toys if value(toy) >= 0 and low <= value(toy) <= high}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("figure", ["current", "avg30", "avg90", "avg365"])
def test_ranges_select_exactly_the_products_whose_statistics_fit(
    observed: Keepa, toys: list[dict[str, Any]], figure: str, kind: str
) -> None:
    place = kinds.INDEX[kind]

    def value(toy: dict[str, Any]) -> int:
        shown: int = toy["stats"][figure][place]
        return shown

    values = sorted(value(toy) for toy in toys if value(toy) >= 0)
    low, high = values[len(values) // 4], values[len(values) * 3 // 4]
    bounds = {f"{figure}_{kind}_gte": low, f"{figure}_{kind}_lte": high}
    wanted = expected(toys, low, high, value)
    assert 0 < len(wanted) < len(toys)
    assert found(observed, **bounds) == wanted


def test_no_value_satisfies_no_test(observed: Keepa, toys: list[dict[str, Any]]) -> None:
    without = {t["asin"] for t in toys if t["stats"]["current"][kinds.AMAZON] == -1}
    assert without
    assert not without & found(observed, current_AMAZON_lte=10**9)
    assert not without & found(observed, current_AMAZON_gte=-1)


def test_drops_delta_stock_and_buy_box_shares_select_what_the_statistics_say(
    observed: Keepa, toys: list[dict[str, Any]]
) -> None:
    assert found(observed, salesRankDrops90_gte=20) == {
        toy["asin"] for toy in toys if toy["stats"]["salesRankDrops90"] >= 20
    }
    fell = {
        toy["asin"]
        for toy in toys
        if (mean := toy["stats"]["avg90"][kinds.NEW]) > 0
        and (price := toy["stats"]["current"][kinds.NEW]) >= 0
        and round(100 * (mean - price) / mean) >= 10
    }
    assert fell
    assert found(observed, deltaPercent90_NEW_gte=10) == fell
    assert found(observed, outOfStockPercentage90_NEW_gte=5) == {
        toy["asin"] for toy in toys if toy["stats"]["outOfStockPercentage90"][kinds.NEW] >= 5
    }
    shares = {
        toy["asin"]: (toy["stats"]["buyBoxStats"] or {}).get("A1X6FK5RDHNB96", {})
        for toy in toys
        if toy["stats"]["buyBoxStats"] is not None
    }
    often = {asin for asin, row in shares.items() if round(row.get("percentageWon", 0)) >= 50}
    assert often
    assert found(observed, buyBoxStatsAmazon90_gte=50) == often


def test_attributes_select_too(observed: Keepa, toys: list[dict[str, Any]]) -> None:
    assert found(observed, monthlySold_gte=100) == {
        toy["asin"] for toy in toys if toy.get("monthlySold", 0) >= 100
    }
    assert found(observed, isHazMat=True) == {t["asin"] for t in toys if t["hazardousMaterials"]}
    assert found(observed, availabilityAmazon=[-1]) == {
        toy["asin"] for toy in toys if toy["availabilityAmazon"] == -1
    }
    assert found(observed, packageWeight_lte=300) == {
        toy["asin"] for toy in toys if toy["packageWeight"] <= 300
    }
    assert found(observed, productType=[0]) == {t["asin"] for t in toys if t["productType"] == 0}
    brand = toys[0]["brand"]
    assert found(observed, brand=[brand.upper()]) == {
        t["asin"] for t in toys if t["brand"] == brand
    }
    word = "puzzle"
    assert found(observed, title=word) == {t["asin"] for t in toys if word in t["title"].lower()}


def test_conditions_are_joined_by_and(observed: Keepa) -> None:
    cheap = found(observed, current_NEW_lte=2000)
    ranked = found(observed, current_SALES_lte=20_000)
    assert found(observed, current_NEW_lte=2000, current_SALES_lte=20_000) == cheap & ranked


def test_a_category_holds_its_descendants_and_may_be_excluded(observed: Keepa) -> None:
    computing = set(observed.find({"categories_include": [5], "perPage": 10_000})["asinList"])
    programming = set(observed.find({"categories_include": [3839], "perPage": 10_000})["asinList"])
    assert programming < computing
    rest = observed.find(
        {"categories_include": [5], "categories_exclude": [3839], "perPage": 10_000}
    )
    assert set(rest["asinList"]) == computing - programming


def test_a_sub_category_given_as_root_finds_nothing_and_still_costs_ten(observed: Keepa) -> None:
    answer = observed.find({"rootCategory": [3839]})
    assert answer["asinList"] == []
    assert answer["totalResults"] == 0
    assert answer["tokensConsumed"] == 10


def test_one_product_a_family_when_asked(observed: Keepa, toys: list[dict[str, Any]]) -> None:
    families = {toy["parentAsin"] or toy["asin"] for toy in toys}
    assert len(families) < len(toys)
    single = found(observed, singleVariation=True)
    by_asin = {toy["asin"]: toy for toy in toys}
    assert {by_asin[asin]["parentAsin"] or asin for asin in single} == families
    assert len(single) == len(families)


def test_results_are_sorted_as_asked_with_the_valueless_last(
    observed: Keepa, toys: list[dict[str, Any]]
) -> None:
    current = {toy["asin"]: toy["stats"]["current"] for toy in toys}
    for direction, sign in (("asc", 1), ("desc", -1)):
        selection = {"rootCategory": [TOYS], "sort": [["current_NEW", direction]], "perPage": 1000}
        prices = [current[a][kinds.NEW] for a in observed.find(selection, 4)["asinList"]]
        known = [price for price in prices if price >= 0]
        assert known == sorted(known, key=lambda price: sign * price)
        assert set(prices[len(known) :]) <= {-1}


def test_pages_follow_one_another_without_overlap(observed: Keepa) -> None:
    whole = observed.find({"rootCategory": [TOYS], "perPage": 200}, 4)["asinList"]
    pages = [
        observed.find({"rootCategory": [TOYS], "perPage": 100, "page": page}, 4)["asinList"]
        for page in (0, 1)
    ]
    assert pages[0] + pages[1] == whole


def test_the_selection_may_be_posted(observed: Keepa) -> None:
    posted = observed.http.post("/query?key=any&domain=4", json={"rootCategory": [TOYS]}).json()
    assert posted["asinList"] == observed.find({"rootCategory": [TOYS]}, 4)["asinList"]


@pytest.mark.parametrize(
    ("selection", "named"),
    [
        ({"perPage": 49}, "perPage"),
        ({"perPage": 5001, "page": 1}, "10 000"),
        ({"page": -1}, "10 000"),
        ({"flipability90_gte": 3}, "flipability90_gte"),
        ({"current_NONSENSE_gte": 3}, "current_NONSENSE_gte"),
        ({"current_COUNT_NEW_FBA_lte": 3}, "current_COUNT_NEW_FBA_lte"),
        ({"outOfStockPercentage90_AMAZON_gte": 3}, "outOfStockPercentage90_AMAZON_gte"),
        ({"current_NEW": 3}, "current_NEW"),
        ({"monthlySold": 3}, "monthlySold"),
        ({"isHazMat_gte": 3}, "isHazMat_gte"),
        ({"srAvg000_gte": 3}, "srAvg000_gte"),
        ({"current_RENT_gte": 3}, "current_RENT_gte"),
        ({"isLowest_RENT": True}, "isLowest_RENT"),
        ({"backInStock_NEW": 1}, "backInStock_NEW"),
        ({"sort": [["flipability90", "asc"]]}, "flipability90"),
        ({"current_NEW_gte": "cheap"}, "current_NEW_gte"),
        ({"current_NEW_gte": True}, "current_NEW_gte"),
        ({"rootCategory": ["Books"]}, "rootCategory"),
        ({"isHazMat": 1}, "isHazMat"),
        ({"productType": list(range(51))}, "productType"),
        ({"sort": [["current_NEW", "up"]]}, "sort"),
        ({"sort": [["beauty", "asc"]]}, "beauty"),
        ({"sort": [["current_NEW", "asc"]] * 4}, "sort"),
        ([1, 2], "selection"),
    ],
)
def test_what_it_does_not_know_is_refused_by_name_for_nothing(
    keepa: Keepa, selection: Any, named: str
) -> None:
    answer = keepa.find(selection)
    assert keepa.app.calls[-1].status == 400
    assert named in answer["error"]["message"]
    assert answer["tokensConsumed"] == 0
    assert keepa.app.charged_total == 0


def wire_names() -> list[str]:
    return [
        wire
        for name, form in sorted(selection_names().items())
        for wire in ((f"{name}_gte", f"{name}_lte") if form == RANGE else (name,))
    ]


def test_there_are_as_many_names_as_the_vendor_publishes() -> None:
    assert len(selection_names()) == 757
    assert len(wire_names()) == 1364


VALUES: dict[str, Any] = {
    RANGE: 1, FLAG: True, NUMBERS: [1], TEXTS: ["1"], "text": "1", "number": 100, "other": [],
}  # fmt: skip


def refusal(keepa: Keepa, name: str, value: Any) -> Refused | None:
    try:
        parse_selection({name: value}, keepa.app.catalogue, 1)
    except Refused as refused:
        return refused
    return None


def test_the_one_range_of_fractions_is_not_simulated_rather_than_malformed(keepa: Keepa) -> None:
    refused = refusal(keepa, "unitValue_gte", 1.5)
    assert refused is not None
    assert (refused.status, refused.kind) == (400, "notSimulated")


def test_every_name_filters_or_is_refused_by_name_and_none_is_ignored(keepa: Keepa) -> None:
    plain = parse_selection({}, keepa.app.catalogue, 1)
    known = 0
    for name in wire_names():
        value = 0 if name == "page" else VALUES[form_of(name) or ""]
        refused = refusal(keepa, name, value)
        if refused is not None:
            assert (refused.status, refused.kind) == (400, "notSimulated")
            assert name in refused.message
            continue
        known += 1
        if name not in {"page", "sort"}:
            assert parse_selection({name: value}, keepa.app.catalogue, 1) != plain, name
    assert known > 500


@pytest.mark.parametrize("name", ["Title", "current_new_gte", "current_NEW_eq", "_gte", ""])
def test_a_name_keepa_does_not_know_is_an_invalid_parameter(keepa: Keepa, name: str) -> None:
    answer = keepa.find({name: 1})
    assert answer["error"]["type"] == "invalidParameter"
    assert keepa.app.charged_total == 0


def test_counts_and_shares_select_what_the_answers_tell(
    observed: Keepa, toys: list[dict[str, Any]]
) -> None:
    def those(fits: Any) -> set[str]:
        return {toy["asin"] for toy in toys if fits(toy)}

    counted = [toy for toy in toys if toy.get("buyBoxEligibleOfferCounts")]
    assert found(observed, buyBoxEligibleOfferCountsNewFBA_lte=3) == {
        toy["asin"] for toy in counted if toy["buyBoxEligibleOfferCounts"][0] <= 3
    }
    assert found(observed, offerCountFBA_gte=5) >= {
        toy["asin"] for toy in counted if toy["buyBoxEligibleOfferCounts"][0] >= 5
    }
    assert found(observed, outOfStockPercentage90_gte=50) == those(
        lambda toy: toy["stats"]["outOfStockPercentage90"][kinds.AMAZON] >= 50
    )
    assert found(observed, buyBoxStatsTopSeller90_gte=80) == those(
        lambda toy: any(
            round(row["percentageWon"]) >= 80
            for row in (toy["stats"]["buyBoxStats"] or {}).values()
        )
    )
    assert found(observed, buyBoxIsBackorder=True) == those(
        lambda toy: toy["stats"]["buyBoxIsBackorder"]
    )
    assert found(observed, isLowest_NEW=True) == those(
        lambda toy: toy["stats"]["isLowest"][kinds.NEW]
    )
    assert found(observed, couponOneTimePercent_gte=10) == those(
        lambda toy: toy["coupon"] and toy["coupon"][0] <= -10
    )
    assert found(observed, numberOfItems_gte=2) == those(lambda toy: toy["numberOfItems"] >= 2)


def test_what_changed_lately_is_found_by_when_keepa_saw_it(
    observed: Keepa, toys: list[dict[str, Any]]
) -> None:
    since = max(toy["lastUpdate"] for toy in toys) - 3 * DAY
    for field in ("lastUpdate", "lastPriceChange"):
        wanted = {toy["asin"] for toy in toys if toy[field] >= since}
        assert 0 < len(wanted) < len(toys)
        assert found(observed, **{f"{field}_gte": since}) == wanted
    back = found(observed, backInStock_NEW=True)
    assert back
    for product in observed.products(sorted(back)[:10], 4, stats=90):
        values = product["csv"][kinds.NEW][1::2]
        assert values[-1] > 0
        assert -1 in values


def test_a_seller_is_found_on_every_listing_of_his(observed: Keepa) -> None:
    several = sorted(found(observed, offerCountFBA_gte=3))[:20]
    product = next(
        each for each in observed.products(several, 4, offers=100) if each["offersSuccessful"]
    )
    asin = product["asin"]
    live = [product["offers"][place] for place in product["liveOffersOrder"]]
    seller = next(offer["sellerId"] for offer in live if offer["isFBA"] and not offer["isAmazon"])
    assert asin in found(observed, sellerIds=[seller])
    assert asin in found(observed, sellerIdsFBA=[seller.lower()])
    assert asin not in found(observed, sellerIds=["A0NOBODY00000"])
