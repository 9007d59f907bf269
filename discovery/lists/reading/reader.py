"""The whole way of a list: from a file or pasted text to lines, doubts and a preview. Pure."""

from __future__ import annotations

from dataclasses import replace

from discovery.lists.reading.lines import read_lines
from discovery.lists.reading.model import NO_CORRECTIONS, Corrections, PreviewRow, ReadList
from discovery.lists.reading.tables import read_pasted, read_upload

PREVIEWED = 8


def read_list(
    content: bytes | str, *, currency: str, corrections: Corrections = NO_CORRECTIONS
) -> ReadList:
    """Read an upload (bytes) or pasted text (str) for a marketplace of this currency (ISO code).

    Raises ``UnreadableList``.
    """
    table = read_upload(content) if isinstance(content, bytes) else read_pasted(content)
    read = read_lines(table)
    rows = {row.number: row for row in table.rows}
    found = sorted([*read.lines, *read.bad], key=lambda line: line.number)[:PREVIEWED]
    return replace(
        read,
        headings=tuple(rows[read.columns.heading_row].cells) if read.columns.heading_row else (),
        preview=tuple(PreviewRow(line.number, rows[line.number].cells, line) for line in found),
    )
