"""From a table to lines: bad ones reported by number, rows without a product set aside. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from discovery.lists.reading.addresses import is_other_store
from discovery.lists.reading.amounts import is_nothing, read_quantity, vat_basis
from discovery.lists.reading.codes import Code, compact, is_beyond_chance, left_open, read_code
from discovery.lists.reading.columns import Layout, find_layout
from discovery.lists.reading.currencies import named
from discovery.lists.reading.heading_rows import SURE as SURE_HEADING
from discovery.lists.reading.heading_rows import Headed, heading_score, is_same_heading
from discovery.lists.reading.merging import Given
from discovery.lists.reading.model import (
    SHOWN,
    BadCell,
    BadLine,
    BadReason,
    Corrections,
    ForeignCost,
    Line,
    LineNote,
    NoteCode,
    Row,
)
from discovery.lists.reading.prices import Terms, UnitCost, unit_cost
from discovery.lists.reading.quantities import is_out_of_stock, read_pack
from discovery.lists.reading.samples import decimal_mark
from discovery.lists.reading.words import plain, senses, words
from discovery.lists.reading.words_tables import Sense
from discovery.vat_basis import VatBasis

FOOT = 10  # rows at the end that may hold a remark on all prices
NO_CODE = frozenset(
    {BadReason.NO_IDENTIFIER, BadReason.NOT_AN_IDENTIFIER, BadReason.WRONG_CHECK_DIGIT}
)
_SUMS = re.compile(
    r"(?:sous |sub|s |s per )?tota(?:l|ux|al|le|aal)\b.*|(?:zwischen|gesamt)?summe\b.*"
    r"|gesamt\w*\b.*|tva\b.*"
    r"|vat\b.*|mwst\b.*|iva\b.*|btw\b.*|net a payer.*|montant\b.*|frais\b.*|port\b.*|remise\b.*"
    r"|rabatt\b.*|discount\b.*|acompte\b.*|(?:a )?report\w*\b.*|shipping\b.*|livraison\b.*"
    r"|versand\w*\b.*|eco ?part\w*.*|subtotal\b.*|grand total\b.*|suma\b.*|page\b.*|franco\b.*"
)


@dataclass(slots=True)
class TableRead:
    """What the rows of one table became; ``foreign`` counts the costs of each other currency.

    ``currencies`` are those of the costs that were read, ``says_currency`` whether the list names
    any. ``layout`` and ``terms`` are those it starts with.
    """

    layout: Layout
    terms: Terms
    given: list[Given] = field(default_factory=list)
    bad: list[tuple[Row, BadLine]] = field(default_factory=list)
    ignored: int = 0
    foreign: Counter[str] = field(default_factory=Counter)
    currencies: set[str] = field(default_factory=set)
    says_currency: bool = False

    def add(self, given: Given, cost: UnitCost) -> None:
        """Keep a line that could be read."""
        self.given.append(given)
        if cost.amount is not None:
            self.currencies.add(cost.currency)
            self.says_currency = self.says_currency or cost.says_currency

    def add_bad(self, row: Row, bad: BadCell, layout: Layout) -> None:
        """Keep a line that is left out, and why."""
        if isinstance(bad, ForeignCost):
            self.foreign[bad.currency] += 1
            self.says_currency = True
        line = BadLine(row.number, _shown(row, layout), bad.reason, bad.value)
        self.bad.append((row, line))

    @property
    def vats(self) -> set[VatBasis | None]:
        """The VAT bases that its costs state."""
        return {given.line.cost_vat for given in self.given if given.line.cost is not None}


def read_table(
    headed: Headed, *, name: str, separator: str, home: str, store: str, corrections: Corrections
) -> TableRead:
    """Read every row of a table; one that holds several layouts changes them on its way."""
    given = corrections
    layout = find_layout(headed, currency=home, corrections=given)
    columns = [layout.cost] if layout.cost is not None else []
    vat, currency = _said_of_prices(headed, name)
    terms = Terms(
        home=home,
        store=store,
        mark=decimal_mark(headed.rows, columns, separator),
        corrections=given,
        vat=layout.costs.vat or vat,
        currency=layout.costs.heading.currency or currency,
    )
    read = TableRead(layout, terms, ignored=len(headed.titles))
    pointed_at = {given.identifier, given.cost, given.quantity, given.pack, given.heading_row}
    is_wide = any(any(row.cells[1:]) for row in headed.rows)
    may_change = headed.has_headings and pointed_at == {None}
    for place, row in enumerate(headed.rows):
        try:
            read.add(*_read(row, layout, terms))
        except BadCell as bad:
            if is_wide and bad.reason in NO_CODE:
                if is_same_heading(row, layout.headed.headings) or _is_aside(row, layout):
                    read.ignored += 1
                    continue
                if may_change and heading_score(row) > SURE_HEADING:
                    layout, terms = _from_here(row, headed.rows[place + 1 :], terms, separator)
                    read.ignored += 1
                    continue
            read.add_bad(row, bad, layout)
    return read


def _from_here(row: Row, rest: Sequence[Row], terms: Terms, separator: str) -> tuple[Layout, Terms]:
    """Headings in the middle of a table: those of another part of it, with its own columns."""
    headings = tuple(" ".join(cell.split()) for cell in row.cells)
    part = Headed(row.number, headings, (), tuple(rest))
    layout = find_layout(part, currency=terms.home, corrections=terms.corrections)
    columns = [layout.cost] if layout.cost is not None else []
    return layout, replace(
        terms,
        mark=decimal_mark(rest, columns, separator),
        vat=layout.costs.vat or terms.vat,
        currency=layout.costs.heading.currency or terms.currency,
    )


def _read(row: Row, layout: Layout, terms: Terms) -> tuple[Given, UnitCost]:
    text, code = _identified(row, layout)
    if not layout.has_codes and len(row.cells) > 1 and not is_beyond_chance(text):
        raise BadCell(BadReason.NOT_AN_IDENTIFIER, text[:SHOWN])
    if layout.stock is not None and is_out_of_stock(stock := row.cell(layout.stock)):
        raise BadCell(BadReason.OUT_OF_STOCK, stock.strip()[:SHOWN])
    quantity = _quantity(row, layout)
    minimum = None if layout.minimum is None else read_pack(row.cell(layout.minimum))
    cost = unit_cost(row, layout, terms, quantity=quantity)
    notes = [*code.notes]
    if is_other_store(code.store, home=terms.store, currency=terms.home):
        notes.append(LineNote(NoteCode.OTHER_STORE, code.store))
    if quantity is not None and layout.quantity == layout.stock:
        notes.append(LineNote(NoteCode.STOCK_AS_QUANTITY))
    line = Line(
        number=row.number,
        text=text[:SHOWN],
        identifier=code.identifier,
        cost=cost.amount,
        quantity=quantity,
        restored=code.restored,
        cost_vat=cost.vat,
        cost_given=cost.given,
        pack=cost.pack,
        notes=(*notes, *cost.notes),
    )
    return Given(line, row.cells, minimum), cost


def _quantity(row: Row, layout: Layout) -> int | None:
    """Units to buy. A supplier's stock that cannot be read is unknown, no mistake."""
    if layout.quantity is None:
        return None
    try:
        return read_quantity(row.cell(layout.quantity))
    except BadCell:
        if layout.quantity == layout.stock:
            return None
        raise


