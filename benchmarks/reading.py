"""Reading a supplier's list of 5 000 lines: how long does it take, and how much memory?

Run from the checkout: ``.venv/bin/python benchmarks/reading.py``. Files made to harm are given by
``benchmarks/drill.py --only uploads``. The same list (title rows,
headings, ten columns, a section every hundred lines) is written as CSV in three encodings, pasted
text, XLSX, XLS, XLSB and ODS. Each shape is read in a process of its own, so that its peak memory
is its own: the whole process, Python and its libraries included. Time is the processor's: reading
waits for nothing, and the figure stays the same while others use the machine.
"""

from __future__ import annotations

import argparse
import io
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # not this folder: its http.py is not the library's

LINES = 5_000
SLOWEST = 2.0  # seconds
LARGEST = 140.0  # MB; a reader has no more
ROUNDS = 3
HEADINGS = (
    "Réf.", "Désignation", "EAN", "PVC TTC", "Prix catalogue HT", "Remise", "PCB", "Qté", "Poids",
    "TVA %",
)  # fmt: skip

Cell = str | int | float


def ean(number: int) -> str:
    """The EAN-13 of an invented article."""
    body = f"3760{number:08d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def rows() -> Iterator[tuple[Cell, ...]]:
    """The list, row by row."""
    yield ("GROSSISTE EXEMPLE SARL",)
    yield ("Tarif HT 2026",)
    yield HEADINGS
    for number in range(LINES):
        if number % 100 == 0:
            yield (f"RAYON {number // 100}",)
        price = 3 + number % 97 + 0.45
        yield (
            f"A-{number}", f"Article numéro {number}, boîte illustrée", ean(number * 7919),
            round(price * 2.1, 2), price, f"{number % 4 * 10} %", 6, number % 40 + 1, 0.35, 20,
        )  # fmt: skip


def as_text(separator: str = ";") -> str:
    """The list as a French spreadsheet writes it."""

    def shown(cell: Cell) -> str:
        return str(cell).replace(".", ",") if isinstance(cell, float) else str(cell)

    return "\n".join(separator.join(map(shown, row)) for row in rows())


def as_xlsx() -> bytes:
    """The list as a workbook of today."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Tarif")
    for row in rows():
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_xls() -> bytes:
    """The list as a workbook of 1997."""
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Tarif")
    for place, row in enumerate(rows()):
        for column, cell in enumerate(row):
            sheet.write(place, column, cell)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_xlsb() -> bytes:
    """The list as a binary workbook."""
    from pyxlsbwriter import XlsbWriter

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsb"
        with XlsbWriter(str(path)) as writer:
            writer.add_sheet("Tarif")
            writer.write_sheet([[*row, *[""] * (len(HEADINGS) - len(row))] for row in rows()])
        return path.read_bytes()


def as_ods() -> bytes:
    """The list as LibreOffice keeps it."""
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )

    def cell(value: Cell) -> str:
        kind = "string" if isinstance(value, str) else "float"
        number = "" if isinstance(value, str) else f' office:value="{value}"'
        return (
            f'<table:table-cell office:value-type="{kind}"{number}>'
            f"<text:p>{escape(str(value))}</text:p></table:table-cell>"
        )

    body = "".join(
        f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows()
    )
    content = (
        f'<?xml version="1.0"?><office:document-content{names}><office:body><office:spreadsheet>'
        f'<table:table table:name="Tarif">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return file.getvalue()


SHAPES: dict[str, Callable[[], bytes | str]] = {
    "csv": lambda: as_text().encode(),
    "csv-cp1252": lambda: as_text().encode("cp1252"),
    "csv-utf16": lambda: as_text().encode("utf-16"),
    "pasted": lambda: as_text("\t"),
    "xlsx": as_xlsx,
    "xls": as_xls,
    "xlsb": as_xlsb,
    "ods": as_ods,
}


def read_one(path: Path, shape: str) -> None:
    """Read a file and print the median seconds and the peak memory of this process."""
    from discovery.lists.reading.reader import read_list

    content: bytes | str = path.read_bytes()
    if shape == "pasted":
        content = path.read_text()
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        read = read_list(content, currency="EUR", store="www.amazon.fr")
        taken.append(time.process_time() - began)
    if (len(read.lines), read.bad, read.columns.cost) != (LINES, (), "Prix catalogue HT"):
        raise SystemExit(f"{shape}: read wrongly ({len(read.lines)} lines, {read.bad[:3]})")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{statistics.median(taken):.3f} {peak:.1f}")


def main() -> int:
    """Print a line for each shape; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--read", nargs=2, metavar=("FILE", "SHAPE"), help="used by itself")
    asked = parser.parse_args()
    if asked.read:
        read_one(Path(asked.read[0]), asked.read[1])
        return 0
    missed = 0
    print(f"{LINES} lines, {len(HEADINGS)} columns; targets: {SLOWEST} s, {LARGEST:.0f} MB")
    with tempfile.TemporaryDirectory() as folder:
        for shape, write in SHAPES.items():
            path = Path(folder) / shape
            content = write()
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            command = [sys.executable, __file__, "--read", str(path), shape]
            answer = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds, peak = map(float, answer.stdout.split())
            met = seconds <= SLOWEST and peak <= LARGEST
            missed += not met
            print(f"{shape:11} {seconds:6.2f} s {peak:6.0f} MB  {'met' if met else 'MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
