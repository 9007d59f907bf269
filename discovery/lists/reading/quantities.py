"""Counts: units in a case, what a price is for, and a supplier's stock. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from discovery.lists.reading.amounts import LARGEST_QUANTITY, is_nothing, read_quantity
from discovery.lists.reading.model import BadCell, Row
from discovery.lists.reading.samples import SAMPLE, filled_cells
from discovery.lists.reading.words import plain, senses
from discovery.lists.reading.words_tables import NUMBERS, Sense

# "6 x 33 cl": six bottles, whatever they hold.
_MULTIPLE = re.compile(
    r"(\d{1,4}) ?(?:x|\*|×) ?\d+(?:[.,]\d+)? ?(?:ml|cl|l|g|gr|kg|mg|cm|mm|m|oz)\b"
)
_WHOLE = re.compile(r"-?\d{1,7}(?:[.,]0+)?", re.ASCII)
_OUT = re.compile(
    r"-\d+|0+(?:[.,]0+)?(?: \w+)?|.*\b(?:rupture|epuise\w*|indisponible|non disponible|out of stock"
    r"|sold out|unavailable|not available|oos|ausverkauft|nicht (?:verfugbar|lieferbar|auf lager)"
    r"|vergriffen|uitverkocht|niet (?:leverbaar|op voorraad)|agotad\w|sin stock|no disponible"
    r"|esaurit\w|non disponibile|arrete|supprime|discontinued|hors stock|pas en stock|fin de vie)\b"
    r".*|no|non|nein|nee|false|faux|aucun|none|nul"
)


def read_pack(text: str) -> int | None:
    """The units of a case: ``12``, ``x12``, ``colis de 12``, ``6 x 33 cl``; ``None`` if unclear."""
    if is_nothing(text):
        return None
    bare = text.casefold().strip()
    if several := _MULTIPLE.search(bare):
        return int(several[1]) or None
    try:
        return read_quantity(bare)
    except BadCell:
        numbers = re.findall(r"\d+(?:[.,]\d+)?", bare)
    if len(numbers) == 1 and numbers[0].isdigit() and 0 < int(numbers[0]) <= LARGEST_QUANTITY:
        return int(numbers[0])
    return next((NUMBERS[word] for word in plain(bare).split() if word in NUMBERS), None)


def read_measure_unit(text: str) -> tuple[int | None, bool]:
    """What a price is for, in a column of its own: units, and whether it is a case.

    ``(1, False)`` for a piece, ``(12, False)`` for a dozen or "carton de 12", ``(None, True)`` for
    a case of unknown size, ``(None, False)`` for what says nothing.
    """
    said = plain(text).split()
    is_case = any(Sense.CASE in senses(word) for word in said)
    units = read_pack(text)
    if units is not None:
        return units, False
    if is_case:
        return None, True
    return (1, False) if any(Sense.UNIT in senses(word) for word in said) else (None, False)


def is_out_of_stock(text: str) -> bool:
    """Whether a cell of stock says that there is none; words that say nothing do not."""
    return not is_nothing(text) and _OUT.fullmatch(_said(text)) is not None


def is_whole_stock(rows: Sequence[Row], column: int) -> bool:
    """Whether a column of stock holds nothing but whole numbers, some above zero."""
    cells = filled_cells(rows, column)
    return all(_WHOLE.fullmatch(cell.strip()) for cell in cells) and any(
        not is_out_of_stock(cell) for cell in cells
    )


def tells_stock_apart(rows: Sequence[Row], column: int) -> bool:
    """Whether some products of a list are in stock: a column of zeros says nothing."""
    return any(not is_out_of_stock(cell) for cell in filled_cells(rows, column))


def share_of_quantities(rows: Sequence[Row], column: int) -> float:
    """The share of the filled cells that are quantities; 0 for an empty column."""
    cells = filled_cells(rows[:SAMPLE], column)
    return sum(map(_is_quantity, cells)) / len(cells) if cells else 0.0


def _is_quantity(cell: str) -> bool:
    try:
        return read_quantity(cell) is not None
    except BadCell:
        return False


def share_of_counts(rows: Sequence[Row], column: int) -> float:
    """The share of the filled cells that count something; 0 for an empty column."""
    cells = filled_cells(rows[:SAMPLE], column)
    return sum(read_pack(cell) is not None for cell in cells) / len(cells) if cells else 0.0


def _said(text: str) -> str:
    bare = text.strip()
    return plain(bare) if any(map(str.isalpha, bare)) else bare
