"""The whole way of a list: from a file or pasted text to lines, doubts and a preview. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from discovery.lists.reading.amounts import is_nothing
from discovery.lists.reading.codes import is_whole_code, read_code, same_product
from discovery.lists.reading.doubts import doubts_of
from discovery.lists.reading.heading_rows import split_at_headings
from discovery.lists.reading.lines import TableRead, read_table
from discovery.lists.reading.merging import Given, merged
from discovery.lists.reading.model import (
    MOST_CELLS,
    MOST_LINES,
    NO_CORRECTIONS,
    BadLine,
    Columns,
    Corrections,
    Doubt,
    Line,
    PreviewRow,
    ReadList,
    Row,
    Table,
    UnreadableList,
)
from discovery.lists.reading.sheets import JOINED, Sheet, chosen_sheets, named_sheets
from discovery.lists.reading.tables import read_pasted, read_upload

PREVIEWED = 8  # rows


def read_list(
    content: bytes | str,
    *,
    currency: str,
    store: str = "",
    corrections: Corrections = NO_CORRECTIONS,
) -> ReadList:
    """Read an upload (bytes) or pasted text (str) for a marketplace of this currency (ISO code).

    ``store`` is the marketplace's host (``www.amazon.fr``): addresses of another one are noted;
    without it, those of another currency are. Raises ``UnreadableList``.
    """
    tables = read_upload(content) if isinstance(content, bytes) else (read_pasted(content),)
    filled = [table for table in map(_filled, tables) if table.rows]
    if not filled:
        raise UnreadableList("empty")
    if corrections.sheet is not None:
        filled = named_sheets(filled, corrections.sheet)
    sheets = [_read(table, currency, store, corrections) for table in filled]
    if corrections.sheet is None:
        chosen, left_out = chosen_sheets(sheets)
    else:
        chosen, left_out = sheets, []
    _check_length(chosen)
    return _list_of(
        chosen,
        names=tuple(table.name for table in tables if table.name),
        doubts=doubts_of(chosen, left_out, home=currency, corrections=corrections),
        corrections=corrections,
    )


def _filled(table: Table) -> Table:
    rows = (row for row in table.rows if not all(is_nothing(cell) for cell in row.cells))
    return replace(table, rows=tuple(rows))


def _read(table: Table, currency: str, store: str, corrections: Corrections) -> Sheet:
    headed = split_at_headings(table.rows, heading_row=corrections.heading_row)
    rows = headed.rows
    if not headed.has_headings:
        rows = _each_product(rows)
    cut = tuple(
        row if len(row.cells) <= MOST_CELLS else replace(row, cells=row.cells[:MOST_CELLS])
        for row in rows
    )
    headed = replace(headed, rows=cut, headings=headed.headings[:MOST_CELLS])
    read = read_table(
        headed,
        name=table.name,
        separator=table.separator,
        home=currency,
        store=store,
        corrections=corrections,
    )
    return Sheet(table, headed, read)


def _check_length(sheets: Sequence[Sheet]) -> None:
    """Raises ``UnreadableList`` for a list without a line, or with too many."""
    products = sum(len(sheet.read.given) + len(sheet.read.bad) for sheet in sheets)
    if products > MOST_LINES or any(sheet.table.is_cut for sheet in sheets):
        raise UnreadableList("too_long")
    if not products:
        raise UnreadableList("empty")


def _each_product(rows: Sequence[Row]) -> tuple[Row, ...]:
    """A row for each product. Raises ``UnreadableList`` when rows of several hold too many."""
    found: list[Row] = []
    in_company = 0
    for row in rows:
        products = _one_each(row)
        in_company += len(products) if len(products) > 1 else 0
        if in_company > MOST_LINES:
            raise UnreadableList("too_long")
        found += products
    return tuple(found)


def _one_each(row: Row) -> list[Row]:
    """``B001 B002 B003`` on one line is three products; an ASIN beside its EAN is one."""
    filled = [cell for cell in row.cells if not is_nothing(cell)]
    cells = [word for cell in filled for word in ([cell] if is_whole_code(cell) else cell.split())]
    if len(cells) < 2 or not all(is_whole_code(cell) for cell in cells):
        return [row]
    kinds = {read_code(cell).identifier.kind for cell in cells}
    return [Row(row.number, (cell,)) for cell in cells] if len(kinds) == 1 else [row]


def _list_of(
    sheets: Sequence[Sheet],
    *,
    names: tuple[str, ...],
    doubts: tuple[Doubt, ...],
    corrections: Corrections,
) -> ReadList:
    groups: dict[str, list[Given]] = {}  # in the order in which each product first appears
    found: list[tuple[int, int, tuple[str, ...], Line | BadLine | str]] = []
    for place, sheet in enumerate(sheets):
        for given in sheet.read.given:
            key = same_product(given.line.identifier)
            if key not in groups:
                found.append((place, given.line.number, given.cells, key))
            groups.setdefault(key, []).append(given)
        found.extend((place, bad.number, row.cells, bad) for row, bad in sheet.read.bad)
    lines = {key: merged(group) for key, group in groups.items()}
    found.sort(key=lambda row: row[:2])
    preview = (
        PreviewRow(number, cells, lines[read] if isinstance(read, str) else read)
        for _place, number, cells, read in found[:PREVIEWED]
    )
    reads = [sheet.read for sheet in sheets]
    return ReadList(
        lines=tuple(lines.values()),
        bad=tuple(bad for sheet in sheets for _row, bad in sheet.read.bad),
        merged=sum(len(group) - 1 for group in groups.values()),
        columns=_columns(reads, corrections),
        sheets=names,
        sheet=JOINED.join(sheet.table.name for sheet in sheets),
        headings=_headings(sheets[0]),
        doubts=doubts,
        ignored=sum(read.ignored for read in reads),
        preview=tuple(preview),
    )


def _columns(reads: Sequence[TableRead], corrections: Corrections) -> Columns:
    """How the first table was understood, with the VAT and the currency of all costs."""
    first = reads[0]
    vats = set().union(*(read.vats for read in reads))
    currencies = set().union(*(read.currencies | set(read.foreign) for read in reads))
    said = corrections.currency
    if said is None and len(currencies) == 1 and any(read.says_currency for read in reads):
        said = currencies.pop()
    return replace(
        first.layout.described(),
        cost_vat=vats.pop() if len(vats) == 1 else corrections.vat or first.terms.vat,
        currency=said,
    )


def _headings(sheet: Sheet) -> tuple[str, ...]:
    """One text for each column, "#3" for one without a heading."""
    width = max(
        (len(sheet.headed.headings), *(len(row.cells) for row in sheet.headed.rows)), default=0
    )
    return tuple(map(sheet.read.layout.name, range(width)))
