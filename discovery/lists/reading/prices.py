"""The cost of one unit on a line: discounts, cases, price breaks, currencies undone. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from discovery.lists.reading.amounts import (
    COST_PLACES,
    LARGEST_COST,
    Price,
    is_nothing,
    read_number,
    read_price,
)
from discovery.lists.reading.columns import Layout
from discovery.lists.reading.currencies import may_be, of_cell, settled
from discovery.lists.reading.discounts import read_discount
from discovery.lists.reading.model import (
    SHOWN,
    BadCell,
    BadReason,
    Corrections,
    ForeignCost,
    LineNote,
    NoteCode,
    Row,
)
from discovery.lists.reading.quantities import read_measure_unit, read_pack
from discovery.vat_basis import VatBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How amounts are to be understood: ``home`` is the marketplace's currency.

    ``vat`` and ``currency`` are what headings and titles say; ``store`` the marketplace's host
    without its "www.", empty where it is not known.
    """

    home: str
    store: str
    mark: str
    corrections: Corrections
    vat: VatBasis | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """The cost of one unit in the marketplace's currency; ``amount`` ``None`` where none is given.

    ``given`` is the cell as written, ``currency`` the ISO code it was in; ``says_currency`` whether
    the list names it.
    """

    amount: Decimal | None = None
    vat: VatBasis | None = None
    given: str = ""
    pack: int | None = None
    currency: str = ""
    says_currency: bool = False
    notes: tuple[LineNote, ...] = ()


NO_COST = UnitCost()


def unit_cost(row: Row, layout: Layout, terms: Terms, *, quantity: int | None) -> UnitCost:
    """What one unit of a line costs. ``quantity`` says which price break is reached.

    Raises ``BadCell``.
    """
    column, steps = _break_reached(row, layout, quantity)
    if column is None:
        return NO_COST
    text = row.cell(column)
    price = read_price(text, mark=terms.mark)
    if price is None:
        return NO_COST
    notes = [LineNote(NoteCode.PRICE_BREAKS, str(steps))] if steps > 1 else []
    left, discount = _discount(row, layout)
    if left == 1 and layout.costs.from_retail:
        return NO_COST
    notes.extend(discount)
    whole = layout.costs.units_at is not None
    if whole and quantity is None:
        return NO_COST
    if whole and quantity != 1:
        notes.append(LineNote(NoteCode.LINE_TOTAL, str(quantity)))
    pack = None if whole else _units(row, layout, price, text, terms.corrections)
    if pack is not None and pack > 1:
        notes.append(LineNote(NoteCode.PACK_PRICE, str(pack)))
    named = _named_currency(row, layout, price, terms)
    currency = settled(named, home=terms.home) if named else terms.home
    rate = _rate(currency, text, terms)
    if currency != terms.home:
        notes.append(LineNote(NoteCode.CONVERTED, currency))
    units = (quantity if whole else pack) or 1
    amount = (price.amount * left * rate / units).quantize(COST_PLACES)
    if not 0 < amount <= LARGEST_COST:
        raise BadCell(BadReason.BAD_COST, text.strip()[:SHOWN])
    return UnitCost(
        amount=amount,
        vat=terms.corrections.vat or price.vat or terms.vat,
        given=text.strip()[:SHOWN],
        pack=pack,
        currency=currency,
        says_currency=bool(named),
        notes=tuple(notes),
    )


def _discount(row: Row, layout: Layout) -> tuple[Decimal, list[LineNote]]:
    """What the discounts leave of one unit of money, and the note that says so."""
    costs = layout.costs
    if costs.discount is None:
        return Decimal(1), []
    columns = (costs.discount, *costs.further_discounts)
    cells = [cell for at in columns if not is_nothing(cell := row.cell(at).strip())]
    if costs.discount_currency:
        # An amount of money is refused: it is no percentage.
        cells = [f"{cell} {costs.discount_currency}" for cell in cells if not _is_zero(cell)]
    left, given = Decimal(1), []
    for cell in cells:
        part = read_discount(cell, as_fraction=costs.discount_as_fraction)
        left *= part
        if part != 1:
            given.append(cell if re.search(r"[%+/]", cell) else f"{_percent(part)} %")
    return left, [LineNote(NoteCode.DISCOUNTED, " + ".join(given)[:SHOWN])] if given else []


def _is_zero(cell: str) -> bool:
    return read_number(cell, mark=",") == 0


def _percent(left: Decimal) -> str:
    return f"{((1 - left) * 100).normalize():f}"


def _break_reached(row: Row, layout: Layout, quantity: int | None) -> tuple[int | None, int]:
    """The column of the price for a quantity (unknown: the smallest), among how many."""
    if not layout.costs.tiers:
        return layout.cost, 1
    given = [(least, at) for least, at in layout.costs.tiers if not is_nothing(row.cell(at))]
    reached = [at for least, at in given if least <= (quantity or 1)]
    column = reached[-1] if reached else next((at for _least, at in given), layout.cost)
    return column, len(given)


def _units(
    row: Row, layout: Layout, price: Price, text: str, corrections: Corrections
) -> int | None:
    """The units a price is for, ``None`` where it is for one. Raises ``BadCell``."""
    if corrections.pack_priced is False:
        return None
    if price.units is not None and not corrections.pack_priced:
        return price.units if price.units > 1 else None
    in_case = layout.costs.pack_priced or price.for_case
    if layout.costs.units is not None:
        return layout.costs.units
    if layout.measure_unit is not None and not layout.costs.heading.unit:
        units, is_case = read_measure_unit(row.cell(layout.measure_unit))
        if units is not None and not in_case:
            return units if units > 1 else None
        in_case = in_case or is_case
    if not in_case:
        return None
    units = None if layout.pack is None else read_pack(row.cell(layout.pack))
    if units is None:
        raise BadCell(BadReason.CASE_PRICE, text.strip()[:SHOWN])
    return units


def _named_currency(row: Row, layout: Layout, price: Price, terms: Terms) -> str:
    """What names the currency of a cost: its cell, its line, else the list or its owner."""
    beside = "" if layout.currency is None else of_cell(row.cell(layout.currency))
    named = price.currency
    if not named or (beside and may_be(named, beside)):
        named = beside or named
    given = terms.corrections.currency or ""
    if not named or (given and named != given and may_be(named, given)):
        named = given or named or terms.currency
    return named


def _rate(currency: str, text: str, terms: Terms) -> Decimal:
    if currency == terms.home:
        return Decimal(1)
    if terms.corrections.currency == currency and terms.corrections.rate is not None:
        return terms.corrections.rate
    shown = text.strip() if currency in text.upper() else f"{text.strip()} ({currency})"
    raise ForeignCost(shown[:SHOWN], currency)
