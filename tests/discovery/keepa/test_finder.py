"""Equal questions are one question, different ones never are, and Keepa is asked properly."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from discovery.keepa.errors import InvalidFilters, UnknownCategory
from discovery.keepa.finder import NicheFilters
from discovery.search.request import read_filters

ROOTS = ("Books", "Toys & Games", "Electronics", "Video Games")


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """What a user may ask, with one to four departments and some ranges."""
    asked: dict[str, Any] = {
        "marketplace": "us",
        "categories": draw(st.lists(st.sampled_from(ROOTS), min_size=1, max_size=4)),
    }
    for name, highest in (("bsr", 500_000), ("new_offers", 200), ("drops90", 900)):
        if draw(st.booleans()):
            low, high = sorted(draw(st.tuples(*[st.integers(1, highest)] * 2)))
            asked[f"{name}_range"] = [low, high]
    if draw(st.booleans()):
        low, high = sorted(draw(st.tuples(*[st.integers(100, 90_000)] * 2)))
        asked["price_range"] = [low / 100, high / 100]
    for name in ("amazon_absent", "exclude_adult", "single_variation"):
        if draw(st.booleans()):
            asked[name] = True
    return asked


def restated(asked: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """The same question in other words: order, repetition, ids for names, text for numbers."""
    ids = {"Books": 283155, "Toys & Games": 165793011}
    terms = [ids.get(term, term) if dice.random() < 0.5 else term for term in asked["categories"]]
    terms += dice.choices(terms, k=dice.randrange(3))
    dice.shuffle(terms)
    other = {"categories": [str(term) for term in terms], "exclude_hazmat": False}
    for name, value in asked.items():
        if name.endswith("_range"):
            stem = name.removesuffix("_range")
            other[f"{stem}_min"], other[f"{stem}_max"] = str(value[0]), value[1]
    items = list((asked | other).items())
    dice.shuffle(items)
    return {name: value for name, value in items if not name.endswith("_range")}


@given(questions(), st.randoms(use_true_random=False))
def test_equal_questions_share_a_key(asked: dict[str, Any], dice: random.Random) -> None:
    first = read_filters(asked)
    second = read_filters(restated(asked, dice))
    assert first == second
    assert first.cache_key == second.cache_key


@given(questions(), questions())
def test_different_questions_never_share_a_key(one: dict[str, Any], two: dict[str, Any]) -> None:
    first, second = read_filters(one), read_filters(two)
    same = first.to_selection() == second.to_selection()
    assert (first.cache_key == second.cache_key) == same


@given(questions())
def test_a_stored_question_is_read_back_as_it_was(asked: dict[str, Any]) -> None:
    filters = read_filters(asked)
    assert NicheFilters.from_canonical(filters.canonical()) == filters


@given(questions())
def test_keepa_is_always_asked_for_a_page_it_accepts_in_an_order(asked: dict[str, Any]) -> None:
    selection = read_filters(asked).to_selection()
    assert selection["perPage"] >= 50
    assert selection["sort"]
    assert all(isinstance(one, int) for one in selection["rootCategory"])


def test_the_marketplace_is_part_of_the_question() -> None:
    title: dict[str, Any] = {"title": "python", "bsr_range": [1, 100]}
    keys = {read_filters(title | {"marketplace": code}).cache_key for code in ("us", "fr")}
    assert len(keys) == 2


def test_a_sub_category_is_never_sent_as_a_department() -> None:
    selection = read_filters({"categories": ["3839"]}).to_selection()
    assert 3839 not in selection.get("rootCategory", [])
    assert selection["categories_include"] == [3839]


@pytest.mark.parametrize(("marketplace", "sent"), [("us", 1550), ("jp", 15)])
def test_prices_are_sent_in_the_smallest_unit(marketplace: str, sent: int) -> None:
    prices = ["15" if marketplace == "jp" else "15.50", "60"]
    asked = {"marketplace": marketplace, "title": "python", "price_range": prices}
    selection = read_filters(asked).to_selection()
    lowest = [value for name, value in selection.items() if name.endswith("_gte")]
    assert lowest == [sent]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "reversed": ({"bsr_range": [9, 1]}, "bsr"),
    "negative": ({"bsr_range": [-1, 9]}, "bsr"),
    "not a number": ({"bsr_range": ["abc", 9]}, "bsr"),
    "an unknown filter": ({"colour": "red"}, "colour"),
    "an unknown category": ({"categories": ["zzqx"]}, "categories"),
    "an unknown marketplace": ({"marketplace": "narnia"}, "marketplace"),
    "a negative price": ({"price_range": [-5, 9]}, "price"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.django_db
def test_what_cannot_be_asked_is_refused_by_name_in_both_languages(case: str) -> None:
    changes, named = REFUSED[case]
    with pytest.raises(InvalidFilters) as caught:
        read_filters({"categories": ["Books"], "marketplace": "us"} | changes)
    assert any(name.startswith(named) for name in caught.value.errors)
    sentences = set()
    for language in ("fr", "en"):
        with translation.override(language):
            sentences.add(str(caught.value))
    assert len(sentences) == 2


@pytest.mark.django_db
def test_a_misspelt_category_is_met_with_a_suggestion() -> None:
    with pytest.raises(UnknownCategory) as caught:
        read_filters({"categories": ["Boks"], "marketplace": "us"})
    assert "Books" in caught.value.suggestions
