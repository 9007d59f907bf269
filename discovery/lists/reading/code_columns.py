"""Which columns hold codes: those whose heading says so, or most of whose cells do. Pure.

A column of numbers that pass a check digit by chance (customs codes, references, telephones) is
none: it holds fewer different values, or shorter ones, than the codes beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from discovery.lists.reading.addresses import IS_ADDRESS
from discovery.lists.reading.codes import (
    BARCODE,
    ISBN,
    is_beyond_chance,
    is_code,
    is_whole_code,
    read_code,
)
from discovery.lists.reading.headings import IDENTIFIERS, Heading, Role
from discovery.lists.reading.model import Row
from discovery.lists.reading.samples import filled_cells
from discovery.products.identifiers import IdentifierKind

RANKS = {Role.ASIN: 0, Role.ISBN: 1, Role.LINK: 2, Role.BARCODE: 3}
PROMISES = {Role.ISBN: ISBN, Role.BARCODE: BARCODE}
# Headings under which codes may stand though they do not name any.
OPEN = frozenset({Role.UNKNOWN, Role.CODE, Role.NAME, Role.LINK, Role.OTHER})
MANY = 2
LONG = 10  # characters: an EAN-8 or less beside longer codes is something else


@dataclass(frozen=True, slots=True)
class _Content:
    """What a column without a telling heading holds."""

    column: int
    valid: int
    different: int
    length: float
    asins: int
    addresses: int

    @property
    def order(self) -> tuple[int, int, int]:
        """ASINs first: they need no looking up; then what names more lines."""
        return (0 if self.asins * 2 > self.valid else 1, -self.valid, self.column)


def promise(headings: Sequence[Heading], column: int) -> str:
    """What the heading of a column promises of its codes: ``ISBN``, ``BARCODE`` or nothing."""
    return PROMISES.get(headings[column].role, "") if column < len(headings) else ""


def code_columns(
    rows: Sequence[Row], headings: Sequence[Heading], *, taken: set[int | None]
) -> tuple[tuple[int, ...], bool]:
    """The columns of codes, the most precise first; and whether they are more than a guess."""
    named = sorted(
        (RANKS[heading.role], column)
        for column, heading in enumerate(headings)
        if heading.role in IDENTIFIERS and column not in taken
    )
    useful = [(rank, column) for rank, column in named if _any_code(rows, column)]
    contents = [
        content
        for column in range(len(headings))
        if column not in taken and headings[column].role in OPEN
        if (content := _content(rows, column)) is not None
    ]
    if useful:
        links = [(2, content.column) for content in contents if content.addresses]
        useful = _without_fillers(rows, useful)
        return tuple(column for _rank, column in sorted([*useful, *links])), True
    found = [
        content
        for content in _without_chance(contents)
        if not _is_class(rows, content) and not _are_references(headings, content)
    ]
    columns = tuple(content.column for content in sorted(found, key=lambda one: one.order))
    if columns or named:
        return (*(column for _rank, column in named), *columns), True
    return (_likeliest(rows, headings),), False


def _likeliest(rows: Sequence[Row], headings: Sequence[Heading]) -> int:
    """Where most cells are no codes: the column with most of them, else the first of references."""
    open_columns = [column for column, heading in enumerate(headings) if heading.role in OPEN]

    def order(column: int) -> tuple[int, bool, int]:
        codes = sum(is_whole_code(cell) and is_beyond_chance(cell) for cell in cells[column])
        return (codes, headings[column].role is Role.CODE, -column)

    cells = {column: filled_cells(rows, column) for column in open_columns}
    return max(open_columns, key=order, default=0)


def _any_code(rows: Sequence[Row], column: int) -> bool:
    return any(map(is_code, filled_cells(rows, column)))


def _content(rows: Sequence[Row], column: int) -> _Content | None:
    """What a column holds, when most of its cells are codes, or any is an address."""
    cells = filled_cells(rows, column)
    addresses = [cell for cell in cells if IS_ADDRESS.search(cell) and is_code(cell)]
    valid = [cell for cell in cells if cell in addresses or is_whole_code(cell)]
    if not valid or (len(valid) * 2 <= len(cells) and not addresses):
        return None
    found = [read_code(cell).identifier for cell in valid]
    return _Content(
        column=column,
        valid=len(valid),
        different=len(set(found)),
        length=sum(len(identifier.value) for identifier in found) / len(found),
        asins=sum(identifier.kind is IdentifierKind.ASIN for identifier in found),
        addresses=len(addresses),
    )


def _without_chance(contents: Sequence[_Content]) -> list[_Content]:
    if len(contents) < 2:
        return list(contents)
    most = max(content.different for content in contents)
    longest = max(content.length for content in contents)
    return [
        content
        for content in contents
        if content.different * 2 > most and (content.length >= LONG or longest < LONG)
    ]


def _is_class(rows: Sequence[Row], content: _Content) -> bool:
    """Whether one value stands on different descriptions: a class of goods, not a product."""
    if content.valid <= MANY or content.different * 2 > content.valid or content.addresses:
        return False
    width = max(len(row.cells) for row in rows)
    for column in range(width):
        cells = filled_cells(rows, column)
        wordy = sum(any(map(str.isalpha, cell)) for cell in cells) * 2 > len(cells)
        if column != content.column and wordy and len(set(cells)) > content.different * 2:
            return True
    return False


def _are_references(headings: Sequence[Heading], content: _Content) -> bool:
    """Whether short numbers under "Réf", "SKU" or "id" pass a check digit by chance, as one in
    ten does: a heading that promises no barcode makes no EAN-8 of them.
    """
    is_reference = headings[content.column].role is Role.CODE
    return is_reference and content.length < LONG and not content.addresses


def _without_fillers(
    rows: Sequence[Row], useful: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Without the columns that hold one and the same value, where another column tells apart."""
    filled = {column: filled_cells(rows, column) for _rank, column in useful}
    different = {column: len(set(cells)) for column, cells in filled.items()}

    def is_filler(column: int) -> bool:
        return different[column] == 1 and any(
            different[other] > 1 and len(filled[other]) >= len(filled[column]) > MANY
            for other in filled
        )

    return [(rank, column) for rank, column in useful if not is_filler(column)]
