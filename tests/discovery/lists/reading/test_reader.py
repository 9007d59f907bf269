"""What a list may look like, and what is made of it."""

from __future__ import annotations

import contextlib
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.lists.reading.model import (
    MOST_LINES,
    NO_COLUMN,
    BadReason,
    Corrections,
    UnreadableList,
)
from discovery.lists.reading.tables import MOST_BYTES
from discovery.products.identifiers import IdentifierKind
from tests.discovery.lists.reading.examples import (
    EAN,
    ISBN,
    ISBN13,
    UPC,
    A,
    B,
    bad,
    lines,
    pasted,
    uploaded,
)

WHOLE = [(A, Decimal("12.5"), 3), (ISBN, Decimal(4), None)]


class TestFormats:
    @pytest.mark.parametrize(
        "text",
        [
            f"{A};12,50;3\n{ISBN13};4;\n",
            f"{A},12.50,3\r\n{ISBN13},4,\r\n",
            f"{A}\t12,50\t3\n\n{ISBN13}\t4,00\t\n",
            f"{A} 12,50 3\n{ISBN13} 4,00\n",
            f"{A}  12.50 €  3\n978-0-13-110362-7;4\n",
            f"{A}|12,50|3\n{ISBN13}|4|\n",
            f"sep=;\n{A};12,50;3\n{ISBN13};4;\n",
            f'"{A}","12,50","3"\n"{ISBN13}","4,00",""\n',
        ],
    )
    def test_any_usual_separator_and_decimal_mark(self, text: str) -> None:
        read = pasted(text)
        assert lines(read) == WHOLE
        assert read.bad == ()

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
    def test_any_usual_encoding(self, encoding: str) -> None:
        text = f"ASIN;Libellé;Coût;Qté\n{A};Été;12,50;3\n{ISBN};;4;\n"
        read = uploaded(text.encode(encoding))
        assert lines(read) == WHOLE
        assert read.columns.cost == "Coût"

    def test_line_numbers_are_those_of_the_file(self) -> None:
        read = pasted(f'ASIN;Titre;Coût\n{A};"two\nlines";3\n\nrubbish;;3\n')
        assert [line.number for line in read.lines] == [2]
        assert bad(read) == [(5, BadReason.NOT_AN_IDENTIFIER)]

    def test_a_quote_that_is_never_closed_swallows_nothing(self) -> None:
        rest = "\n".join(f"B{number:09};screen;3" for number in range(30))
        assert len(pasted(f'ASIN;Titre;Coût\n{A};"17 inch;3\n{rest}').lines) == 31

    def test_several_products_on_a_line(self) -> None:
        read = pasted(f"{A} {B}, {ISBN}")
        assert [line.identifier.value for line in read.lines] == [A, B, ISBN]

    @pytest.mark.parametrize("mark", [" ", ",", ";", ", "])
    def test_a_whole_list_on_one_line(self, mark: str) -> None:
        assert len(pasted(mark.join(f"B{number:09}" for number in range(300))).lines) == 300

    def test_a_line_of_megabytes_is_one_bad_line(self) -> None:
        began = time.monotonic()
        assert bad(pasted("1" * 5_000_000)) == [(1, BadReason.NOT_AN_IDENTIFIER)]
        assert time.monotonic() - began < 5  # quadratic, it would take minutes

    def test_an_asin_beside_its_ean_is_one_product(self) -> None:
        read = pasted(f"{A};{EAN};3\n{B};{UPC};4")
        assert [line.identifier.value for line in read.lines] == [A, B]

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "empty"),
            (b" \n\n ; ; \n", "empty"),
            (b"ASIN;cost\n", "empty"),
            (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "not_a_list"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "broken_excel"),
            (
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
                "protected_excel",
            ),
            (b"<html><table><tr><td>B00000000A</td></tr></table></html>", "not_a_list"),
            (b"PK\x03\x04 this is no workbook", "broken_excel"),
            (b"x" * (MOST_BYTES + 1), "too_large"),
            (b"B00000000A\n" * (MOST_LINES + 1), "too_long"),
        ],
    )
    def test_what_is_no_list_is_told_apart(self, content: bytes, code: str) -> None:
        with pytest.raises(UnreadableList) as caught:
            uploaded(content)
        assert caught.value.code == code

    def test_five_thousand_lines_and_a_heading_fit(self) -> None:
        text = "asin\n" + "\n".join(f"B{number:09}" for number in range(MOST_LINES))
        assert len(pasted(text).lines) == MOST_LINES

    @given(st.one_of(st.text(max_size=300).map(str.encode), st.binary(max_size=300)))
    def test_nothing_is_too_strange(self, content: bytes) -> None:
        read = None
        with contextlib.suppress(UnreadableList):
            read = uploaded(content)
        assert read is None or read.lines or read.bad


