"""Excel workbooks, read without trusting them: what is unpacked and looked at is bounded. Pure."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from discovery.lists.reading.model import MOST_CELLS, MOST_LINES, Row, Table, UnreadableList

MOST_UNPACKED = 60 * 1024 * 1024  # a list of 5 000 lines, thirty columns wide, unpacks to 15 MB
MOST_PARTS = 2000
MOST_ROWS = 20_000  # empty ones included: formatting often reaches far below the data
EXACT = 2**53  # above, a spreadsheet's numbers are rounded

# What zipfile, the XML parser and openpyxl raise on files that are not what they claim to be.
NOT_A_WORKBOOK = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    InvalidFileException,
    SyntaxError,  # the XML parser's own error is one
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,  # encrypted, or packed in an unknown way
)


def read_spreadsheet(content: bytes) -> Table:
    """The first sheet of an XLSX file with anything in it. Raises ``UnreadableList``."""
    try:
        _check_parts(content)
        rows = _rows(content)
    except UnreadableList:
        raise
    except NOT_A_WORKBOOK:
        raise UnreadableList("broken_excel") from None
    return Table(rows=rows, decimal_mark=".")


def _check_parts(content: bytes) -> None:
    """Refuse what unpacks to too much, before anything is unpacked.

    ``zipfile`` never hands out more of a part than the directory announces.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise UnreadableList("bloated_excel")
        if not any(part.filename == "[Content_Types].xml" for part in parts):
            raise UnreadableList("not_a_list")
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as opened:
                    # No office program writes one; entities that unfold need one.
                    if b"<!DOCTYPE" in opened.read(4096):
                        raise UnreadableList("broken_excel")


def _rows(content: bytes) -> tuple[Row, ...]:
    workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in workbook.worksheets:
            # The size a sheet claims to have is often wrong.
            sheet.reset_dimensions()
            if rows := tuple(_filled(sheet)):
                return rows
    finally:
        workbook.close()
    return ()


def _filled(sheet: Any) -> Iterator[Row]:
    found = 0
    rows = sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_CELLS, values_only=True)
    for number, values in enumerate(rows, start=1):
        cells = tuple(_text(value) for value in values)
        if not any(cells):
            continue
        found += 1
        if found > MOST_LINES + 1:  # with its heading
            raise UnreadableList("too_long")
        yield Row(number, cells)


def _text(value: object) -> str:
    """A cell as it would be typed; codes stored as numbers get their digits back."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        if value.is_integer() and abs(value) < EXACT:
            return str(int(value))
        return repr(round(value, 6))
    return str(value).strip()
