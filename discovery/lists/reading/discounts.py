"""Discounts on a list price: ``30 %``, ``0,3``, ``30+5``. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from discovery.lists.reading.amounts import is_nothing, read_number
from discovery.lists.reading.model import SHOWN, BadCell, BadReason, Row
from discovery.lists.reading.samples import filled_cells

_CHAIN = re.compile(r"\s*(?:\+|/|&|\bet\b|\bpuis\b|\band\b|\bund\b)\s*")
_NONE = frozenset({"net", "nets", "netto", "prix net", "aucune", "sans", "non"})


def read_discount(text: str, *, as_fraction: bool) -> Decimal:
    """What is left of one unit of money: 0.7 after 30 %, 0.665 after 30+5.

    ``as_fraction``: the column writes 0,3 for 30 %. Raises ``BadCell``.
    """
    if is_nothing(text) or text.strip().casefold() in _NONE:
        return Decimal(1)
    left = Decimal(1)
    for part in _CHAIN.split(text.strip().lstrip("-–—− ")):
        number = read_number(part.replace("%", "").strip(), mark=",")
        if number is None:
            raise BadCell(BadReason.BAD_DISCOUNT, text.strip()[:SHOWN])
        left *= 1 - (number if as_fraction and "%" not in part else number / 100)
    if not 0 < left <= 1:
        raise BadCell(BadReason.BAD_DISCOUNT, text.strip()[:SHOWN])
    return left


def are_fractions(rows: Sequence[Row], column: int) -> bool:
    """Whether a column of discounts holds 0,3 rather than 30."""
    cells = filled_cells(rows, column)
    if any("%" in cell for cell in cells):
        return False
    numbers = [read_number(cell.lstrip("-–— "), mark=",") for cell in cells]
    found = [number for number in numbers if number is not None]
    return bool(found) and all(number < 1 for number in found) and any(found)