class TestColumns:
    @pytest.mark.parametrize(
        "heading",
        [
            "ASIN;Coût;Qté", "asin;COUT;qte", "Code-barres;Prix d’achat (€ HT);Quantité",
            "isbn 13;prix d'achat;Nb", "EAN;Cost;Qty", "GTIN;Buy Price;Quantity",
            "UPC;purchase_price;units", "Code;Prix unitaire;Stock", "Référence;Coût unitaire;Qté",
        ],
    )  # fmt: skip
    def test_headings_in_either_language(self, heading: str) -> None:
        read = pasted(f"{heading}\n{ISBN13};12,50;3\n")
        assert lines(read) == [(ISBN, Decimal("12.5"), 3)]
        assert read.columns.has_header

    def test_any_order_and_columns_of_no_interest(self) -> None:
        read = pasted(f"Titre;Qté;Prix de vente;Prix d'achat;Rayon;ASIN\nX;3;99;12,50;R1;{A}\n")
        assert lines(read) == [(A, Decimal("12.5"), 3)]

    def test_the_price_paid_is_preferred_to_a_price(self) -> None:
        assert lines(pasted(f"ASIN;Prix;Prix d'achat\n{A};99;12,50\n"))[0][1] == Decimal("12.5")

    def test_the_surest_identifier_of_a_line_is_read(self) -> None:
        read = pasted(f"EAN;ASIN\n{EAN};{A}\n{EAN};\n{EAN};rubbish\n")
        assert [(line.identifier.value, line.also) for line in read.lines] == [(A, ()), (EAN, (4,))]

    @pytest.mark.parametrize("row", [f"{A};12,50;3", f"12,50;{A};3", f"3;{A};12,50"])
    def test_without_headings_the_content_tells(self, row: str) -> None:
        read = pasted(row)
        assert lines(read) == [(A, Decimal("12.5"), 3)]
        assert not read.columns.has_header

    def test_whole_numbers_without_headings_are_cost_then_quantity(self) -> None:
        assert lines(pasted(f"{A};12;3\n{B};5;1")) == [(A, Decimal(12), 3), (B, Decimal(5), 1)]

    def test_how_the_columns_were_read_can_be_said(self) -> None:
        columns = pasted(f"{A};12,50;3").columns
        assert (columns.identifiers, columns.cost, columns.quantity) == (("#1",), "#2", "#3")


class TestIdentifiers:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            (A.lower(), A),
            (" 978-0-13-110362-7 ", ISBN),
            ("978 0 13 110362 7", ISBN),
            ("978\u20110\u201113\u2011110362\u20117", ISBN),
            ("ISBN: 9780131103627", ISBN),
            ('="0131103628"', ISBN),
            ("'0131103628", ISBN),
            ("131103628", ISBN),
            ("9780131103627.0", ISBN),
            ("9.780131103627E+12", ISBN),
            ("https://www.amazon.fr/Titre/dp/B00000000A/ref=sr_1", A),
            ("0" + EAN, EAN),
            ("080442957X", "080442957X"),
            ("80442957x", "080442957X"),
        ],
    )
    def test_ways_to_write_one(self, text: str, value: str) -> None:
        assert [line.identifier.value for line in pasted(text).lines] == [value]

    @pytest.mark.parametrize("text", ["9,78013E+12", "9.78013E+12", "7.70123E+12"])
    def test_digits_that_were_rounded_away_are_not_invented(self, text: str) -> None:
        assert bad(pasted(f"ASIN;x\n{text};y")) == [(2, BadReason.LOST_DIGITS)]
        assert bad(pasted(text)) == [(1, BadReason.LOST_DIGITS)]

    def test_zeros_are_put_back_only_when_the_check_digit_proves_it(self) -> None:
        assert bad(pasted("131103629")) == [(1, BadReason.NOT_AN_IDENTIFIER)]

    def test_a_mistyped_code_is_told_from_rubbish(self) -> None:
        assert bad(pasted("9780131103628")) == [(1, BadReason.WRONG_CHECK_DIGIT)]
        assert bad(pasted("hello")) == [(1, BadReason.NOT_AN_IDENTIFIER)]

    def test_an_ean_is_resolved_later_an_isbn_is_its_asin(self) -> None:
        kinds = [line.identifier.kind for line in pasted(f"{EAN}\n{ISBN13}").lines]
        assert kinds == [IdentifierKind.CODE, IdentifierKind.ASIN]


