"""Which column is the cost, and what is done to its amounts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from discovery.lists.reading.model import BadReason, Corrections
from discovery.scoring import VatBasis
from tests.discovery.lists.reading.examples import (
    E1,
    E2,
    E3,
    E4,
    bad,
    costs,
    doubts,
    lines,
    notes,
    pasted,
)

HT, TTC = VatBasis.EXCLUDED, VatBasis.INCLUDED


@pytest.mark.parametrize(
    ("headings", "cells", "column", "vat"),
    [
        # French
        ("Nom;PVC TTC;PA HT", "x;9,90;6,30", "PA HT", HT),
        ("Nom;Prix d'achat unitaire net HT;Prix public TTC", "x;6,30;9,90", None, HT),
        ("Nom;PA_HT;PV_HT", "x;6,30;9,90", "PA_HT", HT),
        ("Nom;PAHT;PVTTC", "x;6,30;9,90", "PAHT", HT),
        ("Nom;PrixAchatHT;PrixVenteTTC", "x;6,30;9,90", "PrixAchatHT", HT),
        ("Nom;P.A. H.T.;P.V. conseillé", "x;6,30;9,90", "P.A. H.T.", HT),
        ("Nom;Px public;Tarif HT 2026", "x;9,90;6,30", "Tarif HT 2026", HT),
        ("Nom;Tarif 2025;Tarif 2026", "x;5,90;6,30", "Tarif 2026", None),
        ("Nom;Ancien tarif;Nouveau tarif", "x;5,90;6,30", "Nouveau tarif", None),
        ("Nom;Tarif public TTC;Tarif revendeur HT", "x;9,90;6,30", "Tarif revendeur HT", HT),
        ("Nom;Prix tarif;Prix remisé", "x;9,90;6,30", "Prix remisé", None),
        ("Nom;Prix brut;Remise;Prix net", "x;9;30;6,30", "Prix net", HT),
        ("Nom;Prix TTC;Prix HT;TVA %", "x;7,56;6,30;20", "Prix HT", HT),
        ("Nom;Prix TTC conseillé;Prix", "x;9,90;6,30", "Prix", None),
        ("Nom;Prix HT colis;Prix HT unité", "x;63,00;6,30", "Prix HT unité", HT),
        ("Nom;Prix unitaire;Total HT", "x;6,30;12,60", "Prix unitaire", HT),
        ("Nom;Achat;Vente", "x;6,30;9,90", "Achat", None),
        ("Nom;Poids (kg);Prix/kg;PU", "x;0,5;12,60;6,30", "PU", None),
        ("Nom;Éco-participation;Prix HT", "x;0,10;6,30", "Prix HT", HT),
        ("Nom;Prix Amazon;Prix Buy Box;Coût", "x;9,90;9,80;6,30", "Coût", None),
        ("Nom;Montant unitaire HT;Montant HT", "x;6,30;12,60", "Montant unitaire HT", HT),
        ("Nom;Prix Pro;Prix Public", "x;6,30;9,90", "Prix Pro", None),
        ("Nom;Public €;Revendeur €", "x;9,90;6,30", "Revendeur €", None),
        ("Nom;Prix HT (hors port)", "x;6,30", "Prix HT (hors port)", HT),
        # English
        ("Name;MSRP;Dealer price", "x;9.90;6.30", "Dealer price", None),
        ("Name;RRP inc VAT;Cost price ex VAT", "x;9.90;6.30", "Cost price ex VAT", HT),
        ("Name;Retail price;Wholesale", "x;9.90;6.30", None, None),
        ("Name;List price;Net price", "x;9.90;6.30", "Net price", HT),
        ("Name;supplier_cost", "x;6.30", "supplier_cost", None),
        ("Name;Shipping cost;Buy cost;ROI;Profit", "x;1;6.30;30;2", "Buy cost", None),
        # German, Dutch, Spanish, Italian
        ("Name;UVP;EK netto", "x;9,90;6,30", "EK netto", HT),
        ("Name;Verkaufspreis (brutto);Einkaufspreis", "x;9,90;6,30", "Einkaufspreis", None),
        ("Name;Bruttopreis;Nettopreis", "x;7,50;6,30", "Nettopreis", HT),
        ("Naam;Adviesprijs;Inkoopprijs excl. BTW", "x;9,90;6,30", "Inkoopprijs excl. BTW", HT),
        ("Nombre;PVP;Coste unitario", "x;9,90;6,30", "Coste unitario", None),
        ("Nombre;PVP rec.;Precio neto s/IVA", "x;9,90;6,30", "Precio neto s/IVA", HT),
        ("Nome;Prezzo al pubblico;Prezzo d'acquisto", "x;9,90;6,30", "Prezzo d'acquisto", None),
        ("Nome;Prezzo netto;Giacenza", "x;6,30;4", "Prezzo netto", HT),
    ],
)
def test_what_the_reseller_pays_for_one_unit_is_the_cost(
    headings: str, cells: str, column: str | None, vat: VatBasis | None
) -> None:
    read = pasted(f"EAN;{headings}\n{E1};{cells}\n")
    assert costs(read) == [Decimal("6.3")]
    assert column is None or read.columns.cost == column
    assert read.lines[0].cost_vat == vat == read.columns.cost_vat


@pytest.mark.parametrize(
    "heading",
    ["PVC", "PV TTC", "PPC", "RRP", "MSRP", "UVP", "Prix public", "Prix conseillé", "Prix de vente",
     "Verkoopprijs", "PVP", "Prezzo al pubblico", "PPTTC", "Verkaufspreis", "Selling price"],
)  # fmt: skip
def test_what_the_public_pays_is_never_the_cost(heading: str) -> None:
    read = pasted(f"EAN;Nom;{heading}\n{E1};x;9,90\n")
    assert costs(read) == [None]
    assert doubts(read)["only_public_prices"].params == {"columns": heading}


def test_prices_that_nothing_tells_apart_are_a_doubt() -> None:
    read = pasted(f"EAN;Prix A;Prix B\n{E1};5,10;4,90\n")
    doubt = doubts(read)["several_cost_columns"]
    assert (doubt.params, doubt.blocking) == (
        {"columns": "Prix A, Prix B", "column": "Prix A"},
        False,
    )
    answered = pasted(f"EAN;Prix A;Prix B\n{E1};5,10;4,90\n", cost=2)
    assert (costs(answered), answered.doubts) == ([Decimal("4.9")], ())


def test_a_price_beside_a_cost_left_blank_is_a_doubt() -> None:
    read = pasted(f"EAN;PA HT;Prix\n{E1};;9,90\n{E2};;7,50\n")
    assert doubts(read)["several_cost_columns"].params["columns"] == "Prix, PA HT"


def test_a_cost_is_found_in_a_very_wide_file() -> None:
    names, cells = ";".join(f"c{n}" for n in range(150)), ";".join("1" * 150)
    assert costs(pasted(f"EAN;{names};PA HT\n{E1};{cells};6,30\n")) == [Decimal("6.3")]


def test_amounts_under_an_unknown_heading_are_asked_about() -> None:
    read = pasted(f"EAN;Nom;Zorglub\n{E1};x;5,10\n")
    assert costs(read) == [None]
    assert doubts(read)["no_cost_column"].params == {"columns": "Zorglub"}


class TestCases:
    @pytest.mark.parametrize(
        ("headings", "cells"),
        [
            ("PCB;Prix carton HT", "12;75,60"), ("Colisage;Prix colis", "12;75,60"),
            ("Conditionnement;Prix du conditionnement", "Carton de 12;75,60"),
            ("Lot de;Prix par lot", "12;75,60"), ("Units/case;Price per case", "12;75.60"),
            ("Pcs/box;Box price", "x12;75.60"), ("VPE;Kartonpreis", "12;75,60"),
            ("Aantal per doos;Prijs per doos", "12;75,60"), ("Uds/caja;Precio caja", "12;75,60"),
            ("Pezzi per cartone;Prezzo cartone", "12;75,60"), ("Nom;Prix HT /12", "x;75,60"),
            ("Nom;Prix la douzaine", "x;75,60"), ("Unité;Prix HT", "Carton de 12;75,60"),
            ("Unit;Price", "Dozen;75.60"), ("Per;Price", "12;75.60"),
            ("Nom;Prix HT", "x;75,60 le carton de 12"), ("PCB;Prix HT", "12;75,60 / carton"),
        ],
    )  # fmt: skip
    def test_a_price_per_case_is_divided_by_its_units(self, headings: str, cells: str) -> None:
        read = pasted(f"EAN;{headings}\n{E1};{cells}\n")
        assert [(line.cost, line.pack) for line in read.lines] == [(Decimal("6.3"), 12)]
        assert ("pack_price", "12") in notes(read)[0]

    def test_the_cent_is_a_hundred(self) -> None:
        assert costs(pasted(f"EAN;Nom;Prix HT le cent\n{E1};x;75,60\n")) == [Decimal("0.756")]

    def test_units_in_a_case_divide_no_unit_price(self) -> None:
        assert costs(pasted(f"EAN;PA HT;Colisage\n{E1};6,30;12\n")) == [Decimal("6.3")]

    def test_a_case_of_unknown_size_is_never_ranked(self) -> None:
        text = f"EAN;Nom;Prix colis HT\n{E1};x;75,60\n{E2};y;30\n"
        read = pasted(text)
        assert bad(read) == [(2, BadReason.CASE_PRICE), (3, BadReason.CASE_PRICE)]
        doubt = doubts(read)["case_price"]
        assert doubt.blocking
        assert doubt.params == {"column": "Prix colis HT", "lines": "2"}
        assert costs(pasted(text, pack_priced=False)) == [Decimal("75.6"), Decimal(30)]

    def test_a_few_cases_of_unknown_size_do_not_stop_the_others(self) -> None:
        read = pasted(f"EAN;PCB;Prix colis\n{E1};12;75,60\n{E2};;30\n")
        assert costs(read) == [Decimal("6.3")]
        assert not doubts(read)["case_price"].blocking

    def test_a_person_says_which_column_holds_the_units(self) -> None:
        text = f"EAN;Prix;Truc\n{E1};75,60;12\n"
        assert costs(pasted(text, pack=2, pack_priced=True)) == [Decimal("6.3")]

    def test_a_total_is_divided_by_the_quantity(self) -> None:
        read = pasted(f"EAN;Nom;Qté;Montant HT\n{E1};x;3;18,90\n{E2};y;;5\n")
        assert lines(read) == [(E1, Decimal("6.3"), 3), (E2, None, None)]


class TestDiscounts:
    @pytest.mark.parametrize(
        ("discounts", "found"),
        [
            (("30%", "30+5", ""), ("7", "6.65", "10")),
            (("0,3", "0,25", "0"), ("7", "7.5", "10")),
            (("30", "-30 %", "net"), ("7", "7", "10")),
            (("30 % + 5 %", "1", "50"), ("6.65", "9.9", "5")),
        ],
    )
    def test_a_list_price_less_its_discount(
        self, discounts: tuple[str, ...], found: tuple[str, ...]
    ) -> None:
        rows = "".join(
            f"{code};10,00;{discount}\n"
            for code, discount in zip((E1, E2, E3), discounts, strict=True)
        )
        read = pasted(f"EAN;Prix catalogue HT;Remise\n{rows}")
        assert costs(read) == [Decimal(cost) for cost in found]

    def test_a_net_price_is_not_discounted_again(self) -> None:
        text = f"EAN;Prix catalogue;Remise %;Prix net\n{E1};10,00;37;6,30\n"
        assert costs(pasted(text)) == [Decimal("6.3")]

    def test_the_totals_tell_whether_it_is_still_to_be_taken_off(self) -> None:
        before = f"EAN;Qté;PU HT;Remise %;Montant HT\n{E1};2;10,00;35;13,00\n"
        after = f"EAN;Qté;PU HT;Remise %;Montant HT\n{E1};2;6,50;35;13,00\n"
        assert costs(pasted(before)) == costs(pasted(after)) == [Decimal("6.5")]

    def test_a_public_price_is_a_cost_only_less_its_discount(self) -> None:
        read = pasted(f"EAN;Prix public TTC;Remise\n{E1};10,00;35\n{E2};20;40\n{E3};20,00;\n")
        assert costs(read) == [Decimal("6.5"), Decimal(12), None]
        assert read.lines[0].cost_vat is TTC

    def test_an_unreadable_discount_leaves_the_line_out(self) -> None:
        read = pasted(f"EAN;Prix catalogue;Remise\n{E1};10;voir\n{E2};10;20\n")
        assert bad(read) == [(2, BadReason.BAD_DISCOUNT)]


class TestBreaks:
    @pytest.mark.parametrize(
        "headings",
        ["1+;10+;100+", "PU HT;Prix HT dès 10;Prix HT dès 100",
         "Preis ab 1;Preis ab 10;Preis ab 100", "1-9;10-99;100 et +", "1;10;100"],
    )  # fmt: skip
    def test_the_column_that_the_quantity_reaches(self, headings: str) -> None:
        rows = f"{E1};x;8,40;7,90;7,00;12\n{E2};y;3,95;3,50;3,00;\n{E3};z;3,95;;3,00;150\n"
        read = pasted(f"EAN;Nom;{headings};Qté\n{rows}")
        assert costs(read) == [Decimal("7.9"), Decimal("3.95"), Decimal(3)]
        assert ("price_breaks", "3") in notes(read)[0]

    def test_lines_with_a_minimum_are_breaks_not_purchases(self) -> None:
        read = pasted(
            "EAN;Bezeichnung;Menge ab;Preis\n"
            f"{E1};F;1;21,00\n{E1};F;50;6,20\n{E1};F;400;6,10\n{E2};R;1;0\n{E3};D;1;2,29\n"
        )
        assert lines(read) == [(E1, Decimal(21), None), (E3, Decimal("2.29"), None)]
        assert notes(read)[0] == [("price_breaks", "3")]
        assert bad(read) == [(5, BadReason.NO_PRICE)]

    def test_the_line_that_the_quantity_reaches(self) -> None:
        read = pasted(
            f"EAN;Qté mini;Prix HT;Qté\n{E1};100;5,20;150\n{E1};1;22,00;\n{E1};600;5,10;\n"
        )
        assert lines(read) == [(E1, Decimal("5.2"), 150)]

    def test_quantities_that_rise_while_prices_fall_are_breaks(self) -> None:
        read = pasted(
            f"EAN;Nom;Quantité;Prix\n{E1};F;1;22\n{E1};F;100;5,20\n{E1};F;600;5,1\n{E2};G;4;3\n"
        )
        assert lines(read) == [(E1, Decimal(22), None), (E2, Decimal(3), 4)]

    def test_two_purchases_of_one_product_still_add_up(self) -> None:
        read = pasted(f"EAN;Nom;Qté;PA\n{E1};F;5;8,00\n{E2};G;3;4,00\n{E1};F;10;6,50\n")
        assert lines(read) == [(E1, Decimal(7), 15), (E2, Decimal(4), 3)]
        assert notes(read)[0] == [("mean_cost", "2")]


class TestCurrencies:
    FOREIGN = f"EAN,Unit cost,Currency\n{E1},$12.50,USD\n{E2},£9.99,GBP\n{E3},12.50,EUR\n"

    def test_a_cost_in_another_currency_is_never_counted_as_euros(self) -> None:
        read = pasted(self.FOREIGN + f"{E4},CHF 8.50,\n")
        assert lines(read) == [(E3, Decimal("12.5"), None)]
        assert {reason for _number, reason in bad(read)} == {BadReason.FOREIGN_CURRENCY}
        assert doubts(read)["foreign_currency"].blocking
        assert doubts(read)["mixed_currencies"].params == {"currency": "CHF, EUR, GBP, USD"}

    @pytest.mark.parametrize(
        "text",
        [f"EAN;Cost ($)\n{E1};9\n", f"EAN;Cost USD\n{E1};9\n", f"EAN;Cost\n{E1};$9\n",
         f"EAN;Cost\n{E1};9 USD\n", f"EAN;Cost;Zig\n{E1};9;USD\n", f"EAN;Cost;Devise\n{E1};9;usd\n",
         f"EAN;Cost;Devise\n{E1};9;$\n",
         f"Price list in USD;\nEAN;Cost\n{E1};9\n"],
    )  # fmt: skip
    def test_wherever_it_is_named(self, text: str) -> None:
        read = pasted(text)
        assert [line.reason for line in read.bad] == [BadReason.FOREIGN_CURRENCY]
        assert doubts(read)["foreign_currency"].params == {"currency": "USD", "lines": "1"}
        converted = pasted(text, given=Corrections(currency="USD", rate=Decimal("0.9")))
        assert (costs(converted), converted.doubts) == ([Decimal("8.1")], ())

    def test_a_confirmed_rate_converts_its_currency_and_no_other(self) -> None:
        read = pasted(self.FOREIGN, given=Corrections(currency="USD", rate=Decimal("0.9")))
        assert lines(read) == [(E1, Decimal("11.25"), None), (E3, Decimal("12.5"), None)]
        assert notes(read)[0] == [("converted", "USD")]
        assert bad(read) == [(3, BadReason.FOREIGN_CURRENCY)]
        assert read.doubts == ()

    def test_a_dollar_is_the_marketplaces_own_where_it_has_one(self) -> None:
        assert costs(pasted(f"EAN;Cost\n{E1};$9\n", "CAD")) == [Decimal(9)]
        assert costs(pasted(f"EAN;Cost\n{E1};US$9\n", "CAD")) == []

    def test_the_column_in_the_marketplaces_currency_is_preferred(self) -> None:
        read = pasted(f"EAN;Prix USD;Prix EUR\n{E1};9;8,10\n")
        assert (costs(read), read.columns.currency) == ([Decimal("8.1")], "EUR")


class TestVat:
    def test_a_cell_says_more_than_its_heading(self) -> None:
        read = pasted(f"EAN;Prix HT\n{E1};8,40 TTC\n{E2};7,00\n")
        assert [line.cost_vat for line in read.lines] == [TTC, HT]
        assert read.columns.cost_vat is HT

    @pytest.mark.parametrize(
        "text",
        [f"Tarif HT en euros;\nEAN;Prix\n{E1};8\n",
         f"EAN;Prix\n{E1};8\nNos prix s’entendent HT;\n"],
    )  # fmt: skip
    def test_a_title_or_a_remark_says_it_for_all(self, text: str) -> None:
        assert pasted(text).lines[0].cost_vat is HT

    def test_a_title_about_carriage_says_nothing_of_prices(self) -> None:
        read = pasted(f"Franco de port : 300,00 EUR HT;\nEAN;Prix\n{E1};8\n")
        assert read.lines[0].cost_vat is None

    def test_a_person_has_the_last_word(self) -> None:
        assert pasted(f"EAN;Prix HT\n{E1};8 HT\n", vat=TTC).lines[0].cost_vat is TTC


@pytest.mark.parametrize("cells", [("~7,35", "env. 8"), ("7-9", "8-10"), ("voir annexe", "x")])
def test_a_cost_column_that_cannot_be_read_is_told(cells: tuple[str, str]) -> None:
    text = f"EAN;Prix d’achat HT;PVC\n{E1};{cells[0]};15,00\n{E2};{cells[1]};19,00\n"
    read = pasted(text)
    assert costs(read) == [None, None]
    assert doubts(read)["no_cost_column"].params["columns"] == "Prix d’achat HT"
    assert bad(pasted(text, cost=1)) == [(2, BadReason.BAD_COST), (3, BadReason.BAD_COST)]


@pytest.mark.parametrize(
    ("headings", "cells", "cost", "note"),
    [
        ("Tarif HT;Rem. 1;Rem. 2", "10,00;20;10", "7.20", "20 % + 10 %"),
        ("Tarif HT;Remise;Remise 2", "10,00;;10", "9", "10 %"),
        ("Prezzo listino;Sconto 1 %;Sconto 2 %;Sconto 3 %", "100,00;50;10;5", "42.75",
         "50 % + 10 % + 5 %"),
        ("Prix public;Remise %;Remise dès 10", "10,00;20;25", "8", "20 %"),
    ],
)  # fmt: skip
def test_discounts_of_a_number_follow_each_other(
    headings: str, cells: str, cost: str, note: str
) -> None:
    read = pasted(f"EAN;{headings}\n{E1};{cells}\n")
    assert costs(read) == [Decimal(cost)]
    assert [found.value for found in read.lines[0].notes] == [note]


def test_a_discount_in_money_is_no_percentage() -> None:
    read = pasted(f"EAN;Tarif HT;Remise €\n{E1};10,00;2,00\n{E2};10,00;\n{E3};10,00;0\n")
    assert bad(read) == [(2, BadReason.BAD_DISCOUNT)]
    assert costs(read) == [Decimal(10), Decimal(10)]
    both = pasted(f"EAN;Tarif HT;Remise €;Remise %\n{E1};10,00;2,00;20\n")
    assert costs(both) == [Decimal(8)]