def _identified(row: Row, layout: Layout) -> tuple[str, Code]:
    """The first identifier of the line that can be read; else why the first one cannot."""
    trouble: BadCell | None = None
    for column, promised in zip(layout.identifiers, layout.promised, strict=True):
        text = row.cell(column).strip()
        if left_open(text) and not _fills(text):
            continue
        try:
            return text, read_code(text, promised=promised)
        except BadCell as bad:
            trouble = trouble or bad
    raise trouble or BadCell(BadReason.NO_IDENTIFIER, "")


def _fills(text: str) -> bool:
    """``0000000000000`` is told as what it is; ``0`` and ``N/A`` are cells left open."""
    return text.isdigit() and len(text) >= 8


def _shown(row: Row, layout: Layout) -> str:
    given = (row.cell(column).strip() for column in layout.identifiers)
    return next(filter(None, given), "")[:SHOWN]


def _is_aside(row: Row, layout: Layout) -> bool:
    """Whether a row without a code is a title, a section, a total or a remark."""
    cells = [cell.strip() for cell in row.cells if not is_nothing(cell)]
    if any(_is_like_code(row.cell(column)) for column in layout.identifiers):
        return False
    if len(set(cells)) < 2:
        return layout.cost is None or is_nothing(row.cell(layout.cost)) or not _has_digit(cells)
    first = next((plain(cell) for cell in cells if any(map(str.isalpha, cell))), "")
    if _SUMS.fullmatch(first):
        return True
    empty = all(left_open(row.cell(column)) for column in layout.identifiers)
    figures = [column for column in (layout.cost, layout.quantity) if column is not None]
    return empty and all(is_nothing(row.cell(column)) for column in figures)


def _has_digit(cells: Sequence[str]) -> bool:
    return any(map(str.isdigit, "".join(cells)))


def _is_like_code(text: str) -> bool:
    """Whether a cell was meant as a code, however it was mistyped."""
    bare = text.strip()
    if not any(map(str.isdigit, bare)):
        return False
    if re.search(r"\d{5}", bare) or " " not in bare:
        return True
    digits = sum(map(str.isdigit, bare))
    return digits >= 8 and digits >= len(compact(bare)) - 1


def _said_of_prices(headed: Headed, name: str) -> tuple[VatBasis | None, str]:
    """What titles and remarks say of all prices: "Tarif HT en euros"."""
    vats, currencies = set(), set()
    for text in _prose(headed, name):
        said = words(text)
        meant = {sense for word in said for sense in senses(word)}
        if Sense.PRICE not in meant or meant & {Sense.OTHER, Sense.RETAIL}:
            continue
        vats.add(vat_basis(" ".join(said)))
        currencies |= named(text)
    vats.discard(None)
    return (
        vats.pop() if len(vats) == 1 else None,
        currencies.pop() if len(currencies) == 1 else "",
    )


def _prose(headed: Headed, name: str) -> Iterator[str]:
    yield name
    for row in headed.titles:
        yield from (cell for cell in row.cells if not is_nothing(cell))
    for row in headed.rows[-FOOT:]:
        cells = [cell for cell in row.cells if not is_nothing(cell)]
        if len(cells) == 1:
            yield cells[0]
