"""Whatever the client can ask of the Product Finder, it asks by a name the Finder has."""

from __future__ import annotations

import itertools
from dataclasses import fields
from typing import Any

import pytest

from discovery.keepa.finder import NicheFilters, finder_values
from discovery.keepa.finder_fields import FLAGS, PRICE_TYPES, RANGES, SORTS
from discovery.keepa.finder_names import FINDER_NAMES, PLAIN_NAMES, RANGE_NAMES, unknown_keys
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.keepa.product import ProductSnapshot
from discovery.keepa.selection import check_selection
from discovery.niches.templates import templates_for


def asking_everything(marketplace: str, price_type: str, sort: str) -> NicheFilters:
    """A niche with every filter there is."""
    asked: dict[str, Any] = {"marketplace": marketplace, "price_type": price_type, "sort": sort}
    for condition in RANGES:
        low, high = condition.limits(MARKETPLACES[marketplace])
        asked[f"{condition.name}_min"], asked[f"{condition.name}_max"] = low, high
    asked |= {flag.name: True for flag in FLAGS}
    asked |= {"title": "a", "brand": ("b",), "author": ("c",)}
    for name in ("root_categories", "categories_include", "categories_exclude"):
        asked[name] = (1,)
    assert asked.keys() == {spec.name for spec in fields(NicheFilters)}
    return NicheFilters(**asked)


def test_there_are_as_many_names_as_the_finder_has() -> None:
    assert len(FINDER_NAMES) == 757
    assert len(RANGE_NAMES) * 2 + len(PLAIN_NAMES) == 1364
    assert not RANGE_NAMES & PLAIN_NAMES.keys()


@pytest.mark.parametrize(
    "name",
    [
        "current_COUNT_NEW_FBA",
        "current_COUNT_NEW_FBM",
        "outOfStockPercentage90_AMAZON",
        "avg90_EXTRA_INFO_UPDATES",
        "current_COLLECTIBLE_GOOD_SHIPPING",
        "rating",
    ],
)
def test_plausible_names_the_finder_lacks_are_not_among_them(name: str) -> None:
    assert name not in FINDER_NAMES
    assert unknown_keys([f"{name}_gte", name]) == (f"{name}_gte", name)


def test_a_range_is_asked_by_its_ends_and_anything_else_as_it_stands() -> None:
    assert unknown_keys(["current_NEW", "current_NEW_gte", "title_lte", "title"]) == (
        "current_NEW",
        "title_lte",
    )


@pytest.mark.parametrize("marketplace", MARKETPLACES)
def test_every_name_the_client_can_send_is_the_finders(marketplace: str) -> None:
    for price_type, sort in itertools.product(PRICE_TYPES, SORTS):
        selection = asking_everything(marketplace, price_type, sort).to_selection()
        assert unknown_keys(selection) == ()
        assert {field for field, _direction in selection["sort"]} <= RANGE_NAMES
        check_selection(selection)


@pytest.mark.parametrize("marketplace", MARKETPLACES)
def test_every_template_is_a_selection_the_finder_takes(marketplace: str) -> None:
    for template in templates_for(marketplace):
        check_selection(template.filters.to_selection())


def test_products_are_tested_by_the_finders_names_too() -> None:
    snapshot = ProductSnapshot(
        asin="B000000001",
        marketplace="us",
        currency="USD",
        exponent=2,
        eligible_offers=(3, 21),
        out_of_stock90={"AMAZON": 40, "NEW": 5},
        current={"RATING": 45, "COUNT_REVIEWS": 9},
        has_detail=True,
    )
    values = finder_values(snapshot)
    assert values.keys() <= FINDER_NAMES
    assert values["outOfStockPercentage90"] == 40
    assert values["buyBoxEligibleOfferCountsNewFBA"] == 3
