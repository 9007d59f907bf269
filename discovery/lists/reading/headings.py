"""One heading: what its column holds, by the parts of its words. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from discovery.lists.reading.amounts import vat_basis
from discovery.lists.reading.currencies import named
from discovery.lists.reading.words import follows, plain, senses, words
from discovery.lists.reading.words_tables import NUMBERS, Sense
from discovery.vat_basis import VatBasis

LONGEST = 80  # characters of a heading; longer cells are prose


class Role(StrEnum):
    """What a column holds."""

    ASIN = "asin"
    ISBN = "isbn"
    BARCODE = "barcode"
    CODE = "code"  # of whatever kind: its cells decide
    LINK = "link"
    NOT_CODE = "not_code"
    PRICE = "price"
    TOTAL = "total"  # price × quantity
    DISCOUNT = "discount"
    VAT_RATE = "vat_rate"
    CURRENCY = "currency"
    QUANTITY = "quantity"
    STOCK = "stock"
    MINIMUM = "minimum"
    PACK = "pack"  # units in a case
    MEASURE_UNIT = "measure_unit"  # what a price is for: piece, dozen, carton of 12
    NAME = "name"
    OTHER = "other"
    UNKNOWN = "unknown"


IDENTIFIERS = frozenset({Role.ASIN, Role.ISBN, Role.BARCODE})
CODES = {Sense.ASIN: Role.ASIN, Sense.ISBN: Role.ISBN, Sense.BARCODE: Role.BARCODE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a heading promises. The fields after ``role`` say which price it is.

    ``units``: those a price is for by name ("/12", "le cent"); ``threshold``: the quantity from
    which it applies ("10+"); ``year`` it is valid in, 0 when it names none. ``net`` is what is left
    of a list price, ``says_net`` that the word itself stands there.
    """

    role: Role
    retail: bool = False
    buy: bool = False
    net: bool = False
    listed: bool = False
    says_net: bool = False
    old: bool = False
    current: bool = False
    promotion: bool = False
    case: bool = False
    unit: bool = False
    units: int | None = None
    threshold: int | None = None
    year: int = 0
    vat: VatBasis | None = None
    currency: str = ""


UNKNOWN = Heading(role=Role.UNKNOWN)

_THRESHOLD = re.compile(
    r"(?:^|[^\w.,])(?:(?:ab|from|d[eè]s|à partir de|a partir de|desde|da|vanaf|>=?|≥|from)\s*"
    r"(?P<from>\d{1,6})(?![\d.,]*%)|(?P<plus>\d{1,6})\s*(?:\w{1,8}\.?\s*)?(?:\+|et plus|and more|"
    r"or more|& more|u\.? mehr|und mehr)"
    r"|(?P<low>\d{1,6})\s?(?:[-–—à]|to|bis)\s?\d{1,6}(?![\d.,%]))",
    re.I,
)
# "1", "10", "100 pcs": price breaks, where several stand side by side.
_BARE_STEP = re.compile(r"\d{1,6}\s?(?:pcs?|pi[eè]ces?|u|x|st|stk|stück|units?)?\.?", re.I)
_PER_NUMBER = re.compile(
    r"\b(?:per|par|pro|je|por|cada|les|pour|for|x|lot de|carton de|colis de|pack of|case of|box of|"
    r"paquet de|caisse de|boite de) (\d{1,5})\b"
)
_HUNDRED = re.compile(r"\b(?:le|au|du|par|per|pro|je|the|a) (\w+)\b")
_YEAR = re.compile(r"\b(20[1-4]\d)\b")
# "hors port", "incl. écotaxe": what a price comes with is not what it is.
_EXTRAS = re.compile(
    r"\b(?:hors|incl\w*|inkl\w*|inc|exc|excl\w*|exkl\w*|avec|sans|compris|dont|franco|with|without"
    r"|plus|before|after|livre) (?:(?:de|d|le|la|les|l) )*\w+"
)
_PROMOTION = re.compile(r"\b(?:promo\w*|aktion\w*|special|soldes?|offre|offerta|oferta)\b")
_PRICE_UNIT = re.compile(r"\b(?:unite|unidad|unita|um|uom) (?:de|di|of) (?:prix|price|pre\w+)\b")
_PRICE_UNITS = frozenset({"preiseinheit", "prijseenheid"})
_MEASURES = re.compile(r"\b(?:kg|kilos?|litres?|liter|l|m2|m3|ml|cl|metre|metres|tonne)\b")


