"""What each source asks for, read from a form or a program."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from discovery.search.request import read_filters
from discovery.sourcing.criteria import MOST_SELLERS, read_criteria, seller_id
from discovery.sourcing.job_problems import InvalidJob

SELLER = "A1PA6795UKMFR9"


def codes(source: str, data: Any, **options: Any) -> dict[str, list[str]]:
    """Field -> what is wrong with it."""
    with pytest.raises(InvalidJob) as refused:
        read_criteria(source, data, marketplace="fr", **options)
    return {
        name: [problem.code for problem in found] for name, found in refused.value.errors.items()
    }


def test_deals_are_told_in_full() -> None:
    assert read_criteria("deals", {}, marketplace="fr") == {
        "price_type": "AMAZON", "drop_percent": 20, "range": 0, "bsr_max": None, "price_min": None,
        "price_max": None, "categories": [], "pages": 1, "no_amazon": False,
    }  # fmt: skip


def test_what_is_typed_in_french_is_read_as_french() -> None:
    asked = {"price_min": "12,50", "bsr_max": "80 000", "no_amazon": "on"}
    found = read_criteria("deals", asked, marketplace="fr")
    assert (found["price_min"], found["bsr_max"], found["no_amazon"]) == ("12.50", 80_000, True)


def test_categories_are_read_by_name_and_by_number() -> None:
    by_name = read_criteria("deals", {"categories": ["Jeux et Jouets"]}, marketplace="fr")
    number = by_name["categories"][0]
    assert read_criteria("deals", {"categories": [number]}, marketplace="fr") == by_name


@pytest.mark.parametrize(
    ("asked", "name", "code"),
    [
        ({"drop_percent": 5}, "drop_percent", "too_small"),
        ({"drop_percent": "x"}, "drop_percent", "not_a_number"),
        ({"price_type": "RENT"}, "price_type", "unknown_choice"),
        ({"range": 4}, "range", "too_large"),
        ({"pages": 4}, "pages", "too_large"),
        ({"price_min": 9, "price_max": 3}, "price_min", "reversed"),
        ({"categories": ["Nulle part"]}, "categories", "unknown_category"),
        ({"no_amazon": "peut-être"}, "no_amazon", "not_a_boolean"),
        ({"colour": 1}, "colour", "unknown_job_field"),
    ],
)
@pytest.mark.django_db
def test_every_wrong_condition_of_deals_is_named(
    asked: dict[str, Any], name: str, code: str
) -> None:
    assert codes("deals", asked) == {f"criteria.{name}": [code]}


def test_sellers_are_named_by_identifier_or_link_each_once() -> None:
    links = [
        SELLER.lower(),
        f"https://www.amazon.fr/sp?seller={SELLER}&language=fr",
        f"www.amazon.de/s?me={SELLER}",
        "https://www.amazon.fr/stores?merchant=A2ANOTHERSELL1",
    ]
    found = read_criteria("sellers", {"sellers": links}, marketplace="fr")
    assert found == {"sellers": [SELLER, "A2ANOTHERSELL1"]}


@pytest.mark.parametrize(
    "wrong",
    ["B0", "https://example.org/sp?seller=" + SELLER, "https://www.amazon.fr/", 7, "//[", None],
)
def test_what_names_no_seller_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        seller_id(wrong)
    assert refused.value.code == "not_a_seller"


def test_there_is_at_least_one_seller_and_not_too_many() -> None:
    assert codes("sellers", {}) == {"criteria.sellers": ["no_seller"]}
    many = [f"A{number:013}" for number in range(MOST_SELLERS + 1)]
    assert codes("sellers", {"sellers": many}) == {"criteria.sellers": ["too_many"]}


def test_favourites_and_purchases_are_both_watched_unless_told_otherwise() -> None:
    both = {"favourites": True, "purchases": True}
    assert read_criteria("favourites", None, marketplace="fr") == both
    one = read_criteria("favourites", {"purchases": "1"}, marketplace="fr")
    assert one == {"favourites": False, "purchases": True}
    none = {"favourites": False, "purchases": False}
    assert codes("favourites", none) == {"criteria.favourites": ["nothing_watched"]}


def test_a_niche_needs_no_conditions_where_it_is_named() -> None:
    assert read_criteria("niche", {"filters": {"x": 1}}, marketplace="fr", has_niche=True) == {}
    assert codes("niche", {}) == {"niche": ["required"]}


def test_conditions_are_read_as_stored_and_as_a_program_writes_them() -> None:
    written = {"categories": ["Livres"], "bsr_range": [1_000, 50_000]}
    stored = read_filters(written | {"marketplace": "fr"}).canonical()
    for given in (written, stored):
        found = read_criteria("niche", {"filters": given}, marketplace="fr")
        assert found == {"filters": stored}
    wrong = codes("niche", {"filters": {"bsr_min": "x", "categories": ["Livres"]}})
    assert wrong == {"criteria.filters.bsr_min": ["not_a_number"]}


def test_what_is_no_object_is_refused() -> None:
    assert codes("deals", [1]) == {"criteria": ["not_a_group"]}
