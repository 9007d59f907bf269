"""What a list is read into, and what can be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from discovery.products.identifiers import Identifier
from discovery.scoring import VatBasis

MOST_LINES = 5000
MOST_CELLS = 50  # of one line; supplier files are wide, but not that wide


class BadReason(StrEnum):
    """Why one line cannot be analysed."""

    NO_IDENTIFIER = "no_identifier"
    NOT_AN_IDENTIFIER = "not_an_identifier"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    LOST_DIGITS = "lost_digits"
    BAD_COST = "bad_cost"
    BAD_QUANTITY = "bad_quantity"


class UnreadableList(ValueError):
    """Nothing of the list can be used. ``code``: ``empty``, ``too_long``, ``too_large``,
    ``not_a_list``, ``old_excel``, ``broken_excel`` or ``bloated_excel``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BadCell(ValueError):
    """One cell cannot be read; the line is reported and the others go on."""

    def __init__(self, reason: BadReason, value: str) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.value = value


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one line; ``number`` is what an editor or a spreadsheet shows beside it."""

    number: int
    cells: tuple[str, ...]

    def cell(self, column: int) -> str:
        """The cell, empty where the line is shorter."""
        return self.cells[column] if column < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Table:
    """``decimal_mark`` is known where the format fixes it, as a spreadsheet does."""

    rows: tuple[Row, ...]
    separator: str = ""
    decimal_mark: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A product to analyse. ``text`` is the identifier as given, ``cost`` the price of one unit.

    ``also`` are the numbers of the lines merged into this one; ``restored`` tells that zeros a
    spreadsheet had dropped were put back.
    """

    number: int
    text: str
    identifier: Identifier
    cost: Decimal | None = None
    quantity: int | None = None
    restored: bool = False
    also: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line left out: ``value`` is the cell that could not be read."""

    number: int
    text: str
    reason: BadReason
    value: str


@dataclass(frozen=True, slots=True)
class Columns:
    """How the columns were understood: headings as written, or ``#1``, ``#2`` without any."""

    identifiers: tuple[str, ...]
    cost: str | None
    quantity: str | None
    has_header: bool


NO_COLUMN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """What the user says about how to read a list; ``None`` leaves it to the reader.

    Columns count from 0, ``NO_COLUMN`` says that no column holds it. ``heading_row`` is the number
    of the (last) row of headings, 0 when there are none. ``pack`` is the column of units in a
    case, ``pack_priced`` tells whether the costs are for a whole case. ``currency`` is the ISO
    code of the costs; ``rate`` the marketplace's currency for one unit of it, confirmed by the
    user.
    """

    sheet: str | None = None
    heading_row: int | None = None
    identifier: int | None = None
    cost: int | None = None
    quantity: int | None = None
    pack: int | None = None
    pack_priced: bool | None = None
    vat: VatBasis | None = None
    currency: str | None = None
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ReadList:
    """``merged`` counts the lines that joined an earlier line of the same product."""

    lines: tuple[Line, ...]
    bad: tuple[BadLine, ...]
    merged: int
    columns: Columns
