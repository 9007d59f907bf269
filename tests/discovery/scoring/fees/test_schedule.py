"""Exact algebra on fee bands, checked against asking every cent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.scoring import ProductFacts, VatRegime
from discovery.scoring.categories import fee_category
from discovery.scoring.fees.calculator import fee_calculator
from discovery.scoring.fees.schedule import Schedule
from tests.discovery.scoring.factories import (
    FR_HOME,
    NOW,
    american,
    any_product,
    bare,
    euros,
    facts,
)

quick = settings(max_examples=40, deadline=None)


def schedule_of(product: ProductFacts, regime: VatRegime = VatRegime.REEL) -> Schedule:
    calculator = fee_calculator(
        bare(regime=regime), product.marketplace, fee_category(product), NOW.date()
    )
    return calculator.fees_of(product).schedule


def by_trying(schedule: Schedule, needed: Decimal, upto: int) -> list[Decimal]:
    prices = (Decimal(minor) / 100 for minor in range(1, upto))
    return [price for price in prices if schedule.left_at(price) >= needed]


@quick
@given(st.integers(0, 10_000), st.integers(-200, 2500))
def test_the_lowest_paying_price_is_the_one_found_cent_by_cent(seed: int, needed: int) -> None:
    schedule = schedule_of(any_product(seed))
    wanted = Decimal(needed) / 100
    tried = by_trying(schedule, wanted, 4000)
    found = schedule.lowest_price(wanted)
    if tried:
        assert found == tried[0]
    else:
        assert found is None or found >= 40


@quick
@given(st.integers(0, 10_000), st.integers(-200, 2500))
def test_the_ranges_of_paying_prices_hold_them_all_and_no_other(seed: int, needed: int) -> None:
    schedule = schedule_of(any_product(seed))
    wanted = Decimal(needed) / 100
    ranges = list(schedule.prices_leaving(wanted))
    held = [
        Decimal(minor) / 100
        for minor in range(1, 3000)
        if any(low <= Decimal(minor) / 100 <= (high or 10**6) for low, high in ranges)
    ]
    assert held == by_trying(schedule, wanted, 3000)


def test_a_price_may_pay_below_a_band_and_again_only_well_above_it() -> None:
    schedule = schedule_of(facts(root_category=FR_HOME))
    needed = schedule.left_at(euros("19.50"))
    ranges = list(schedule.prices_leaving(needed))
    assert ranges[0] == (euros("19.50"), euros("20.00"))
    assert ranges[1][0] > euros("21.00")


@pytest.mark.parametrize(
    ("price", "fee"), [("9.99", "3.38"), ("10.00", "4.20"), ("50.00", "4.20"), ("50.01", "4.46")]
)
def test_american_fulfilment_has_its_three_price_bands(price: str, fee: str) -> None:
    assert schedule_of(american()).piece_at(euros(price)).fba == Decimal(fee)
