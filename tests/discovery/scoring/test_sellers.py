"""Who else sells it: Amazon with and without stock, a brand alone, offers nobody can have."""

from __future__ import annotations

from typing import Any

import pytest

from discovery.scoring import FlagCode, Profile, Verdict, score
from discovery.scoring.sellers import amazon_sells, sells_alone
from tests.discovery.scoring.factories import NOW, euros, facts, french_book, steady


@pytest.mark.parametrize("code", [1, 3, 4])
def test_amazon_taking_orders_without_stock_neither_competes_nor_supplies(code: int) -> None:
    ordering = facts(amazon=steady(11), amazon_availability=code, new=steady(30))
    assert not amazon_sells(ordering)
    result = score(ordering, Profile(), now=NOW)
    assert not result.has_flag(FlagCode.AMAZON_SELLS)
    assert result.cost_source != "amazon"
    in_stock = facts(amazon=steady(11), amazon_availability=0, new=steady(30))
    assert score(in_stock, Profile(), now=NOW).cost_source == "amazon"


def test_a_back_order_of_amazons_says_that_it_comes_back_a_preorder_that_it_is_to_come() -> None:
    back = score(facts(amazon_availability=3), Profile(), now=NOW)
    assert back.has_flag(FlagCode.AMAZON_ON_ORDER)
    coming = score(facts(amazon_availability=1), Profile(), now=NOW)
    assert coming.has_flag(FlagCode.NOT_RELEASED)
    assert not coming.has_flag(FlagCode.AMAZON_ON_ORDER)


def test_a_lone_seller_of_a_book_is_no_brand() -> None:
    assert sells_alone(facts(sole_seller=True))
    assert not sells_alone(french_book(sole_seller=True))


@pytest.mark.parametrize(
    "held", [{"buy_box_leader_share_90": 88}, {"sole_seller": True, "count_new_fba": 1}]
)
def test_no_price_makes_a_buy_of_what_one_seller_holds(held: dict[str, Any]) -> None:
    free = score(facts(monthly_sold=500), Profile(), now=NOW, cost=euros(8))
    assert free.verdict is Verdict.STRONG_BUY
    result = score(facts(monthly_sold=500, **held), Profile(), now=NOW, cost=euros(8))
    assert result.verdict is Verdict.CONSIDER
    assert result.buy_forbidden_by


def test_from_which_share_it_counts_is_the_profiles_affair() -> None:
    held = facts(monthly_sold=500, buy_box_leader_share_90=70)
    assert not score(held, Profile(), now=NOW).has_flag(FlagCode.DOMINANT_SELLER)
    wary = Profile(dominant_seller_percent=euros(65))
    assert score(held, wary, now=NOW).has_flag(FlagCode.DOMINANT_SELLER)
