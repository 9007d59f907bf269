"""Workbooks: what is read of them, what is refused before it is unpacked."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlwt
from openpyxl import Workbook
from pyxlsbwriter import XlsbWriter

from discovery.lists.reading import workbooks
from discovery.lists.reading.model import MOST_LINES, BadReason, UnreadableList
from discovery.lists.reading.tables import MOST_BYTES
from tests.discovery.lists.reading.examples import (
    E1,
    E2,
    EAN,
    ISBN,
    ISBN13,
    UPC,
    A,
    B,
    bad,
    codes,
    costs,
    doubts,
    lines,
    notes,
    saved,
    uploaded,
    workbook,
)

TABLE = [("EAN", "Titre", "PA HT"), (int(E1), "Théière", 8.4), (int(UPC), "Tasse", 3.25)]
FOUND = [(E1, Decimal("8.4"), None), (UPC, Decimal("3.25"), None)]


def old_excel(rows: Any, styles: Any = ()) -> bytes:
    """An XLS file; ``styles``: (row, column) -> number format."""
    book = xlwt.Workbook()
    book.add_sheet("CGV").write(0, 0, "Conditions")
    sheet = book.add_sheet("Tarif")
    formats = dict(styles)
    for place, row in enumerate(rows):
        for column, value in enumerate(row):
            shape = formats.get((place, column), "General")
            sheet.write(place, column, value, xlwt.easyxf(num_format_str=shape))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def opendocument(body: str, **parts: str) -> bytes:
    """An ODS file with these rows on its second sheet."""
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content{names}><office:body><office:spreadsheet>'
        f'<table:table table:name="CGV">{row(text("Conditions"))}</table:table>'
        f'<table:table table:name="Tarif">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        for name, part in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), part)
    return file.getvalue()


def row(*cells: str, times: int = 1) -> str:
    return (
        f'<table:table-row table:number-rows-repeated="{times}">{"".join(cells)}</table:table-row>'
    )


def text(value: str, times: int = 1) -> str:
    return (
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{times}">'
        f"<text:p>{value}</text:p></table:table-cell>"
    )


def number(value: str, currency: str = "") -> str:
    kind = "currency" if currency else "float"
    money = f' office:currency="{currency}"' if currency else ""
    return (
        f'<table:table-cell office:value-type="{kind}" office:value="{value}"{money}>'
        f"<text:p>{value}</text:p></table:table-cell>"
    )


class TestExcel:
    def test_codes_stored_as_numbers_get_their_digits_back(self) -> None:
        read = uploaded(
            workbook(
                ("EAN", "Prix d'achat", "Quantité"),
                (int(ISBN13), 12.5, 3),
                (float(EAN), "4,00", 1.0),
                (f" {A} ", 1.234, None),
            )
        )
        assert lines(read) == [
            (ISBN, Decimal("12.5"), 3),
            (EAN, Decimal(4), 1),
            (A, Decimal("1.234"), None),
        ]

    def test_zeros_dropped_from_a_number_are_put_back(self) -> None:
        read = uploaded(workbook(("code",), (131103628,), (36000291452,)))
        assert [line.identifier.value for line in read.lines] == [ISBN, UPC]
        assert all(line.restored for line in read.lines)

    def test_the_first_sheet_with_anything_in_it_counts(self) -> None:
        assert lines(uploaded(workbook((A, 2.5, 1), sheets=3))) == [(A, Decimal("2.5"), 1)]

    def test_line_numbers_are_those_of_the_sheet(self) -> None:
        read = uploaded(workbook(("ASIN",), (A,), (None,), ("rubbish",)))
        assert bad(read) == [(4, BadReason.NOT_AN_IDENTIFIER)]

    def test_too_many_rows_are_refused(self) -> None:
        with pytest.raises(UnreadableList, match="too_long"):
            uploaded(workbook(*((f"B{number:09}",) for number in range(MOST_LINES + 2))))

    def test_what_unpacks_to_too_much_is_never_unpacked(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bomb = io.BytesIO(workbook((A,)))
        with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/media/zeros.bin", bytes(workbooks.MOST_UNPACKED))
        assert len(bomb.getvalue()) < MOST_BYTES

        def unpack(*_arguments: Any, **_options: Any) -> Any:
            raise AssertionError("unpacked")

        monkeypatch.setattr("discovery.lists.reading.workbooks.ExcelBook", unpack)
        with pytest.raises(UnreadableList, match="bloated_excel"):
            uploaded(bomb.getvalue())

    def test_entities_that_unfold_are_refused(self) -> None:
        source, target = io.BytesIO(workbook((A,))), io.BytesIO()
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
            for part in old.infolist():
                text = old.read(part)
                if part.filename == "xl/worksheets/sheet1.xml":
                    text = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + text
                new.writestr(part.filename, text)
        with pytest.raises(UnreadableList, match="broken_excel"):
            uploaded(target.getvalue())

    def test_a_zip_of_something_else_is_no_list(self) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        with pytest.raises(UnreadableList, match="not_a_list"):
            uploaded(file.getvalue())

    def test_a_workbook_cut_short_is_told(self) -> None:
        with pytest.raises(UnreadableList, match="broken_excel"):
            uploaded(workbook((A, 2, 3))[:-400])

    def test_a_cell_far_below_does_not_make_us_read_a_million_rows(self) -> None:
        book = Workbook()
        book.worksheets[0]["A1"] = A
        book.worksheets[0]["A1048576"] = B
        file = io.BytesIO()
        book.save(file)
        assert [line.identifier.value for line in uploaded(file.getvalue()).lines] == [A]

    def test_a_number_shows_the_zeros_of_its_format(self) -> None:
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.append(["Réf", "PA"])
        sheet.append([int(UPC), 3])
        sheet["A2"].number_format = "000000000000"
        read = uploaded(saved(book))
        assert codes(read) == [UPC]
        assert not read.lines[0].restored

    @pytest.mark.parametrize(
        ("shape", "currency"),
        [
            ('#,##0.00 "€"', None), ("#,##0.00 [$€-40C]", None), ('_-* #,##0.00 "€"_-', None),
            ("[$$-409]#,##0.00", "USD"), ("[$£-809]#,##0.00", "GBP"), ('"CHF" #,##0.00', "CHF"),
        ],
    )  # fmt: skip
    def test_the_currency_of_a_number_format_counts(self, shape: str, currency: str | None) -> None:
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.append(["EAN", "Coût"])
        sheet.append([int(E1), 12.5])
        sheet["B2"].number_format = shape
        read = uploaded(saved(book))
        if currency is None:
            assert costs(read) == [Decimal("12.5")]
        else:
            assert bad(read) == [(2, BadReason.FOREIGN_CURRENCY)]
            assert doubts(read)["foreign_currency"].params["currency"] == currency

    def test_three_decimals_are_no_thousands(self) -> None:
        assert costs(uploaded(workbook(("EAN", "PA"), (int(E1), 1.234), (int(E2), "3,50")))) == [
            Decimal("1.234"),
            Decimal("3.5"),
        ]

    def test_a_discount_shown_in_percent(self) -> None:
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.append(["EAN", "Prix catalogue", "Remise"])
        sheet.append([int(E1), 20, 0.35])
        sheet["C2"].number_format = "0%"
        assert costs(uploaded(saved(book))) == [Decimal(13)]

    def test_a_price_that_excel_made_a_date_is_refused(self) -> None:
        read = uploaded(workbook(("EAN", "PA"), (int(E1), date(2026, 5, 12)), (int(E2), 3)))
        assert [(line.number, line.reason, line.value) for line in read.bad] == [
            (2, BadReason.BAD_COST, "2026-05-12")
        ]

    def test_the_address_behind_a_cell_is_read(self) -> None:
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.append(["Lien", "PA"])
        sheet.append(["voir", 2])
        sheet["A2"].hyperlink = f"https://www.amazon.fr/dp/{A}"
        sheet.append([f'=HYPERLINK("https://www.amazon.de/dp/{B}","voir")', 3])
        read = uploaded(saved(book))
        assert lines(read) == [(A, Decimal(2), None), (B, Decimal(3), None)]
        assert notes(read)[1] == [("other_store", "amazon.de")]


class TestOldExcel:
    def test_the_sheet_with_products_is_read(self) -> None:
        read = uploaded(old_excel(TABLE))
        assert lines(read) == FOUND
        assert (read.sheet, read.sheets) == ("Tarif", ("CGV", "Tarif"))

    def test_formats_count(self) -> None:
        styles = {(2, 0): "000000000000", (2, 2): '#,##0.00 "£"'}
        read = uploaded(old_excel(TABLE, styles.items()))
        assert lines(read) == FOUND[:1]
        assert [(line.text, line.reason) for line in read.bad] == [
            (UPC, BadReason.FOREIGN_CURRENCY)
        ]

    def test_a_cell_far_away_costs_nothing(self) -> None:
        book = xlwt.Workbook()
        sheet = book.add_sheet("x")
        sheet.write(0, 0, A)
        sheet.write(65535, 255, B)
        file = io.BytesIO()
        book.save(file)
        assert codes(uploaded(file.getvalue())) == [A]


class TestBinaryExcel:
    def test_it_is_read(self, tmp_path: Path) -> None:
        with XlsbWriter(str(tmp_path / "tarif.xlsb")) as writer:
            writer.add_sheet("Tarif")
            writer.write_sheet([list(cells) for cells in TABLE])
        assert lines(uploaded((tmp_path / "tarif.xlsb").read_bytes())) == FOUND

    def test_one_with_a_cell_far_away_is_never_built(self, tmp_path: Path) -> None:
        with XlsbWriter(str(tmp_path / "far.xlsb")) as writer:
            writer.add_sheet("x")
            writer.write_sheet([*([["x"]] * 299), [""] * 9000 + ["x"]])
        with pytest.raises(UnreadableList, match="bloated_excel"):
            uploaded((tmp_path / "far.xlsb").read_bytes())


class TestOpenDocument:
    def test_numbers_currencies_and_texts(self) -> None:
        read = uploaded(
            opendocument(
                row(text("EAN"), text("Titre"), text("PA HT"))
                + row(number(E1), text("Théière"), number("8.4", "EUR"))
                + row(number(UPC.lstrip("0")), text("Tasse"), number("3.25", "EUR"))
            )
        )
        assert lines(read) == FOUND
        assert (read.sheet, read.columns.currency) == ("Tarif", "EUR")

    def test_another_currency_is_never_taken_for_euros(self) -> None:
        read = uploaded(
            opendocument(row(text("EAN"), text("PA")) + row(number(E1), number("9", "USD")))
        )
        assert bad(read) == [(2, BadReason.FOREIGN_CURRENCY)]

    def test_repeated_rows_are_bounded(self) -> None:
        with pytest.raises(UnreadableList, match="too_long"):
            uploaded(opendocument(row(text(A, times=16384), times=1048576)))

    def test_line_numbers_count_the_empty_rows(self) -> None:
        body = row(text("ASIN"), text("PA")) + row(times=7) + row(text("B0?"), number("3"))
        read = uploaded(opendocument(body + row(text(A), number("3"))))
        assert bad(read) == [(9, BadReason.NOT_AN_IDENTIFIER)]

    def test_a_protected_one_is_told(self) -> None:
        manifest = "<manifest><encryption-data/></manifest>"
        content = opendocument(row(text(A)), **{"META-INF__manifest_xml": manifest})
        with pytest.raises(UnreadableList, match="protected_excel"):
            uploaded(content)