class TestAmounts:
    @pytest.mark.parametrize(
        ("text", "cost"),
        [
            ("12,5", "12.5"), ("12.5", "12.5"), ("12,50 €", "12.5"), ("€12.50", "12.5"),
            ("€ 12.50", "12.5"), ("12.50 EUR", "12.5"), ("1 250,50", "1250.5"),
            ("1\u202f250,50", "1250.5"), ("1.250,50", "1250.5"), ("1,250.50", "1250.5"),
            ("0,999", "0.999"), ("3", "3"),
        ],
    )  # fmt: skip
    def test_ways_to_write_a_cost(self, text: str, cost: str) -> None:
        assert lines(pasted(f"asin;cost\n{A};{text}"))[0][1] == Decimal(cost)

    def test_the_other_costs_say_what_three_decimals_mean(self) -> None:
        french = pasted(f"asin;cost\n{A};1,250\n{B};3,50")
        english = pasted(f"asin;cost\n{A};1,250\n{B};3.50")
        assert lines(french)[0][1] == Decimal("1.25")
        assert lines(english)[0][1] == Decimal(1250)

    @pytest.mark.parametrize("text", ["abc", "-3", "1e5", "12/3", "9999999999"])
    def test_what_is_no_cost_leaves_the_line_out(self, text: str) -> None:
        assert bad(pasted(f"asin;cost\n{A};{text}\n{B};3")) == [(2, BadReason.BAD_COST)]

    @pytest.mark.parametrize("text", ["abc", "-3", "0", "1,5", "12345678901"])
    def test_what_is_no_quantity_leaves_the_line_out(self, text: str) -> None:
        assert bad(pasted(f"asin;qty\n{A};{text}\n{B};3")) == [(2, BadReason.BAD_QUANTITY)]

    @pytest.mark.parametrize("text", ["", "-", "n/a", "?"])
    def test_a_cell_left_open_is_no_mistake(self, text: str) -> None:
        assert lines(pasted(f"asin;cost;qty\n{A};{text};{text}")) == [(A, None, None)]

    def test_a_cost_without_a_product_is_reported(self) -> None:
        assert bad(pasted(f"asin;cost\n{A};3\n;4")) == [(3, BadReason.NO_IDENTIFIER)]


class TestDuplicates:
    def test_quantities_add_up_and_the_cost_is_their_weighted_mean(self) -> None:
        read = pasted(f"asin;cost;qty\n{ISBN};10;1\n{B};1;1\n{ISBN13};20;3\n")
        assert lines(read) == [(ISBN, Decimal("17.5"), 4), (B, Decimal(1), 1)]
        assert (read.merged, read.lines[0].number, read.lines[0].also) == (1, 2, (4,))

    def test_without_every_quantity_the_first_cost_is_kept(self) -> None:
        assert lines(pasted(f"asin;cost;qty\n{A};10;\n{A};20;3\n")) == [(A, Decimal(10), 4)]
        assert lines(pasted(f"asin;cost;qty\n{A};10;\n{A};20;\n")) == [(A, Decimal(10), None)]

    def test_a_line_without_a_cost_does_not_change_it(self) -> None:
        assert lines(pasted(f"asin;cost;qty\n{A};;2\n{A};20;3\n")) == [(A, Decimal(20), 5)]

    def test_a_upc_is_the_ean_that_starts_with_a_zero(self) -> None:
        assert pasted(f"{UPC}\n0{UPC}").merged == 1

    def test_bad_lines_stand_beside_the_good_ones(self) -> None:
        read = pasted(f"asin;cost\n{A};3\nrubbish;1\n{B};x\n;9\n{ISBN};4")
        assert [line.number for line in read.lines] == [2, 6]
        assert bad(read) == [
            (3, BadReason.NOT_AN_IDENTIFIER),
            (4, BadReason.BAD_COST),
            (5, BadReason.NO_IDENTIFIER),
        ]


@pytest.mark.parametrize("odd", ["1,0", "2.0", "2,5"])
def test_an_odd_quantity_does_not_make_the_quantities_costs(odd: str) -> None:
    text = f"B00000000A;35;2\nB00000000B;40;3\nB00000000C;30;1\nB00000000D;45;{odd}"
    read = pasted(text)
    told = [(line.cost, line.quantity) for line in read.lines[:3]]
    assert told == [(Decimal(35), 2), (Decimal(40), 3), (Decimal(30), 1)]


