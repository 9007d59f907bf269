"""What stands in the columns of a table, judged by its first rows. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from discovery.lists.reading.amounts import is_nothing, read_amount, read_price
from discovery.lists.reading.model import BadCell, BadReason, Row

SAMPLE = 200  # rows looked at
LONGEST_NUMBER = 7  # whole digits of what is bought; longer ones are references
# Cents, or a currency; a whole number written as 2.0 is neither.
LIKE_MONEY = re.compile(r"\d[.,]\d*[1-9]|\d[.,]\d{2}(?!\d)|[€$£¥]")


def filled_cells(rows: Sequence[Row], column: int) -> list[str]:
    """The cells of a column that are not left open."""
    return [cell for row in rows if not is_nothing(cell := row.cell(column))]


def decimal_mark(rows: Sequence[Row], columns: Sequence[int], separator: str) -> str:
    """The decimal mark of the costs: what most of them show, else what the separator suggests."""
    cells = [row.cell(column) for column in columns for row in rows]
    commas = sum(bool(re.search(r"\d ?,\d{1,2}(?!\d)", cell)) for cell in cells)
    points = sum(bool(re.search(r"\d ?\.\d{1,2}(?!\d)", cell)) for cell in cells)
    if commas != points:
        return "," if commas > points else "."
    return "." if separator == "," else ","


def share_of_prices(rows: Sequence[Row], column: int) -> float:
    """The share of the filled cells that are prices, or say that there is none; 0 for no cell."""
    cells = filled_cells(rows, column)
    return sum(map(_is_price, cells)) / len(cells) if cells else 0.0


def looks_like_money(rows: Sequence[Row], column: int) -> bool:
    """Whether at least half of the filled cells are amounts with cents or a currency."""
    cells = filled_cells(rows, column)
    money = sum(LIKE_MONEY.search(cell) is not None and _is_price(cell) for cell in cells)
    return bool(cells) and money * 2 >= len(cells)


def guessed_numbers(
    rows: Sequence[Row], taken: set[int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Columns of costs and of quantities, the likeliest first, of a table without headings.

    A column mostly of cents or currencies is a cost, else the first is. A few odd cells do not
    decide: ``1,0`` among quantities is still a quantity.
    """
    width = max((len(row.cells) for row in rows), default=0)
    amounts: list[int] = []
    wholes: list[int] = []
    for column in range(width):
        cells = filled_cells(rows, column)
        numbers = sum(read_amount(cell, mark=",") is not None for cell in cells)
        if column in taken or not cells or numbers * 2 < len(cells):
            continue
        long = sum(cell.strip().isdigit() and len(cell.strip()) > LONGEST_NUMBER for cell in cells)
        if long * 2 > len(cells):
            continue
        like_money = sum(LIKE_MONEY.search(cell) is not None for cell in cells)
        (amounts if like_money * 2 >= len(cells) else wholes).append(column)
    if not amounts:
        amounts, wholes = wholes[:1], wholes[1:]
    return tuple(amounts), tuple(wholes)


def _is_price(cell: str) -> bool:
    try:
        return read_price(cell, mark=",") is not None
    except BadCell as bad:
        return bad.reason is BadReason.NO_PRICE
