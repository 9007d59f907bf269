"""Bought in a dip, sold later: at the usual price, after the wait, and not always beside Amazon."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from discovery.scoring import FlagCode, FoundCost, ProductFacts, Profile, Score, Verdict, score
from discovery.scoring.dips import dip_cost
from discovery.scoring.verdict import RANK
from tests.discovery.scoring.dipping import in_a_dip
from tests.discovery.scoring.factories import CENT, NOW, euros, facts


def found_in(product: ProductFacts, profile: Profile) -> FoundCost:
    found = dip_cost(product, profile)
    assert found is not None
    return found


def bought(*days: float | None, profile: Profile | None = None, **changes: Any) -> Score:
    product, own = in_a_dip(*days, **changes), profile or Profile()
    return score(product, own, now=NOW, found=found_in(product, own))


def test_it_is_sold_at_the_usual_price_not_at_that_of_the_dip() -> None:
    result = bought(8.0, 10.0, 12.0)
    assert (result.sell_price, result.landed_cost) == (euros("30.00"), euros("12.00"))
    assert result.profit == euros("4.87")  # 4.89 at once, less ten days of storage
    assert not result.hypothetical


def test_a_coupon_of_today_comes_off_no_sale_to_come() -> None:
    result = bought(8.0, 10.0, 12.0, coupon_percent=10)
    assert not result.has_flag(FlagCode.COUPON)
    assert result.sell_price == euros("30.00")


def test_a_dip_that_came_back_three_times_may_be_a_buy() -> None:
    result = bought(8.0, 10.0, 12.0)
    assert RANK[result.verdict] >= RANK[Verdict.BUY]
    assert result.has_flag(FlagCode.DIP)
    assert not result.has_flag(FlagCode.DIP_UNPROVEN)


@pytest.mark.parametrize("days", [(), (8.0, 10.0), (8.0, 10.0, None, None)])
def test_one_that_came_back_less_often_is_consider_at_best(days: tuple[float | None, ...]) -> None:
    result = bought(*days)
    assert result.verdict is Verdict.CONSIDER
    assert FlagCode.DIP_UNPROVEN in result.buy_forbidden_by


def test_how_often_is_enough_is_told() -> None:
    content = bought(8.0, 10.0, profile=Profile(dip_comebacks=2))
    assert not content.has_flag(FlagCode.DIP_UNPROVEN)
    assert content.verdict is Verdict.BUY


def test_the_days_to_sell_begin_when_the_price_is_back() -> None:
    sold_now = score(facts(), Profile(), now=NOW, cost=euros("12.00"))
    after, later = bought(8.0, 10.0, 12.0), bought(80.0, 80.0, 80.0)
    assert sold_now.days_to_sell is not None
    assert after.days_to_sell == pytest.approx(sold_now.days_to_sell + 10, abs=1)
    assert later.days_to_sell == pytest.approx(sold_now.days_to_sell + 80, abs=1)
    assert later.rank_score < after.rank_score < sold_now.rank_score
    assert later.profit is not None
    assert after.profit is not None
    assert later.profit < after.profit  # storage


def test_a_wait_nobody_can_tell_is_assumed() -> None:
    quick, slow = (bought(profile=Profile(assumed_days_to_sell=days)) for days in (30, 300))
    assert quick.days_to_sell is not None
    assert slow.days_to_sell == pytest.approx(quick.days_to_sell + 270)


def test_that_amazon_holds_it_today_is_the_dip_itself() -> None:
    assert not bought(8.0, 10.0, 12.0).has_flag(FlagCode.AMAZON_HOLDS_BUY_BOX)
    often = bought(8.0, 10.0, 12.0, amazon_buy_box_share_90=60)
    assert often.has_flag(FlagCode.AMAZON_HOLDS_BUY_BOX)
    untold = bought(8.0, 10.0, 12.0, amazon_buy_box_share_90=None)
    assert untold.has_flag(FlagCode.AMAZON_HOLDS_BUY_BOX)


def test_paying_the_maximum_in_a_dip_is_a_buy_and_a_cent_more_is_not() -> None:
    product = in_a_dip(8.0, 10.0, 12.0)
    found = found_in(product, Profile())
    most = score(product, Profile(), now=NOW, found=found).max_cost
    assert most is not None
    for amount, is_buy in ((most, True), (most + CENT, False)):
        there = dataclasses.replace(found, amount=amount)
        verdict = score(product, Profile(), now=NOW, found=there).verdict
        assert (RANK[verdict] >= RANK[Verdict.BUY]) is is_buy


def test_a_product_nobody_sells_new_has_no_price_in_a_dip_either() -> None:
    nothing = type(in_a_dip().buy_box)()
    result = bought(8.0, 10.0, 12.0, buy_box=nothing, new_fba=nothing, new=nothing)
    assert result.verdict is Verdict.SKIP
    assert result.sell_price is None
