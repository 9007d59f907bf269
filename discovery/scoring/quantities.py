"""How many units of a purchase sell in the time a reseller gives it."""

from __future__ import annotations

# Days. Stock older than this is what ties money up; Amazon's own aged-stock limits lie beyond.
SELL_WITHIN = 60
DAYS_PER_MONTH = 30


def sellable_in(days: int, expected_sales_per_month: float | None) -> int | None:
    """Whole units we expect to sell in ``days``, at least one; None when sales are unknown.

    ``expected_sales_per_month`` are ours, not the product's.
    """
    if expected_sales_per_month is None:
        return None
    return max(1, int(expected_sales_per_month * days / DAYS_PER_MONTH))


def fewer_than(quantity: int | None, expected_sales_per_month: float | None) -> int | None:
    """The units that sell in time, where a quantity is more than that; None where it is not.

    Nothing is known of no quantity, nor of unknown sales.
    """
    sold = sellable_in(SELL_WITHIN, expected_sales_per_month)
    return sold if quantity and sold is not None and sold < quantity else None
