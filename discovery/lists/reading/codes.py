"""A code as people, spreadsheets and browsers write it: ASIN, ISBN, EAN, UPC, GTIN. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from discovery.lists.reading.addresses import IS_ADDRESS, Address, read_address
from discovery.lists.reading.amounts import is_nothing
from discovery.lists.reading.model import SHOWN, BadCell, BadReason, LineNote, NoteCode
from discovery.products.identifiers import (
    Identifier,
    IdentifierKind,
    NotAnIdentifier,
    parse_identifier,
)

LONGEST = 2000  # characters that can still be the address of a product
ISBN, BARCODE = "isbn", "barcode"  # what a heading promises

_FORMULA = re.compile(r'="+(.*?)"+')
_LABEL = re.compile(
    r"(?:asin|isbn(?:[\s-]?1[03](?!\d))?|ean(?:[\s-]?(?:13|8)(?!\d))?|gtin(?:-?1[234](?!\d))?"
    r"|upc(?:-?a)?|gencode?)\s*[:#=]?\s*(?=\w)",
    re.I,
)
_PLAIN_CODE = re.compile(r"\d{12,13}|B[0-9A-Z]{9}", re.ASCII)
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?E\+?(\d{1,2})", re.I)
_POINT_ZERO = re.compile(r"(\d{7,14})[.,]0+")
_PIECES = re.compile(r"[,;/|()\[\]{}<>\n]+|\s(?:ou|or|et|and|und|&)\s|\s{2,}")
_DRESSED = re.compile(
    r"[^\w]*(?P<code>\d[\d\s\u2010-\u2015-]{5,17}[\dXx]|B[A-Za-z0-9]{9})"
    r"(?P<suffix>[-_.:#* ]+[A-Za-z].*|[-_.:#*]+\d{1,2}|[^\w]*)"
)
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
SHORTEST = 8  # digits of a code
LONG = 12  # digits of a UPC
_COUNTING = "01234567890123456789"
GTIN14, CARTON = 14, "12345678"  # first digits of a GTIN-14 that say it is a case


@dataclass(frozen=True, slots=True)
class Code:
    """What a cell identifies; ``store`` where it was an address, ``notes`` what was done to it."""

    identifier: Identifier
    notes: tuple[LineNote, ...] = ()
    store: str = ""

    @property
    def restored(self) -> bool:
        """Whether zeros that a spreadsheet had dropped were put back."""
        return any(note.code is NoteCode.ZEROS_RESTORED for note in self.notes)


def read_code(text: str, *, promised: str = "") -> Code:
    """Return what the cell identifies.

    ``promised`` is ``ISBN`` or ``BARCODE`` where the heading says so. Zeros are put back only
    when the check digit then proves the code right. Raises ``BadCell``.
    """
    if len(text) > LONGEST:
        raise BadCell(BadReason.NOT_AN_IDENTIFIER, text.strip()[:SHOWN])
    if _PLAIN_CODE.fullmatch(text) and (found := _read(text, text, promised)):
        return found
    bare = _unwrapped(text)
    if found := _whole(bare, text, promised) or _among_others(bare, text, promised):
        return found
    value = compact(bare)
    looks_right = re.fullmatch(r"\d{8}|\d{9}[\dX]|\d{12,13}", value, re.ASCII)
    reason = BadReason.WRONG_CHECK_DIGIT if looks_right else BadReason.NOT_AN_IDENTIFIER
    raise BadCell(reason, text.strip()[:SHOWN])


def is_code(text: str) -> bool:
    """Whether the cell is a valid identifier as it stands, or with its zeros put back."""
    try:
        read_code(text)
    except BadCell:
        return False
    return True


def is_whole_code(text: str) -> bool:
    """Whether the cell is nothing but a code or an address, in a spreadsheet's dressing at most."""
    if len(text) > LONGEST or (IS_ADDRESS.search(text) and " " in text.strip()):
        return False
    try:
        return _whole(_unwrapped(text), text, "") is not None
    except BadCell:
        return False


def is_beyond_chance(text: str) -> bool:
    """Whether a code is too long to pass a check digit by chance in a column of references."""
    return sum(map(str.isdigit, text)) >= LONG or re.match(r"\W*B0", text, re.I) is not None


def same_product(identifier: Identifier) -> str:
    """Equal for identifiers that say the same: a UPC is the EAN that starts with a zero."""
    if identifier.kind is IdentifierKind.CODE and len(identifier.value) == 12:
        return identifier.value.zfill(13)
    return identifier.value


def is_placeholder(digits: str) -> bool:
    """Whether digits only fill a cell: one digit repeated, or 1, 2, 3…, check digit or not."""
    body = digits[:-1]
    return len(set(body)) == 1 or body in _COUNTING or body in _COUNTING[::-1]


def compact(text: str) -> str:
    """Without spaces, dashes and what cannot be seen; in capitals."""
    kept = (c for c in text if unicodedata.category(c) not in {"Pd", "Zs", "Cf", "Cc"})
    return "".join(kept).upper()


