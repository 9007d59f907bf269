"""How large the sheets of an XLSB file are, from their records (MS-XLSB 2.1.4). Pure."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

ROW = 0  # BrtRowHdr: begins with the number of the row
CELLS = range(1, 12)  # BrtCellBlank to BrtFmlaError: begin with the number of the column


def largest_extent(content: bytes) -> int:
    """Places (rows × columns) of the largest sheet, the empty ones included."""
    largest = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".bin"):
                largest = max(largest, _extent(archive.read(name)))
    return largest


def _extent(part: bytes) -> int:
    last_row = last_column = 0
    for kind, payload in _records(part):
        if kind == ROW:
            last_row = max(last_row, int.from_bytes(payload[:4], "little"))
        elif kind in CELLS:
            last_column = max(last_column, int.from_bytes(payload[:4], "little"))
    return (last_row + 1) * (last_column + 1)


def _records(part: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place < len(part):
        kind, place = _number(part, place, most=2)
        size, place = _number(part, place, most=4)
        yield kind, part[place : place + size]
        place += size


def _number(part: bytes, place: int, *, most: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first; the eighth says that another follows."""
    value = 0
    for step in range(most):
        byte = part[place]
        value |= (byte & 0x7F) << (7 * step)
        place += 1
        if byte < 0x80:
            break
    return value, place
