"""From a table to lines: bad ones reported by number, duplicates merged, the good ones go on."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from discovery.lists.reading.cells import (
    COST_PLACES,
    SHOWN,
    is_identifier,
    is_nothing,
    read_cost,
    read_identifier,
    read_quantity,
    same_product,
)
from discovery.lists.reading.columns import Layout, decimal_mark, find_layout, is_header
from discovery.lists.reading.model import (
    MOST_CELLS,
    MOST_LINES,
    BadCell,
    BadLine,
    BadReason,
    Line,
    ReadList,
    Row,
    Table,
    UnreadableList,
)
from discovery.products.identifiers import Identifier


def read_lines(table: Table) -> ReadList:
    """Read every line of the table. Raises ``UnreadableList`` when it is empty or too long."""
    rows = [row for row in table.rows if not all(is_nothing(cell) for cell in row.cells)]
    if not rows:
        raise UnreadableList("empty")
    if not is_header(rows[0]):
        rows = [product for row in rows for product in _one_each(row)]
    rows = [replace(row, cells=row.cells[:MOST_CELLS]) for row in rows]
    layout = find_layout(rows)
    if layout.header is not None:
        rows = rows[1:]
    if not rows:
        raise UnreadableList("empty")
    if len(rows) > MOST_LINES:
        raise UnreadableList("too_long")
    mark = table.decimal_mark or decimal_mark(rows, layout.cost, table.separator)
    groups: dict[str, list[Line]] = {}  # in the order in which each product first appears
    bad_lines: list[BadLine] = []
    for row in rows:
        try:
            line = _read(row, layout, mark)
            groups.setdefault(same_product(line.identifier), []).append(line)
        except BadCell as bad:
            text = _given(row, layout)[:SHOWN]
            bad_lines.append(BadLine(row.number, text, bad.reason, bad.value))
    return ReadList(
        lines=tuple(map(_merged, groups.values())),
        bad=tuple(bad_lines),
        merged=sum(len(group) - 1 for group in groups.values()),
        columns=layout.described(),
    )


def _one_each(row: Row) -> list[Row]:
    """``B001 B002 B003`` on one line is three products; an ASIN beside its EAN is one."""
    filled = [cell for cell in row.cells if not is_nothing(cell)]
    cells = [word for cell in filled for word in ([cell] if is_identifier(cell) else cell.split())]
    if len(cells) < 2 or not all(is_identifier(cell) for cell in cells):
        return [row]
    kinds = {read_identifier(cell)[0].kind for cell in cells}
    return [Row(row.number, (cell,)) for cell in cells] if len(kinds) == 1 else [row]


def _read(row: Row, layout: Layout, mark: str) -> Line:
    text, identifier, restored = _identified(row, layout)
    cost = None if layout.cost is None else read_cost(row.cell(layout.cost), mark=mark)
    quantity = None if layout.quantity is None else read_quantity(row.cell(layout.quantity))
    return Line(
        number=row.number,
        text=text[:SHOWN],
        identifier=identifier,
        cost=cost,
        quantity=quantity,
        restored=restored,
    )


def _identified(row: Row, layout: Layout) -> tuple[str, Identifier, bool]:
    """The first identifier of the line that can be read; else why the first one cannot."""
    trouble: BadCell | None = None
    for column, promised in zip(layout.identifiers, layout.promised, strict=True):
        text = row.cell(column).strip()
        if is_nothing(text):
            continue
        try:
            identifier, restored = read_identifier(text, promised=promised)
        except BadCell as bad:
            trouble = trouble or bad
        else:
            return text, identifier, restored
    raise trouble or BadCell(BadReason.NO_IDENTIFIER, "")


def _given(row: Row, layout: Layout) -> str:
    given = (row.cell(column).strip() for column in layout.identifiers)
    return next(filter(None, given), "")


def _merged(group: list[Line]) -> Line:
    """Lines of the same product as one, at the place of the first."""
    first, *others = group
    if not others:
        return first
    return replace(
        first,
        cost=_joint_cost(group),
        quantity=_joint_quantity(group),
        also=tuple(line.number for line in others),
    )


def _joint_quantity(group: list[Line]) -> int | None:
    """The sum, a line without a quantity counting as one unit; unknown when none has any."""
    if all(line.quantity is None for line in group):
        return None
    return sum(line.quantity or 1 for line in group)


def _joint_cost(group: list[Line]) -> Decimal | None:
    """The mean weighted by quantity; the first cost given when a quantity is missing."""
    paid = [(line.cost, line.quantity) for line in group if line.cost is not None]
    if not paid:
        return None
    weighed = [(cost, quantity) for cost, quantity in paid if quantity is not None]
    if len(weighed) < len(paid):
        return paid[0][0]
    total = sum((cost * quantity for cost, quantity in weighed), Decimal(0))
    return (total / sum(quantity for _cost, quantity in weighed)).quantize(COST_PLACES)
