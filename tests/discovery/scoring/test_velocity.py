"""How fast it sells: honest about what is known, monotone in what is better and worse."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.scoring import (
    Condition,
    FlagCode,
    ProductFacts,
    Profile,
    SalesKind,
    Verdict,
    score,
)
from discovery.scoring.inputs import (
    Measures,
)
from tests.discovery.scoring.factories import FR_BOOKS, NOW, US_BOOKS, any_facts, facts

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
        "buy_box_leader_share_90",
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


@quick
@given(
    any_facts(),
    st.sampled_from(("monthly_sold_best", "family_size")),
    st.integers(1, 900),
    st.integers(1, 900),
)
def test_a_better_best_figure_never_lowers_it_and_a_larger_family_never_raises_it(
    product: ProductFacts, name: str, one: int, other: int
) -> None:
    few, many = sorted((one, other))
    known = dataclasses.replace(product, is_variation=True)
    with_few = velocity(dataclasses.replace(known, **{name: few}))  # type: ignore[arg-type]
    with_many = velocity(dataclasses.replace(known, **{name: many}))  # type: ignore[arg-type]
    assert with_few <= with_many if name == "monthly_sold_best" else with_few >= with_many


class TestShares:
    """What one seller of the Buy Box leaves, the others share with us."""

    SOLD: ClassVar = {"monthly_sold": 100, "count_new_fbm": 0}

    def expected(self, **changes: Any) -> float:
        result = score(facts(**(self.SOLD | changes)), Profile(), now=NOW)
        assert result.expected_sales_per_month is not None
        return result.expected_sales_per_month

    def test_a_leader_with_no_more_than_his_part_changes_nothing(self) -> None:
        assert self.expected(count_new_fba=3) == 25
        assert self.expected(count_new_fba=3, buy_box_leader_share_90=25) == pytest.approx(25)

    def test_what_a_dominant_one_leaves_is_shared_by_the_others_and_us(self) -> None:
        assert self.expected(count_new_fba=1, buy_box_leader_share_90=90) == pytest.approx(10)
        assert self.expected(count_new_fba=5, buy_box_leader_share_90=90) == pytest.approx(2)
        both = self.expected(
            count_new_fba=1, buy_box_leader_share_90=60, amazon_buy_box_share_90=30
        )
        assert both == pytest.approx(10)

    def test_even_one_who_held_it_all_leaves_a_newcomer_something(self) -> None:
        assert self.expected(count_new_fba=1, buy_box_leader_share_90=100) == pytest.approx(5)
        nothing_left = self.expected(
            count_new_fba=1, buy_box_leader_share_90=60, amazon_buy_box_share_90=60
        )
        assert nothing_left == 0

    def test_a_brand_alone_on_its_listing_holds_it_all(self) -> None:
        assert self.expected(count_new_fba=1, sole_seller=True) == pytest.approx(5)

    def test_a_day_is_the_least_for_one_who_may_not_win_the_box(self) -> None:
        busy: dict[str, Any] = {"monthly_sold": 9000, "count_new_fba": 1, "count_new_fbm": 0}
        doubtful: tuple[dict[str, Any], ...] = (
            {},  # nobody looked who holds it
            {"buy_box_leader_share_90": 85},
            {"buy_box_leader_share_90": 20, "amazon_buy_box_share_90": 45},
            {"buy_box_leader_share_90": 20, "buy_box_is_amazon": True},
            {"buy_box_leader_share_90": 20, "sole_seller": True},
        )
        for known in doubtful:
            days = score(facts(**(busy | known)), Profile(), now=NOW).days_to_sell
            assert days == 1
        fair = score(facts(**busy, buy_box_leader_share_90=40), Profile(), now=NOW)
        assert fair.days_to_sell is not None
        assert fair.days_to_sell < 1


class TestUnknownSales:
    UNRANKED: ClassVar[dict[str, Any]] = {
        "bsr": None, "bsr_avg30": None, "bsr_avg90": None, "bsr_avg180": None,
    }  # fmt: skip
    NO_DROPS: ClassVar = dict.fromkeys(("rank_drops_30", "rank_drops_90", "rank_drops_180"), 0)

    def test_without_a_rank_no_drop_is_no_knowledge(self) -> None:
        result = score(facts(**self.UNRANKED, **self.NO_DROPS), Profile(), now=NOW)
        assert (result.monthly_sales, result.monthly_sales_kind) == (None, SalesKind.UNKNOWN)
        assert result.has_flag(FlagCode.SALES_UNKNOWN)

    def test_drops_of_a_rank_since_lost_still_tell(self) -> None:
        result = score(facts(**self.UNRANKED), Profile(), now=NOW)
        assert (result.monthly_sales, result.monthly_sales_kind) == (40, SalesKind.PROXY)

    def test_amazons_own_figure_carries_a_verdict_without_a_rank(self) -> None:
        told = facts(**self.UNRANKED, **self.NO_DROPS, monthly_sold=300)
        result = score(told, Profile(), now=NOW, cost=Decimal(8))
        assert result.verdict is Verdict.STRONG_BUY
        assert not result.has_flag(FlagCode.NO_RANK)
        assert result.confidence == score(facts(), Profile(), now=NOW, cost=Decimal(8)).confidence

    def test_a_familys_figure_is_not_given_to_each_of_its_variations(self) -> None:
        of_two = score(
            facts(monthly_sold=2000, is_variation=True, family_size=2), Profile(), now=NOW
        )
        assert (of_two.monthly_sales, of_two.monthly_sales_kind) == (1000, SalesKind.SHARED)
        (said,) = (flag for flag in of_two.flags if flag.code is FlagCode.SALES_SHARED)
        assert said.params == {"sales": "2000"}
        unknown = score(
            facts(monthly_sold=2000, is_variation=True), Profile(assumed_family_size=4), now=NOW
        )
        assert unknown.monthly_sales == 500


class TestRankLaw:
    UNTOLD: ClassVar[dict[str, Any]] = {
        **dict.fromkeys(("rank_drops_30", "rank_drops_90", "rank_drops_180")),
        "measures": Measures(history_days=400),
    }

    def sales(self, rank: int, **changes: Any) -> float:
        product = facts(**(self.UNTOLD | {"bsr": rank, "bsr_avg90": rank} | changes))
        result = score(product, Profile(), now=NOW)
        assert result.monthly_sales_kind is SalesKind.RANK_MODEL
        assert result.monthly_sales is not None
        return result.monthly_sales

    def test_no_rank_sells_more_than_amazon_ever_said_of_its_department(self) -> None:
        us: dict[str, Any] = {"marketplace": "us", "currency": "USD"}
        assert self.sales(1, **us, root_category=1055398) == 100_000
        assert self.sales(1, **us, root_category=US_BOOKS) == 50_000
        assert self.sales(1, **us, root_category=11091801) == 10_000  # musical instruments
        assert self.sales(1, root_category=FR_BOOKS) == pytest.approx(7_500)
        assert self.sales(20_000, root_category=FR_BOOKS) < 25

    def test_nor_more_than_its_own_best_figure_allows(self) -> None:
        assert self.sales(3, monthly_sold_best=200) == 200
        assert self.sales(90_000, monthly_sold_best=200) < 10


def test_no_sale_at_all_is_not_unknown() -> None:
    dead = facts(rank_drops_30=0, rank_drops_90=0, rank_drops_180=0)
    result = score(dead, Profile(), now=NOW)
    assert result.monthly_sales == 0
    assert result.velocity_score == 0
    assert result.days_to_sell is None
