"""How many units a listing sells at once: what Keepa says, what the title says. Pure.

A lot of twelve bears the code of the unit on Amazon, and a price twelve times as high: a cost and a
price are compared only when both are for the same number of units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

MOST_UNITS = 999  # more are the contents of one package: screws, beads, pieces of a puzzle
MOST_CONTENTS = 100  # a count that Keepa alone gives, above which it is contents as well
COST_PLACES = Decimal("0.0001")  # what a list keeps of a cost

# Amounts, sizes, times and pages: a number before one of them counts no units.
_MEASURE = (
    r"(?:[kmµ]?g|gr|grammes?|kilos?|[mcd]?l|litres?|liters?|oz|lbs?|[mck]?m|mètres?|meters?|"
    r"pouces?|inch(?:es)?|in|w|watts?|[km]?wh|v|volts?|m?ah|[kmg]hz|[kmgt][ob]|h|heures?|hours?|"
    r"min(?:utes?)?|ans?|years?|jahre|anni|años|mois|months?|jours?|days?|pages?|feuilles?|"
    r"fr|p)(?![\wà-ÿ])"
)
_VOLUME = r"(?:[km]?g|gr|[mcd]?l|litres?|liters?|oz|lbs?)(?![\wà-ÿ])"
# The volumes of one work are one product.
_WORK = (
    r"(?:tomes?|volumes?|vols?|livres?|books?|romans?|bände|bücher|libri|libros|dvds?|cds?|blu)\b"
)
_NUMBER = rf"(?P<n>\d{{1,3}})(?!\d|[.,]\d)(?!\s*(?:{_MEASURE}|%|°|\"|{_WORK}))"
_OF = r"(?:\s*(?:de|of|di|da|von|mit|com|con|d['’]|x|:))\s*"
_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "twelve": 12,
    "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "dix": 10, "douze": 12,
    "zwei": 2, "drei": 3, "vier": 4, "due": 2, "tre": 3, "quattro": 4, "dos": 2, "tres": 3,
}  # fmt: skip
_WORD = "(?P<word>" + "|".join(_WORDS) + r")\b"

# From the surest to the least sure; the first that is found in a title decides.
_LOTS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        # lot de 4, Pack of 6, set di 2, confezione da 6, lote de 4, kit com 3
        rf"\b(?:lots?|(?:multi|value\s*|value-)?packs?|set|bundle|paquets?|pacco|paquete|lote|kit|"
        rf"confezione|conf\.|packung|conjunto|pacote){_OF}(?:{_NUMBER}|{_WORD}(?!\s*{_WORK}))",
        # 2-Pack, 6 pack, 4pk
        r"(?<![\d.,])(?P<n>\d{1,3})[\s-]?(?:packs?|pk)\b(?!\s+of\b)",
        # 3er-Set, 6er Pack, 12er
        r"(?<![\d.,])(?P<n>\d{1,3})er(?:[\s-]*(?:set|pack(?:ung)?|karton|kasten))?\b(?!\s*jahre)",
        # vendu par 6, par 12
        rf"\bpar\s+{_NUMBER}(?=\s*(?:$|[,;:.()|/–—-]|unit|pi[èe]ces?\b|bouteilles?\b))",
        # 12 x 50 ml, 6 × 1,5 L
        rf"(?<![\d.,x×])(?P<n>\d{{1,3}})\s?[x×]\s?\d{{1,4}}(?:[.,]\d+)?\s?{_VOLUME}",
        # 500 ml x 6
        rf"\d\s?{_VOLUME}\s?[x×]\s?{_NUMBER}(?!\s*[x×])",
        # 6 個セット, 12 本
        r"(?P<n>\d{1,3})\s?(?:個|本|枚|袋|箱|缶|パック)?(?:セット|入り)",
        # carton de 12, boîte de 24, case of 12, caja de 6: a container of units
        rf"\b(?:cartons?|caisses?|case|box|bo[iî]tes?|caja|caixa|scatola|karton|kiste){_OF}"
        rf"{_NUMBER}",
        # 3 x Dentifrice, 2x Crème, …, 6 x
        r"(?<![\dx×]\s)(?<![\w.,×])(?P<n>\d{1,3})\s?[x×](?=\s*(?:$|[,;)|(–—-]|(?-i:[A-ZÀ-Þ])[a-zà-ÿ]))",
        # Zahnpasta, 6 Stück
        r"(?<![\d.,])(?P<n>\d{1,2})\s?(?:stück|stk)\b",
        # Savon x12, Savon x 12, Savon × 12
        rf"(?<![\d])(?<!\d\s)(?<![\w×])(?-i:x|×)\s?{_NUMBER}(?!\s*[x×/])",
    )
)
_NAMED = (
    (2, re.compile(r"\b(?:twin[\s-]?pack|doppelpack|duo[\s-]?pack|lot\s+duo)\b", re.I)),
    (3, re.compile(r"\b(?:triple[\s-]?pack|tripack|dreierpack)\b", re.I)),
)
# x10 after one of these is a magnification or a speed.
_NO_LOT_BEFORE = re.compile(
    r"(?:zoom|loupes?|grossissement|agrandissement|magnification|jumelles|microscopes?|vitesse|"
    r"optique|optical|taille|size)\s*$",
    re.I,
)
# 10 pcs, 1000 pièces, 500 Teile: contents of one package.
_CONTENTS = re.compile(
    r"(?<![\d.,])(\d{1,4})\s?(?:pcs?|pi[èe]ces?|pieces?|teil(?:e|ig)?|pezzi|piezas|peças|"
    r"count|ct|sachets?|capsules?|comprim[ée]s|tablets?|crayons|feutres|cartes|cards|lingettes|"
    r"couches|jeux|bags|個|枚)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class PackSize:
    """``units`` a listing sells at once, ``None`` when nothing says; ``other`` is what Keepa says
    where the title says something else.
    """

    units: int | None = None
    other: int | None = None


def pack_size(
    *,
    title: str | None,
    number_of_items: int | None,
    package_quantity: int | None,
    is_book: bool = False,
) -> PackSize:
    """How many units are sold at once; the title is believed before Keepa's counts.

    ``number_of_items`` and ``package_quantity`` are Keepa's: −1, 0 and ``None`` are unknown. The
    larger of them counts, since a lot taken for a unit loses money, except that contents which the
    title counts ("10 pcs") or more than ``MOST_CONTENTS`` items in a package are one unit. The
    volumes of a book are one book.
    """
    if is_book:
        return PackSize()
    told = units_in_title(title or "")
    items = _count(number_of_items)
    packages = _count(package_quantity)
    if items is not None and (packages or 1) == 1 and _is_contents(items, title or ""):
        items = None
    delivered = max((count for count in (items, packages) if count is not None), default=None)
    if told is None:
        return PackSize(delivered)
    agrees = delivered is None or told in (items, packages)
    return PackSize(told, None if agrees else delivered)


def units_in_title(title: str) -> int | None:
    """What a title says of lots and packs, in the languages of the marketplaces; else ``None``."""
    if title.isupper():  # SAVON X12: there, a capital X is no name
        title = title.lower()
    for lot in _LOTS:
        for found in lot.finditer(title):
            if _NO_LOT_BEFORE.search(title[: found.start()]):
                continue
            groups = found.groupdict()
            word = groups.get("word")
            units = _WORDS[word.lower()] if word else int(groups["n"])
            if 0 < units <= MOST_UNITS:
                return units
    return next((units for units, name in _NAMED if name.search(title)), None)


def cost_of_listing(cost: Decimal, *, units: int | None, pack_size: int | None) -> Decimal:
    """What is paid for all a listing sells at once, for a ``cost`` of so many ``units``.

    The cost itself where either number is unknown or both are the same.
    """
    if units is None or pack_size is None or units == pack_size:
        return cost
    whole = cost * pack_size / units
    return whole if units == 1 else whole.quantize(COST_PLACES, ROUND_HALF_UP)


def _count(value: int | None) -> int | None:
    return value if value is not None and 0 < value <= MOST_UNITS else None


def _is_contents(items: int, title: str) -> bool:
    return items > MOST_CONTENTS or items in map(int, _CONTENTS.findall(title))
