"""Verify before buying: every rule has a direction, and every outcome can be reached."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.scoring import EQUILIBRE, Condition, PriceStats, ProductFacts, profit_at, score
from discovery.scoring.live_check import FindingCode, LiveCheckResult, Outcome, live_check
from tests.discovery.builders import NOW, facts, prices

COST = Decimal("8.00")
# A long, calm history: nothing but what a test changes caps the verdict.
CALM = replace(EQUILIBRE, cap_few_data=None, cap_sales_unknown=None)


def again(known: ProductFacts, cost: Decimal | None = COST, **changes: Any) -> LiveCheckResult:
    fresh = replace(known, **changes)
    before = score(known, CALM, now=NOW, cost=cost)
    after = score(fresh, CALM, now=NOW, cost=cost)
    return live_check(before, after, known=known, fresh=fresh)


def codes(found: LiveCheckResult, *, better: bool | None) -> set[FindingCode]:
    return {finding.code for finding in found.findings if finding.better is better}


def test_the_same_market_is_ok_and_says_that_nothing_moved() -> None:
    found = again(facts())
    assert found.outcome is Outcome.OK
    assert [finding.code for finding in found.findings] == [FindingCode.UNCHANGED]


def test_a_higher_price_and_a_better_rank_are_never_held_against_it() -> None:
    found = again(facts(), buy_box=prices("36.00"), bsr=6_000)
    assert found.outcome is Outcome.OK
    assert {FindingCode.PRICE, FindingCode.RANK} <= codes(found, better=True)
    assert codes(found, better=False) == set()


def test_more_sellers_or_a_little_less_money_is_a_change_to_look_at() -> None:
    assert again(facts(), count_new_fba=5).outcome is Outcome.CHANGED
    found = again(facts(), buy_box=prices("28.50"))
    assert found.outcome is Outcome.CHANGED
    assert FindingCode.PRICE in codes(found, better=False)


def test_a_price_that_no_longer_pays_for_the_cost_is_to_be_avoided() -> None:
    found = again(facts(), buy_box=prices("16.00"))
    assert found.outcome is Outcome.AVOID
    assert FindingCode.VERDICT in codes(found, better=False)
    assert FindingCode.ABOVE_MAX_COST in codes(found, better=False)


def test_nobody_selling_it_is_to_be_avoided() -> None:
    none = PriceStats()
    found = again(facts(), buy_box=none, new_fba=none, new=none, lowest_fbm_new=None)
    assert found.outcome is Outcome.AVOID
    assert FindingCode.NO_OFFER in codes(found, better=False)


def test_what_was_not_worth_it_and_still_is_not_is_said_plainly() -> None:
    found = again(facts(), cost=Decimal("40.00"))
    assert found.outcome is Outcome.AVOID
    assert FindingCode.NOT_WORTH_IT in codes(found, better=False)


def test_amazon_coming_in_is_a_new_risk_and_its_leaving_a_better_one() -> None:
    found = again(facts(), amazon=prices("29.00"), amazon_availability=0)
    assert FindingCode.FLAG in codes(found, better=False)
    back = again(
        facts(amazon=prices("29.00"), amazon_availability=0),
        amazon=PriceStats(),
        amazon_availability=-1,
    )
    assert FindingCode.FLAG in codes(back, better=True)


@given(rise=st.integers(0, 300), better_rank=st.integers(1, 12_000))
def test_only_good_news_is_never_to_be_avoided(rise: int, better_rank: int) -> None:
    known = facts()
    dearer = prices(str(Decimal("30.00") + Decimal(rise) / 10))
    # The averages follow, or a rise would be a spike: a risk by itself.
    found = again(known, buy_box=dearer, new_fba=dearer, bsr=better_rank)
    assert codes(found, better=False) <= {FindingCode.FLAG}
    assert found.outcome is not Outcome.AVOID


@pytest.mark.parametrize("price", ["12.00", "19.99", "30.00", "64.00"])
def test_the_profit_at_the_expected_price_is_the_scores_own(price: str) -> None:
    product = facts(buy_box=prices(price), new_fba=prices(price))
    whole = score(product, CALM, now=NOW, cost=COST)
    assert whole.sell_price is not None
    again_ = profit_at(product, CALM, price=whole.sell_price, cost=COST, now=NOW)
    assert again_ == whole.profit


def test_a_cost_above_the_maximum_is_never_ok_even_when_nothing_moved() -> None:
    dear = again(facts(), cost=Decimal("23.00"))
    assert FindingCode.ABOVE_MAX_COST in codes(dear, better=False)
    assert dear.outcome is Outcome.AVOID


def test_only_a_buy_is_ok() -> None:
    found = again(facts(), cost=None, lowest_fbm_new=None, new=prices("30.00"))
    assert found.outcome is not Outcome.OK


def test_a_price_read_from_another_series_has_not_moved() -> None:
    unread = facts(buy_box=PriceStats(), new_fba=prices("32.00"))
    found = again(unread, buy_box=prices("30.00"))
    assert FindingCode.PRICE not in {finding.code for finding in found.findings}


def test_new_sellers_are_nothing_to_who_sells_used_copies() -> None:
    used = replace(CALM, condition=Condition.USED)
    known = facts(used=prices("20.00"), used_buy_box=prices("20.00"), count_used=4)
    fresh = replace(known, count_new_fba=30)
    found = live_check(
        score(known, used, now=NOW, cost=COST),
        score(fresh, used, now=NOW, cost=COST),
        known=known,
        fresh=fresh,
    )
    assert FindingCode.SELLERS not in {finding.code for finding in found.findings}
