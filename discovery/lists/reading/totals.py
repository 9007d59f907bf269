"""Whether the totals of a list hold its discounts: quantity × price × what is left. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from discovery.lists.reading.amounts import read_amount
from discovery.lists.reading.discounts import read_discount
from discovery.lists.reading.model import BadCell, Row

CENT = Decimal("0.02")  # of the total, per unit: prices are shown rounded


def discount_is_in_total(
    rows: Sequence[Row],
    *,
    price: int,
    discount: int,
    quantity: int,
    total: int,
    as_fraction: bool,
) -> bool | None:
    """Whether totals are those of discounted prices; ``None`` when they do not tell."""
    before = after = 0
    for row in rows:
        figures = [read_amount(row.cell(column), mark=",") for column in (price, quantity, total)]
        try:
            left = read_discount(row.cell(discount), as_fraction=as_fraction)
        except BadCell:
            continue
        if left == 1 or any(not figure for figure in figures):
            continue
        each, units, whole = (figure or Decimal(0) for figure in figures)
        margin = CENT * units
        before += abs(each * units - whole) <= margin
        after += abs(each * units * left - whole) <= margin
    return None if before == after else after > before
