"""A product without a known cost is to be sourced at a price, or skipped for a reason it names."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from discovery.scoring import (
    SHIPPED,
    Condition,
    CostBasis,
    FlagCode,
    PriceStats,
    ProductFacts,
    Profile,
    ReasonCode,
    Score,
    ShownVerdict,
    VatRegime,
    Verdict,
    score,
)
from discovery.scoring.codes import (
    CostMethod,
)
from discovery.scoring.verdict import RANK, SHOWN_RANK
from tests.discovery.scoring.codecs import score_from_json, score_to_json
from tests.discovery.scoring.factories import (
    NOW,
    any_facts,
    any_product,
    euros,
    facts,
    french_book,
    seen,
    steady,
)
from tests.discovery.scoring.test_max_cost import is_buy, variants
from tests.discovery.scoring.test_reach import measured

OF_AN_ASSUMED_COST = {
    ReasonCode.ROI_MET,
    ReasonCode.ROI_MISSED,
    ReasonCode.PROFIT_MET,
    ReasonCode.PROFIT_MISSED,
    ReasonCode.MARGIN_MET,
    ReasonCode.MARGIN_MISSED,
    ReasonCode.LOSES_MONEY,
    ReasonCode.OFTEN_PROFITABLE,
}
OF_A_SKIP = {
    ReasonCode.UNREALISTIC_COST,
    ReasonCode.NO_COST_PAYS,
    ReasonCode.VELOCITY_MISSED,
    ReasonCode.CONFIDENCE_MISSED,
    ReasonCode.CAPPED,
}


def unknown_cost(**changes: Any) -> ProductFacts:
    """The healthy article at 30 €, offered nowhere but at the price we would sell it for."""
    return facts(**({"new": steady("30.00")} | changes))


def alone(**changes: Any) -> Profile:
    """A profile that reads no cost from anywhere."""
    return Profile(**({"cost_method": CostMethod.PRICE_FACTOR} | changes))


def against(answer: Score) -> set[ReasonCode]:
    return {reason.code for reason in answer.reasons if not reason.supports}


def at_price(amount: str) -> ProductFacts:
    minor = int(Decimal(amount) * 100)
    price = steady(amount)
    return unknown_cost(buy_box=price, new_fba=price, new=price, measures=measured(new=seen(minor)))


def test_a_sound_product_nobody_has_a_price_for_is_to_be_sourced() -> None:
    answer = score(unknown_cost(), Profile(), now=NOW)
    assert answer.cost_basis is CostBasis.PRICE_FACTOR
    assert answer.verdict is Verdict.CONSIDER
    assert answer.sourcing
    assert answer.shown_verdict is ShownVerdict.SOURCING
    assert answer.buy_forbidden_by == ()
    [wanted] = [reason for reason in answer.reasons if reason.code is ReasonCode.TO_SOURCE]
    assert answer.max_cost is not None
    assert wanted.params["amount"] == f"{answer.max_cost:f}"
    bought = score(unknown_cost(), Profile(), now=NOW, cost=answer.max_cost)
    assert bought.verdict is Verdict.BUY
    assert not bought.sourcing


def test_the_assumed_roi_of_a_cheap_article_does_not_condemn_it() -> None:
    """At half of its price this one loses money; at a sixth of it, it would be a Buy."""
    answer = score(at_price("14.00"), Profile(), now=NOW)
    assert answer.profit is not None
    assert answer.profit < 0
    assert answer.sourcing
    assert answer.max_cost is not None
    assert Decimal("1.40") <= answer.max_cost < Decimal("3.50")
    assert answer.profit_at_max_cost is not None
    assert answer.profit_at_max_cost >= Profile().min_profit


def test_what_nobody_would_sell_at_the_price_it_takes_is_skipped_and_says_so() -> None:
    dear = score(at_price("14.00"), Profile(sourcing_least_cost_percent=Decimal(40)), now=NOW)
    assert dear.verdict is Verdict.SKIP
    assert not dear.sourcing
    assert dear.max_cost is not None
    [reason] = [reason for reason in dear.reasons if not reason.supports]
    assert reason.code is ReasonCode.UNREALISTIC_COST
    assert reason.params == {"amount": f"{dear.max_cost:f}", "price": "14.00"}

    hopeless = score(at_price("9.00"), Profile(), now=NOW)
    assert hopeless.max_cost == 0
    assert hopeless.verdict is Verdict.SKIP
    assert against(hopeless) == {ReasonCode.NO_COST_PAYS}
    assert hopeless.rank_score == 0
    assert hopeless.profit_at_max_cost is None


@pytest.mark.parametrize(
    ("product", "reason"),
    [
        ({"rank_drops_30": 0, "rank_drops_90": 1, "rank_drops_180": 2}, "velocity_missed"),
        ({"is_variation_parent": True}, "capped"),
        ({"product_type": 2}, "capped"),
    ],
    ids=["too slow", "a family", "a download"],
)
def test_a_realistic_price_does_not_save_what_something_else_forbids(
    product: dict[str, Any], reason: str
) -> None:
    answer = score(unknown_cost(**product), Profile(), now=NOW)
    assert answer.verdict is Verdict.SKIP
    assert answer.max_cost is not None
    assert answer.max_cost > 10
    assert against(answer) == {ReasonCode(reason)}


def test_one_may_skip_whatever_has_no_known_cost() -> None:
    answer = score(unknown_cost(), Profile(cap_cost_assumed=Verdict.SKIP), now=NOW)
    assert answer.verdict is Verdict.SKIP
    [reason] = [reason for reason in answer.reasons if not reason.supports]
    assert reason.params == {"flag": "cost_assumed", "verdict": "SKIP"}


def test_where_a_flag_forbids_the_buy_at_any_price_it_is_still_looked_for_and_says_so() -> None:
    answer = score(unknown_cost(is_hazmat=True), Profile(), now=NOW)
    assert answer.sourcing
    assert answer.buy_forbidden_by == (FlagCode.HAZMAT,)
    assert ReasonCode.CAPPED in against(answer)
    assert answer.max_cost is not None
    there = score(unknown_cost(is_hazmat=True), Profile(), now=NOW, cost=answer.max_cost)
    assert there.verdict is Verdict.CONSIDER


def test_a_known_cost_is_never_to_be_sourced() -> None:
    given_cost = score(facts(), Profile(), now=NOW, cost=euros("14.00"))
    assert given_cost.verdict is Verdict.CONSIDER
    assert given_cost.shown_verdict is ShownVerdict.CONSIDER
    offered = score(facts(lowest_fbm_new=euros(14)), Profile(), now=NOW)
    assert offered.cost_basis is CostBasis.LOWEST_OFFER
    assert not offered.sourcing
    assert offered.profit_at_max_cost is None


def test_an_offer_nobody_would_buy_at_is_no_known_cost() -> None:
    """A cent under our price or a cent over it, such an offer says nothing of other sources."""
    without = score(unknown_cost(), Profile(), now=NOW)
    assert without.sourcing
    for offer in ("30.01", "29.99", "25.00"):
        dear = score(unknown_cost(lowest_fbm_new=euros(offer)), Profile(), now=NOW)
        assert dear == without
    assert without.max_cost is not None
    worth_it = score(unknown_cost(lowest_fbm_new=without.max_cost), Profile(), now=NOW)
    assert worth_it.cost_basis is CostBasis.LOWEST_OFFER
    assert is_buy(worth_it)
    # What somebody says he pays is his cost, whatever it loses.
    given_cost = score(unknown_cost(), Profile(), now=NOW, cost=euros("25.00"))
    assert given_cost.verdict is Verdict.SKIP
    assert ReasonCode.LOSES_MONEY in against(given_cost)


def test_the_ranking_goes_by_the_profit_a_month_at_the_price_to_look_for() -> None:
    dear, cheap = (
        score(at_price("60.00"), alone(), now=NOW),
        score(at_price("40.00"), alone(), now=NOW),
    )
    for answer in (dear, cheap):  # the whole cent below the target leaves a hair more
        assert answer.roi_at_max_cost is not None
        assert 30 <= answer.roi_at_max_cost < Decimal("30.1")
    assert dear.rank_score > cheap.rank_score
    slow = {"rank_drops_30": 10, "rank_drops_90": 30, "rank_drops_180": 60}
    slower = score(unknown_cost(**slow), alone(), now=NOW)
    assert slower.sourcing
    assert slower.rank_score < score(unknown_cost(), alone(), now=NOW).rank_score


def test_the_order_of_what_is_shown_holds_the_order_of_verdicts() -> None:
    shown = sorted(ShownVerdict, key=lambda verdict: -SHOWN_RANK[verdict])
    assert [str(v) for v in shown] == ["STRONG_BUY", "BUY", "SOURCING", "CONSIDER", "SKIP"]
    verdicts = sorted(Verdict, key=lambda verdict: -RANK[verdict])
    assert [str(v) for v in shown if v != "SOURCING"] == [str(v) for v in verdicts]


@pytest.mark.parametrize("slug", SHIPPED)
def test_every_shown_verdict_occurs_among_generated_products(slug: str) -> None:
    found = {score(any_product(seed), SHIPPED[slug], now=NOW).shown_verdict for seed in range(400)}
    shelf = facts(used_good=steady(30), used_acceptable=steady(12), count_used=1)
    found |= {
        score(shelf, SHIPPED[slug], now=NOW, cost=euros(cost)).shown_verdict
        for cost in range(4, 30, 2)
    }
    assert found == set(ShownVerdict)


@settings(max_examples=300, deadline=None)
@given(any_facts(), variants())
def test_what_holds_for_every_unknown_cost(product: ProductFacts, profile: Profile) -> None:
    profile = dataclasses.replace(profile, cost_method=CostMethod.PRICE_FACTOR)
    answer = score(product, profile, now=NOW)
    if answer.sell_price is None:
        return
    assert answer.hypothetical
    assert answer.verdict in {Verdict.CONSIDER, Verdict.SKIP}
    assert answer.sourcing == (answer.verdict is Verdict.CONSIDER)
    assert not OF_AN_ASSUMED_COST & {reason.code for reason in answer.reasons}
    if not answer.sourcing:
        assert OF_A_SKIP & against(answer)
        return
    most = answer.max_cost
    assert most is not None
    assert most >= answer.sell_price * profile.sourcing_least_cost_percent / 100
    there = score(product, profile, now=NOW, cost=most)
    assert RANK[there.verdict] >= RANK[Verdict.CONSIDER]
    assert is_buy(there) == (not answer.buy_forbidden_by)
    assert there.profit == answer.profit_at_max_cost
    assert there.roi_percent == answer.roi_at_max_cost
    assert answer.rank_score >= 0


@settings(max_examples=100, deadline=None)
@given(any_facts(), variants())
def test_the_share_assumed_changes_neither_verdict_nor_reasons_nor_rank(
    product: ProductFacts, profile: Profile
) -> None:
    low, high = (
        score(
            product,
            dataclasses.replace(
                profile, cost_method=CostMethod.PRICE_FACTOR, price_factor_percent=Decimal(share)
            ),
            now=NOW,
        )
        for share in (5, 95)
    )
    for name in ("verdict", "reasons", "rank_score", "max_cost", "profit_at_max_cost"):
        assert getattr(low, name) == getattr(high, name)


@pytest.mark.parametrize("regime", VatRegime)
@pytest.mark.parametrize("condition", Condition)
def test_it_is_found_under_every_regime_and_condition(
    regime: VatRegime, condition: Condition
) -> None:
    book = french_book(used=PriceStats(), used_buy_box=steady("24.90"), count_used=2)
    profile = alone(regime=regime, condition=condition)
    answer = score(book, profile, now=NOW)
    assert answer.sourcing
    assert answer.profit_at_max_cost is not None
    assert answer.profit_at_max_cost > 0


def test_scores_stored_before_still_read_and_say_the_same() -> None:
    answer = score(unknown_cost(), Profile(), now=NOW)
    stored = score_to_json(answer)
    assert score_from_json(stored) == answer
    for name in ("profit_at_max_cost", "roi_at_max_cost"):
        del stored[name]
    former = score_from_json(stored)
    assert former.sourcing
    assert former.profit_at_max_cost is None