@lru_cache(maxsize=4096)
def heading_of(text: str) -> Heading:
    """What a heading says its column holds; ``Role.UNKNOWN`` when it says nothing we know."""
    if not 0 < len(text.strip()) <= LONGEST:
        return UNKNOWN
    said = plain(text)
    found = words(text)
    meant = frozenset().union(*map(senses, found)) if found else frozenset()
    if _BARE_STEP.fullmatch(text.strip()):
        step = int("".join(filter(str.isdigit, text)))
        return Heading(role=Role.UNKNOWN, threshold=None if _is_year(step) else step)
    threshold = _threshold(text)
    basis = vat_basis(" ".join(found)) or vat_basis(said)
    if threshold is not None and not meant - {Sense.UNIT, Sense.PRICE, Sense.BASIS, Sense.COUNT,
                                              Sense.MEASURE_UNIT, Sense.MINIMUM, Sense.BUY,
                                              Sense.NET, Sense.PURCHASE}:  # fmt: skip
        return _price(text, said, meant, basis, threshold)
    role = _role(text, found, meant, basis)
    if role is Role.PRICE:
        return _price(text, said, meant, basis, threshold)
    amount = role in {Role.DISCOUNT, Role.TOTAL}
    return Heading(
        role=role,
        case=Sense.CASE in meant,
        # "Per", "Unité de prix": numbers there are for prices, and count nothing to buy.
        unit=(role is Role.MEASURE_UNIT and not meant & {Sense.UNIT}) or _is_price_unit(found),
        units=_units(said) if role is Role.TOTAL else None,
        vat=basis if amount else None,
        currency=_currency(text) if amount else "",
        # The sum of all units is surer than a count that may be of something else.
        net=role is Role.QUANTITY and Sense.TOTAL in meant,
    )


def _role(
    text: str, found: tuple[str, ...], meant: frozenset[Sense], basis: VatBasis | None
) -> Role:
    # "Montant unitaire" is a price, "Montant" a total.
    each = {Sense.TOTAL, Sense.UNIT} <= meant and not meant & {Sense.COUNT, Sense.STOCK, Sense.PER}
    priced = Sense.PRICE in meant or each or _is_bare_price(found, basis)
    if any(code in meant for code in CODES) and not priced:
        return _code_role(meant)
    if Sense.CURRENCY in meant:
        return Role.CURRENCY
    if Sense.DISCOUNT in meant and (not priced or _is_on_price(found, text)):
        return Role.OTHER if Sense.TOTAL in meant else Role.DISCOUNT
    if Sense.VAT in meant and not priced and basis is None:
        return Role.OTHER if Sense.TOTAL in meant else Role.VAT_RATE
    if priced and _is_price_unit(found):
        return Role.MEASURE_UNIT
    if found and all(Sense.PER in senses(word) for word in found):
        return Role.MEASURE_UNIT
    if priced:
        return _price_role(found, meant)
    return _count_role(found, meant)


def _code_role(meant: frozenset[Sense]) -> Role:
    """An EAN of a carton, and a parent ASIN, name other things than the product."""
    if Sense.PARENT in meant or Sense.CASE in meant or Sense.NOT_CODE in meant:
        return Role.NOT_CODE
    if Sense.LINK in meant:
        return Role.LINK
    return next(role for sense, role in CODES.items() if sense in meant)


def _price_role(found: tuple[str, ...], meant: frozenset[Sense]) -> Role:
    said = _EXTRAS.sub(" ", " ".join(found))
    others = {Sense.OTHER, Sense.STOCK}
    if any(senses(word) & others for word in said.split()) or _MEASURES.search(said):
        return Role.OTHER
    if Sense.MINIMUM in meant and not meant & {Sense.COUNT, Sense.BUY}:
        return Role.OTHER
    if Sense.TOTAL in meant and Sense.UNIT not in meant:
        return Role.TOTAL
    if Sense.COUNT in meant and not meant & {Sense.PER, Sense.CASE, Sense.MINIMUM}:
        return Role.UNKNOWN
    return Role.PRICE


def _count_role(found: tuple[str, ...], meant: frozenset[Sense]) -> Role:
    """Columns that hold neither a code nor a price of a unit."""
    counted = bool(meant & {Sense.COUNT, Sense.UNIT})
    if Sense.STOCK in meant:
        return Role.OTHER if Sense.OTHER in meant else Role.STOCK
    if Sense.TOTAL in meant:
        return Role.QUANTITY if counted else Role.TOTAL
    if Sense.MINIMUM in meant:
        return Role.MINIMUM
    if Sense.PACK_SIZE in meant:
        return Role.PACK
    if Sense.CASE in meant and Sense.NAME not in meant and Sense.CODE not in meant:
        cases = Sense.NUMBER_OF in meant and not meant & {Sense.PER, Sense.UNIT}
        return Role.OTHER if cases else Role.PACK
    if Sense.COUNT in meant and Sense.PER in meant and Sense.OTHER not in meant:
        return Role.PACK if follows(found, Sense.PER, Sense.UNIT) else Role.QUANTITY
    if Sense.COUNT in meant and not meant & {Sense.OTHER, Sense.CODE}:
        return Role.QUANTITY
    if Sense.MEASURE_UNIT in meant and not meant & {Sense.OTHER, Sense.NAME}:
        return Role.MEASURE_UNIT
    if Sense.UNIT in meant and not meant & {Sense.OTHER, Sense.NAME, Sense.CODE}:
        return Role.QUANTITY
    return _rest_role(meant)


