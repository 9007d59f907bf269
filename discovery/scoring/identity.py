"""Whether two listings of one ASIN, on two marketplaces, are one product: proved, never assumed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from rapidfuzz import fuzz

from discovery.scoring.found_cost import Identity

GTIN_LENGTH = 14
LENGTHS = (8, 12, 13, 14)
PLACEHOLDERS = frozenset({"01234567890128", "00123456789012", "00012345678905"})
# Numbers that GS1 leaves to shops: the same one means another product in the next shop.
IN_STORE = re.compile(r"0(?:2|0[24])")
_TAG = re.compile(r"<[^>]*>")
_MEASURE = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(kg|g|gr|mg|l|cl|ml|m|cm|mm)\b",
)
# To grams, millilitres and millimetres.
_IN_BASE = {
    "kg": ("g", Decimal(1000)), "g": ("g", Decimal(1)), "gr": ("g", Decimal(1)),
    "mg": ("g", Decimal("0.001")),
    "l": ("ml", Decimal(1000)), "cl": ("ml", Decimal(10)), "ml": ("ml", Decimal(1)),
    "m": ("mm", Decimal(1000)), "cm": ("mm", Decimal(10)), "mm": ("mm", Decimal(1)),
}  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+[a-z]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """What tells a product from another on one marketplace.

    ``gtins`` are its EANs, UPCs and GTINs as Keepa writes them; ``pack_size`` how many units are
    sold at once, ``None`` when nothing says.
    """

    asin: str
    title: str | None = None
    brand: str | None = None
    gtins: tuple[str, ...] = ()
    pack_size: int | None = None


def same_product(
    home: Identified, abroad: Identified, *, least_percent: Decimal
) -> Identity | None:
    """Proved by a shared GTIN or by titles alike to ``least_percent``, else to be checked.

    None where they are known to be two things: another ASIN, another number of units at once. A
    lot often bears the code of its unit: where only one side says it is a lot, nothing is proved.
    """
    if home.asin != abroad.asin:
        return None
    if home.pack_size != abroad.pack_size:
        if home.pack_size is not None and abroad.pack_size is not None:
            return None
        if (home.pack_size or abroad.pack_size or 1) != 1:
            return Identity.TO_CHECK
    if gtins(home.gtins) & gtins(abroad.gtins):
        return Identity.PROVED
    return Identity.PROVED if titles_alike(home, abroad) >= least_percent else Identity.TO_CHECK


def gtins(codes: Iterable[str]) -> frozenset[str]:
    """The codes as GTIN-14, without those that name no one product in the world."""
    return frozenset(
        code.zfill(GTIN_LENGTH) for code in codes if _is_global(code.zfill(GTIN_LENGTH), len(code))
    )


def titles_alike(one: Identified, other: Identified) -> Decimal:
    """How alike two titles are (0-100), whatever their case, accents, order and brand.

    Zero where a title is missing, or where each says a number that the other does not: another
    size or another model is another product, however alike the words.
    """
    brands = {word for side in (one, other) for word in _words(side.brand or "")}
    mine, theirs = (
        [word for word in _words(side.title or "") if word not in brands] for side in (one, other)
    )
    if not mine or not theirs or _contradict(mine, theirs):
        return Decimal(0)
    ratio = fuzz.token_sort_ratio(" ".join(mine), " ".join(theirs))
    return Decimal(str(round(ratio, 2)))


def _is_global(code: str, length: int) -> bool:
    if length not in LENGTHS or not (code.isascii() and code.isdigit()):
        return False
    if code in PLACEHOLDERS or len(set(code.lstrip("0"))) <= 1 or IN_STORE.match(code):
        return False
    weighted = sum(int(digit) * (3, 1)[at % 2] for at, digit in enumerate(code))
    return weighted % 10 == 0


def _contradict(mine: Iterable[str], theirs: Iterable[str]) -> bool:
    ours, others = ({word for word in side if word[0].isdigit()} for side in (mine, theirs))
    return bool(ours - others) and bool(others - ours)


def _words(text: str) -> Iterator[str]:
    """Words in lower case without accents; measures in one unit, ``0,5 L`` as ``500ml``."""
    bare = unicodedata.normalize("NFKD", _TAG.sub(" ", text).casefold())
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return iter(_WORD.findall(_MEASURE.sub(_in_base, letters)))


def _in_base(found: re.Match[str]) -> str:
    unit, factor = _IN_BASE[found[2]]
    amount = Decimal(found[1].replace(",", ".")) * factor
    return f"{amount.normalize():f}{unit}"
