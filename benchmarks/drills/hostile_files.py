"""Files that were made to harm the one who reads them. All of them pass the limit of an upload."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable, Mapping

EAN = "3760000047115"
NAMES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text")
)
XML = '<?xml version="1.0" encoding="UTF-8"?>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
CELL = f'<c t="inlineStr"><is><t>{EAN}</t></is></c>'
ROW = f"<row>{CELL}</row>"


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP archive of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def xlsx(rows: str = ROW, *, before: str = "", sheets: int = 1, **parts: str) -> bytes:
    """A workbook whose sheets hold this XML; ``parts`` are ``sharedStrings``, ``styles``, …"""
    kinds = [f"worksheet:worksheets/sheet{n}" for n in range(sheets)] + [f"{p}:{p}" for p in parts]
    links = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONS}/{kind}" Target="{path}.xml"/>'
        for n, (kind, path) in enumerate(found.split(":") for found in kinds)
    )
    tabs = "".join(f'<sheet name="s{n}" sheetId="{n + 1}" r:id="r{n}"/>' for n in range(sheets))
    sheet = f'{XML}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData></worksheet>'
    return packed(
        {
            "[Content_Types].xml": f"{XML}<Types/>",
            "_rels/.rels": f'{XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" '
            f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">'
            f"<sheets>{tabs}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{PACKAGE}">{links}'
            "</Relationships>",
            **{f"xl/worksheets/sheet{n}.xml": sheet for n in range(sheets)},
            **{f"xl/{name}.xml": f"{XML}{part}" for name, part in parts.items()},
        }
    )


def ods(tables: str) -> bytes:
    """An OpenDocument file with these tables."""
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f"{XML}<office:document-content{NAMES}><office:body>"
            f"<office:spreadsheet>{tables}</office:spreadsheet></office:body>"
            "</office:document-content>",
        }
    )


# --- those that unfold ----------------------------------------------------------------------------


def one_row_of_a_million_cells() -> bytes:
    return xlsx(f"<row>{'<c/>' * 13_000_000}</row>")


def rows_as_wide_as_they_go() -> bytes:
    return xlsx(f"<row>{CELL * 200}</row>" * 5000)


def shared_texts() -> bytes:
    return xlsx(sharedStrings=f'<sst xmlns="{MAIN}">{"<si><t>a</t></si>" * 3_300_000}</sst>')


def one_shared_text() -> bytes:
    texts = f'<sst xmlns="{MAIN}"><si><t>{"a" * 55_000_000}</t></si></sst>'
    row = '<c t="s"><v>0</v></c>' * 200
    return xlsx(f"<row>{row}</row>" * 500, sharedStrings=texts)


def styles() -> bytes:
    return xlsx(
        styles=f'<styleSheet xmlns="{MAIN}"><cellXfs>{"<xf/>" * 10_000_000}</cellXfs></styleSheet>'
    )


def what_stands_before_the_rows() -> bytes:
    return xlsx(before=f"<cols>{'<col/>' * 9_000_000}</cols>")


def nested_deeply() -> bytes:
    return xlsx(before="<a>" * 7_000_000 + "</a>" * 7_000_000)


def every_sheet_full() -> bytes:
    return xlsx(ROW * 5500, sheets=40)


def attributes() -> bytes:
    names = "".join(f' a{n}="x"' for n in range(1_500_000))
    return xlsx(f"<row{names}>{CELL}</row>")


def entities() -> bytes:
    """A billion laughs, behind a comment that keeps the DOCTYPE out of sight."""
    laughs = '<!ENTITY a0 "ha">'
    laughs += "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    parts = f"<!--{' ' * 5000}--><!DOCTYPE sst [{laughs}]><sst><si><t>&a9;</t></si></sst>"
    return xlsx(sharedStrings=parts)


def zeros() -> bytes:
    return packed({"[Content_Types].xml": "<Types/>", "xl/media/zeros.bin": bytes(200_000_000)})


def zeros_announced_small() -> bytes:
    """The directory says that a part of 50 MB unpacks to one of 10 bytes."""
    content = bytearray(xlsx(before="<col/>" * 8_000_000))
    place = content.rindex(b"xl/worksheets/sheet0.xml") - 46
    content[place + 24 : place + 28] = struct.pack("<I", 10)
    return bytes(content)


def repeated_cells() -> bytes:
    cell = (
        '<table:table-cell office:value-type="string" table:number-columns-repeated="999999999">'
        f"<text:p>{EAN}</text:p></table:table-cell>"
    )
    row = f'<table:table-row table:number-rows-repeated="999999999">{cell * 3}</table:table-row>'
    return ods(f'<table:table table:name="a">{row * 3}</table:table>' * 30)


def one_repeated_row_of_a_million_cells() -> bytes:
    return ods(f"<table:table><table:table-row>{'<table:table-cell/>' * 3_000_000}"
               "</table:table-row></table:table>")  # fmt: skip


def binary_cells() -> bytes:
    """An XLSB sheet of 30 million empty cells in rows that all say they are the first."""
    blank = bytes([1, 8]) + struct.pack("<II", 0, 0)
    sheet = bytes([0, 4]) + struct.pack("<I", 0) + blank * 5_500_000
    return packed(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.bin": b"",
            "xl/_rels/workbook.bin.rels": "<Relationships/>",
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


# --- those that are broken ------------------------------------------------------------------------


def old_excel_of_noise() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.Random(1).randbytes(200_000)


def old_excel_in_circles() -> bytes:
    """A compound file whose chains of sectors lead back to themselves."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    header += struct.pack("<IIIIIIII", 0, 1, 0, 4096, 0, 1, 0, 1)
    header = (header + struct.pack("<I", 0) * 200)[:512]
    return header + struct.pack("<I", 0) * 128 * 5000


# --- texts ----------------------------------------------------------------------------------------


def one_line() -> bytes:
    return b"a" * 5_000_000


def a_million_columns() -> bytes:
    return (b";".join([b"12"] * 1_000_000) + b"\n") + b"1;2\n"


def columns_alone() -> bytes:
    return b";" * 5_000_000


def wide_lines() -> bytes:
    return (b";".join([b"12"] * 16_000) + b"\n") * 100


def spaces_and_codes() -> bytes:
    return b"B00000000A " * 470_000


def quotes_never_closed() -> bytes:
    return b'"a;b\n' * 90_000


def formulas() -> bytes:
    return b"EAN;Prix\n" + b"=HYPERLINK((((;" * 330_000


def digits() -> bytes:
    return (b"1" * 49 + b"\n") * 99_000


def controls() -> bytes:
    return bytes(range(1, 9)) * 620_000


def prices() -> bytes:
    line = b"EAN 3760000047115 12,50 EUR prix d achat HT la boite de 12 unites remise 5 %;"
    return b"EAN;Prix\n" + (line * 20 + b"\n") * 3000


def accents_of_no_encoding() -> bytes:
    return bytes(range(128, 256)) * 39_000


HOSTILE: dict[str, Callable[[], bytes]] = {
    make.__name__: make
    for make in (
        one_row_of_a_million_cells, rows_as_wide_as_they_go, shared_texts, one_shared_text, styles,
        what_stands_before_the_rows, nested_deeply, every_sheet_full, attributes, entities, zeros,
        zeros_announced_small, repeated_cells, one_repeated_row_of_a_million_cells, binary_cells,
        old_excel_of_noise, old_excel_in_circles, one_line, a_million_columns, columns_alone,
        wide_lines, spaces_and_codes, quotes_never_closed, formulas, digits, controls, prices,
        accents_of_no_encoding,
    )
}  # fmt: skip
