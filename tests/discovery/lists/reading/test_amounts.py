"""Amounts as the French, their neighbours and their spreadsheets write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.lists.reading.amounts import read_price, read_quantity, vat_basis
from discovery.lists.reading.model import BadCell, BadReason
from discovery.lists.reading.words import words
from discovery.scoring import VatBasis

HT, TTC = VatBasis.EXCLUDED, VatBasis.INCLUDED


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("2 345,60", "2345.60"), ("2\u00a0345,60", "2345.60"), ("2\u202f345,60 €", "2345.60"),
        ("2.345,60", "2345.60"), ("2,345.60", "2345.60"), ("2'345.60", "2345.60"),
        ("123 456,78", "123456.78"), ("7,5", "7.5"), ("7.50", "7.5"), ("7,5000", "7.5"),
        ("€ 7,50", "7.5"), ("7,50€", "7.5"), ("7€50", "7.5"), ("7 € 50", "7.5"),
        ("7,50 EUR", "7.5"), ("EUR 7,50", "7.5"), ("7,50 euros", "7.5"), ("7,- €", "7"),
        ("7,50 € HT", "7.5"), ("7,50 H.T.", "7.5"), ("7,50 / pièce", "7.5"), ("7,50 €/u", "7.5"),
        ("7,50 € l’unité", "7.5"), ("0,99", "0.99"), ("1,234", "1.234"), ("1.234", "1234"),
        ("７,５０", "7.5"), ("12 ,50", "12.5"), ("7,50*", "7.5"), (" 7 ", "7"),
    ],
)  # fmt: skip
def test_shapes_of_one_amount_where_the_list_has_a_decimal_comma(text: str, amount: str) -> None:
    price = read_price(text, mark=",")
    assert price is not None
    assert price.amount == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["(7,50)", "-7,50", "7 - 9", "7,00-9,00", "7 à 9", "à partir de 7", "dès 7 €", "from 7", "ab 7",
     "> 7", "~7", "7 50", "7.5.2", "1,2,3", "env. 7", "7/3", "1e5", "abc", "12 EUR USD",
     "9999999999", "7 x 2"],
)  # fmt: skip
def test_what_is_no_single_price_is_refused(text: str) -> None:
    with pytest.raises(BadCell) as caught:
        read_price(text, mark=",")
    assert caught.value.reason is BadReason.BAD_COST


@pytest.mark.parametrize(
    "text",
    ["0", "0,00", "0 €", "gratuit", "Offert", "free", "sur demande", "Sur devis", "auf Anfrage"],
)
def test_no_price_is_told_from_a_price_that_cannot_be_read(text: str) -> None:
    with pytest.raises(BadCell) as caught:
        read_price(text, mark=",")
    assert caught.value.reason is BadReason.NO_PRICE


@pytest.mark.parametrize(
    ("text", "units", "for_case"),
    [
        ("36,00 le carton de 12", 12, False), ("36,00 € / 12", 12, False),
        ("40,00 le cent", 100, False), ("24 € la douzaine", 12, False),
        ("7,50 / pièce", 1, False), ("36,00 / carton", None, True), ("7,50", None, False),
    ],
)  # fmt: skip
def test_the_units_a_price_is_for(text: str, units: int | None, for_case: bool) -> None:
    price = read_price(text, mark=",")
    assert price is not None
    assert (price.units, price.for_case) == (units, for_case)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("$7.50", "$"), ("US$ 7.50", "USD"), ("7.50 CAD", "CAD"), ("£7.50", "GBP"), ("£7", "GBP"),
        ("CHF 7.50", "CHF"), ("Fr. 7.50", "CHF"), ("7,50 zł", "PLN"), ("¥750", "¥"),
        ("R$ 7,50", "BRL"), ("7,50 kr", "kr"), ("₹750", "INR"), ("$7.50 AUD", "AUD"), ("7.50", ""),
    ],
)  # fmt: skip
def test_a_currency_is_never_dropped(text: str, currency: str) -> None:
    price = read_price(text, mark=".")
    assert price is not None
    assert price.currency == currency


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        ("PA HT", HT), ("P.U.H.T.", HT), ("Prix hors taxes", HT), ("HTVA", HT), ("ex VAT", HT),
        ("excl. BTW", HT), ("(excl.)", HT), ("exkl. MwSt.", HT), ("zzgl. MwSt", HT), ("s/IVA", HT),
        ("sin IVA", HT), ("IVA esclusa", HT), ("EK netto", HT), ("Prix TTC", TTC), ("T.T.C.", TTC),
        ("TVAC", TTC), ("TVA comprise", TTC), ("inc VAT", TTC), ("inkl. MwSt.", TTC),
        ("IVA inc.", TTC), ("c/IVA", TTC), ("brutto", TTC), ("incl. btw", TTC), ("Prix", None),
        ("Prix HT/TTC", None), ("Prix incl. transport", None), ("IVA no incluido", HT),
        ("Prijs incl. heffingen", None), ("Netbook", None),
    ],
)  # fmt: skip
def test_what_words_say_of_vat(text: str, basis: VatBasis | None) -> None:
    assert vat_basis(" ".join(words(text))) == basis


@pytest.mark.parametrize(
    ("text", "units"),
    [("12", 12), ("1,0", 1), ("2.0", 2), ("1 200", 1200), ("1,200", 1200), ("12 pcs", 12),
     ("12 pièces", 12), ("", None), ("-", None)],
)  # fmt: skip
def test_quantities(text: str, units: int | None) -> None:
    assert read_quantity(text) == units


@pytest.mark.parametrize("text", ["abc", "-3", "0", "2,5", "12 cartons", ">50", "12345678901"])
def test_what_counts_no_units(text: str) -> None:
    with pytest.raises(BadCell, match="bad_quantity"):
        read_quantity(text)


@given(
    cents=st.integers(min_value=1, max_value=99_999_999),
    group=st.sampled_from(["", " ", "\u00a0", "\u202f", ".", "'", "’"]),
    before=st.sampled_from(["", "€ ", "€", "EUR "]),
    after=st.sampled_from(["", " €", "€", " EUR", " € HT", " HT", " / pièce", " TTC"]),
)
def test_an_amount_written_in_any_french_shape_is_read_back(
    cents: int, group: str, before: str, after: str
) -> None:
    whole = f"{cents // 100:,}".replace(",", group)
    price = read_price(f"{before}{whole},{cents % 100:02}{after}", mark=",")
    assert price is not None
    assert price.amount == Decimal(cents) / 100


@given(st.text(max_size=60))
def test_no_text_is_too_strange_for_a_price(text: str) -> None:
    try:
        price = read_price(text, mark=",")
    except BadCell:
        return
    assert price is None or price.amount > 0


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        ("Preis inkl. 19% USt", TTC), ("EK exkl. 19 % MwSt", HT), ("Prijs incl. 21% btw", TTC),
        ("Prix TVA 5,5 % incluse", TTC), ("Prezzo IVA compresa", TTC),
        ("Prezzo IVA non compresa", HT), ("Precio IVA 21% incluido", TTC), ("PA HT (TVA 20 %)", HT),
    ],
)  # fmt: skip
def test_a_rate_of_vat_may_stand_between_the_words(text: str, basis: VatBasis) -> None:
    assert vat_basis(" ".join(words(text))) is basis


@pytest.mark.parametrize(
    ("text", "basis"),
    [("5 € inkl. 19% MwSt", TTC), ("5 € + IVA", HT), ("5,00 € IVA compresa", TTC),
     ("5 EUR zzgl. 7 % USt", HT)],
)  # fmt: skip
def test_a_cell_that_says_its_vat_is_a_price_of_one_unit(text: str, basis: VatBasis) -> None:
    price = read_price(text, mark=",")
    assert price is not None
    assert (price.amount, price.vat, price.units) == (Decimal(5), basis, None)
