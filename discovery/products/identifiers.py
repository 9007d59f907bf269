"""What a reseller types for a product: ASIN, ISBN-10, ISBN-13, EAN or UPC. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_ASIN = re.compile(r"B(?=[0-9A-Z]*\d)[0-9A-Z]{9}")  # "bouilloire" is a word
_ISBN10 = re.compile(r"\d{9}[\dX]")


class IdentifierKind(StrEnum):
    """What an identifier is for Keepa."""

    ASIN = "asin"
    CODE = "code"  # EAN-13, EAN-8 or UPC-A that Keepa must resolve


@dataclass(frozen=True, slots=True)
class Identifier:
    """``value`` is an ASIN, or the digits of a code."""

    kind: IdentifierKind
    value: str


class NotAnIdentifier(ValueError):
    """The text is neither an ASIN nor a valid ISBN, EAN or UPC."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def parse_identifier(text: str) -> Identifier:
    """Return what the text identifies. An ISBN of a book is its ASIN and costs no token.

    Raises ``NotAnIdentifier``, wrong check digits included.
    """
    value = re.sub(r"[\s-]", "", text).upper()
    if _ASIN.fullmatch(value):
        return Identifier(IdentifierKind.ASIN, value)
    if _ISBN10.fullmatch(value) and _isbn10_check(value[:9]) == value[9]:
        return Identifier(IdentifierKind.ASIN, value)
    if value.isascii() and value.isdigit() and len(value) in {8, 12, 13} and _ean_is_valid(value):
        if len(value) == 13 and value.startswith("978"):
            return Identifier(IdentifierKind.ASIN, value[3:12] + _isbn10_check(value[3:12]))
        return Identifier(IdentifierKind.CODE, value)
    raise NotAnIdentifier(text)


def canonical_code(code: str) -> str:
    """The EAN-13 that says the same as a UPC-A; any other code as it is."""
    return code.zfill(13) if len(code) == 12 else code


def _isbn10_check(nine: str) -> str:
    total = sum((10 - place) * int(digit) for place, digit in enumerate(nine))
    check = -total % 11
    return "X" if check == 10 else str(check)


def _ean_is_valid(digits: str) -> bool:
    weights = (3, 1) * 7
    body = digits[-2::-1]
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=False))
    return -total % 10 == int(digits[-1])
