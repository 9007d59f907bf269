"""The rows of a file as they are, for what is no list of products to analyse. Pure."""

from __future__ import annotations

from dataclasses import replace

from discovery.lists.reading.amounts import is_nothing
from discovery.lists.reading.model import MOST_CELLS, MOST_LINES, Row, UnreadableList
from discovery.lists.reading.tables import read_pasted, read_upload

LONGEST_CELL = 500  # characters that are kept


def read_rows(content: bytes | str) -> tuple[Row, ...]:
    """The filled rows of the first sheet that has any, hidden ones last.

    Raises ``UnreadableList``.
    """
    tables = read_upload(content) if isinstance(content, bytes) else (read_pasted(content),)
    for table in sorted(tables, key=lambda table: table.is_hidden):
        rows = [row for row in table.rows if not all(is_nothing(cell) for cell in row.cells)]
        if len(rows) > MOST_LINES or table.is_cut:
            raise UnreadableList("too_long")
        if rows:
            return tuple(
                replace(row, cells=tuple(cell[:LONGEST_CELL] for cell in row.cells[:MOST_CELLS]))
                for row in rows
            )
    raise UnreadableList("empty")
