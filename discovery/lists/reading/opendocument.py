"""OpenDocument spreadsheets, one row at a time: repeated rows and cells are bounded. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO
from xml.etree import ElementTree as ET

from discovery.lists.reading.addresses import IS_ADDRESS
from discovery.lists.reading.codes import LONGEST, is_whole_code
from discovery.lists.reading.excel_cells import number_text
from discovery.lists.reading.model import Row

# ElementTree (S314, B314): expat refuses entities that multiply, since 2.4.1, and loads none from
# elsewhere; whatever else a file does, it is read in a process bounded in memory and in time.
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
LINK = "{http://www.w3.org/1999/xlink}href"
CELLS = frozenset({f"{TABLE}table-cell", f"{TABLE}covered-table-cell"})


def opendocument_sheets(
    content: IO[bytes], *, most_rows: int, most_cells: int
) -> Iterator[tuple[str, list[Row]]]:
    """The name and the filled rows of each sheet of a ``content.xml``.

    Raises the XML parser's ``SyntaxError`` for what is none.
    """
    name, rows, number = "", list[Row](), 0
    for event, element in ET.iterparse(content, events=("start", "end")):  # noqa: S314 # nosec B314
        if event == "start":
            if element.tag == f"{TABLE}table":
                name, rows, number = element.get(f"{TABLE}name", ""), [], 0
        elif element.tag == f"{TABLE}table-row":
            times = _repeated(element, "rows")
            cells = _cells(element, most_cells)
            if any(cells):
                for place in range(min(times, most_rows - len(rows))):
                    rows.append(Row(number + place + 1, cells))
            number += times
            element.clear()
        elif element.tag == f"{TABLE}table":
            yield name, rows
            element.clear()


def _cells(row: ET.Element, most: int) -> tuple[str, ...]:
    found: list[str] = []
    for cell in row:
        if cell.tag in CELLS and len(found) < most:
            times = min(_repeated(cell, "columns"), most - len(found))
            found.extend([_text(cell)[: LONGEST + 1]] * times)
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _repeated(element: ET.Element, what: str) -> int:
    times = element.get(f"{TABLE}number-{what}-repeated", "1")
    return int(times) if re.fullmatch(r"\d{1,9}", times, re.ASCII) else 1


def _text(cell: ET.Element) -> str:
    kind = cell.get(f"{OFFICE}value-type")
    shown = "\n".join("".join(part.itertext()) for part in cell.iter(f"{TEXT}p")).strip()
    if kind in {"float", "currency", "percentage"}:
        value = float(cell.get(f"{OFFICE}value", "nan"))
        if re.fullmatch(r"0\d+", shown, re.ASCII):
            return shown  # zeros that the format shows
        text = number_text(value, "%" if kind == "percentage" else "")
        currency = cell.get(f"{OFFICE}currency", "") if kind == "currency" else ""
        return f"{text} {currency}".strip()
    if kind == "boolean":
        return ""
    links = [link.get(LINK, "") for link in cell.iter(f"{TEXT}a")]
    if links and IS_ADDRESS.search(links[0]) and not is_whole_code(shown):
        return f"{shown} {links[0]}"
    return shown