class TestWhatIsTold:
    def test_the_first_rows_as_they_were_understood(self) -> None:
        rows = "".join(f"B0000000{number:02};Article;{number},50\n" for number in range(1, 20))
        read = pasted(f"Tarif\nASIN;Titre;PA HT\nrubbish!1;x;3\n{rows}")
        assert [row.number for row in read.preview] == [3, 4, 5, 6, 7, 8, 9, 10]
        first, second = read.preview[:2]
        assert (first.cells, first.read) == (("rubbish!1", "x", "3"), read.bad[0])
        assert (second.cells, second.read) == (("B000000001", "Article", "1,50"), read.lines[0])

    def test_a_merged_product_is_shown_once(self) -> None:
        read = pasted(f"asin;cost;qty\n{A};10;1\n{A};20;1\n{B};3;1\n")
        assert [(row.number, row.read) for row in read.preview] == [
            (2, read.lines[0]),
            (4, read.lines[1]),
        ]

    def test_columns_have_places_and_names(self) -> None:
        read = pasted(f"Titre;EAN;;PA HT;Qté;PCB\nx;{EAN};;2;3;6\n")
        columns = read.columns
        assert read.headings == ("Titre", "EAN", "#3", "PA HT", "Qté", "PCB")
        assert (columns.identifier_at, columns.cost_at) == (1, 3)
        assert (columns.quantity_at, columns.pack_at, columns.heading_row) == (4, 5, 1)

    def test_the_cell_of_a_cost_is_kept_as_written(self) -> None:
        assert pasted(f"asin;PA\n{A};12,50 € HT\n").lines[0].cost_given == "12,50 € HT"


class TestCorrections:
    TEXT = f"EAN;Titre;PA HT;PVC TTC;Qté\n{EAN};x;8,40;19,90;3\n"

    def test_the_cost(self) -> None:
        assert lines(pasted(self.TEXT, cost=3))[0][1] == Decimal("19.9")
        assert lines(pasted(self.TEXT, cost=NO_COLUMN))[0][1] is None
        assert pasted(self.TEXT, cost=NO_COLUMN).columns.cost_at is None

    def test_the_quantity(self) -> None:
        assert lines(pasted(self.TEXT, quantity=NO_COLUMN))[0][2] is None
        assert lines(pasted(f"EAN;PA;Truc\n{EAN};8;3\n", quantity=2))[0][2] == 3

    def test_no_heading(self) -> None:
        read = pasted(f"{EAN};12,50;3\n", heading_row=0)
        assert lines(read) == [(EAN, Decimal("12.5"), 3)]

    def test_without_headings_columns_can_be_pointed_at(self) -> None:
        read = pasted(f"{EAN};x;19,90;8,40;3\n", cost=3)
        assert lines(read) == [(EAN, Decimal("8.4"), 3)]
        assert read.doubts == ()

    def test_the_currency_is_the_owners_word_where_the_list_names_none(self) -> None:
        text = f"EAN;Cost\n{EAN};10\n"
        assert [line.reason for line in pasted(text, given=Corrections(currency="USD")).bad] == [
            BadReason.FOREIGN_CURRENCY
        ]

    def test_a_column_that_is_not_there_is_an_empty_one(self) -> None:
        assert lines(pasted(self.TEXT, cost=40, quantity=41, pack=42, pack_priced=False)) == [
            (EAN, None, None)
        ]


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["EAN", "Prix HT", "PVC", "Remise", "Qté", "PCB", EAN, ISBN, UPC, A, "8,40", "0",
                 "30%", "12", "$9", "Total", "Rupture", "1+", "10+", "Tarif HT", "", "x y z"]
            ),
            min_size=1, max_size=6,
        ),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_no_table_is_too_strange(rows: list[list[str]]) -> None:
    read = None
    with contextlib.suppress(UnreadableList):
        read = pasted("\n".join(";".join(row) for row in rows))
    if read is not None:
        assert read.lines or read.bad
        assert all(line.cost is None or line.cost > 0 for line in read.lines)
        assert sum(1 + len(line.also) for line in read.lines) == len(read.lines) + read.merged


def test_a_quote_that_is_never_closed_hides_no_line() -> None:
    codes = [f"B00000000{letter}" for letter in "CDE"]
    read = pasted(f'ASIN;PA HT\n{codes[0]};"7,35\n{codes[1]};8\n{codes[2]};9\n')
    assert [(line.identifier.value, line.cost) for line in read.lines] == [
        (codes[0], Decimal("7.35")),
        (codes[1], Decimal(8)),
        (codes[2], Decimal(9)),
    ]


def test_a_cell_of_two_lines_is_one() -> None:
    read = pasted(f'ASIN;Nom;PA HT\n{A};"Jeu; neuf\nen 2 boîtes; bleu";7,35\n{B};b;8\n')
    assert [line.cost for line in read.lines] == [Decimal("7.35"), Decimal(8)]
