"""What the Product Finder would refuse, or take for something else, is sent right or not at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from discovery.keepa.client import KeepaClient
from discovery.keepa.errors import InvalidFilters
from discovery.keepa.finder import NicheFilters
from discovery.keepa.finder_fields import RANGES
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.keepa.selection import check_selection
from discovery.search.request import read_filters
from tests.discovery.keepa.fakes import FakeKeepa

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a page of twenty": ({"perPage": 20}, "perPage"),
    "a page of text": ({"perPage": "50 /* example */"}, "perPage"),
    "a page beyond the last": ({"perPage": 100, "page": 100}, "page"),
    "a page before the first": ({"page": -1}, "page"),
    "a flat order": ({"sort": ["current_SALES", "asc"]}, "sort"),
    "an order by a filter": ({"sort": [["title", "asc"]]}, "sort"),
    "an order with no direction": ({"sort": [["current_SALES", "up"]]}, "sort"),
    "four orders": ({"sort": [["current_SALES", "asc"]] * 4}, "sort"),
    "a department as text": ({"rootCategory": "301061"}, "rootCategory"),
    "departments as names": ({"rootCategory": ["Livres"]}, "rootCategory"),
    "fifty-one departments": ({"rootCategory": list(range(1, 52))}, "rootCategory"),
    "Amazon's absence as a number": ({"availabilityAmazon": -1}, "availabilityAmazon"),
    "Amazon's absence as a price": ({"current_AMAZON_lte": -1}, "current_AMAZON_lte"),
    "a price in euros": ({"current_NEW_gte": 12.5}, "current_NEW_gte"),
    "a price as text": ({"current_NEW_gte": "1250"}, "current_NEW_gte"),
    "a rating in thousandths": ({"current_RATING_gte": 4000}, "current_RATING_gte"),
    "a range the wrong way": ({"monthlySold_gte": 9, "monthlySold_lte": 3}, "monthlySold_gte"),
    "yes as text": ({"singleVariation": "true"}, "singleVariation"),
    "a list of words as one": ({"brand": "Lego"}, "brand"),
    "a name the Finder lacks": ({"current_COUNT_NEW_FBA_lte": 3}, "current_COUNT_NEW_FBA_lte"),
    "a range without its end": ({"current_NEW": 900}, "current_NEW"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.django_db
def test_a_selection_keepa_would_misread_is_refused_by_name_for_no_token(
    keepa: FakeKeepa, client: KeepaClient, case: str
) -> None:
    selection, name = REFUSED[case]
    with pytest.raises(InvalidFilters) as caught:
        client.find(selection, marketplace="fr")
    assert list(caught.value.errors) == [name]
    assert str(caught.value)
    assert keepa.requests == []


@pytest.mark.parametrize("domain", ["nl", "14", ""])
def test_a_marketplace_without_a_finder_is_refused(
    keepa: FakeKeepa, client: KeepaClient, domain: str
) -> None:
    with pytest.raises(InvalidFilters) as caught:
        client.find({"perPage": 50}, marketplace=domain)
    assert list(caught.value.errors) == ["marketplace"]
    assert keepa.requests == []


@pytest.mark.parametrize(
    "selection",
    [
        {"perPage": 50, "page": 199},
        {"rootCategory": [301061], "sort": [["current_SALES", "asc"], ["monthlySold", "desc"]]},
        {"rootCategory": ["301061"]},
        {"deltaPercent90_NEW_gte": -30, "deltaPercent90_RATING_lte": 80},
        {"availabilityAmazon": [-1]},
        {"unitValue_lte": 1.5, "minMatch": {"title": 2}},
    ],
)
def test_what_the_finder_takes_is_let_through(selection: dict[str, Any]) -> None:
    check_selection(selection)


SENT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "stars are tenths": ({"rating_min": "4"}, {"current_RATING_gte": 40}),
    "and halves of them": ({"rating_min": "4.5"}, {"current_RATING_gte": 45}),
    "euros are cents": ({"price_min": "12.50"}, {"current_NEW_gte": 1250}),
    "yen are yen": ({"marketplace": "jp", "price_min": 1250}, {"current_NEW_gte": 1250}),
    "Amazon absent is a list": ({"amazon_absent": True}, {"availabilityAmazon": [-1]}),
    "Amazon out of stock has no suffix": (
        {"amazon_out_of_stock90_min": 60},
        {"outOfStockPercentage90_gte": 60},
    ),
    "FBA sellers": ({"fba_offers_max": 4}, {"buyBoxEligibleOfferCountsNewFBA_lte": 4}),
    "a department is a list": ({"categories": ["Livres"]}, {"rootCategory": [301061]}),
}


@pytest.mark.parametrize("case", SENT)
def test_a_question_is_sent_in_the_finders_own_words(case: str) -> None:
    asked, sent = SENT[case]
    selection = read_filters({"marketplace": "fr", "title": "x"} | asked).to_selection()
    assert sent.items() <= selection.items()
    check_selection(selection)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"rating_min": 4000}, "rating_min"),
        ({"price_max": -1}, "price_max"),
        ({"root_categories": "301061"}, "root_categories"),
        ({"rootCategory": [301061]}, "rootCategory"),
        ({"fba_offers_min": 5, "fba_offers_max": 2}, "fba_offers_min"),
        ({"marketplace": "nl"}, "marketplace"),
    ],
)
def test_a_question_that_cannot_be_sent_is_refused_by_our_own_name(
    asked: dict[str, Any], name: str
) -> None:
    with pytest.raises(InvalidFilters) as caught:
        read_filters({"marketplace": "fr", "title": "x"} | asked)
    assert list(caught.value.errors) == [name]


@pytest.mark.parametrize("marketplace", MARKETPLACES)
@pytest.mark.parametrize("condition", RANGES, ids=lambda condition: condition.name)
def test_an_upper_bound_alone_leaves_out_what_is_unknown(marketplace: str, condition: Any) -> None:
    _low, high = condition.limits(MARKETPLACES[marketplace])
    highest = int(high) if condition.unit == "integer" else Decimal(high)
    asked: dict[str, Any] = {f"{condition.name}_max": highest}
    filters = NicheFilters(marketplace=marketplace, title="x", **asked)
    selection = filters.to_selection()
    key = condition.key(filters.price_type)
    assert selection[f"{key}_gte"] >= 0
    assert selection[f"{key}_gte"] <= selection[f"{key}_lte"]
    assert filters.canonical().keys() == {"marketplace", "title", f"{condition.name}_max"}