def _rest_role(meant: frozenset[Sense]) -> Role:
    for sense, role in (
        (Sense.NOT_CODE, Role.NOT_CODE),
        (Sense.LINK, Role.LINK),
        (Sense.CODE, Role.CODE),
        (Sense.NAME, Role.NAME),
    ):
        if sense in meant:
            return role
    known = meant & {Sense.OTHER, Sense.RETAIL, Sense.BUY, Sense.PERCENT}
    return Role.OTHER if known else Role.UNKNOWN


def _is_price_unit(found: tuple[str, ...]) -> bool:
    """``Unité de prix``, ``Prix par``: the units that a price is for, in a column of its own."""
    known = [senses(word) for word in found if senses(word)]
    per = len(known) == 2 and known[1] == {Sense.PER}
    said = _PRICE_UNIT.search(" ".join(found)) is not None
    return per or said or not _PRICE_UNITS.isdisjoint(found)


def _is_bare_price(found: tuple[str, ...], basis: VatBasis | None) -> bool:
    """``Achat``, ``HT``, ``Net HT``, ``Unitaire TTC``: prices, though they do not say so."""
    allowed = {
        Sense.PURCHASE, Sense.BASIS, Sense.VAT, Sense.NET, Sense.UNIT, Sense.RETAIL,
        Sense.LIST, Sense.BUY, Sense.BEFORE,
    }  # fmt: skip
    known = [senses(word) for word in found]
    if not all(meant & allowed or not meant for meant in known):
        return False
    unknown = [word for word, meant in zip(found, known, strict=True) if not meant]
    if any(len(word) > 1 and word != "ex" and not named(word) for word in unknown):
        return False
    purchase = any(Sense.PURCHASE in meant for meant in known)
    told = {Sense.BASIS, Sense.BUY, Sense.NET, Sense.RETAIL, Sense.UNIT}
    money = basis is not None or bool(named(" ".join(found), in_heading=True))
    return purchase or (money and any(meant & told for meant in known))


def _is_on_price(found: tuple[str, ...], text: str) -> bool:
    """``Remise sur prix public``, ``% remise prix``: the discount, not the price less it."""
    first = next(
        (senses(word) for word in found if senses(word) & {Sense.PRICE, Sense.DISCOUNT}),
        frozenset(),
    )
    if Sense.DISCOUNT not in first:
        return False
    linked = any(senses(word) & {Sense.ON, Sense.PERCENT} for word in found)
    return linked or "%" in text


def _price(
    text: str,
    said: str,
    meant: frozenset[Sense],
    basis: VatBasis | None,
    threshold: int | None,
) -> Heading:
    discounted = Sense.DISCOUNT in meant
    before = discounted and Sense.BEFORE in meant
    units = None if threshold is not None else _units(said)
    year = _YEAR.search(said)
    return Heading(
        role=Role.PRICE,
        retail=Sense.RETAIL in meant,
        buy=Sense.BUY in meant,
        net=Sense.NET in meant or (discounted and not before),
        listed=before or Sense.LIST in meant or _is_tariff_price(said),
        says_net=Sense.NET in meant,
        old=Sense.OLD in meant,
        current=Sense.CURRENT in meant,
        promotion=_PROMOTION.search(said) is not None,
        case=(Sense.CASE in meant or (units or 1) > 1) and Sense.UNIT not in meant,
        unit=Sense.UNIT in meant or units == 1,
        units=units,
        threshold=threshold,
        year=int(year[1]) if year else 0,
        vat=basis,
        currency=_currency(text),
    )


def _is_tariff_price(said: str) -> bool:
    """``Prix tarif`` is the price before discount; ``Tarif`` alone may be what is paid."""
    return bool(re.search(r"\b(?:prix|px) (?:de |du )?tarif", said))


def _threshold(text: str) -> int | None:
    if found := _THRESHOLD.search(text):
        value = int(found["from"] or found["plus"] or found["low"])
        return None if _is_year(value) else value
    return None


def _is_year(number: int) -> bool:
    return 1990 <= number <= 2100


def _units(said: str) -> int | None:
    if found := _PER_NUMBER.search(said):
        return int(found[1]) or None
    for found in _HUNDRED.finditer(said):
        if found[1] in NUMBERS:
            return NUMBERS[found[1]]
    return next(
        (NUMBERS[word] for word in said.split() if word in NUMBERS and word != "cent"), None
    )


def _currency(text: str) -> str:
    found = named(text, in_heading=True)
    return found.pop() if len(found) == 1 else ""
