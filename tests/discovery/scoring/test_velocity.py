"""How fast it sells: honest about what is known, monotone in what is better and worse."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.scoring import Condition, ProductFacts, Profile, SalesKind, score
from discovery.scoring.inputs import Measures
from tests.discovery.scoring.factories import NOW, any_facts, facts

quick = settings(max_examples=100, deadline=None)


def velocity(product: ProductFacts, **profile: Any) -> float:
    return score(product, Profile(**profile), now=NOW).velocity_score


@quick
@given(any_facts(), st.integers(1, 900), st.integers(1, 900))
def test_more_sales_never_lower_it(product: ProductFacts, one: int, other: int) -> None:
    few, many = sorted((one, other))
    for name in ("monthly_sold", "rank_drops_30", "rank_drops_90", "rank_drops_180"):
        slow = dataclasses.replace(product, **{name: few})  # type: ignore[arg-type]
        fast = dataclasses.replace(product, **{name: many})  # type: ignore[arg-type]
        assert velocity(slow) <= velocity(fast)


@quick
@given(any_facts(), st.sampled_from(Condition), st.integers(0, 60), st.integers(0, 60))
def test_more_competitors_never_raise_it(
    product: ProductFacts, condition: Condition, one: int, other: int
) -> None:
    few, many = sorted((one, other))
    for name in (
        "sellers_near_price",
        "count_new_fba",
        "count_new_fbm",
        "count_new",
        "count_used",
        "amazon_buy_box_share_90",
    ):
        open_field = dataclasses.replace(product, **{name: few})  # type: ignore[arg-type]
        crowded = dataclasses.replace(product, **{name: many})  # type: ignore[arg-type]
        assert velocity(crowded, condition=condition) <= velocity(open_field, condition=condition)


@quick
@given(any_facts(), st.integers(1, 2_000_000), st.floats(1, 50))
def test_a_worse_rank_never_raises_it(product: ProductFacts, rank: int, times: float) -> None:
    worse = int(rank * times)
    today_only = [dataclasses.replace(product, bsr=each) for each in (rank, worse)]
    assert velocity(today_only[1]) <= velocity(today_only[0])
    throughout = [
        dataclasses.replace(product, bsr=each, bsr_avg90=each, bsr_avg180=each)
        for each in (rank, worse)
    ]
    assert velocity(throughout[1]) <= velocity(throughout[0])


def test_sales_are_named_for_what_they_are() -> None:
    silent = Measures(history_days=400)
    told = score(facts(monthly_sold=300), Profile(), now=NOW)
    assert (told.monthly_sales, told.monthly_sales_kind) == (300, SalesKind.FLOOR)
    counted = score(facts(), Profile(), now=NOW)
    assert (counted.monthly_sales, counted.monthly_sales_kind) == (40, SalesKind.PROXY)
    nothing: dict[str, Any] = dict.fromkeys(("rank_drops_30", "rank_drops_90", "rank_drops_180"))
    by_rank = score(facts(**nothing, measures=silent), Profile(), now=NOW)
    assert by_rank.monthly_sales_kind is SalesKind.RANK_MODEL
    slow_book = dataclasses.replace(silent, drop_days_180=12)
    by_days = score(facts(**nothing, measures=slow_book), Profile(), now=NOW)
    assert (by_days.monthly_sales, by_days.monthly_sales_kind) == (2, SalesKind.PROXY)
    no_rank = facts(**nothing, measures=silent, bsr=None, bsr_avg90=None)
    unknown = score(no_rank, Profile(), now=NOW)
    assert (unknown.monthly_sales, unknown.monthly_sales_kind) == (None, SalesKind.UNKNOWN)
    assert unknown.days_to_sell is None


def test_a_best_seller_is_not_judged_by_its_few_rank_drops() -> None:
    top = facts(bsr=60, bsr_avg90=60, rank_drops_30=40, rank_drops_90=120)
    result = score(top, Profile(), now=NOW)
    assert result.monthly_sales_kind is SalesKind.RANK_MODEL
    assert result.monthly_sales is not None
    assert result.monthly_sales > 1000


def test_fba_sellers_are_not_the_count_of_all_new_offers() -> None:
    result = score(facts(count_new=40, count_new_fba=2, count_new_fbm=0), Profile(), now=NOW)
    assert result.competitors == 2


def test_live_offers_near_the_price_replace_every_count() -> None:
    result = score(facts(sellers_near_price=1), Profile(), now=NOW)
    assert result.competitors == 1


def test_our_sales_are_shared_with_the_others_and_with_amazon() -> None:
    alone = score(facts(monthly_sold=30, sellers_near_price=0), Profile(), now=NOW)
    assert alone.expected_sales_per_month == 30
    assert alone.days_to_sell == 1
    shared = facts(monthly_sold=30, sellers_near_price=1, amazon_buy_box_share_90=50)
    assert score(shared, Profile(), now=NOW).expected_sales_per_month == pytest.approx(7.5)


def test_amazon_without_a_known_share_is_assumed_to_take_most() -> None:
    unknown = facts(buy_box_is_amazon=None, amazon_buy_box_share_90=None, amazon_availability=0)
    assert velocity(unknown) < velocity(facts())


def test_no_sale_at_all_is_not_unknown() -> None:
    dead = facts(rank_drops_30=0, rank_drops_90=0, rank_drops_180=0)
    result = score(dead, Profile(), now=NOW)
    assert result.monthly_sales == 0
    assert result.velocity_score == 0
    assert result.days_to_sell is None
