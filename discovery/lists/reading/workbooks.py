"""Workbooks, read without trusting them: what is unpacked and looked at is bounded. Pure.

XLS by xlrd, XLSB by calamine once its size is known; XLSX and ODS are read here, row by row: the
libraries build every empty or repeated cell of a sheet, and lose its currencies.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import xlrd
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from discovery.lists.reading.codes import LONGEST
from discovery.lists.reading.excel_cells import number_text
from discovery.lists.reading.model import MOST_CELLS, MOST_LINES, Row, Table, UnreadableList
from discovery.lists.reading.opendocument import opendocument_sheets
from discovery.lists.reading.xlsb_extent import largest_extent
from discovery.lists.reading.xlsx import ExcelBook

MOST_UNPACKED = 60 * 1024 * 1024  # a list of 5 000 lines, thirty columns wide, unpacks to 15 MB
MOST_PARTS = 2000
MOST_SHEETS = 40
LONGEST_NAME = 100  # characters of the name of a sheet; Excel allows 31
MOST_ROWS = 20_000  # empty ones included: formatting often reaches far below the data
MOST_FILLED = MOST_LINES + 500  # with titles, headings, sections
MOST_BINARY_CELLS = 2_000_000  # of an XLSB sheet: calamine keeps one for each place

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

# What the readers raise on files that are not what they claim to be.
NOT_A_WORKBOOK = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    xlrd.XLRDError,
    xlrd.compdoc.CompDocError,
    CalamineError,
    SyntaxError,  # the XML parser's own error is one
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,  # xlrd checks its records so
    EOFError,
    OSError,
    OverflowError,
    struct.error,
    RuntimeError,  # encrypted, or packed in an unknown way
)


def is_workbook(content: bytes) -> bool:
    """Whether a file is packed as workbooks are."""
    return content.startswith((ZIP, OLE))


def read_workbook(content: bytes) -> tuple[Table, ...]:
    """The sheets of an XLSX, XLS, XLSB or ODS file with anything in them.

    Raises ``UnreadableList``.
    """
    try:
        return tuple(_sheets(content))
    except UnreadableList:
        raise
    except NOT_A_WORKBOOK as error:
        protected = "encrypted" in str(error).lower() or "password" in str(error).lower()
        raise UnreadableList("protected_excel" if protected else "broken_excel") from None


def _sheets(content: bytes) -> Iterator[Table]:
    if content.startswith(OLE):
        if ENCRYPTED in content:
            raise UnreadableList("protected_excel")
        return _old_excel(content)
    names = _checked_parts(content)
    if "xl/workbook.bin" in names:
        return _binary_excel(content)
    if "content.xml" in names and "[Content_Types].xml" not in names:
        return _opendocument(content)
    return _excel(content)


def _checked_parts(content: bytes) -> set[str]:
    """The names of the parts. Refuses what unpacks to too much, before anything is unpacked.

    ``zipfile`` never hands out more of a part than the directory announces.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise UnreadableList("bloated_excel")
        names = {part.filename for part in parts}
        if not names & {"[Content_Types].xml", "content.xml"}:
            raise UnreadableList("not_a_list")
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with archive.open(part) as opened:
                    # No office program writes one; entities that unfold need one.
                    if b"<!DOCTYPE" in opened.read(4096):
                        raise UnreadableList("broken_excel")
    return names


def _numbered(rows: Iterable[Iterable[Any]], text: Callable[[Any], str]) -> Iterator[Row]:
    """The filled rows of a sheet, each with its number."""
    for number, values in enumerate(rows, start=1):
        # The binary formats may hold zeros, which no database keeps in a text.
        cells = [text(value)[: LONGEST + 1].replace("\0", "") for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield Row(number, tuple(cells))


def _cut(rows: Iterable[Row], name: str, *, hidden: bool = False) -> Table:
    """A table of as many rows as a list may hold."""
    found = tuple(islice(rows, MOST_FILLED + 1))
    cut = len(found) > MOST_FILLED
    name = name[:LONGEST_NAME].replace("\0", "")
    return Table(found[:MOST_FILLED], name=name, is_hidden=hidden, is_cut=cut)


def _excel(content: bytes) -> Iterator[Table]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        book = ExcelBook(archive)
        for sheet in book.sheets()[:MOST_SHEETS]:
            rows = book.rows(sheet, most_rows=MOST_ROWS, most_cells=MOST_CELLS)
            yield _cut(rows, sheet.name, hidden=sheet.is_hidden)


def _old_excel(content: bytes) -> Iterator[Table]:
    book = xlrd.open_workbook(
        file_contents=content, logfile=io.StringIO(), formatting_info=True, ragged_rows=True
    )

    def text(cell: Any) -> str:
        if cell.ctype in {xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE}:
            shape = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
            return number_text(cell.value, shape)
        return str(cell.value).strip() if cell.ctype == xlrd.XL_CELL_TEXT else ""

    for sheet in book.sheets()[:MOST_SHEETS]:
        rows = (sheet.row(place)[:MOST_CELLS] for place in range(min(sheet.nrows, MOST_ROWS)))
        yield _cut(_numbered(rows, text), sheet.name, hidden=bool(sheet.visibility))


def _binary_excel(content: bytes) -> Iterator[Table]:
    if largest_extent(content) > MOST_BINARY_CELLS:
        raise UnreadableList("bloated_excel")
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for meta in book.sheets_metadata[:MOST_SHEETS]:
        sheet = book.get_sheet_by_name(meta.name)
        rows = sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS)
        hidden = meta.visible is not SheetVisibleEnum.Visible
        cells = (row[:MOST_CELLS] for row in rows)
        yield _cut(_numbered(cells, _bare_text), meta.name, hidden=hidden)


def _bare_text(value: Any) -> str:
    if isinstance(value, bool):
        return ""
    return number_text(value, "") if isinstance(value, int | float) else str(value).strip()


def _opendocument(content: bytes) -> Iterator[Table]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        manifest = "META-INF/manifest.xml"
        if manifest in archive.namelist() and b"encryption-data" in archive.read(manifest):
            raise UnreadableList("protected_excel")
        with archive.open("content.xml") as opened:
            sheets = list(
                opendocument_sheets(opened, most_rows=MOST_FILLED + 1, most_cells=MOST_CELLS)
            )
    for name, rows in sheets[:MOST_SHEETS]:
        yield _cut(rows, name)
