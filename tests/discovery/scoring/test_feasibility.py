"""Before a search: filters and a profile that exclude each other are said in words."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from discovery.keepa.categories.known import known_categories
from discovery.niches.templates import NicheTemplate, templates_for
from discovery.niches.warnings import conflict_text, forewarnings, question_of
from discovery.profiles.service import ActiveProfile
from discovery.scoring import EQUILIBRE, SHIPPED, Condition, Profile, VatRegime
from discovery.scoring.codes import (
    CostMethod,
)
from discovery.scoring.feasibility import Conflict, ConflictCode, Question, conflicts
from discovery.search.request import read_filters
from tests.discovery.builders import NOW


def asked(profile: Profile = EQUILIBRE, **bounds: Any) -> dict[ConflictCode, Conflict]:
    question = Question(marketplace="fr", currency="EUR", **bounds)
    return {found.code: found for found in conflicts(question, profile, now=NOW)}


def test_an_open_question_is_never_warned_of() -> None:
    assert asked() == {}


@pytest.mark.parametrize("slug", SHIPPED)
@pytest.mark.parametrize(
    "template",
    [
        template
        for store in ("fr", "us", "de", "uk", "it", "es")
        for template in templates_for(store)
    ],
    ids=lambda template: f"{template.filters.marketplace}-{template.slug}",
)
def test_no_template_excludes_itself_under_a_shipped_profile(
    template: NicheTemplate, slug: str
) -> None:
    filters = template.filters
    roots = {one.id: one.root for one in known_categories(filters.marketplace)}
    category: int = [*filters.root_categories, *filters.categories_include][0]
    question = replace(question_of(filters), root_category=roots[category])
    found = conflicts(question, SHIPPED[slug], now=NOW)
    assert [one for one in found if one.certain] == []


def test_a_price_that_fees_eat_up_is_certain_to_bring_nothing() -> None:
    found = asked(price_max=Decimal(5))[ConflictCode.NO_PROFIT]
    assert found.certain
    assert asked(price_max=Decimal(60)) == {}
    assert ConflictCode.NO_PROFIT in asked(
        replace(EQUILIBRE, min_profit=Decimal(60), strong_profit=Decimal(60)),
        price_max=Decimal(60),
    )


def test_ranks_too_slow_for_the_profile_are_unlikely_to_bring_much() -> None:
    found = asked(best_rank=900_000)[ConflictCode.TOO_SLOW]
    assert not found.certain
    assert asked(best_rank=5_000) == {}


def test_few_sellers_and_few_sales_are_weighed_too() -> None:
    assert ConflictCode.TOO_SLOW in asked(most_sales=5)
    assert ConflictCode.TOO_SLOW not in asked(most_sales=50, most_new_offers=1)


def test_nobody_to_sell_against_is_certain() -> None:
    used = replace(EQUILIBRE, condition=Condition.USED, regime=VatRegime.MARGIN)
    assert asked(most_new_offers=0)[ConflictCode.NOBODY_SELLS].certain
    assert ConflictCode.NOBODY_SELLS not in asked(used, most_new_offers=0)
    assert asked(used, most_used_offers=0)[ConflictCode.NOBODY_SELLS].certain


def test_a_profile_that_assumes_every_cost_can_never_say_buy() -> None:
    assuming = replace(EQUILIBRE, cost_method=CostMethod.PRICE_FACTOR)
    assert asked(assuming)[ConflictCode.ASSUMED_COST].certain


def test_an_exception_for_the_category_counts() -> None:
    toys = EQUILIBRE.to_settings() | {"overrides": {"fr:322086011": {"buy_velocity": "10"}}}
    eased = Profile.from_settings(toys)
    assert ConflictCode.TOO_SLOW in asked(eased, best_rank=100_000)
    assert ConflictCode.TOO_SLOW not in asked(eased, best_rank=100_000, root_category=322086011)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_conflict_has_its_sentence(language: str) -> None:
    assuming = replace(EQUILIBRE, cost_method=CostMethod.PRICE_FACTOR)
    found = [
        *asked(assuming, price_max=Decimal(5), best_rank=900_000, most_new_offers=0).values(),
        *asked(most_sales=5).values(),
    ]
    assert {one.code for one in found} == set(ConflictCode)
    with override(language):
        for one in found:
            text = conflict_text(one, currency="EUR", profile="Équilibré")
            assert "%(" not in text
            assert len(text) > 40


def forewarned(profile: Profile, *categories: str) -> dict[ConflictCode, bool]:
    filters = read_filters({"marketplace": "us", "categories": list(categories)})
    active = ActiveProfile(1, "mine", "Mine", 1, profile)
    return {one.code: one.certain for one in forewarnings(filters=filters, profile=active, now=NOW)}


@pytest.mark.django_db
def test_a_sub_category_is_judged_with_the_exceptions_above_it() -> None:
    settings = replace(EQUILIBRE, cost_method=CostMethod.PRICE_FACTOR).to_settings()
    in_books = {"us:283155": {"cost_method": "lowest_offer"}}
    eased = Profile.from_settings(settings | {"overrides": in_books})
    assert forewarned(eased, "Programming") == {}
    assert forewarned(eased, "Toys & Games") == {ConflictCode.ASSUMED_COST: True}
    narrower = in_books | {"us:3839": {"cost_method": "price_factor"}}
    stricter = Profile.from_settings(settings | {"overrides": narrower})
    assert forewarned(stricter, "Programming") == {ConflictCode.ASSUMED_COST: True}
    # Of several categories, only what holds for each.
    assert forewarned(stricter, "Programming", "Computer Science") == {}
