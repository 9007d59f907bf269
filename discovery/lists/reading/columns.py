"""Which column is what: by its heading where there is one, else by what stands in it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from discovery.lists.reading.code_columns import code_columns, promise
from discovery.lists.reading.costs import CostColumns, cost_columns
from discovery.lists.reading.currencies import is_currency
from discovery.lists.reading.heading_rows import Headed, heading_at
from discovery.lists.reading.headings import Heading, Role
from discovery.lists.reading.model import NO_COLUMN, Columns, Corrections, Row
from discovery.lists.reading.quantities import (
    is_whole_stock,
    share_of_counts,
    share_of_quantities,
    tells_stock_apart,
)
from discovery.lists.reading.samples import (
    SAMPLE,
    filled_cells,
    guessed_numbers,
    looks_like_money,
)

UNTOLD = frozenset({Role.UNKNOWN, Role.OTHER})
MOSTLY = 0.8  # share of a column's cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Column numbers from 0; ``promised`` says for each identifier column what it should hold.

    ``has_codes``: whether any column holds codes, by its heading or by most of its cells.
    """

    headed: Headed
    identifiers: tuple[int, ...]
    promised: tuple[str, ...]
    has_codes: bool
    costs: CostColumns
    quantity: int | None = None
    stock: int | None = None
    stock_counts: bool = False
    minimum: int | None = None
    pack: int | None = None
    measure_unit: int | None = None
    currency: int | None = None

    @property
    def cost(self) -> int | None:
        """The column of the costs."""
        return self.costs.cost

    def heading(self, column: int | None) -> Heading:
        """What the heading of a column says."""
        return heading_at(self.headed.headings, NO_COLUMN if column is None else column)

    def name(self, column: int) -> str:
        """The heading of a column as written, or ``#3``."""
        headings = self.headed.headings
        return (headings[column] if column < len(headings) else "") or f"#{column + 1}"

    def described(self) -> Columns:
        """The layout as a person would name it."""
        codes = self.identifiers if self.has_codes else ()
        return Columns(
            identifiers=tuple(self.name(column) for column in sorted(codes)),
            cost=self._named(self.cost),
            quantity=self._named(self.quantity),
            pack=self._named(self.pack),
            identifier_at=codes[0] if codes else None,
            cost_at=self.cost,
            quantity_at=self.quantity,
            pack_at=self.pack,
            heading_row=self.headed.number,
            pack_priced=self.costs.pack_priced,
        )

    def _named(self, column: int | None) -> str | None:
        return None if column is None else self.name(column)


def find_layout(headed: Headed, *, currency: str, corrections: Corrections) -> Layout:
    """Find the columns of a table that has at least one row."""
    rows = headed.rows[:SAMPLE]
    width = max((len(headed.headings), *(len(row.cells) for row in rows)))
    headings = tuple(heading_at(headed.headings, column) for column in range(width))
    roles = _by_role(headings)
    chosen = {corrections.cost, corrections.quantity, corrections.pack}
    identifiers, has_codes = code_columns(rows, headings, taken=chosen)
    if corrections.identifier is not None:
        given = corrections.identifier
        identifiers, has_codes = (() if given == NO_COLUMN else (given,)), True
    quantity = _quantity(rows, headings, roles, corrections)
    stock = _first(roles, Role.STOCK)
    if stock is not None and not tells_stock_apart(headed.rows, stock):
        stock = None
    counts = stock is not None and is_whole_stock(headed.rows, stock)
    if quantity is None and corrections.quantity is None and counts:
        quantity = stock
    pack = _pack(rows, roles, corrections)
    costs = cost_columns(
        headed, headings, currency=currency, corrections=corrections, quantity=quantity
    )
    if not headed.has_headings:
        costs, quantity = _guessed(rows, identifiers, costs, quantity, corrections)
    return Layout(
        headed=headed,
        identifiers=identifiers,
        promised=tuple(promise(headings, column) for column in identifiers),
        has_codes=has_codes,
        costs=costs,
        quantity=quantity,
        stock=stock,
        stock_counts=counts,
        minimum=_first(roles, Role.MINIMUM),
        pack=pack,
        measure_unit=_first(roles, Role.MEASURE_UNIT),
        currency=_currency_column(rows, headings, roles),
    )


def _guessed(
    rows: Sequence[Row],
    identifiers: Sequence[int],
    costs: CostColumns,
    quantity: int | None,
    corrections: Corrections,
) -> tuple[CostColumns, int | None]:
    """Cost and quantity of a table without headings, where nobody has pointed at them."""
    taken = {column for column in (costs.cost, quantity) if column is not None}
    amounts, wholes = guessed_numbers(rows, {*identifiers, *taken})
    if corrections.cost is None:
        guess = CostColumns.guessed(amounts)
        costs = replace(costs, cost=guess.cost, rivals=guess.rivals)
    left = [
        column
        for column in sorted({*amounts, *wholes})
        if column != costs.cost and not looks_like_money(rows, column)
    ]
    if corrections.quantity is None:
        quantity = left[0] if left else None
    return costs, quantity


def _by_role(headings: Sequence[Heading]) -> dict[Role, list[int]]:
    found: dict[Role, list[int]] = {}
    for column, heading in enumerate(headings):
        found.setdefault(heading.role, []).append(column)
    return found


def _first(roles: dict[Role, list[int]], role: Role) -> int | None:
    return roles[role][0] if role in roles else None


def _currency_column(
    rows: Sequence[Row], headings: Sequence[Heading], roles: dict[Role, list[int]]
) -> int | None:
    """By its heading, else a column that holds nothing but currencies."""
    if Role.CURRENCY in roles:
        return roles[Role.CURRENCY][0]
    for column, heading in enumerate(headings):
        cells = filled_cells(rows, column) if heading.role in UNTOLD else []
        if cells and all(map(is_currency, cells)):
            return column
    return None


def _quantity(
    rows: Sequence[Row],
    headings: Sequence[Heading],
    roles: dict[Role, list[int]],
    corrections: Corrections,
) -> int | None:
    if corrections.quantity is not None:
        return None if corrections.quantity == NO_COLUMN else corrections.quantity
    found = sorted(roles.get(Role.QUANTITY, []), key=lambda column: not headings[column].net)
    for column in found:
        # "Nombre" is a number in French, a name in Spanish: its cells tell.
        if share_of_quantities(rows, column) > 0:
            return column
    units = _first(roles, Role.MEASURE_UNIT)
    if units is not None and headings[units].unit:
        return None
    return units if units is not None and share_of_quantities(rows, units) > MOSTLY else None


def _pack(
    rows: Sequence[Row], roles: dict[Role, list[int]], corrections: Corrections
) -> int | None:
    if corrections.pack is not None:
        return None if corrections.pack == NO_COLUMN else corrections.pack
    found = roles.get(Role.PACK, [])
    return max(found, key=lambda column: share_of_counts(rows, column), default=None)
