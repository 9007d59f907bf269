"""A rich product with one field spoilt loses that field at most: never itself, nor its batch."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.keepa.answers import read_products
from discovery.keepa.csv_types import CSV_TYPES
from discovery.keepa.decode import decode_product
from discovery.keepa.finder import finder_values
from discovery.keepa.marketplaces import marketplace_of
from discovery.keepa.product import ProductSnapshot
from discovery.products import store
from discovery.products.from_keepa import card_of, facts_of, history_of
from discovery.scoring import Profile, facts_to_json, score
from discovery.scoring.shipped_profiles import SHIPPED

US = marketplace_of("us")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
MINUTES = 7_800_000
PROFILE = Profile.from_settings(SHIPPED["equilibre"].to_settings())
Path = tuple[str | int, ...]

SPOILS: tuple[Any, ...] = (
    None, True, 0, -1, -2, 7, 2.5, 10**30, float("nan"), float("inf"), "", "x", "12", "a\x00\ud800",
    [], [None], ["x"], [[]], [1, 2, 3, 4], {}, {"x": 1}, {"x": None},
)  # fmt: skip


def series(index: int) -> list[int]:
    width = 3 if CSV_TYPES[index].shipped else 2
    return [
        number
        for day in range(60)
        for number in (MINUTES + 1440 * day, 900 + 10 * index + day % 7, 199)[:width]
    ]


def rich_product() -> dict[str, Any]:
    """Everything the client reads, present and in order."""
    by_index = [1000 + index for index in range(40)]
    return {
        "asin": "B000000001",
        "domainId": 1,
        "productType": 0,
        "title": "A <b>thing</b>",
        "brand": "Maker",
        "author": "Writer",
        "binding": "paperback",
        "productGroup": "Book",
        "type": "ABIS_BOOK",
        "rootCategory": 283155,
        "categories": [3839, 5],
        "categoryTree": [{"catId": 283155, "name": "Books"}, {"catId": 5, "name": "Computers"}],
        "imagesCSV": "51old.jpg",
        "images": [{"l": "61new.jpg", "m": "41new.jpg"}],
        "eanList": ["9780593655030"],
        "upcList": ["747474801770"],
        "gtinList": ["09780593655030"],
        "csv": [*(series(index) for index in range(36)), None, [MINUTES, 1], None, []],
        "stats": {
            **dict.fromkeys(("current", "avg", "avg30", "avg90", "avg180", "avg365"), by_index),
            "min": [None, [MINUTES, 5]],
            "outOfStockPercentage90": [25] * 36,
            **{f"salesRankDrops{days}": days for days in (30, 90, 180, 365)},
            "buyBoxPrice": 1500,
            "buyBoxShipping": 0,
            "buyBoxIsAmazon": False,
            "buyBoxSellerId": "A1",
            "buyBoxCondition": 1,
            "buyBoxIsBackorder": False,
            "buyBoxIsPreorder": None,
            "buyBoxStats": {
                "ATVPDKIKX0DER": {"percentageWon": 40.5, "isFBA": True},
                "A1": {"percentageWon": 59.5},
            },
        },
        "monthlySold": 300,
        "monthlySoldHistory": [MINUTES, 200, MINUTES + 99, 300],
        "availabilityAmazon": 0,
        "buyBoxEligibleOfferCounts": [3, 4, 0, 0, 0, 0, 0, 0],
        "referralFeePercentage": 15.02,
        "referralFeePercent": 15,
        "variableClosingFee": 180,
        "fbaFees": {"pickAndPackFee": 537, "lastUpdate": MINUTES},
        **{f"{what}{side}": 100 for what in ("package", "item") for side in
           ("Length", "Width", "Height", "Weight")},
        "packageQuantity": 1,
        "numberOfItems": 1,
        "isAdultProduct": False,
        "isHeatSensitive": True,
        "hazardousMaterials": [{"aspect": "ghs", "value": "x"}],
        "returnRate": 1,
        "listedSince": MINUTES,
        "trackingSince": MINUTES,
        "lastUpdate": MINUTES + 1440 * 60,
        "coupon": [100, -5],
        "releaseDate": 20240326,
        "publicationDate": 202403,
        "salesRankReference": 283155,
        "salesRankReferenceHistory": [MINUTES, 283155, MINUTES + 9, -1],
        "parentAsin": "B00PARENT0",
        "variationCSV": "B000000001,B000000009",
        "variations": [{"asin": "B000000009"}],
        "buyBoxSellerIdHistory": [str(MINUTES), "A1", str(MINUTES + 99), "-1"],
        "liveOffersOrder": [1, 0],
        "offers": [
            {"sellerId": "A1", "condition": 1, "isFBA": True, "isAmazon": False,
             "offerCSV": [MINUTES, 1500, 0], "stockCSV": [MINUTES, 4]},
            {"sellerId": "A2", "condition": 2, "isFBA": False, "isAmazon": False,
             "offerCSV": [MINUTES, 1100, 350], "stockCSV": None},
        ],
        "offersSuccessful": True,
    }  # fmt: skip


def paths(value: Any, above: Path = ()) -> Iterator[Path]:
    """The way to every field, and into lists as far as their first items."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value[:40] if above == ("csv",) else value[:3])
    for key, below in items:
        yield (*above, key)
        yield from paths(below, (*above, key))


