"""Stock is not a quantity to buy, and counts are read as they are written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from discovery.lists.reading.model import BadReason
from discovery.lists.reading.quantities import is_out_of_stock, read_measure_unit, read_pack
from tests.discovery.lists.reading.examples import E1, E2, E3, E4, bad, lines, notes, pasted


def test_stock_in_words_never_makes_a_line_bad() -> None:
    states = (
        ">50",
        "+100",
        "En stock",
        "Viel Bestand",
        "Sur commande",
        "12 pcs",
        "Auf Anfrage",
        "",
    )
    codes = [f"B0000000{number:02}" for number in range(len(states))]
    rows = "".join(f"{code};4,10;{state}\n" for code, state in zip(codes, states, strict=True))
    read = pasted(f"ASIN;PA HT;Stock\n{rows}")
    assert lines(read) == [(code, Decimal("4.1"), None) for code in codes]


@pytest.mark.parametrize(
    "state",
    ["0", "Rupture", "rupture de stock", "Épuisé", "Out of stock", "ausverkauft", "uitverkocht",
     "agotado", "esaurito", "indisponible", "-3", "non", "0 pcs"],
)  # fmt: skip
def test_no_stock_is_set_aside_with_its_own_reason(state: str) -> None:
    read = pasted(f"EAN;PA;Dispo\n{E1};4,10;{state}\n{E2};5,20;En stock\n")
    assert bad(read) == [(2, BadReason.OUT_OF_STOCK)]
    assert lines(read) == [(E2, Decimal("5.2"), None)]


@pytest.mark.parametrize("state", ["En stock", "Sur commande", "oui", "", "?", "10", ">0", "10+"])
def test_what_is_no_lack_of_stock(state: str) -> None:
    assert not is_out_of_stock(state)


def test_a_column_of_zeros_says_nothing() -> None:
    assert len(pasted(f"EAN;PA;Stock\n{E1};4;0\n{E2};5;0\n").lines) == 2


def test_whole_numbers_of_stock_are_a_quantity_that_is_said() -> None:
    read = pasted(f"EAN;PA;Stock\n{E1};4;40\n{E2};5;3\n")
    assert [line.quantity for line in read.lines] == [40, 3]
    assert notes(read)[0] == [("stock_as_quantity", "")]


def test_a_quantity_goes_before_a_stock() -> None:
    read = pasted(f"EAN;Stock;PA;Qté\n{E1};400;4;3\n{E3};50;5;\n")
    assert [line.quantity for line in read.lines] == [3, None]


def test_the_sum_of_units_goes_before_those_in_a_box() -> None:
    read = pasted(f"UPC Code,Qty Per Box,Total QTY,Unit cost\n{E4},1,5,4.10\n")
    assert [line.quantity for line in read.lines] == [5]


@pytest.mark.parametrize(
    ("text", "units"),
    [("12", 12), ("x12", 12), ("12 pcs", 12), ("Carton de 12", 12), ("6 x 33 cl", 6), ("12.0", 12),
     ("douzaine", 12), ("6 x 4", None), ("carton", None), ("", None), ("0", None)],
)  # fmt: skip
def test_units_in_a_case(text: str, units: int | None) -> None:
    assert read_pack(text) == units


@pytest.mark.parametrize(
    ("text", "meant"),
    [("Pièce", (1, False)), ("EA", (1, False)), ("Dozen", (12, False)), ("Carton", (None, True)),
     ("Colis de 6", (6, False)), ("100", (100, False)), ("kg", (None, False))],
)  # fmt: skip
def test_what_a_price_is_for(text: str, meant: tuple[int | None, bool]) -> None:
    assert read_measure_unit(text) == meant


@pytest.mark.parametrize("heading", ["Bestellmenge", "Q.tà", "Q.té", "Cdad", "Stk."])
def test_short_names_of_a_quantity(heading: str) -> None:
    (line,) = pasted(f"EAN;EK netto;{heading}\n{E1};5,10;24\n").lines
    assert line.quantity == 24


def test_the_order_wished_chooses_the_price_break_under_its_german_name() -> None:
    (line,) = pasted(f"EAN;ab 1;ab 10;ab 100;Bestellmenge\n{E1};2,50;2,20;1,90;12\n").lines
    assert (line.cost, line.quantity) == (Decimal("2.20"), 12)


@pytest.mark.parametrize("heading", ["Pz x ct", "Pz/ct", "Pezzi x cartone"])
def test_pieces_in_a_case_are_no_quantity(heading: str) -> None:
    (line,) = pasted(f"EAN;Prezzo cartone;{heading}\n{E1};24,00;12\n").lines
    assert (line.cost, line.quantity, line.pack) == (Decimal(2), None, 12)


@pytest.mark.parametrize("heading", ["Preiseinheit", "Prijseenheid"])
def test_the_units_of_a_price_are_no_quantity(heading: str) -> None:
    (line,) = pasted(f"EAN;EK-Preis;{heading}\n{E1};250,00;100\n").lines
    assert (line.cost, line.quantity, line.pack) == (Decimal("2.5"), None, 100)
