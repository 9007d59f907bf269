"""Which columns hold codes."""

from __future__ import annotations

import pytest

from tests.discovery.lists.reading.examples import (
    E1,
    E2,
    E3,
    A,
    B,
    bad,
    codes,
    doubts,
    pasted,
)

CLASS = "43211500"  # a class of goods whose digits pass as an EAN-8


@pytest.mark.parametrize(
    "heading",
    ["UNSPSC", "UNSPSC_code", "Code douanier", "HS code", "Nomenclature", "Zolltarifnummer",
     "Commodity code", "Goederencode", "Classe", "Code"],
)  # fmt: skip
@pytest.mark.parametrize("named", ["EAN_code", "Gencod", "Zig"])
def test_a_class_of_goods_is_no_product(heading: str, named: str) -> None:
    products = zip("xyz", (E1, E2, E3), strict=True)
    rows = "".join(f"{name};{CLASS};{code};9,50\n" for name, code in products)
    read = pasted(f"Article;{heading};{named};PA\n{rows}")
    assert (codes(read), read.merged) == ([E1, E2, E3], 0)


def test_nor_is_it_one_without_headings() -> None:
    read = pasted(f"x;{CLASS};{E1};9,50\ny;{CLASS};{E2};8,40\nz;{CLASS};{E3};7,30\n")
    assert (codes(read), read.merged) == ([E1, E2, E3], 0)


def test_nor_is_it_one_where_it_stands_alone() -> None:
    read = pasted(f"Article;Classe;PA\nx;{CLASS};9,50\ny;{CLASS};8,40\nz;{CLASS};7,30\n")
    assert codes(read) == []
    assert doubts(read)["no_identifier_column"].blocking


def test_a_reference_that_passes_a_check_digit_by_chance_is_none() -> None:
    read = pasted("Référence;Nom;PA\n96385074;x;3,10\n12345;y;4\n777;z;5\n")
    assert codes(read) == []


@pytest.mark.parametrize(
    "heading", ["SKU", "Tél.", "SIRET", "Réf. fournisseur", "Shop id", "Code client", "N° article"]
)
def test_numbers_beside_a_column_of_eans_are_not_looked_at(heading: str) -> None:
    read = pasted(f"{heading};EAN;PA\n40170725;{E1};3\n96385074;;4\n")
    assert codes(read) == [E1]
    assert [number for number, _reason in bad(read)] == [3]


@pytest.mark.parametrize(
    "heading",
    ["EAN", "Code EAN13", "GENCOD", "UPC Code", "EAN/UPC", "Barcode (EAN/UPC)", "Code-barres",
     "Code à barres", "code_barre", "Codice EAN", "Código de barras", "Streepjescode", "EAN-Code",
     "GTIN", "E.A.N.", "Référence", "Produit", "Zig"],
)  # fmt: skip
def test_codes_are_found_under_many_names(heading: str) -> None:
    assert codes(pasted(f"Nom;{heading};PA\nx;{E1};3\ny;{E2};4\n")) == [E1, E2]


def test_the_code_of_a_carton_is_not_that_of_the_unit() -> None:
    assert codes(pasted(f"EAN carton;EAN unité;PA\n{E2};{E1};3\n")) == [E1]
    assert codes(pasted(f"GTIN;EAN;PA\n14006381333938;{E1};3\n")) == [E1]


def test_a_link_serves_where_the_code_is_missing() -> None:
    read = pasted(f"ASIN;Lien;PA\n{A};;3\n;https://www.amazon.fr/dp/{B};4\n")
    assert codes(read) == [A, B]


def test_a_formula_with_the_separator_in_it_is_one_cell() -> None:
    link = f'=LIEN_HYPERTEXTE("https://www.amazon.fr/dp/{B}";"voir")'
    read = pasted(f"ASIN;Lien;PA\n{A};;3\n{link};;4,50\n")
    assert [(line.identifier.value, str(line.cost)) for line in read.lines] == [
        (A, "3.0000"),
        (B, "4.5000"),
    ]


def test_a_person_points_at_the_column() -> None:
    read = pasted(f"EAN;Autre;PA\n{E1};{E2};3\n", identifier=1)
    assert (codes(read), read.columns.identifier_at) == ([E2], 1)


@pytest.mark.parametrize("heading", ["id", "product_id", "Réf", "SKU", "Code article"])
@pytest.mark.parametrize("count", [1, 3])
def test_references_that_pass_a_check_digit_are_no_codes(heading: str, count: int) -> None:
    rows = "".join(
        f"{number};Jeu;5,10\n" for number in ("96385074", "40170725", "55123457")[:count]
    )
    read = pasted(f"{heading};Nom;PA HT\n{rows}")
    assert (codes(read), [*doubts(read)]) == ([], ["no_identifier_column"])
    pointed_at = pasted(f"{heading};Nom;PA HT\n{rows}", identifier=0)
    assert codes(pointed_at) == ["96385074", "40170725", "55123457"][:count]


def test_an_ean_8_under_its_own_name_is_one() -> None:
    assert codes(pasted("EAN;Nom;PA HT\n96385074;Jeu;5,10\n")) == ["96385074"]
