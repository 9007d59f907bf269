"""Headings below titles, on two rows, repeated, changing half way, or absent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.discovery.lists.reading.examples import E1, E2, E3, bad, codes, lines, pasted

TWO = [(E1, Decimal("8.4"), None), (E2, Decimal("3.95"), None)]


@pytest.mark.parametrize("titles", [0, 1, 5, 25])
def test_titles_above_the_headings_are_skipped(titles: int) -> None:
    above = [
        "GROSSISTE EXEMPLE;;;;",
        "Tarif 2026 - valable au 31/12;;;;",
        "SIRET 12345678901234;;;;",
    ]
    rows = (above * 9)[:titles]
    read = pasted(
        "\n".join([*rows, "Réf.;Désignation;EAN;PVC TTC;PA HT"])
        + f"\nA-1;Puzzle;{E1};19,99;8,40\nA-2;Cartes;{E2};9,90;3,95\n"
    )
    assert lines(read) == TWO
    assert read.bad == ()
    assert (read.ignored, read.columns.heading_row) == (titles, titles + 1)


@pytest.mark.parametrize(
    "headings",
    [
        "Réf;Code;Désignation;Prix;;Colisage\n;EAN;;achat HT;public TTC;",
        ";;;Prix;;\nRéf;EAN;Désignation;achat HT;vente TTC;Qté",
        "Réf;EAN;Désignation;Prix d’achat;Prix public;Colis\n;(13 chiffres);;(€ HT);(€ TTC);(pcs)",
    ],
)
def test_headings_on_two_rows_are_read_column_by_column(headings: str) -> None:
    read = pasted(f"{headings}\nA1;{E1};Puzzle;8,40;19,90;6\nA2;{E2};Cartes;3,95;9,90;12\n")
    assert [line.cost for line in read.lines] == [Decimal("8.4"), Decimal("3.95")]
    assert read.bad == ()
    assert read.columns.cost_vat == "excl"


def test_sections_subtotals_and_totals_are_told_once() -> None:
    read = pasted(
        "EAN;Désignation;Qté;PU HT;Montant HT\nJEUX;JEUX;JEUX;JEUX;JEUX\n"
        f"{E1};Puzzle;10;8,40;84,00\n;Sous-total jeux;10;;84,00\nCUISINE 2026;;;;\n"
        f"{E2};Tasse;20;3,95;79,00\n;TOTAL HT;30;;163,00\n;TVA 20 %;;;32,60\n"
        ";NET À PAYER;;;195,60\n"
    )
    assert lines(read) == [(E1, Decimal("8.4"), 10), (E2, Decimal("3.95"), 20)]
    assert (read.bad, read.ignored) == ((), 6)


def test_headings_repeated_on_every_page_are_no_products() -> None:
    heading = "EAN;Désignation;PA HT;Qté"
    read = pasted(f"{heading}\n{E1};P;8,40;1\n{heading}\n{E2};C;3,95;2\n")
    assert codes(read) == [E1, E2]
    assert (read.bad, read.ignored) == ((), 1)


def test_other_headings_half_way_change_the_columns() -> None:
    read = pasted(
        f"EAN;Désignation;PA HT;Qté\n{E1};P;8,40;1\nRAYON 2;;;\n"
        f"Code EAN;Qté;Désignation;PA TTC\n{E2};3;C;3,95\n"
    )
    assert lines(read) == [(E1, Decimal("8.4"), 1), (E2, Decimal("3.95"), 3)]
    assert [line.cost_vat for line in read.lines] == ["excl", "incl"]


def test_headings_we_do_not_know_are_still_headings() -> None:
    read = pasted(f"Zig;Zag\n{E1};8,40\n")
    assert codes(read) == [E1]
    assert read.headings == ("Zig", "Zag")


def test_a_product_without_a_code_is_reported_not_ignored() -> None:
    wrong = E3[:-1] + str((int(E3[-1]) + 1) % 10)
    read = pasted(f"EAN;Désignation;PA\n{E1};P;8,40\n;Sans code;5,00\n{wrong};Faux;4,00\n")
    assert [number for number, _reason in bad(read)] == [3, 4]


def test_a_person_points_at_the_headings() -> None:
    text = f"EAN;Prix;Ancien\nCode;Ancien;Prix\n{E1};9,90;8,40\n"
    assert lines(pasted(text, heading_row=2)) == [(E1, Decimal("8.4"), None)]
    assert pasted(text, heading_row=2).columns.heading_row == 2
    assert pasted(f"{E1};8,40\n", heading_row=0).columns.heading_row == 0
