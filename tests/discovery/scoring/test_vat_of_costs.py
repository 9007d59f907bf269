"""A cost without VAT and the same cost with it are one cost: one ROI, one verdict, one figure."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from discovery.scoring import ProductFacts, Profile, Score, VatBasis, VatRegime, score
from tests.discovery.scoring.factories import (
    CENT,
    NOW,
    american,
    any_facts,
    any_profile,
    cents,
    euros,
    facts,
    french_book,
)

quick = settings(max_examples=80, deadline=None)
WITHOUT, WITH = VatBasis.EXCLUDED, VatBasis.INCLUDED


def answer_of(found: Score) -> dict[str, Any]:
    """Everything a score says, but for how its cost was stated and by whom."""
    stated = ("cost_given", "cost_vat", "profile_fingerprint")
    return {name: getattr(found, name) for name in Score.__slots__ if name not in stated}


@quick
@given(any_facts(), any_profile(), cents(1, 20_000))
def test_stated_either_way_a_cost_gives_one_answer(
    product: ProductFacts, profile: Profile, cost: Decimal
) -> None:
    without = score(product, profile, now=NOW, cost=cost, cost_vat=WITHOUT)
    rate = without.purchase_vat_percent or Decimal(0)
    paid = cost * (1 + rate / 100)
    with_vat = score(product, profile, now=NOW, cost=paid, cost_vat=WITH)
    assert answer_of(without) == answer_of(with_vat)


@quick
@given(any_facts(), any_profile(), cents(1, 20_000))
def test_the_profile_says_what_nobody_else_does(
    product: ProductFacts, profile: Profile, cost: Decimal
) -> None:
    for basis in VatBasis:
        usual = replace(profile, cost_vat=basis, overrides=())
        unsaid = score(product, usual, now=NOW, cost=cost)
        assert unsaid == score(product, usual, now=NOW, cost=cost, cost_vat=basis)


@quick
@given(any_facts(), any_profile())
def test_the_maximum_without_vat_is_never_above_the_maximum(
    product: ProductFacts, profile: Profile
) -> None:
    found = score(product, profile, now=NOW, cost_vat=WITHOUT)
    if found.max_cost_without_vat is None:
        assert found.purchase_vat_percent is None or found.max_cost is None
        return
    assert found.max_cost is not None
    assert found.purchase_vat_percent is not None
    more = 1 + found.purchase_vat_percent / 100
    assert found.max_cost_without_vat * more <= found.max_cost
    assert (found.max_cost_without_vat + CENT) * more > found.max_cost


@pytest.mark.parametrize("regime", list(VatRegime))
@pytest.mark.parametrize("cost", ["8.43", "7.77", "0.31", "6.0083"])
@pytest.mark.parametrize("basis", list(VatBasis))
def test_what_is_shown_adds_up_to_the_price(regime: VatRegime, cost: str, basis: VatBasis) -> None:
    """The line of the purchase is the cost as every page rounds it; recovered VAT comes back."""
    profile = Profile(regime=regime)
    for product in (facts(), french_book()):
        found = score(product, profile, now=NOW, cost=Decimal(cost), cost_vat=basis)
        assert found.landed_cost is not None
        assert found.profit is not None
        assert found.fees is not None
        shown = found.landed_cost.quantize(CENT, ROUND_HALF_UP)
        back = (found.recovered_vat or Decimal(0)).quantize(CENT, ROUND_HALF_UP)
        assert (back > 0) is (regime is VatRegime.REEL)
        assert found.fees.total + shown - back + found.profit == found.sell_price


def test_a_book_at_ten_euros_without_vat_is_paid_ten_fifty_five() -> None:
    for regime in VatRegime:
        found = score(
            french_book(), Profile(regime=regime), now=NOW, cost=euros(10), cost_vat=WITHOUT
        )
        assert found.landed_cost == Decimal("10.55")
        assert found.cost_without_vat == euros(10)
        assert found.purchase_vat_percent == Decimal("5.5")
    registered = score(
        french_book(), Profile(regime=VatRegime.REEL), now=NOW, cost=euros(10), cost_vat=WITHOUT
    )
    assert (registered.landed_cost_net, registered.recovered_vat) == (euros(10), Decimal("0.55"))


def test_where_there_is_no_vat_nothing_is_grossed_up_nor_said() -> None:
    for basis in VatBasis:
        found = score(american(), Profile(), now=NOW, cost=euros(10), cost_vat=basis)
        assert found.landed_cost == euros(10)
        assert found.cost_without_vat is None
        assert found.max_cost_without_vat is None
        assert found.purchase_vat_percent is None
