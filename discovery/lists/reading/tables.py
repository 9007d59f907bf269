"""From text or a file to a table of cells: encodings, separators, quotes. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

from discovery.lists.reading.cells import is_identifier
from discovery.lists.reading.columns import known_heading
from discovery.lists.reading.model import MOST_LINES, Row, Table, UnreadableList
from discovery.lists.reading.spreadsheets import read_spreadsheet

MOST_BYTES = 5 * 1024 * 1024
MOST_PIECES = MOST_LINES + 1  # of one line: a whole list may stand on it
SAMPLE = 200
LONGEST_RECORD = 10  # lines of the file in one record: beyond, a quote was never closed

ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SEPARATOR_LINE = re.compile(r"sep=(.)", re.I)
_ROUNDED = re.compile(r"\s*\d,\d+E\+", re.I)  # 9,78207E+12, as French spreadsheets write it
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")


def read_upload(content: bytes) -> Table:
    """Read a CSV, text or XLSX file, whatever its name says. Raises ``UnreadableList``."""
    if len(content) > MOST_BYTES:
        raise UnreadableList("too_large")
    if content.startswith(ZIP):
        return read_spreadsheet(content)
    if content.startswith(OLD_EXCEL):
        raise UnreadableList("protected_excel")
    return read_pasted(_decoded(content))


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
    return Table(rows=tuple(rows), separator=separator)


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    # UTF-16 without its mark: every other byte of plain letters is zero.
    head = content[:200]
    if head.count(0) > len(head) / 3:
        little = head[1::2].count(0) > head[::2].count(0)
        return content.decode("utf-16-le" if little else "utf-16-be", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


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
    return not ends_in_number or is_identifier(before)


def _separated(lines: Sequence[str], separator: str) -> Iterator[Row]:
    rows = list(_records(lines, separator, csv.QUOTE_MINIMAL))
    if any(after - before > LONGEST_RECORD for before, after, _cells in rows):
        rows = list(_records(lines, separator, csv.QUOTE_NONE))
    for before, _after, cells in rows:
        yield Row(before + 1, tuple(cell.strip().strip('"') for cell in cells[:MOST_PIECES]))


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
    if is_identifier(line):
        return [line.strip()]
    return _words(line.split())


def _words(words: list[str]) -> Iterator[str]:
    """Words, but ``prix d’achat`` and ``12,50 €`` in one piece."""
    place = 0
    while place < len(words):
        for length in (3, 2, 1):
            piece = " ".join(words[place : place + length])
            if length == 1 or (len(words) - place >= length and _belongs_together(piece)):
                yield piece
                place += length
                break


def _belongs_together(piece: str) -> bool:
    return known_heading(piece) or bool(re.fullmatch(r"[\d.,]+ (?:€|\$|£|EUR|USD|GBP)", piece))
