"""The same ASIN on two marketplaces is one product when something proves it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from discovery.scoring import Identity
from discovery.scoring.identity import Identified, gtins, same_product, titles_alike

EAN, UPC = "4006381333931", "036000291452"
LEAST = Decimal(80)


def listing(**changes: Any) -> Identified:
    known: dict[str, Any] = {
        "asin": "B000000001",
        "title": "Stabilo Boss Original, Surligneur jaune",
        "brand": "Stabilo",
    }
    return Identified(**known | changes)


def identity(home: Identified, abroad: Identified) -> Identity | None:
    return same_product(home, abroad, least_percent=LEAST)


def test_a_shared_code_proves_it_in_any_language() -> None:
    home = listing(gtins=(EAN,))
    abroad = listing(title="Textmarker gelb", gtins=("9999999999994", EAN))
    assert identity(home, abroad) is Identity.PROVED


def test_a_upc_an_ean_and_a_gtin_of_one_number_are_one_code() -> None:
    assert gtins([UPC]) == gtins(["0" + UPC]) == gtins(["00" + UPC])
    home, abroad = listing(gtins=(UPC,)), listing(title="Else", gtins=("0" + UPC,))
    assert identity(home, abroad) is Identity.PROVED


@pytest.mark.parametrize(
    "code",
    [
        "0000000000000",
        "1234567890128",  # the example of every manual
        "2000000000015",  # a shop's own
        "0200000000011",
        "4006381333932",  # wrong check digit
        "12345",
        "no code",
    ],
)
def test_a_code_that_names_no_one_product_proves_nothing(code: str) -> None:
    assert gtins([code]) == frozenset()
    home, abroad = listing(gtins=(code,)), listing(title="Else", gtins=(code,))
    assert identity(home, abroad) is Identity.TO_CHECK


def test_another_asin_is_another_product() -> None:
    assert identity(listing(), listing(asin="B000000002", gtins=(EAN,))) is None


@pytest.mark.parametrize(
    ("here", "there", "found"),
    [
        (None, None, Identity.PROVED),
        (1, None, Identity.PROVED),
        (None, 1, Identity.PROVED),
        (6, 6, Identity.PROVED),
        (1, 6, None),
        (4, 6, None),
        (6, None, Identity.TO_CHECK),
        (None, 6, Identity.TO_CHECK),
    ],
)
def test_a_lot_is_not_its_unit_even_under_the_same_code(
    here: int | None, there: int | None, found: Identity | None
) -> None:
    home, abroad = (listing(gtins=(EAN,), pack_size=size) for size in (here, there))
    assert identity(home, abroad) is found


@pytest.mark.parametrize(
    "title",
    [
        "STABILO BOSS ORIGINAL – surligneur JAUNE",
        "Surligneur jaune Boss Original",
        "<b>Boss Original</b> Surligneur jaune - Stabilo",
        "Boss Original Surlígneur jaune",
    ],
)
def test_titles_alike_prove_it_whatever_case_accents_order_and_brand(title: str) -> None:
    assert identity(listing(), listing(title=title, brand="STABILO")) is Identity.PROVED


@pytest.mark.parametrize(
    "title", [None, "", "Stabilo", "Textmarker gelb, 1er Pack", "Stabilo Boss Mini, stylo noir"]
)
def test_other_words_prove_nothing(title: str | None) -> None:
    assert identity(listing(), listing(title=title)) is Identity.TO_CHECK


def test_the_brand_alone_makes_no_two_titles_alike() -> None:
    one = listing(title="Playmobil City Life Pompier", brand="Playmobil City Life")
    other = listing(title="Playmobil City Life Docteur", brand="Playmobil City Life")
    assert titles_alike(one, other) < LEAST


def test_another_size_or_model_is_another_product_however_alike_the_words() -> None:
    shampoo = listing(title="Shampooing doux camomille 0,5 L", brand=None)
    assert identity(shampoo, listing(title="Shampooing doux camomille 500 ml")) is Identity.PROVED
    assert identity(shampoo, listing(title="Shampooing doux camomille 250 ml")) is Identity.TO_CHECK
    model = listing(title="Perceuse visseuse sans fil GSR 12V")
    assert identity(model, listing(title="Perceuse visseuse sans fil GSR 18V")) is Identity.TO_CHECK


def test_how_alike_is_enough_is_told() -> None:
    home, abroad = listing(), listing(title="Boss Original, Surligneur fluo jaune")
    ratio = titles_alike(home, abroad)
    assert 50 < ratio < 100
    assert same_product(home, abroad, least_percent=ratio) is Identity.PROVED
    assert same_product(home, abroad, least_percent=ratio + 1) is Identity.TO_CHECK
