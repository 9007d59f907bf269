"""What is typed in the box: one product, a list, or words."""

from __future__ import annotations

import pytest

from discovery.one_box.reading import LONGEST_WORDS, Kind, read_question

EAN = "3614270357626"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("B00FLYWNYQ", "B00FLYWNYQ"),
        (" b00flywnyq \n", "B00FLYWNYQ"),
        ("207036822X", "207036822X"),
        ("2-07-036822-X", "207036822X"),
        ("9782070368228", "207036822X"),
        ("978-2-07-036822-8", "207036822X"),
        ("978 2 07 036822 8", "207036822X"),
        (EAN, EAN),
        ("EAN : 3614270357626", EAN),
        ("885909950805", "885909950805"),
        ("96385074", "96385074"),
        ("00885909950805", "885909950805"),
    ],
)
def test_every_code_names_its_product(text: str, value: str) -> None:
    question = read_question(text)
    assert (question.kind, question.has_more) == (Kind.PRODUCT, False)
    assert question.identifier is not None
    assert question.identifier.value == value
    assert question.marketplace == ""


@pytest.mark.parametrize(
    ("text", "marketplace"),
    [
        ("https://www.amazon.fr/dp/B00FLYWNYQ", "fr"),
        ("https://www.amazon.de/Irgendwas-Gutes/dp/B00FLYWNYQ/ref=sr_1_1?keywords=x&th=1", "de"),
        ("amazon.co.uk/gp/product/B00FLYWNYQ?psc=1", "uk"),
        ("https://www.amazon.com/gp/aw/d/B00FLYWNYQ", "us"),
        ("https://www.amazon.es/gp/offer-listing/B00FLYWNYQ/", "es"),
        ("https://www.amazon.co.jp/-/en/dp/B00FLYWNYQ", "jp"),
        ("https://www.amazon.com.mx/dp/B00FLYWNYQ", "mx"),
        ("https://www.amazon.it/review/product/B00FLYWNYQ", "it"),
        ("https://keepa.com/#!product/4-B00FLYWNYQ", "fr"),
        ("Regarde ça : https://www.amazon.fr/dp/B00FLYWNYQ", "fr"),
        ("Lampe de bureau\nhttps://www.amazon.fr/dp/B00FLYWNYQ", "fr"),
    ],
)
def test_a_link_names_the_product_and_the_marketplace(text: str, marketplace: str) -> None:
    question = read_question(text)
    assert (question.kind, question.marketplace) == (Kind.PRODUCT, marketplace)
    assert question.identifier is not None
    assert question.identifier.value == "B00FLYWNYQ"


def test_a_store_that_keepa_does_not_follow_is_told() -> None:
    question = read_question("https://www.amazon.nl/dp/B00FLYWNYQ")
    assert (question.marketplace, question.foreign_store) == ("", "amazon.nl")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"{EAN};3,20\nB00FLYWNYQ;4", f"{EAN};3,20\nB00FLYWNYQ;4"),
        (f"EAN;Prix\n{EAN};3,20", f"EAN;Prix\n{EAN};3,20"),
        (f"{EAN}\n\nB00FLYWNYQ\n", f"{EAN}\nB00FLYWNYQ"),
        (f"{EAN} B00FLYWNYQ", f"{EAN}\nB00FLYWNYQ"),
        (f"{EAN}, B00FLYWNYQ", f"{EAN}\nB00FLYWNYQ"),
        (f"{EAN}\n3614270357627", f"{EAN}\n3614270357627"),
    ],
)
def test_several_products_make_a_list_costs_included(text: str, lines: str) -> None:
    question = read_question(text)
    assert (question.kind, question.text) == (Kind.LINES, lines)


def test_a_line_with_a_cost_is_its_product_and_says_that_it_holds_more() -> None:
    question = read_question(f"{EAN} 12,50")
    assert (question.kind, question.has_more) == (Kind.PRODUCT, True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("9782070368229", "wrong_check_digit"),
        ("3,61427E+12", "lost_digits"),
        ("0000000000000", "placeholder"),
        ("13614270357623", "carton_code"),
        ("https://amzn.eu/d/abc123", "short_link"),
        ("https://www.amazon.fr/gp/bestsellers", "not_an_identifier"),
        ("9782070368229\nUne lampe", "wrong_check_digit"),
    ],
)
def test_what_is_nearly_a_code_says_what_is_wrong(text: str, reason: str) -> None:
    question = read_question(text)
    assert question.kind is Kind.UNREADABLE
    assert question.wrong is not None
    assert question.wrong.reason == reason


@pytest.mark.parametrize(
    "text", ["bouilloire", "lego star wars", "Lego 75192 Millennium", "x" * 5000, "12", "été 2026"]
)
def test_anything_else_is_words(text: str) -> None:
    question = read_question(text)
    assert (question.kind, question.text) == (Kind.WORDS, text[:LONGEST_WORDS])


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_nothing_is_nothing(text: str) -> None:
    assert read_question(text).kind is Kind.NOTHING
