"""A price as people write it: its amount, currency, VAT and the units it is for. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from discovery.lists.reading.currencies import taken_out
from discovery.lists.reading.model import SHOWN, BadCell, BadReason
from discovery.lists.reading.words import plain, senses
from discovery.lists.reading.words_tables import NUMBERS, Sense
from discovery.vat_basis import VatBasis

LARGEST_COST = Decimal(1_000_000)
LARGEST_QUANTITY = 1_000_000
COST_PLACES = Decimal("0.0001")
LONGEST = 80  # characters a price can be written in

NOTHING = frozenset({"", "-", "--", "–", "—", "?", "n/a", "na", "nc", "null", "none", "#n/a"})

_EXCLUDED = (
    r"\b(?:h ?t|htva|hvat|hors (?:taxes?|tva|t)|netto|exvat|net of (?:vat|tax)"
    r"|(?:ex|exc|excl\w*|exkl\w*|esclus\w*|escl|sans|ohne|sin|senza|zonder|zzgl|plus|without"
    r"|before|w per o|s per|no|o) (?:(?:la|de|of|l|d|die|gesetzl) )*"
    r"(?:vat|tva|mwst|ust|btw|iva|tax|taxes?)"
    r"|(?:iva|btw|tva|vat|mwst|ust|taxe?s?) (?:escl\w*|excl\w*|exkl\w*|en sus|non compr[ei]s\w*"
    r"|no incl\w*|not incl\w*|non incl\w*|aparte))\b|\b(?:excl|exkl|exc)(?: (?:eur|usd|gbp))?$"
)
_INCLUDED = (
    r"\b(?:ttc|tvac|incvat|brutto|lordo|ivato|toutes taxes(?: comprises)?"
    r"|(?:inc|incl\w*|inkl\w*|avec|con|mit|met|with|c per|including) "
    r"(?:(?:la|de|of|l|d) )*(?:vat|tva|mwst|ust|btw|iva|tax|taxes?)"
    r"|(?:iva|btw|tva|vat|mwst|ust|taxes?) (?:inc|incl\w*|inkl\w*|compr[ei]s\w*|inbegrepen))\b"
    r"|\b(?:incl|inkl|inc)(?: (?:eur|usd|gbp))?$"
)
_NOT_INCLUDED = re.compile(r"\b(?:no|not|non) incl\w*")
EXCLUDED, INCLUDED = re.compile(_EXCLUDED), re.compile(_INCLUDED)
# "inkl. 19 % MwSt": the rate stands between the words that belong together.
_RATE = re.compile(r"\b\d{1,2}(?: \d{1,2})? taux\b ?")

_PLAIN_NUMBER = re.compile(r"(\d{1,12}(?:[.,](?:\d{1,2}|\d{4,12}))?)( ?€)?", re.ASCII)
_EURO_BETWEEN = re.compile(r"(\d)\s?(€|euros?|£|\$|EUR)\s?(\d{2})(?!\d)", re.I)
_DASHED_CENTS = re.compile(r"(?<=\d)\s?[.,]\s?[-–—]{1,2}(?!\s?\d)")
_NUMBER = re.compile(r"\d[\d.,'’\u00b4` ]*|[.,]\d+")
_AROUND_MARK = re.compile(r"(?<=\d) ?([.,]) ?(?=\d{1,2}(?!\d))")
_THOUSANDS = re.compile(r"\d{1,3}(?:[ '’\u00b4`]\d{3})+(?:[.,]\d*)?")
_GROUPED = {
    ",": re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}"),
    ".": re.compile(r"\d{1,3}(?:\.\d{3})+"),
}
_FREE = re.compile(
    r"\b(?:gratuit\w*|offert\w*|free|gratis|kostenlos|omaggio|sur (?:demande|devis|commande)"
    r"|on request|auf anfrage|op aanvraag|bajo pedido|su richiesta|(?:nous )?consulter|poa|tbd|tba"
    r"|a definir|n ?c|epuise|rupture)\b"
)
_JOINING = frozenset(
    [
        "le",
        "la",
        "les",
        "l",
        "de",
        "d",
        "du",
        "un",
        "une",
        "el",
        "il",
        "der",
        "die",
        "das",
        "den",
        "of",
        "the",
    ]
)


@dataclass(frozen=True, slots=True)
class Price:
    """A price as its cell says it.

    ``currency`` and ``vat`` where the cell tells; ``units`` it is for: 1 for "/ pièce", 12 for
    "les 12"; ``for_case`` says that it is for a case of unknown size.
    """

    amount: Decimal
    currency: str = ""
    vat: VatBasis | None = None
    units: int | None = None
    for_case: bool = False


def is_nothing(text: str) -> bool:
    """Whether a cell is left open, in one of the ways people leave cells open."""
    return text.strip().casefold() in NOTHING


def vat_basis(words: str) -> VatBasis | None:
    """What plain words say of VAT; ``None`` when they say nothing, or both."""
    words = _RATE.sub("", words)
    excluded = EXCLUDED.search(words) is not None
    included = INCLUDED.search(_NOT_INCLUDED.sub(" ", words)) is not None
    if excluded == included:
        return None
    return VatBasis.EXCLUDED if excluded else VatBasis.INCLUDED


def read_price(text: str, *, mark: str) -> Price | None:
    """The price in a cell; ``None`` for a cell left open.

    ``mark`` is the decimal mark of the list, which decides what ``1,250`` means. Raises ``BadCell``
    for what is no single price (a range, "from 8") and, as ``no_price``, for 0 and "free".
    """
    if is_nothing(text):
        return None
    price = _simple(text) or _written(text, mark)
    if price is None:
        none = _FREE.search(plain(text[:LONGEST])) is not None
        raise BadCell(BadReason.NO_PRICE if none else BadReason.BAD_COST, text.strip()[:SHOWN])
    if price.amount == 0:
        raise BadCell(BadReason.NO_PRICE, text.strip()[:SHOWN])
    if price.amount > LARGEST_COST or not price.amount.quantize(COST_PLACES):
        raise BadCell(BadReason.BAD_COST, text.strip()[:SHOWN])
    return price


def read_amount(text: str, *, mark: str) -> Decimal | None:
    """A number with or without its currency, zero included; ``None`` when it is not one."""
    price = _simple(text) or _written(text, mark)
    return None if price is None or price.units is not None or price.for_case else price.amount


def read_number(text: str, *, mark: str) -> Decimal | None:
    """``1 234,50`` without any dressing; ``None`` for what is no well-formed number."""
    bare = _AROUND_MARK.sub(r"\1", text.strip()).rstrip(".,")
    if re.search(r"[ '’\u00b4`]", bare):
        if not _THOUSANDS.fullmatch(bare):
            return None
        bare = re.sub(r"[ '’\u00b4`]", "", bare)
    other = "." if mark == "," else ","
    if mark in bare and other in bare:
        last = max(mark, other, key=bare.rindex)
        first = "." if last == "," else ","
        whole = bare[: bare.rindex(last)]
        if bare.count(last) > 1 or not _GROUPED[first].fullmatch(whole):
            return None
        bare = bare.replace(first, "").replace(last, ".")
    elif other in bare and _GROUPED[other].fullmatch(bare):
        bare = bare.replace(other, "")
    elif bare.count(mark) > 1 and _GROUPED[mark].fullmatch(bare):
        bare = bare.replace(mark, "")
    else:
        bare = bare.replace(",", ".")
    return Decimal(bare) if re.fullmatch(r"\d{1,12}(?:\.\d{0,12})?|\.\d{1,12}", bare) else None


def read_quantity(text: str) -> int | None:
    """A whole number of units; ``None`` for a cell left open. Raises ``BadCell``."""
    if is_nothing(text):
        return None
    bare = unicodedata.normalize("NFKC", text[:LONGEST]).strip()
    counted = re.fullmatch(r"([\d.,'’ ]+?) ?(?:[^\W\d_]+\.?)?", bare)
    found = read_number(counted[1], mark=",") if counted else None
    if found is not None and found != found.to_integral_value():
        # Nobody orders 1.25 of anything: "1,250" is grouped.
        grouped = re.sub(r"[.,' ’]", "", counted[1]) if counted else ""
        is_grouped = any(shape.fullmatch(counted[1]) for shape in _GROUPED.values() if counted)
        found = Decimal(grouped) if is_grouped else None
    if found is None or not 0 < found <= LARGEST_QUANTITY or not _is_counted(bare):
        raise BadCell(BadReason.BAD_QUANTITY, text.strip()[:SHOWN])
    return int(found)


def _is_counted(text: str) -> bool:
    """``12 pcs`` counts units; ``12 cartons`` does not."""
    return all(
        Sense.UNIT in senses(word) or word == "x" for word in plain(text).split() if word.isalpha()
    )


def _simple(text: str) -> Price | None:
    """``8``, ``8,40``, ``8.40 €``: what most cells look like; "1.250" depends on the list."""
    found = _PLAIN_NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    return Price(Decimal(found[1].replace(",", ".")), currency="EUR" if found[2] else "")


def _written(text: str, mark: str) -> Price | None:
    if len(text) > LONGEST:
        return None
    shown = unicodedata.normalize("NFKC", text).strip().strip("*")
    shown = _EURO_BETWEEN.sub(rf"\1{mark}\3 \2", shown)
    bare, currencies = taken_out(_DASHED_CENTS.sub(" ", shown))
    found = _NUMBER.search(bare)
    if found is None or len(currencies) > 1 or not _is_heading(bare[: found.start()]):
        return None
    amount = read_number(found[0], mark=mark)
    tail = _tail(bare[found.end() :].strip())
    if amount is None or tail is None:
        return None
    units, for_case = tail
    bare_fraction = "/" in bare and not currencies and amount == amount.to_integral_value()
    if units is not None and bare_fraction and not re.search(r"[^\W\d_]", bare):
        return None  # "12/3"
    return Price(
        amount,
        currency=next(iter(currencies), ""),
        vat=vat_basis(plain(bare)),
        units=units,
        for_case=for_case,
    )


def _is_heading(text: str) -> bool:
    """Whether what stands before a number is nothing, or says no more than a heading would."""
    bare = text.strip(" :=")
    if not bare:
        return True
    if re.search(r"[^\w\s.:='’]", bare):
        return False
    known = {Sense.PRICE, Sense.BASIS, Sense.BUY, Sense.NET}
    return all(senses(word) & known for word in plain(bare).split())


def _tail(text: str) -> tuple[int | None, bool] | None:
    """The units a price is for and whether it is for a case, from what follows the number.

    ``None`` when it says something else, which nobody should guess at.
    """
    if re.search(r"[-–—<>~±]", text) or (")" in text and "(" not in text):
        return None
    units: int | None = None
    is_case = False
    said = plain(text)
    if vat_basis(said) is not None:
        said = INCLUDED.sub(" ", EXCLUDED.sub(" ", _RATE.sub("", said)))
    for word in said.split():
        meant = senses(word)
        if word.isdigit():
            if units is not None or not 0 < int(word[:9]) <= LARGEST_QUANTITY:
                return None
            units = int(word)
        elif word in NUMBERS:
            units = NUMBERS[word]
        elif Sense.CASE in meant:
            is_case = True
        elif Sense.UNIT in meant:
            units = units or 1
        elif not meant & {Sense.BASIS, Sense.PER, Sense.VAT, Sense.NET} and word not in _JOINING:
            return None
    return units, is_case and units is None
