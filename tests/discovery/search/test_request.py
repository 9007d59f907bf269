"""Questions as programs and terminals ask them: every wrong field is named, nothing spent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from discovery.keepa.errors import InvalidFilters
from discovery.search.request import NicheRequest, read_list, read_niche

BOOKS = {"categories": ["Books"], "bsr_range": [10_000, 50_000]}


def niche(**changes: Any) -> NicheRequest:
    return read_niche(BOOKS | changes, scoring=True)


def refused(**changes: Any) -> InvalidFilters:
    with pytest.raises(InvalidFilters) as caught:
        niche(**changes)
    return caught.value


def test_a_niche_is_read_with_its_options() -> None:
    question = niche(max_results=20, profile="prudent", detail=False, spread=True)
    assert (question.filters.bsr_min, question.filters.bsr_max) == (10_000, 50_000)
    assert (question.max_results, question.profile) == (20, "prudent")
    assert (question.detail, question.spread) == (False, True)


def test_fifty_products_with_detail_are_the_default() -> None:
    question = niche()
    assert (question.max_results, question.detail, question.spread) == (50, True, False)


@pytest.mark.parametrize("missing", ["categories", "bsr_range"])
def test_category_and_rank_are_required(missing: str) -> None:
    assert missing in refused(**{missing: None}).errors


def test_the_rank_may_be_bounded_on_one_side_only() -> None:
    assert niche(bsr_range=None, bsr_max=9_000).filters.bsr_max == 9_000


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bsr_range", [50_000, 10_000]),
        ("bsr_range", [-5, 10]),
        ("bsr_range", ["many", 10]),
        ("bsr_range", [1]),
        ("bsr_range", "10-50"),
        ("price_range", [0, 10]),
        ("price_range", [float("nan"), 10]),
        ("max_results", 0),
        ("max_results", 101),
        ("max_results", 1.5),
        ("max_results", True),
        ("max_results", "all"),
        ("max_results", []),
        ("profile", 3),
        ("profile", "p" * 61),
        ("detail", "maybe"),
        ("marketplace", "narnia"),
        ("colour", "blue"),
        ("categories", 5.5),
        ("categories", [f"c{n}" for n in range(51)]),
    ],
)
def test_a_wrong_field_is_named(field: str, value: Any) -> None:
    assert list(refused(**{field: value}).errors) == [field]


def test_every_wrong_field_is_named_at_once() -> None:
    error = refused(bsr_range=[5, 1], max_results=0, colour="blue", marketplace="narnia")
    assert set(error.errors) == {"bsr_range", "max_results", "colour", "marketplace"}


def test_scoring_options_are_unknown_where_nothing_is_scored() -> None:
    with pytest.raises(InvalidFilters) as caught:
        read_niche(BOOKS | {"profile": "prudent"}, scoring=False)
    assert "profile" in caught.value.errors


def listed(**data: Any) -> dict[str, Any]:
    return read_list({"asins": ["B000000001"]} | data)


def list_refused(**data: Any) -> InvalidFilters:
    with pytest.raises(InvalidFilters) as caught:
        listed(**data)
    return caught.value


def test_a_list_is_read_with_its_costs() -> None:
    question = listed(costs={"B000000001": "7,40"}, marketplace="FR")
    assert question["asins"] == ("B000000001",)
    assert question["costs"] == {"B000000001": Decimal("7.40")}
    assert question["marketplace"] == "fr"


def test_the_same_identifier_twice_is_asked_once() -> None:
    assert listed(asins=["B000000001", "B000000001"])["asins"] == ("B000000001",)


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("asins", {"asins": []}),
        ("asins", {"asins": "B000000001"}),
        ("asins", {"asins": None}),
        ("asins.1", {"asins": ["B000000001", "nonsense"]}),
        ("asins.0", {"asins": [7]}),
        ("costs", {"costs": [1]}),
        ("costs.B000000001", {"costs": {"B000000001": -1}}),
        ("costs.B000000001", {"costs": {"B000000001": 0}}),
        ("costs.B000000001", {"costs": {"B000000001": "free"}}),
        ("costs.B000000001", {"costs": {"B000000001": 1e12}}),
        ("costs.B000000002", {"costs": {"B000000002": 1}}),
        ("marketplace", {"marketplace": "narnia"}),
        ("bsr_range", {"bsr_range": [1, 2]}),
    ],
)
def test_what_is_wrong_with_a_list_is_named(field: str, data: dict[str, Any]) -> None:
    assert list(list_refused(**data).errors) == [field]


def test_ten_thousand_asins_are_refused_with_the_limit() -> None:
    error = list_refused(asins=[f"B{number:09d}" for number in range(10_000)])
    with translation.override("en"):
        assert "10,000" in str(error)
        assert "100" in str(error)


def test_every_problem_of_a_list_has_a_sentence() -> None:
    error = list_refused(
        asins=["B000000001", "nonsense", 7], costs={"other": 1, "B000000001": "free"}
    )
    with translation.override("en"):
        sentences = [sentence for found in error.messages.values() for sentence in found]
    assert len(sentences) == 4
    assert all(sentence.endswith(".") for sentence in sentences)
