"""A used copy is priced against copies of its own grade and of better ones."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.scoring import (
    SHIPPED,
    Condition,
    CostBasis,
    FlagCode,
    Grade,
    PriceBasis,
    PriceSeries,
    PriceStats,
    ProductFacts,
    Profile,
    SoldCopy,
    Verdict,
    score,
)
from discovery.scoring.codes import (
    CostMethod,
)
from discovery.scoring.used_prices import GRADES, used_price
from tests.discovery.scoring.factories import NOW, any_facts, bare, euros, french_book, steady

USED = bare(condition=Condition.USED)
NOTHING = PriceStats()


def shelf(**changes: Any) -> ProductFacts:
    """A book: acceptable at 4.80, good at 9.20, the used Buy Box, a like-new copy, at 20.90."""
    copies: dict[str, Any] = {
        "used": steady("4.80"),
        "used_acceptable": steady("4.80"),
        "used_good": steady("9.20"),
        "used_like_new": steady("20.90"),
        "used_buy_box": steady("20.90"),
        "used_buy_box_grade": Grade.LIKE_NEW,
    }
    return french_book(**(copies | changes))


def test_an_acceptable_copy_bought_on_the_listing_sells_below_the_good_one() -> None:
    result = score(shelf(), USED, now=NOW)
    assert (result.landed_cost, result.cost_source) == (euros("4.80"), "lowest")
    assert (result.grade, result.sell_price) == (Grade.ACCEPTABLE, euros("9.20"))
    assert result.sell_price_series is PriceSeries.USED_GOOD
    assert not result.has_flag(FlagCode.GRADE_ASSUMED)


@pytest.mark.parametrize(
    ("grade", "price"),
    [
        (Grade.ACCEPTABLE, "4.80"),
        (Grade.GOOD, "9.20"),
        (Grade.VERY_GOOD, "20.90"),
        (Grade.LIKE_NEW, "20.90"),
    ],
)
def test_a_copy_from_elsewhere_fetches_what_copies_as_good_or_better_cost(
    grade: Grade, price: str
) -> None:
    result = score(shelf(), USED, now=NOW, cost=euros(3), sold=SoldCopy(grade))
    assert (result.sell_price, result.grade) == (euros(price), grade)
    by_profile = dataclasses.replace(USED, used_grade=grade, cost_method=CostMethod.PRICE_FACTOR)
    assert score(shelf(), by_profile, now=NOW, cost=euros(3)).sell_price == euros(price)


def dear() -> ProductFacts:
    """A like-new copy at 4.10, the next as good at 21.30: what a copy like it sells for."""
    return shelf(
        used=steady("4.10"),
        used_like_new=steady("4.10"),
        used_good=NOTHING,
        used_acceptable=steady("6.70"),
        used_buy_box=steady("21.30"),
    )


def test_a_copy_bought_elsewhere_is_not_taken_for_the_cheapest_of_the_listing() -> None:
    on_listing = score(dear(), USED, now=NOW, cost=euros(3))
    assert (on_listing.grade, on_listing.sell_price) == (Grade.LIKE_NEW, euros("21.30"))
    elsewhere = score(dear(), USED, now=NOW, cost=euros(3), sold=SoldCopy.UNKNOWN)
    assert (elsewhere.grade, elsewhere.sell_price) == (Grade.ACCEPTABLE, euros("4.10"))
    assert elsewhere.has_flag(FlagCode.GRADE_ASSUMED)
    assert elsewhere.max_cost is not None
    assert on_listing.max_cost is not None
    assert elsewhere.max_cost < on_listing.max_cost


def test_of_a_copy_bought_elsewhere_the_profile_tells_the_grade_unless_it_is_told() -> None:
    sells_good = dataclasses.replace(USED, used_grade=Grade.GOOD)
    by_profile = score(shelf(), sells_good, now=NOW, cost=euros(3), sold=SoldCopy.UNKNOWN)
    assert (by_profile.grade, by_profile.sell_price) == (Grade.GOOD, euros("9.20"))
    assert not by_profile.has_flag(FlagCode.GRADE_ASSUMED)
    told = score(shelf(), sells_good, now=NOW, cost=euros(3), sold=SoldCopy.ACCEPTABLE)
    assert (told.grade, told.sell_price) == (Grade.ACCEPTABLE, euros("4.80"))
    assert not told.has_flag(FlagCode.GRADE_ASSUMED)


@pytest.mark.parametrize("sold", SoldCopy)
def test_where_a_copy_comes_from_changes_nothing_for_who_sells_new(sold: SoldCopy) -> None:
    for cost in (None, euros(8)):
        plain = score(shelf(), Profile(), now=NOW, cost=cost)
        assert score(shelf(), Profile(), now=NOW, cost=cost, sold=sold) == plain


@settings(max_examples=200, deadline=None)
@given(any_facts(), st.sampled_from([None, *Grade]))
def test_an_untold_grade_is_the_profile_s_else_the_lowest_and_never_earns_more(
    product: ProductFacts, wanted: Grade | None
) -> None:
    profile = dataclasses.replace(USED, used_grade=wanted)
    cost = euros(3)
    untold = score(product, profile, now=NOW, cost=cost, sold=SoldCopy.UNKNOWN)
    told = {
        grade: score(product, profile, now=NOW, cost=cost, sold=SoldCopy(grade)) for grade in GRADES
    }
    same = told[wanted or GRADES[-1]]
    assert (untold.sell_price, untold.max_cost) == (same.sell_price, same.max_cost)
    if untold.sell_price is not None:
        assert untold.has_flag(FlagCode.GRADE_ASSUMED) is (wanted is None)
    prices = [answer.sell_price or 0 for answer in told.values()]
    assert prices == sorted(prices, reverse=True)


def test_a_better_copy_offered_cheaper_caps_what_ours_fetches() -> None:
    bargain = shelf(used_very_good=steady("7.10"))
    good = score(bargain, USED, now=NOW, cost=euros(3), sold=SoldCopy.GOOD)
    assert good.sell_price == euros("7.10")
    worse = shelf(used_acceptable=steady("30.00"))
    assert score(worse, USED, now=NOW, cost=euros(3), sold=SoldCopy.GOOD).sell_price == euros(
        "9.20"
    )


def test_a_used_buy_box_of_a_worse_grade_does_not_cap_a_better_copy() -> None:
    box = shelf(used_buy_box=steady("4.80"), used_buy_box_grade=Grade.ACCEPTABLE)
    assert score(box, USED, now=NOW, cost=euros(3), sold=SoldCopy.GOOD).sell_price == euros("9.20")


def test_without_anything_as_good_ours_fetches_what_the_best_worse_one_does() -> None:
    alone = shelf(used_like_new=NOTHING, used_buy_box=NOTHING, used_buy_box_grade=None)
    result = score(alone, USED, now=NOW, cost=euros(3), sold=SoldCopy.LIKE_NEW)
    assert result.sell_price == euros("9.20")


def test_a_grade_nobody_told_is_the_lowest_and_leaves_no_strong_buy() -> None:
    untold = french_book(used=steady("4.00"), used_buy_box=steady("22.00"))
    result = score(untold, USED, now=NOW)
    assert (result.grade, result.sell_price) == (Grade.ACCEPTABLE, euros("22.00"))
    assert result.has_flag(FlagCode.GRADE_ASSUMED)
    assert result.verdict is not Verdict.STRONG_BUY
    told = dataclasses.replace(USED, used_grade=Grade.GOOD)
    assert not score(untold, told, now=NOW, cost=euros(4)).has_flag(FlagCode.GRADE_ASSUMED)


def test_a_seller_of_good_copies_does_not_buy_a_worse_one() -> None:
    result = score(shelf(), dataclasses.replace(USED, used_grade=Grade.GOOD), now=NOW)
    assert (result.landed_cost, result.grade) == (euros("9.20"), Grade.GOOD)
    assert result.sell_price == euros("20.90")


def test_used_prices_say_nothing_of_a_new_copy_and_new_ones_nothing_of_a_used() -> None:
    only_used = shelf(buy_box=NOTHING, new_fba=NOTHING, new=NOTHING)
    assert score(only_used, Profile(), now=NOW).sell_price is None
    only_new = french_book(used=NOTHING, used_buy_box=NOTHING)
    assert score(only_new, USED, now=NOW).sell_price is None


def test_the_conservative_basis_takes_the_average_of_each_copy_on_offer() -> None:
    dear_today = shelf(used_good=PriceStats(euros("12.00"), avg90=euros("8.50")))
    assert score(dear_today, USED, now=NOW).sell_price == euros("8.50")
    today = dataclasses.replace(USED, price_basis=PriceBasis.CURRENT)
    assert score(dear_today, today, now=NOW).sell_price == euros("12.00")


def test_what_other_grades_fetched_does_not_vouch_for_ours() -> None:
    book = shelf()
    history = dataclasses.replace(
        book.measures,
        used=dataclasses.replace(book.measures.new, series=PriceSeries.BUY_BOX_USED),  # type: ignore[type-var]
    )
    result = score(dataclasses.replace(book, measures=history), USED, now=NOW)
    assert result.corridor is None
    assert result.share_profitable_90 is None


@settings(max_examples=200, deadline=None)
@given(any_facts(), st.sampled_from(PriceBasis), st.sampled_from((30, 90, 180, 365)))
def test_a_better_copy_never_lowers_and_a_worse_never_raises_the_price(
    product: ProductFacts, basis: PriceBasis, days: int
) -> None:
    prices = [used_price(product, grade, basis, days) for grade in GRADES]
    amounts = [price.amount for price in prices if price is not None]
    assert len(amounts) in (0, len(GRADES))  # known for all grades or for none
    assert amounts == sorted(amounts, reverse=True)


@settings(max_examples=200, deadline=None)
@given(any_facts())
def test_buying_a_worse_copy_of_the_listing_never_raises_the_price(product: ProductFacts) -> None:
    """Whichever copy is bought: what it then fetches falls with its grade."""
    prices = []
    for grade, series in zip(GRADES, SERIES, strict=True):
        if product.prices(series).current is not None:
            price = used_price(product, grade, PriceBasis.CONSERVATIVE, 90, bought={series})
            assert price is not None
            prices.append(price.amount)
    assert prices == sorted(prices, reverse=True)


SERIES = (
    PriceSeries.USED_LIKE_NEW,
    PriceSeries.USED_VERY_GOOD,
    PriceSeries.USED_GOOD,
    PriceSeries.USED_ACCEPTABLE,
)


@settings(max_examples=150, deadline=None)
@given(any_facts(), st.booleans())
def test_an_offer_as_dear_as_our_price_is_no_cost_to_reckon_with(
    product: ProductFacts, used: bool
) -> None:
    profile = Profile(condition=Condition.USED if used else Condition.NEW)
    result = score(product, profile, now=NOW)
    if result.cost_basis is CostBasis.LOWEST_OFFER:
        assert result.landed_cost is not None
        assert result.sell_price is not None
        assert result.landed_cost <= result.sell_price


def test_the_lowest_new_offer_above_our_price_leaves_the_cost_unknown() -> None:
    listing = french_book(
        buy_box=PriceStats(euros("24.90"), avg90=euros("19.00")), new=steady("22.00")
    )
    result = score(listing, Profile(), now=NOW)
    assert result.sell_price == euros("19.00")
    assert result.cost_basis is CostBasis.PRICE_FACTOR
    assert result.has_flag(FlagCode.COST_ASSUMED)


def test_the_shipped_profile_of_used_goods_buys_on_the_listing_under_the_margin_scheme() -> None:
    profile = SHIPPED["occasion"]
    result = score(shelf(used_good=steady("19.80")), profile, now=NOW)
    assert (result.condition, result.regime.value) == (Condition.USED, "margin")
    assert result.landed_cost == euros("4.80")
    assert result.verdict in (Verdict.BUY, Verdict.STRONG_BUY)
    assert result.fees is not None
    assert any(line.code.value == "vat_on_margin" for line in result.fees.lines)
    assert Decimal(0) < (result.profit or Decimal(0))


def test_a_lowest_price_below_every_grade_told_is_a_rival_of_an_unknown_copy() -> None:
    """Grades are looked at seldom: a copy at 5.39 today is not undone by a like-new one."""
    stale = french_book(
        used=steady("5.39"), used_like_new=steady("21.57"), used_buy_box=steady("24.00"),
        used_buy_box_grade=Grade.LIKE_NEW,
    )  # fmt: skip
    for sold, price in (
        (SoldCopy.UNKNOWN, "5.39"),
        (SoldCopy.ACCEPTABLE, "5.39"),
        (SoldCopy.GOOD, "21.57"),
        (SoldCopy.LIKE_NEW, "21.57"),
    ):
        ours = score(stale, SHIPPED["occasion"], now=NOW, cost=Decimal(2), sold=sold)
        assert ours.sell_price == Decimal(price)
    bought_there = score(stale, SHIPPED["occasion"], now=NOW)
    assert bought_there.landed_cost != Decimal("5.39")
