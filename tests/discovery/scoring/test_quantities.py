"""What sells of a purchase in the time it is given."""

from __future__ import annotations

import pytest

from discovery.scoring.quantities import fewer_than, sellable_in


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
