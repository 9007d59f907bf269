"""Like is compared with like: the cost of all the units that a listing sells at once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from discovery.scoring import FlagCode, ProductFacts, Profile, Score, VatBasis, Verdict, score
from tests.discovery.scoring.factories import NOW, euros, facts

LOT: ProductFacts = facts(pack_size=12)


def bought(product: ProductFacts = LOT, **given: Any) -> Score:
    return score(product, Profile(), now=NOW, **given)


def test_the_cost_of_one_unit_is_multiplied_by_the_lot() -> None:
    answer = bought(cost=Decimal("0.60"), cost_units=1)
    assert answer.landed_cost == Decimal("7.20")
    assert (answer.cost_given, answer.pack_size, answer.cost_units) == (Decimal("0.60"), 12, 1)
    whole = bought(cost=Decimal("7.20"), cost_units=12)
    assert (answer.profit, answer.roi_percent) == (whole.profit, whole.roi_percent)
    assert answer.verdict is whole.verdict is Verdict.STRONG_BUY


def test_a_cost_without_vat_is_multiplied_and_grossed_up_once() -> None:
    answer = bought(cost=Decimal("0.50"), cost_units=1, cost_vat=VatBasis.EXCLUDED)
    assert answer.landed_cost == Decimal("7.20")


def test_a_cost_of_which_nobody_says_what_it_is_for_is_never_a_buy() -> None:
    answer = bought(cost=Decimal("0.60"))
    assert answer.landed_cost == Decimal("0.60")
    assert answer.has_flag(FlagCode.PACK)
    assert answer.has_flag(FlagCode.PACK_COST)
    assert answer.verdict is Verdict.CONSIDER
    assert FlagCode.PACK_COST in answer.buy_forbidden_by


def test_a_lot_bought_on_its_own_listing_needs_no_question() -> None:
    on_the_listing = replace(LOT, lowest_fbm_new=euros(8))
    answer = bought(on_the_listing)
    assert answer.landed_cost == euros(8)
    assert answer.has_flag(FlagCode.PACK)
    assert not answer.has_flag(FlagCode.PACK_COST)


def test_a_single_unit_raises_no_flag() -> None:
    for size in (None, 1):
        answer = bought(facts(pack_size=size), cost=euros(8))
        assert not answer.has_flag(FlagCode.PACK)
        assert not answer.has_flag(FlagCode.PACK_COST)


def test_counts_that_disagree_leave_only_a_cost_for_the_whole_lot_certain() -> None:
    doubtful = facts(pack_size=6, pack_size_other=12)
    for cost_units, is_open in ((None, True), (1, True), (6, False)):
        answer = bought(doubtful, cost=euros(1), cost_units=cost_units)
        assert answer.has_flag(FlagCode.PACK_COST) is is_open
    [pack] = [flag for flag in answer.flags if flag.code is FlagCode.PACK]
    assert pack.params == {"units": "6", "other": "12"}


def test_the_maximum_is_for_the_whole_lot() -> None:
    assert bought(cost=Decimal("0.60"), cost_units=1).max_cost == bought().max_cost
