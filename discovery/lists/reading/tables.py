"""From text or a file to a table of cells: encodings, separators, quotes. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

from discovery.lists.reading.codes import LONGEST, is_whole_code
from discovery.lists.reading.encodings import decoded
from discovery.lists.reading.heading_rows import NAMING
from discovery.lists.reading.headings import Role, heading_of
from discovery.lists.reading.model import MOST_LINES, Row, Table, UnreadableList
from discovery.lists.reading.workbooks import is_workbook, read_workbook

MOST_BYTES = 5 * 1024 * 1024
MOST_PIECES = MOST_LINES + 1  # of one line: a whole list may stand on it
SAMPLE = 200
LONGEST_RECORD = 10  # lines of the file in one record: beyond, a quote was never closed

_SEPARATOR_LINE = re.compile(r"sep=(.)", re.I)
_ROUNDED = re.compile(r"\s*\d,\d+E\+", re.I)  # 9,78207E+12, as French spreadsheets write it
# Pages and XML that reporting tools save under the name of a spreadsheet.
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|table|\?xml|\?mso|head|body)", re.I)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")


def read_upload(content: bytes) -> tuple[Table, ...]:
    """Read a CSV, text, Excel or OpenDocument file, whatever its name says: a table for each
    sheet. Raises ``UnreadableList``.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableList("too_large")
    if is_workbook(content):
        return read_workbook(content)
    if _MARKUP.match(content[:200]):
        raise UnreadableList("not_a_list")
    return (read_pasted(decoded(content)),)


def read_pasted(text: str) -> Table:
    """Read lines separated by ``;``, ``,``, ``|``, a tab or spaces. Raises ``UnreadableList``."""
    if len(text) > MOST_BYTES:
        raise UnreadableList("too_large")
    if len(_CONTROLS.findall(text)) > len(text) / 200:
        raise UnreadableList("not_a_list")
    text = text.replace("\x00", "")
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if sum(bool(line.strip()) for line in lines) > 20 * MOST_LINES:
        raise UnreadableList("too_long")
    separator = _separator(lines)
    if named := _SEPARATOR_LINE.fullmatch(lines[0].strip()):
        separator, lines[0] = named[1], ""
    rows = _separated(lines, separator) if separator else _loose(lines)
    return Table(rows=tuple(map(_trimmed, rows)), separator=separator)


def _trimmed(row: Row) -> Row:
    if all(len(cell) <= LONGEST for cell in row.cells):
        return row
    return Row(row.number, tuple(cell[: LONGEST + 1] for cell in row.cells))


def _separator(lines: Sequence[str]) -> str:
    """The mark that most lines are separated by; empty when it is spaces, or now this, now that."""
    sample = [line for line in lines if line.strip()][:SAMPLE]
    for mark in ("\t", ";", "|"):
        if sum(mark in line for line in sample) * 2 > len(sample):
            return mark
    return "," if sum(_is_comma_separated(line) for line in sample) * 2 > len(sample) else ""


def _is_comma_separated(line: str) -> bool:
    """False for ``B00X 12,50 3``, whose comma belongs to the price."""
    before, comma, _after = line.partition(",")
    if not comma or _ROUNDED.match(line):
        return False
    words = before.split()
    ends_in_number = len(words) > 1 and re.fullmatch(r"\D?\d+", words[-1])
    return not ends_in_number or is_whole_code(before)


def _separated(lines: Sequence[str], separator: str) -> Iterator[Row]:
    rows = list(_records(lines, separator, csv.QUOTE_MINIMAL))
    if any(
        after - before > LONGEST_RECORD or _holds_lines(cells, separator)
        for before, after, cells in rows
    ):
        rows = list(_records(lines, separator, csv.QUOTE_NONE))
    for before, _after, cells in rows:
        whole = _with_formulas(cells[:MOST_PIECES], separator)
        yield Row(before + 1, tuple(cell.strip().strip('"') for cell in whole))


def _holds_lines(cells: Sequence[str], separator: str) -> bool:
    """Whether a quote that was never closed swallowed further lines of the list: one of them has
    a code of its own, in a cell of its own.
    """
    swallowed = (line for cell in cells if "\n" in cell for line in cell.split("\n")[1:])
    return any(
        is_whole_code(piece.strip().strip('"'))
        for line in swallowed
        if separator in line
        for piece in line.split(separator)
        if any(map(str.isdigit, piece))
    )


def _with_formulas(cells: list[str], separator: str) -> list[str]:
    """``=HYPERLINK("…"`` and ``"voir")`` are one cell, though the separator stands between."""
    if not any(cell.lstrip().startswith("=") for cell in cells):
        return cells
    whole: list[str] = []
    for cell in cells:
        last = whole[-1] if whole else ""
        if last.lstrip().startswith("=") and last.count("(") > last.count(")"):
            whole[-1] = last + separator + cell
        else:
            whole.append(cell)
    return whole


def _records(
    lines: Sequence[str], separator: str, quoting: Literal[0, 3]
) -> Iterator[tuple[int, int, list[str]]]:
    source = io.StringIO("\n".join(lines), newline="")
    reader = csv.reader(source, delimiter=separator, quoting=quoting, skipinitialspace=True)
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield before, reader.line_num, cells
            before = reader.line_num
    except csv.Error:
        raise UnreadableList("not_a_list") from None


def _loose(lines: Sequence[str]) -> Iterator[Row]:
    """Each line by what separates it: a mark where it has one, else spaces."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield Row(number, tuple(islice(_split(line), MOST_PIECES)))


def _split(line: str) -> Iterable[str]:
    for mark in ("\t", ";", "|"):
        if mark in line:
            return [cell.strip() for cell in line.split(mark)]
    if _is_comma_separated(line):
        return [cell.strip().strip('"') for cell in line.split(",")]
    # "978 2 07 036822 8" is one code.
    if is_whole_code(line):
        return [line.strip()]
    return _words(line.split())


def _words(words: list[str]) -> Iterator[str]:
    """Words, but ``prix d’achat`` and ``12,50 €`` in one piece."""
    place = 0
    while place < len(words):
        for length in (3, 2, 1):
            piece = " ".join(words[place : place + length])
            if length == 1 or (len(words) - place >= length and _belongs_together(piece)):
                if piece not in {":", "=", "→", "=>"}:
                    yield piece
                place += length
                break


def _belongs_together(piece: str) -> bool:
    if any(map(str.isdigit, piece)):
        return bool(re.fullmatch(r"[\d.,]+ (?:€|\$|£|EUR|USD|GBP)", piece))
    role = heading_of(piece).role
    own = {heading_of(word).role for word in piece.split()}
    return role in NAMING and own <= {role, Role.UNKNOWN, Role.OTHER, Role.CODE}
