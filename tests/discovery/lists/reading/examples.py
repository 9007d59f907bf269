"""Lists for the tests of the reader, and short ways to say what became of them."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

from openpyxl import Workbook

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.lists.reading.model import BadReason, Corrections, Doubt, ReadList
from discovery.lists.reading.reader import read_list

ISBN = "0131103628"  # and its ISBN-13:
ISBN13 = "9780131103627"
EAN = "4006381333931"
UPC = "036000291452"
A, B = "B00000000A", "B00000000B"
HOST = "www.amazon.fr"


def ean(number: int) -> str:
    """The EAN-13 of an invented article."""
    body = f"3760{number:08d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


E1, E2, E3, E4 = (ean(number) for number in (4711, 81234, 998877, 1234567))


def pasted(
    text: str, currency: str = "EUR", *, given: Corrections | None = None, **corrections: Any
) -> ReadList:
    """Read pasted lines for amazon.fr, corrected so."""
    given = given or Corrections(**corrections)
    return read_list(text, currency=currency, store=HOST, corrections=given)


def uploaded(content: bytes, **corrections: Any) -> ReadList:
    """Read a file for amazon.fr, corrected so."""
    given = Corrections(**corrections)
    return read_list(content, currency="EUR", store=HOST, corrections=given)


def read_on(marketplace: str, text: str) -> ReadList:
    """Read pasted lines for a marketplace, as the site does, but in this process."""
    market = MARKETPLACES[marketplace]
    return read_list(text, currency=market.currency, store=market.host)


def workbook(*rows: Any, sheets: int = 1) -> bytes:
    """An XLSX file; with several sheets, the rows stand on the last."""
    book = Workbook()
    for _ in range(sheets - 1):
        book.create_sheet()
    for row in rows:
        book.worksheets[-1].append(list(row))
    return saved(book)


def sheets(**rows: Any) -> bytes:
    """An XLSX file with a sheet for each name."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, cells in rows.items():
        sheet = book.create_sheet(name.replace("_", " "))
        for row in cells:
            sheet.append(list(row))
    return saved(book)


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def lines(read: ReadList) -> list[tuple[str, Decimal | None, int | None]]:
    """Identifier, cost and quantity of each line."""
    return [(line.identifier.value, line.cost, line.quantity) for line in read.lines]


def costs(read: ReadList) -> list[Decimal | None]:
    """The cost of each line."""
    return [line.cost for line in read.lines]


def codes(read: ReadList) -> list[str]:
    """The identifier of each line."""
    return [line.identifier.value for line in read.lines]


def bad(read: ReadList) -> list[tuple[int, BadReason]]:
    """Number and reason of each line left out."""
    return [(line.number, line.reason) for line in read.bad]


def notes(read: ReadList) -> list[list[tuple[str, str]]]:
    """Code and value of the notes of each line."""
    return [[(note.code.value, note.value) for note in line.notes] for line in read.lines]


def doubts(read: ReadList) -> dict[str, Doubt]:
    """The doubts about a list, by their codes."""
    return {doubt.code.value: doubt for doubt in read.doubts}
