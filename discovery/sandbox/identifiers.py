"""ASINs, ISBNs, EANs and UPCs with valid check digits, distinct for distinct numbers."""

from __future__ import annotations

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_B0_SPACE: Final = 36**8
_B0_STEP: Final = 1_000_003_000_057 % _B0_SPACE  # odd and no multiple of 3: a permutation
_ISBN_STEP: Final = 61_803_399  # coprime with 10: a permutation


def base36(number: int, width: int) -> str:
    """The number in digits and capital letters, filled up to `width`."""
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 36)
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))


def plain_asin(number: int, salt: int) -> str:
    """`B0` and eight characters; different numbers never share one under the same salt."""
    return "B0" + base36((number * _B0_STEP + salt) % _B0_SPACE, 8)


def isbn10(number: int, group: str, salt: int) -> str:
    """A valid ISBN-10 of a language `group` of one to three digits: it is also the book's ASIN."""
    width = 9 - len(group)
    body = group + f"{(number * _ISBN_STEP + salt) % 10**width:0{width}d}"
    check = sum((10 - place) * int(digit) for place, digit in enumerate(body)) % 11
    return body + "0X987654321"[check]


def ean13(body: str) -> str:
    """Twelve digits and their check digit."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return body + str(-weighted % 10)


def isbn13(isbn_10: str) -> str:
    """The ISBN-13 of an ISBN-10."""
    return ean13("978" + isbn_10[:9])


def ean_of(number: int, prefix: str, salt: int) -> str:
    """An EAN-13 under a GS1 `prefix`; with the prefix `0` its last twelve digits are a UPC."""
    width = 12 - len(prefix)
    return ean13(prefix + f"{(number * _ISBN_STEP + salt) % 10**width:0{width}d}")
