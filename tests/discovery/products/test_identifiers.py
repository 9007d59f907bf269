"""What a reseller may type for a product."""

from __future__ import annotations

import pytest

from discovery.products.identifiers import (
    Identifier,
    IdentifierKind,
    NotAnIdentifier,
    parse_identifier,
)


@pytest.mark.parametrize(
    ("typed", "asin"),
    [
        ("B00FLIJJSA", "B00FLIJJSA"),
        (" b00flijjsa ", "B00FLIJJSA"),
        ("0-306-40615-2", "0306406152"),
        ("080442957x", "080442957X"),
        ("978-0-306-40615-7", "0306406152"),
        ("9780804429573", "080442957X"),
    ],
)
def test_an_asin_or_the_isbn_of_a_book_costs_no_token_to_resolve(typed: str, asin: str) -> None:
    assert parse_identifier(typed) == Identifier(IdentifierKind.ASIN, asin)


@pytest.mark.parametrize("typed", ["4006381333931", "036000291452", "96385074", "9791090636071"])
def test_a_barcode_is_left_for_keepa_to_resolve(typed: str) -> None:
    assert parse_identifier(typed) == Identifier(IdentifierKind.CODE, typed)


@pytest.mark.parametrize(
    "typed",
    ["", "B00FLIJJS", "0306406153", "9780306406158", "4006381333932", "hello", "１２３４５６７８"],
)
def test_anything_else_is_refused_wrong_check_digits_included(typed: str) -> None:
    with pytest.raises(NotAnIdentifier):
        parse_identifier(typed)
