"""A cell of a workbook as it would be typed: its number, and what its format shows. Pure."""

from __future__ import annotations

import math
import re
from typing import Any

from openpyxl.styles.numbers import BUILTIN_FORMATS

from discovery.lists.reading.currencies import named

EXACT = 2**53  # above, a spreadsheet's numbers are rounded
PLACES = 6

# Excel shows its built-in money formats in the currency of whoever opens the file.
_ANYBODYS = frozenset(BUILTIN_FORMATS[code] for code in (5, 6, 7, 8, 42, 44))
_BRACKET = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_ZEROS = re.compile(r"0{6,14}")
_COLOURS = re.compile(r"\[(?!\$)[^\]]*\]")


def cell_text(cell: Any) -> str:
    """A cell of openpyxl as text; codes stored as numbers get their digits back."""
    value = cell.value
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int | float):
        return number_text(value, str(cell.number_format or ""))
    return str(value).strip()


def number_text(value: float, shape: str) -> str:
    """A number with the zeros, the currency or the percent sign that its format shows.

    Three decimals are written as four, so that nothing takes 1.234 for a thousand.
    """
    if not math.isfinite(value):
        return ""
    if "%" in shape:
        return f"{_digits(round(value * 100, PLACES))} %"
    bare = _digits(value)
    if _ZEROS.fullmatch(shape):
        return bare.zfill(len(shape))
    currency = _currency(shape)
    return f"{bare} {currency}" if currency else bare


def _digits(value: float) -> str:
    if float(value).is_integer() and abs(value) < EXACT:
        return str(int(value))
    rounded = round(value, PLACES)
    text = f"{rounded:.{PLACES}f}".rstrip("0") if abs(rounded) < EXACT else repr(rounded)
    return f"{text}0" if re.search(r"\.\d{3}$", text) else text.rstrip(".")


def _currency(shape: str) -> str:
    """What a number format says of currency: a sign, a code; nothing for Excel's own formats."""
    if not shape or shape in _ANYBODYS or shape == "General":
        return ""
    first = shape.partition(";")[0]
    found = named(" ".join(_BRACKET.findall(first)))
    if not found:
        bare = _COLOURS.sub("", _BRACKET.sub(" ", first))
        found = named(re.sub(r'["\\_*#0?.,]', " ", bare))
    return found.pop() if len(found) == 1 else ""
