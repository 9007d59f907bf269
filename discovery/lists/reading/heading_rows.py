"""Where the headings of a table stand: below titles, on two rows, or nowhere. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from discovery.lists.reading.addresses import IS_ADDRESS
from discovery.lists.reading.amounts import is_nothing, read_amount
from discovery.lists.reading.codes import is_whole_code
from discovery.lists.reading.headings import IDENTIFIERS, Heading, Role, heading_of
from discovery.lists.reading.model import Row
from discovery.lists.reading.words import plain, senses, words
from discovery.lists.reading.words_tables import Sense

LOOKED_AT = 40  # rows from the top
SURE = 10  # a row that names a code and something else
LONGEST = 60  # characters of a heading in one of two rows
# What stands below a heading of several columns and completes it.
GROUPED = frozenset({Role.PRICE, Role.PACK, Role.MEASURE_UNIT, Role.OTHER, Role.UNKNOWN})
NAMING = frozenset({Role.CODE, Role.PRICE, Role.QUANTITY, *IDENTIFIERS})


@dataclass(frozen=True, slots=True)
class Headed:
    """A table split at its headings: ``number`` of their last row, 0 when there are none."""

    number: int
    headings: tuple[str, ...]
    titles: tuple[Row, ...]
    rows: tuple[Row, ...]

    @property
    def has_headings(self) -> bool:
        """Whether the table names its columns."""
        return self.number > 0


def split_at_headings(rows: Sequence[Row], *, heading_row: int | None = None) -> Headed:
    """Find the row of headings, or use the one a person pointed at (0: there is none)."""
    place = _found(rows) if heading_row is None else _pointed_at(rows, heading_row)
    if place is None:
        return Headed(0, (), (), tuple(rows))
    first, last = _extent(rows, place, is_given=heading_row is not None)
    return Headed(
        number=rows[last].number,
        headings=_joined(rows[first : last + 1]),
        titles=tuple(rows[:first]),
        rows=tuple(rows[last + 1 :]),
    )


def heading_score(row: Row, *, width: int = 2) -> int:
    """How surely a row holds headings; 0 when it does not. ``width``: cells of the widest row."""
    cells = [cell for cell in row.cells if not is_nothing(cell)]
    if not cells or any(_is_data(cell) for cell in cells):
        return 0
    found = [heading_of(cell) for cell in cells]
    roles = {heading.role for heading in found} - {Role.UNKNOWN}
    if width == 1:
        return 1 if roles & NAMING else 0
    if roles & (IDENTIFIERS | {Role.CODE}) and len(roles) > 1 and len(cells) > 1:
        return (SURE if roles & IDENTIFIERS else 3) + len(roles)
    if any(read_amount(cell, mark=",") is not None for cell in cells):
        return 0
    if len(roles) > 1:
        return len(roles) + (1 if Role.PRICE in roles else 0)
    return 1 if roles & NAMING and len(cells) > 1 else 0


def is_same_heading(row: Row, headings: Sequence[str]) -> bool:
    """Whether a row repeats the headings, as every page of a printed list does."""
    pairs = [
        (plain(cell), plain(heading))
        for cell, heading in zip(row.cells, headings, strict=False)
        if not is_nothing(cell)
    ]
    same = sum(cell == heading or f" {cell} " in f" {heading} " for cell, heading in pairs)
    return len(pairs) > 1 and same * 2 > len(pairs)


def _is_data(cell: str) -> bool:
    return bool(IS_ADDRESS.search(cell)) or (any(map(str.isdigit, cell)) and is_whole_code(cell))


def _pointed_at(rows: Sequence[Row], number: int) -> int | None:
    if number <= 0:
        return None
    return next((place for place, row in enumerate(rows) if row.number >= number), None)


def _found(rows: Sequence[Row]) -> int | None:
    looked_at = rows[:LOOKED_AT]
    width = max((sum(not is_nothing(cell) for cell in row.cells) for row in rows[:200]), default=0)
    first_code = next(
        (place for place, row in enumerate(looked_at) if any(map(_is_data, row.cells))),
        len(looked_at),
    )
    best, best_score = None, 0
    for place, row in enumerate(looked_at):
        score = heading_score(row, width=width)
        if score > SURE:
            return place
        if score > best_score and place <= first_code:
            best, best_score = place, score
    if best is not None:
        return best
    before = first_code - 1 if 0 < first_code < len(looked_at) else 0
    return before if _is_wordy(looked_at[before]) else None


def _is_wordy(row: Row) -> bool:
    """Several different words and no digit: headings we do not know."""
    cells = {cell for cell in row.cells if not is_nothing(cell)}
    return len(cells) > 1 and not any(c.isdigit() for cell in cells for c in cell)


def _extent(rows: Sequence[Row], place: int, *, is_given: bool) -> tuple[int, int]:
    """Headings written on two rows, one below the other, are read together."""
    first = last = place
    if place and _is_above(rows[place - 1], rows[place]):
        first -= 1
    elif not is_given and place + 1 < len(rows) and _is_below(rows[place + 1], rows[place]):
        last += 1
    return first, last


def _is_above(row: Row, headings: Row) -> bool:
    filled = _short_words(row)
    below = [column for column, cell in enumerate(headings.cells) if not is_nothing(cell)]
    if headings.number != row.number + 1 or not filled or min(filled) == max(filled) == 0:
        return False
    if not set(below) - set(filled) and len(below) == len(headings.cells):
        return False  # two whole rows of headings: the lower one replaces the upper
    return any(heading_of(row.cells[column]).role is not Role.UNKNOWN for column in filled)


def _is_below(row: Row, headings: Row) -> bool:
    filled = _short_words(row)
    if row.number != headings.number + 1 or not filled or max(filled) == 0:
        return False
    if len({row.cells[column] for column in filled}) < len(filled) / 2:
        return False
    joining = {Sense.BASIS, Sense.UNIT, Sense.BUY, Sense.RETAIL, Sense.CASE, Sense.PRICE,
               Sense.BARCODE, Sense.NET, Sense.ASIN, Sense.VAT, Sense.PURCHASE}  # fmt: skip
    said = [
        column
        for column in filled
        if any(senses(word) & joining for word in words(row.cells[column]))
        or row.cells[column].strip("() ") in {"€", "$", "£", "%", "EUR"}
    ]
    return len(said) * 2 >= len(filled)


def _short_words(row: Row) -> list[int]:
    """The columns of a row that holds nothing but short words; none otherwise."""
    filled = [column for column, cell in enumerate(row.cells) if not is_nothing(cell)]
    for column in filled:
        cell = row.cells[column]
        if len(cell) > LONGEST or _is_data(cell) or read_amount(cell, mark=",") is not None:
            return []
        if sum(map(str.isdigit, cell)) > 4:  # more than a year: a telephone
            return []
    return filled


def _joined(rows: Sequence[Row]) -> tuple[str, ...]:
    """One text for each column; a heading above several columns is said for each of them."""
    width = max(len(row.cells) for row in rows)
    lower = rows[-1]
    found = [lower.cell(column).strip() for column in range(width)]
    for upper in reversed(rows[:-1]):
        group = ""
        for column in range(width):
            above, below = upper.cell(column).strip(), lower.cell(column).strip()
            group = (above if below else "") if above else (group if below else "")
            said = above or (group if _belongs_to_group(below) else "")
            found[column] = f"{said} {found[column]}".strip() if said else found[column]
    return tuple(" ".join(text.split()) for text in found)


def _belongs_to_group(heading: str) -> bool:
    """Whether a heading says more of the one above: "HT", "Carton", "public", not "Qté"."""
    packs = any(Sense.PACK_SIZE in senses(word) for word in words(heading))
    return heading_of(heading).role in GROUPED and not packs


def heading_at(headings: Sequence[str], column: int) -> Heading:
    """What the heading of a column says."""
    return heading_of(headings[column]) if 0 <= column < len(headings) else heading_of("")
