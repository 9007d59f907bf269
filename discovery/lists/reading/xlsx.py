"""XLSX workbooks, one row at a time, with what their formats and links say (ECMA-376 part 1).

openpyxl takes five times as long, and its quick mode loses the links; calamine loses the formats
and builds every empty cell up to the last one. Pure.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import IO
from xml.etree import ElementTree as ET

from discovery.lists.reading.addresses import IS_ADDRESS
from discovery.lists.reading.codes import LONGEST, is_whole_code
from discovery.lists.reading.excel_cells import BUILT_IN, number_text
from discovery.lists.reading.model import Row

# ElementTree (S314, B314): expat refuses entities that multiply, since 2.4.1, and loads none from
# elsewhere; whatever else a file does, it is read in a process bounded in memory and in time.
RELATION = re.compile(r"\{.*/relationships\}id")
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet as the workbook lists it, and the part of the archive that holds it."""

    name: str
    path: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all sheets share: the texts, and for each style the format of its numbers."""

    texts: tuple[str, ...]
    formats: tuple[str, ...]


class ExcelBook:
    """An open workbook. Raises ``KeyError``, ``ValueError`` or ``SyntaxError`` for what is none."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        root = _targets(archive, "_rels/.rels", "officeDocument")
        self._path = next(iter(root.values()), "xl/workbook.xml")
        self._shared = _Shared(self._texts(), self._formats())

    def sheets(self) -> list[SheetPart]:
        """The sheets in the order of their tabs."""
        targets = _targets(self._archive, _relations_of(self._path))
        found = []
        for element in _elements(self._archive, self._path, "sheet"):
            link = next((value for key, value in element.items() if RELATION.fullmatch(key)), "")
            if link in targets:
                hidden = element.get("state", "visible") != "visible"
                found.append(SheetPart(element.get("name", ""), targets[link], hidden))
        return found

    def rows(self, sheet: SheetPart, *, most_rows: int, most_cells: int) -> Iterator[Row]:
        """The filled rows of a sheet, as far down and to the right as they are looked at."""
        links = self._links(sheet)
        with self._archive.open(sheet.path) as part:
            for row in _rows(part, self._shared, most_rows, most_cells):
                yield _linked(row, links) if links else row

    def _links(self, sheet: SheetPart) -> dict[tuple[int, int], str]:
        """Places of cells -> the addresses they lead to, where these are of products."""
        targets = _targets(self._archive, _relations_of(sheet.path), "hyperlink")
        targets = {key: target for key, target in targets.items() if IS_ADDRESS.search(target)}
        found: dict[tuple[int, int], str] = {}
        if not targets:
            return found
        for element in _elements(self._archive, sheet.path, "hyperlink"):
            link = next((value for key, value in element.items() if RELATION.fullmatch(key)), "")
            if link in targets and (place := _place(element.get("ref", ""))):
                found[place] = targets[link]
        return found

    def _texts(self) -> tuple[str, ...]:
        path = self._beside("sharedStrings")
        if path is None:
            return ()
        return tuple(_text_of(item) for item in _elements(self._archive, path, "si"))

    def _formats(self) -> tuple[str, ...]:
        path = self._beside("styles")
        if path is None:
            return ()
        with self._archive.open(path) as part:
            root = ET.parse(part).getroot()  # noqa: S314 # nosec B314
        custom = {
            element.get("numFmtId", ""): element.get("formatCode", "")
            for element in root.iter()
            if _local(element.tag) == "numFmt"
        }
        styles = next((part for part in root if _local(part.tag) == "cellXfs"), ())
        codes = (style.get("numFmtId", "0") for style in styles)
        return tuple(custom.get(code) or BUILT_IN.get(code, "") for code in codes)

    def _beside(self, kind: str) -> str | None:
        found = _targets(self._archive, _relations_of(self._path), kind)
        path = next(iter(found.values()), None)
        return path if path in self._archive.namelist() else None


def _rows(part: IO[bytes], shared: _Shared, most_rows: int, most_cells: int) -> Iterator[Row]:
    number = 0
    # The ends alone: each event costs as much as what is done with it. Rows stay, emptied.
    for _event, element in ET.iterparse(part):  # noqa: S314 # nosec B314
        name = _local(element.tag)
        if name == "row":
            number = int(element.get("r") or number + 1)
            if number > most_rows:
                return
            cells = _cells(element, shared, most_cells)
            if cells:
                yield Row(number, cells)
            element.clear()
        elif name == "sheetData":
            return


def _cells(row: ET.Element, shared: _Shared, most: int) -> tuple[str, ...]:
    found: list[str] = []
    for element in row:
        place = _place(element.get("r", ""))
        column = place[1] if place else len(found)
        if column >= most:
            break
        text = _cell_text(element, shared)[: LONGEST + 1]
        if text:
            found.extend([""] * (column - len(found)))
            found.append(text)
    return tuple(found)


def _cell_text(cell: ET.Element, shared: _Shared) -> str:
    value = formula = ""
    for part in cell:
        name = _local(part.tag)
        if name == "v":
            value = part.text or ""
        elif name == "f":
            formula = part.text or ""
        elif name == "is":
            value = _text_of(part)
    if formula.upper().startswith("HYPERLINK("):
        return f"={formula}"
    kind = cell.get("t", "n")
    if not value or kind == "b":
        return ""
    if kind == "s":
        return shared.texts[int(value)].strip()
    if kind != "n":
        return value.strip()
    style = int(cell.get("s") or 0)
    return number_text(float(value), shared.formats[style] if style < len(shared.formats) else "")


def _linked(row: Row, links: Mapping[tuple[int, int], str]) -> Row:
    """With the addresses behind its cells, but where a code is shown."""
    cells = tuple(
        f"{cell} {links[row.number, column]}"
        if (row.number, column) in links and not is_whole_code(cell)
        else cell
        for column, cell in enumerate(row.cells)
    )
    return Row(row.number, cells)


def _place(reference: str) -> tuple[int, int] | None:
    """``C12`` -> (12, 2): the row as it is shown, the column from 0."""
    found = _REFERENCE.match(reference)
    if found is None:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column - 1


def _text_of(item: ET.Element) -> str:
    """The runs of a text, without the pronunciation that Japanese files add."""
    parts = []
    for child in item:
        if _local(child.tag) == "t":
            parts.append(child.text or "")
        elif _local(child.tag) == "r":
            parts.extend(part.text or "" for part in child if _local(part.tag) == "t")
    return "".join(parts)


def _targets(archive: zipfile.ZipFile, path: str, kind: str = "") -> dict[str, str]:
    """Relation ids -> parts of the archive or addresses, of one kind or of all."""
    if path not in archive.namelist():
        return {}
    base = posixpath.dirname(posixpath.dirname(path))
    found = {}
    for element in _elements(archive, path, "Relationship"):
        target = element.get("Target", "")
        if not element.get("Type", "").endswith(f"/{kind}" if kind else ""):
            continue
        if element.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", base, target)).lstrip("/")
        found[element.get("Id", "")] = target
    return found


def _relations_of(path: str) -> str:
    folder, name = posixpath.split(path)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _elements(archive: zipfile.ZipFile, path: str, name: str) -> Iterator[ET.Element]:
    """The elements of a name, one after the other; each is emptied before the next."""
    with archive.open(path) as part:
        for _event, element in ET.iterparse(part):  # noqa: S314 # nosec B314
            if _local(element.tag) == name:
                yield element
                element.clear()


@lru_cache(maxsize=100)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