RICH = rich_product()
PATHS = [path for path in paths(RICH) if path != ("asin",)]
TOPS = {path[0] for path in PATHS}
# What reads a field of Keepa's, where the names differ.
READ_FROM = {
    "title": "title", "brand": "brand", "author": "author", "binding": "binding",
    "productGroup": "product_group", "rootCategory": "root_category", "categories": "categories",
    "categoryTree": "category_tree", "monthlySold": "monthly_sold", "returnRate": "return_rate",
}  # fmt: skip


def spoilt(path: Path, value: Any) -> dict[str, Any]:
    """The rich product with this value there; what is not on the way is shared with ``RICH``."""
    raw = copy.copy(RICH)
    place: Any = raw
    for key in path[:-1]:
        place[key] = copy.copy(place[key])
        place = place[key]
    place[path[-1]] = value
    return raw


def used_everywhere(snapshot: ProductSnapshot) -> None:
    """Put it where a batch would: what is stored, shown, searched and scored."""
    facts = facts_of(snapshot, now=NOW)
    stored = facts_to_json(facts), card_of(snapshot), finder_values(snapshot), history_of(snapshot)
    text = json.dumps(stored, allow_nan=False)
    text.encode()
    assert "\\u0000" not in text
    score(facts, PROFILE, now=NOW)


WHOLE = decode_product(RICH, marketplace=US, detail=True)


def differences(snapshot: ProductSnapshot) -> set[str]:
    return {
        spec.name
        for spec in fields(ProductSnapshot)
        if getattr(snapshot, spec.name) != getattr(WHOLE, spec.name)
    }


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PATHS), st.sampled_from(SPOILS))
def test_one_spoilt_field_is_all_that_is_lost(path: Path, value: Any) -> None:
    is_number = value == "12" or (isinstance(value, int | float) and not isinstance(value, bool))
    if path == ("domainId",) and is_number:
        return  # another marketplace's product
    snapshot = decode_product(spoilt(path, value), marketplace=US, detail=True)
    used_everywhere(snapshot)
    changed = differences(snapshot)
    if path[0] in READ_FROM:
        assert changed <= {READ_FROM[str(path[0])]}
    elif path[0] == "csv":
        assert changed <= {"series", "current"}  # beyond the statistics' end the history tells
    elif path[0] == "stats":
        assert "series" not in changed
        assert snapshot.title == "A thing"
    assert not snapshot.is_dead or path == ("productType",)


@pytest.mark.parametrize("top", sorted(map(str, TOPS)))
def test_any_field_may_be_missing(top: str) -> None:
    raw = {name: value for name, value in RICH.items() if name != top}
    snapshot = decode_product(raw, marketplace=US, detail=True)
    assert not snapshot.is_dead
    used_everywhere(snapshot)


@given(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(SPOILS)), max_size=12))
@settings(max_examples=100, deadline=None)
def test_any_number_of_spoilt_fields_leaves_the_batch_whole(
    spoils: list[tuple[Path, Any]],
) -> None:
    raw = copy.deepcopy(RICH)
    for path, value in spoils:
        place: Any = raw
        try:
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # what stood above is spoilt already
    neighbour = {**RICH, "asin": "B000000002"}
    asked = ["B000000001", "B000000002"]
    answer = read_products(
        {"products": [raw, neighbour]}, 2, asked=asked, marketplace=US, detail=True
    )
    assert "B000000002" in answer.snapshots
    told = {*answer.snapshots, *answer.missing, *answer.undecodable}
    assert told == set(asked)
    for snapshot in answer.snapshots.values():
        used_everywhere(snapshot)


@pytest.mark.django_db
def test_the_database_takes_whatever_is_left() -> None:
    products = [
        {**spoilt(path, value), "asin": f"B{number:09}"}
        for number, (path, value) in enumerate(
            (path, value)
            for path in PATHS
            if len(path) == 1 and path != ("domainId",)
            for value in ("a\x00\ud800", 10**30, ["a\x00\ud800"])
        )
    ]
    asked = [str(product["asin"]) for product in products]
    answer = read_products({"products": products}, 0, asked=asked, marketplace=US, detail=True)
    assert answer.undecodable == ()
    kept = store.store(answer, marketplace="us", buybox=True, tokens_each=3, now=NOW)
    assert len(kept) == len(answer.snapshots) > 90


@pytest.mark.parametrize("length", [0, 30, 34, 36, 38, 40])
def test_the_tables_may_have_any_length(length: int) -> None:
    raw = copy.deepcopy(RICH)
    raw["csv"] = raw["csv"][:length]
    for name in ("current", "avg90", "outOfStockPercentage90"):
        raw["stats"][name] = raw["stats"][name][:length]
    snapshot = decode_product(raw, marketplace=US, detail=True)
    assert len(snapshot.series) == min(length, 36)
    used_everywhere(snapshot)
