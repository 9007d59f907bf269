"""One cell: an identifier, a cost or a quantity, as people and spreadsheets write them."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from discovery.lists.reading.model import BadCell, BadReason
from discovery.products.identifiers import (
    Identifier,
    IdentifierKind,
    NotAnIdentifier,
    parse_identifier,
)

LARGEST_COST = Decimal(1_000_000)
LARGEST_QUANTITY = 1_000_000
COST_PLACES = Decimal("0.0001")
LONGEST = 400  # characters that can still be a code, or the address of a product
SHOWN = 60  # characters of a bad value that are kept

NOTHING = frozenset({"", "-", "--", "–", "—", "?", "n/a", "na", "nc", "null", "none", "#n/a"})

_FORMULA = re.compile(r'="(.*)"')
_LABEL = re.compile(r"(?:asin|isbn(?:-?1[03])?|ean(?:-?13)?|gtin|upc)\s*[:#]?\s*(?=\w)", re.I)
_ADDRESS = re.compile(r"/(?:dp|gp/product|product)/([A-Za-z0-9]{10})(?:[/?#]|$)")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?E\+?(\d{1,2})", re.I)
_POINT_ZERO = re.compile(r"(\d{8,14})[.,]0+")
_CURRENCY = re.compile(r"[€$£¥₹]|\b(?:EUR|USD|GBP|CAD|JPY|INR|MXN|BRL|CA(?=\$)|euros?)\b", re.I)
_GROUPED = {",": re.compile(r"\d{1,3}(,\d{3})+"), ".": re.compile(r"\d{1,3}(\.\d{3})+")}

ISBN, BARCODE = "isbn", "barcode"  # what a heading promises


def is_nothing(text: str) -> bool:
    """Whether a cell is left open, in one of the ways people leave cells open."""
    return text.strip().casefold() in NOTHING


def read_identifier(text: str, *, promised: str = "") -> tuple[Identifier, bool]:
    """Return what the cell identifies, and whether dropped zeros were put back.

    ``promised`` is ``ISBN`` or ``BARCODE`` where the heading says so. Zeros are put back only
    when the check digit then proves the code right. Raises ``BadCell``.
    """
    if len(text) > LONGEST:
        raise BadCell(BadReason.NOT_AN_IDENTIFIER, text.strip()[:SHOWN])
    value = _compact(_unwrapped(text))
    if whole := _SCIENTIFIC.fullmatch(value):
        value = _exact(whole, text)
    elif whole := _POINT_ZERO.fullmatch(value):
        value = whole[1]
    # Eight digits under "ISBN" are an ISBN-10 that has lost two zeros, before an EAN-8.
    if promised == ISBN and len(value) == 8 and (found := _parsed(value.zfill(10))):
        return found, True
    if found := _parsed(value):
        return found, False
    if len(value) == 14 and value.startswith("0") and (found := _parsed(value[1:])):
        return found, False
    if found := _with_zeros(value, promised):
        return found, True
    looks_right = re.fullmatch(r"\d{8}|\d{9}[\dX]|\d{12,13}", value)
    reason = BadReason.WRONG_CHECK_DIGIT if looks_right else BadReason.NOT_AN_IDENTIFIER
    raise BadCell(reason, text.strip()[:SHOWN])


def is_identifier(text: str) -> bool:
    """Whether the cell is a valid identifier as it stands, or with its zeros put back."""
    try:
        read_identifier(text)
    except BadCell:
        return False
    return True


def same_product(identifier: Identifier) -> str:
    """Equal for identifiers that say the same: a UPC is the EAN that starts with a zero."""
    if identifier.kind is IdentifierKind.CODE and len(identifier.value) == 12:
        return identifier.value.zfill(13)
    return identifier.value


def read_cost(text: str, *, mark: str) -> Decimal | None:
    """The price of one unit; ``None`` for a cell left open. Raises ``BadCell``.

    ``mark`` is the decimal mark of the list, which decides what ``1,250`` means.
    """
    if is_nothing(text):
        return None
    text = text[:LONGEST]
    amount = read_amount(text, mark=mark)
    if amount is None or not 0 < amount <= LARGEST_COST or not amount.quantize(COST_PLACES):
        raise BadCell(BadReason.BAD_COST, text.strip()[:SHOWN])
    return amount.quantize(COST_PLACES)


def read_quantity(text: str) -> int | None:
    """A whole number of units; ``None`` for a cell left open. Raises ``BadCell``."""
    if is_nothing(text):
        return None
    bare = _tight(text[:LONGEST])
    bare = re.sub(r"[.,]0+$", "", bare) if not _is_grouped(bare) else re.sub(r"[.,]", "", bare)
    if not re.fullmatch(r"\d{1,9}", bare, re.ASCII) or not 0 < int(bare) <= LARGEST_QUANTITY:
        raise BadCell(BadReason.BAD_QUANTITY, text.strip()[:SHOWN])
    return int(bare)


def read_amount(text: str, *, mark: str) -> Decimal | None:
    """A number with or without its currency; ``None`` when it is not one."""
    bare = _tight(_CURRENCY.sub("", text))
    other = "." if mark == "," else ","
    if mark in bare and other in bare:
        last = max(mark, other, key=bare.rindex)
        bare = bare.replace("." if last == "," else ",", "").replace(last, ".")
    elif other in bare and _GROUPED[other].fullmatch(bare):
        bare = bare.replace(other, "")
    elif bare.count(mark) > 1 and _GROUPED[mark].fullmatch(bare):
        bare = bare.replace(mark, "")
    else:
        bare = bare.replace(",", ".")
    if not re.fullmatch(r"-?(\d{1,12}(\.\d{0,12})?|\.\d{1,12})", bare, re.ASCII):
        return None
    try:
        return Decimal(bare)
    except InvalidOperation:
        return None


def _unwrapped(text: str) -> str:
    """Without what spreadsheets, people and browsers put around a code."""
    bare = text.strip().strip("\ufeff\u200b")
    if formula := _FORMULA.fullmatch(bare):
        bare = formula[1]
    if address := _ADDRESS.search(bare):
        return address[1]
    return _LABEL.sub("", bare.strip("'’\"`"), count=1)


def _compact(text: str) -> str:
    kept = (c for c in text if unicodedata.category(c) not in {"Pd", "Zs", "Cf", "Cc"})
    return "".join(kept).upper()


def _exact(scientific: re.Match[str], text: str) -> str:
    """The digits of ``9.782070368228E+12``; those that were rounded away are not invented."""
    first, rest, exponent = scientific[1], scientific[2] or "", int(scientific[3])
    if len(rest.rstrip("0")) > exponent or len(rest) < exponent:
        raise BadCell(BadReason.LOST_DIGITS, text.strip()[:SHOWN])
    return first + rest[:exponent]


def _parsed(value: str) -> Identifier | None:
    try:
        return parse_identifier(value)
    except NotAnIdentifier:
        return None


def _with_zeros(value: str, promised: str) -> Identifier | None:
    if not re.fullmatch(r"\d+X?", value, re.ASCII):
        return None
    if len(value) in {8, 9} and promised != BARCODE:
        return _parsed(value.zfill(10))
    # Ten digits are rather an ISBN with a wrong digit, unless the heading says otherwise.
    if len(value) == 11 or (len(value) == 10 and promised == BARCODE):
        return _parsed(value.zfill(12))
    return None


def _tight(text: str) -> str:
    return re.sub(r"[\s'’]", "", text)


def _is_grouped(bare: str) -> bool:
    return any(shape.fullmatch(bare) for shape in _GROUPED.values())
