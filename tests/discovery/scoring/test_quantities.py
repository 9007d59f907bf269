"""What sells of a purchase in the time it is given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.scoring.quantities import SELL_WITHIN, fewer_than, sellable_in


@pytest.mark.parametrize(
    ("days", "sales", "units"),
    [(60, 4.0, 8), (60, 4.4, 8), (30, 4.0, 4), (60, 0.2, 1), (60, 0.0, 1), (60, None, None)],
)
def test_units_that_sell_are_whole_and_at_least_one(
    days: int, sales: float | None, units: int | None
) -> None:
    assert sellable_in(days, sales) == units


def test_only_a_quantity_beyond_sixty_days_of_sales_is_worth_a_word() -> None:
    assert fewer_than(50, 4.0) == 8
    assert fewer_than(8, 4.0) is None
    assert fewer_than(None, 4.0) is None
    assert fewer_than(50, None) is None


@given(st.integers(1, 5_000), st.floats(0, 2_000))
def test_a_word_is_said_exactly_beyond_what_sells_in_time(quantity: int, sales: float) -> None:
    sold, soon = sellable_in(SELL_WITHIN, sales), sellable_in(SELL_WITHIN // 2, sales)
    assert sold is not None
    assert soon is not None
    assert 1 <= soon <= sold
    assert fewer_than(quantity, sales) == (sold if quantity > sold else None)