def _unwrapped(text: str) -> str:
    """Without what spreadsheets and people put around a code."""
    bare = unicodedata.normalize("NFKC", text).strip().strip("\ufeff\u200b")
    if formula := _FORMULA.fullmatch(bare):
        bare = formula[1]
    return _LABEL.sub("", bare.strip("'’\"`#@=* "), count=1)


def _read(value: str, text: str, promised: str) -> Code | None:
    """A compact value as one code. Raises ``BadCell`` for what is a code, but of no unit."""
    if value.isascii() and value.isdigit() and len(value) >= SHORTEST and is_placeholder(value):
        raise BadCell(BadReason.PLACEHOLDER, text.strip()[:SHOWN])
    if len(value) == GTIN14 and value.isascii() and value.isdigit():
        return _unit_of(value, text)
    restored = _with_zeros(value, promised)
    # Eight digits under "ISBN" have lost two zeros, ten under "UPC" as well.
    if restored and (
        (promised == ISBN and len(value) == 8) or (promised == BARCODE and len(value) == 10)
    ):
        return Code(restored, (LineNote(NoteCode.ZEROS_RESTORED),))
    if found := _parsed(value):
        both = restored and not promised and restored != found
        return Code(found, (LineNote(NoteCode.GUESS),) if both else ())
    if restored is None:
        return None
    guess = promised == BARCODE and len(value) == 9 and _parsed(value.zfill(10))
    notes = (NoteCode.ZEROS_RESTORED, NoteCode.GUESS) if guess else (NoteCode.ZEROS_RESTORED,)
    return Code(restored, tuple(map(LineNote, notes)))


def _whole(bare: str, text: str, promised: str) -> Code | None:
    """The code that a cell is, when it is nothing else. Raises ``BadCell``."""
    address = read_address(text)
    if isinstance(address, Address):
        return Code(address.identifier, store=address.store)
    value = compact(bare)
    if scientific := _SCIENTIFIC.fullmatch(value):
        value = _exact(scientific, text)
    elif decimal := _POINT_ZERO.fullmatch(bare.strip()):
        value = decimal[1]
    return _read(value, text, promised)


def _unit_of(value: str, text: str) -> Code | None:
    """The unit of a GTIN-14 padded with zeros; that of a case is refused by name."""
    if not _checks(value):
        return None
    if value[0] in CARTON:
        raise BadCell(BadReason.CARTON_CODE, text.strip()[:SHOWN])
    padding = next(zeros for zeros in (6, 2, 1, 0) if value.startswith("0" * zeros))
    found = _parsed(value[padding:])
    return Code(found) if found else None


def _checks(digits: str) -> bool:
    total = sum(
        int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits[:-1]))
    )
    return -total % 10 == int(digits[-1])


def _among_others(bare: str, text: str, promised: str) -> Code | None:
    """The first code of a cell that holds more: other codes, a suffix, a binding."""
    codes: list[Code] = []
    suffix = ""
    for piece in _PIECES.split(_DASHES.sub("-", bare)):
        found, rest = _dressed(piece, text, promised)
        codes.extend(found)
        suffix = suffix or rest.strip(" \"'’*.:#-_")
    if not codes:
        return None
    first, *others = codes
    notes = list(first.notes)
    if any(same_product(other.identifier) != same_product(first.identifier) for other in others):
        notes.append(LineNote(NoteCode.SEVERAL_CODES, str(len(codes))))
    elif suffix:
        notes.append(LineNote(NoteCode.SUFFIX_DROPPED, suffix[:SHOWN]))
    return Code(first.identifier, tuple(notes))


def _dressed(piece: str, text: str, promised: str) -> tuple[list[Code], str]:
    """The codes of a piece of a cell, and what else stands there."""
    bare = _LABEL.sub("", piece.strip(), count=1).strip()
    if whole := _read(compact(bare), text, promised):
        return [whole], ""
    if dressed := _DRESSED.fullmatch(bare):
        found = _read(compact(dressed["code"]), text, promised)
        if found:
            return [found], dressed["suffix"]
    codes = []
    for word in bare.split():
        if len(word) >= SHORTEST and (found := _read(compact(word), text, promised)):
            codes.append(found)
            bare = bare.replace(word, "", 1)
    return codes, bare


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
    if len(value) == 11 or (len(value) in {9, 10} and promised == BARCODE):
        return _parsed(value.zfill(12))
    return None


def left_open(text: str) -> bool:
    """Whether a cell of codes holds none: empty, or "sans EAN", "no barcode", "N/A"."""
    return is_nothing(text) or _NONE.fullmatch(text.strip()) is not None


_NONE = re.compile(
    r"(?:sans|pas d[e’']|aucun|no|without|ohne|kein(?:e|en)?|zonder|geen|sin|senza|nessun)\s*"
    r"(?:code(?:[\s-]barres?)?|ean|gtin|upc|isbn|barcode|gencode?|asin)?|0+|x+|\.+|\*+|/+|inconnu"
    r"|unknown|non communiqué|à venir|a venir|tba|tbc",
    re.I,
)
