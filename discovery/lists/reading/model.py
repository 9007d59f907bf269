"""What a list is read into, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from discovery.products.identifiers import Identifier
from discovery.vat_basis import VatBasis

MOST_LINES = 5000
SHOWN = 60  # characters of a bad value that are kept
MOST_CELLS = 200  # of one line; exports of tools are wide, but not that wide


class BadReason(StrEnum):
    """Why one line cannot be analysed."""

    NO_IDENTIFIER = "no_identifier"
    NOT_AN_IDENTIFIER = "not_an_identifier"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    LOST_DIGITS = "lost_digits"
    BAD_COST = "bad_cost"
    BAD_QUANTITY = "bad_quantity"
    NO_PRICE = "no_price"
    BAD_DISCOUNT = "bad_discount"
    FOREIGN_CURRENCY = "foreign_currency"
    CASE_PRICE = "case_price"
    CARTON_CODE = "carton_code"
    PLACEHOLDER = "placeholder"
    SHORT_LINK = "short_link"
    OUT_OF_STOCK = "out_of_stock"


class UnreadableList(ValueError):
    """Nothing of the list can be used. ``code``: ``empty``, ``too_long``, ``too_large``,
    ``not_a_list``, ``protected_excel``, ``broken_excel``, ``bloated_excel`` or ``no_such_sheet``;
    read apart (``discovery.lists.apart``, ``turns``) also ``bloated_text``, ``too_slow``,
    ``reader_failed``, ``no_reader`` or ``reader_busy``.
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


class ForeignCost(BadCell):
    """A cost in another currency, without a rate that its owner has confirmed."""

    def __init__(self, value: str, currency: str) -> None:
        super().__init__(BadReason.FOREIGN_CURRENCY, value)
        self.currency = currency


@dataclass(frozen=True, slots=True)
class Table:
    """The filled rows of a text or of a sheet; ``name`` is that of the sheet.

    ``is_cut``: the sheet goes on below the rows that were read.
    """

    rows: tuple[Row, ...]
    separator: str = ""
    name: str = ""
    is_hidden: bool = False
    is_cut: bool = False


class NoteCode(StrEnum):
    """What was done to read a line, where its owner should know."""

    ZEROS_RESTORED = "zeros_restored"
    SUFFIX_DROPPED = "suffix_dropped"
    SEVERAL_CODES = "several_codes"
    OTHER_STORE = "other_store"
    GUESS = "guess"
    PACK_PRICE = "pack_price"
    LINE_TOTAL = "line_total"
    DISCOUNTED = "discounted"
    PRICE_BREAKS = "price_breaks"
    MEAN_COST = "mean_cost"
    FIRST_COST = "first_cost"
    STOCK_AS_QUANTITY = "stock_as_quantity"
    CONVERTED = "converted"


@dataclass(frozen=True, slots=True)
class LineNote:
    """``value`` is what the note is about: a suffix, a store, a number of prices."""

    code: NoteCode
    value: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A product to analyse. ``text`` is the identifier as given.

    ``cost`` is the price of one unit in the marketplace's currency, on the basis ``cost_vat``
    (``None``: nothing in the file says it); ``cost_given`` the cell as it was written; ``pack``
    the units that price was divided by. ``also`` are the numbers of the lines merged into this
    one; ``restored`` tells that zeros a spreadsheet had dropped were put back.
    """

    number: int
    text: str
    identifier: Identifier
    cost: Decimal | None = None
    quantity: int | None = None
    restored: bool = False
    also: tuple[int, ...] = ()
    cost_vat: VatBasis | None = None
    cost_given: str = ""
    pack: int | None = None
    notes: tuple[LineNote, ...] = ()


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line left out: ``value`` is the cell that could not be read."""

    number: int
    text: str
    reason: BadReason
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """How the columns were understood: headings as written, or ``#1``, ``#2`` without any.

    ``*_at`` count columns from 0. ``heading_row`` is the number of the last row of headings, 0
    without any. ``currency`` is that of the costs when the file says one.
    """

    identifiers: tuple[str, ...] = ()
    cost: str | None = None
    quantity: str | None = None
    pack: str | None = None
    identifier_at: int | None = None
    cost_at: int | None = None
    quantity_at: int | None = None
    pack_at: int | None = None
    heading_row: int = 0
    cost_vat: VatBasis | None = None
    pack_priced: bool = False
    currency: str | None = None

    @property
    def has_header(self) -> bool:
        """Whether the list has a row of headings."""
        return self.heading_row > 0


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


NO_CORRECTIONS = Corrections()


class DoubtCode(StrEnum):
    """What the reader is not sure of, about the whole list."""

    NO_COST_COLUMN = "no_cost_column"
    SEVERAL_COST_COLUMNS = "several_cost_columns"
    WHICH_SHEET = "which_sheet"
    FOREIGN_CURRENCY = "foreign_currency"
    MIXED_CURRENCIES = "mixed_currencies"
    CASE_PRICE = "case_price"
    NO_IDENTIFIER_COLUMN = "no_identifier_column"
    ONLY_PUBLIC_PRICES = "only_public_prices"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question to the list's owner; a correction that answers it makes it go away.

    ``params`` are the words of its sentence: ``columns``, ``sheet``, ``others``, ``currency``,
    ``lines``, ``column``. ``blocking``: the list must not start before it is answered.
    """

    code: DoubtCode
    params: Mapping[str, str] = field(default_factory=dict)
    blocking: bool = False


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row of the list, its cells as written, and what became of it."""

    number: int
    cells: tuple[str, ...]
    read: Line | BadLine


@dataclass(frozen=True, slots=True)
class ReadList:
    """``merged`` counts the lines that joined an earlier line of the same product.

    ``sheets`` are the names of a workbook's sheets, ``sheet`` those that were read, joined by
    ``", "``; both empty for text. ``headings`` has one text for each column, ``#3`` where there is
    none. ``ignored`` counts the rows without a code that were left out: titles, sections, totals.
    ``preview`` shows the first products.
    """

    lines: tuple[Line, ...]
    bad: tuple[BadLine, ...]
    merged: int
    columns: Columns
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    headings: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    ignored: int = 0
    preview: tuple[PreviewRow, ...] = ()
