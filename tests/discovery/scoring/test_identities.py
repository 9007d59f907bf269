"""What must hold for every product, profile and price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from discovery.scoring import (
    ChangeCode,
    CostBasis,
    FlagCode,
    ProductFacts,
    Profile,
    ReasonCode,
    Verdict,
    score,
)
from discovery.scoring.codes import (
    FloorJoin,
)
from discovery.scoring.inputs import (
    Measures,
)
from discovery.scoring.verdict import RANK
from tests.discovery.scoring.factories import (
    CENT,
    NOW,
    any_facts,
    any_profile,
    bare,
    cents,
    facts,
    steady,
)

COSTS = st.none() | cents(1, 20_000)
quick = settings(max_examples=120, deadline=None)


@quick
@given(any_facts(), any_profile(), COSTS)
def test_price_is_fees_plus_cost_plus_profit(
    product: ProductFacts, profile: Profile, cost: Decimal | None
) -> None:
    result = score(product, profile, now=NOW, cost=cost)
    if result.fees is None:
        assert result.verdict is Verdict.SKIP
        return
    assert result.profit is not None
    assert result.landed_cost_net is not None
    lines = sum(line.amount for line in result.fees.lines)
    assert lines + result.landed_cost_net + result.profit == result.sell_price
    assert result.net_proceeds == result.landed_cost_net + result.profit
    assert result.fees.total == result.fees.amazon + result.fees.own + result.fees.vat == lines


@quick
@given(any_facts(), any_profile(), COSTS)
def test_nothing_is_bought_at_a_loss_or_for_nothing(
    product: ProductFacts, profile: Profile, cost: Decimal | None
) -> None:
    result = score(product, profile, now=NOW, cost=cost)
    if result.verdict in (Verdict.BUY, Verdict.STRONG_BUY):
        assert result.roi_percent is not None
        assert result.roi_percent > 0
        assert result.profit is not None
        assert result.profit > 0
        assert not result.hypothetical
    for flag in result.flags:
        assert flag.cap is None or RANK[result.verdict] <= RANK[flag.cap]


@quick
@given(any_facts(), any_profile())
def test_an_assumed_cost_is_labelled_and_never_earns_a_buy(
    product: ProductFacts, profile: Profile
) -> None:
    result = score(product, profile, now=NOW)
    assumed = result.cost_basis is CostBasis.PRICE_FACTOR
    assert result.hypothetical is assumed
    assert result.has_flag(FlagCode.COST_ASSUMED) is assumed
    if assumed:
        assert result.verdict in (Verdict.CONSIDER, Verdict.SKIP)
        assert result.max_cost is not None


# A price divided by 1.2 has no end: of 28 digits, the last may be wrong.
ROUNDING = Decimal("1E-20")


@quick
@given(any_facts(), any_profile(), cents(1, 20_000))
def test_break_even_is_the_lowest_price_that_loses_nothing(
    product: ProductFacts, profile: Profile, cost: Decimal
) -> None:
    result = score(product, profile, now=NOW, cost=cost)
    even = result.break_even
    assume(even is not None)
    assert even is not None
    at = sold_at(product, profile, even, cost)
    assert -ROUNDING <= at < CENT
    below = sold_at(product, profile, even - CENT, cost)
    assert below < 0 or even == CENT


def sold_at(product: ProductFacts, profile: Profile, price: Any, cost: Decimal) -> Decimal:
    """The exact profit of a sale at another price, all else equal."""
    from discovery.scoring.categories import fee_category
    from discovery.scoring.fees.breakdown import own_costs
    from discovery.scoring.fees.calculator import fee_calculator
    from discovery.scoring.velocity import VelocityModel

    calculator = fee_calculator(profile, product.marketplace, fee_category(product), NOW.date())
    fees = calculator.fees_of(product)
    days = VelocityModel(profile, product.marketplace).of(product).days_to_sell
    own = own_costs(product, calculator, tier=fees.fulfilment.tier, days_to_sell=days)
    left = fees.schedule.left_at(price) - calculator.vat.on_costs * own.total
    return calculator.vat.profit(before_cost=left, price=price, cost=cost)


@quick
@given(any_facts(), st.integers(1, 150))
def test_roi_at_the_maximum_price_is_the_target_to_the_cent(
    product: ProductFacts, target: int
) -> None:
    profile = bare(
        consider_roi_percent=Decimal(0),
        roi_target_percent=Decimal(target),
        strong_roi_percent=Decimal(500),
        cap_rarely_profitable=None,  # or the share of profitable days may ask for less
    )
    most = score(product, profile, now=NOW).max_cost
    assume(most is not None and most * target >= 2)  # below, the floor of one cent of profit binds
    assert most is not None
    there = score(product, profile, now=NOW, cost=most)
    assert there.roi_percent is not None
    assert there.profit is not None
    assert there.landed_cost_net is not None
    assert there.roi_percent >= target
    wanted = there.landed_cost_net * target / 100
    # One cent more of cost changes profit and its target by less than 1 + target cents.
    assert 0 <= there.profit - wanted + CENT <= CENT * (3 + Decimal(target) / 100)
    above = score(product, profile, now=NOW, cost=most + CENT)
    assert above.roi_percent is not None
    assert above.roi_percent <= target


@quick
@given(any_facts(), any_profile(), COSTS)
def test_the_cost_said_to_earn_a_verdict_earns_it(
    product: ProductFacts, profile: Profile, cost: Decimal | None
) -> None:
    result = score(product, profile, now=NOW, cost=cost)
    for change in result.what_would_change:
        if change.code in (ChangeCode.COST_AT_MOST, ChangeCode.HOLDS_UP_TO_COST):
            amount = Decimal(change.params["amount"])
            wanted = Verdict(change.params["verdict"])
            there = score(product, profile, now=NOW, cost=amount)
            assert RANK[there.verdict] >= RANK[wanted]


@quick
@given(any_facts(), any_profile(), cents(100, 5_000), cents(0, 5_000))
def test_paying_more_never_improves_anything(
    product: ProductFacts, profile: Profile, cost: Decimal, more: Decimal
) -> None:
    cheap = score(product, profile, now=NOW, cost=cost)
    dear = score(product, profile, now=NOW, cost=cost + more)
    if cheap.profit is None or dear.profit is None:
        return
    assert dear.profit <= cheap.profit
    if cheap.profit > 0:  # a loss is a smaller share of a larger cost
        assert dear.roi_percent <= cheap.roi_percent  # type: ignore[operator]
    assert RANK[dear.verdict] <= RANK[cheap.verdict]
    assert (dear.share_profitable_90 or 0) <= (cheap.share_profitable_90 or 0)
    assert dear.max_cost == cheap.max_cost


@quick
@given(any_facts(), cents(100, 20_000))
def test_a_profitable_verdict_meets_every_floor_it_names(
    product: ProductFacts, cost: Decimal
) -> None:
    profile = Profile(floors_join=FloorJoin.AND)
    result = score(product, profile, now=NOW, cost=cost)
    if result.verdict is Verdict.BUY:
        assert result.roi_percent >= profile.roi_target_percent  # type: ignore[operator]
        assert result.profit >= profile.min_profit - CENT  # type: ignore[operator]
        assert result.max_cost >= cost  # type: ignore[operator]


def test_either_floor_is_enough_when_they_are_joined_by_or() -> None:
    dear = facts(buy_box=steady("200.00"), measures=Measures(history_days=400))
    cost = Decimal("130.00")  # a fine profit in euros, a poor ROI
    strict = score(dear, Profile(floors_join=FloorJoin.AND), now=NOW, cost=cost)
    lenient = score(dear, Profile(floors_join=FloorJoin.OR), now=NOW, cost=cost)
    assert strict.verdict in (Verdict.CONSIDER, Verdict.SKIP)
    assert lenient.verdict in (Verdict.BUY, Verdict.STRONG_BUY)
    assert lenient.max_cost > strict.max_cost  # type: ignore[operator]


@quick
@given(any_facts(), any_profile(), COSTS)
def test_the_reason_names_the_profit_of_the_account_unless_that_would_change_its_sense(
    product: ProductFacts, profile: Profile, cost: Decimal | None
) -> None:
    result = score(product, profile, now=NOW, cost=cost)
    for reason in result.reasons:
        if reason.code in {ReasonCode.PROFIT_MET, ReasonCode.PROFIT_MISSED}:
            actual, needed = Decimal(reason.params["actual"]), Decimal(reason.params["needed"])
            assert actual == result.profit or (result.profit == needed) is not reason.supports
