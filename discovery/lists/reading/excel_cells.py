"""A number of a workbook as it would be typed, with what its format shows. Pure."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from functools import lru_cache

from discovery.lists.reading.currencies import named

EXACT = 2**53  # above, a spreadsheet's numbers are rounded
PLACES = 6
DAY_ZERO = date(1899, 12, 30)
LAST_DAY = 2_958_465  # 9999-12-31

# Formats that files name by number (ECMA-376 part 1, 18.8.30). Those of money are left out: Excel
# shows them in the currency of whoever opens the file.
BUILT_IN = {
    "9": "0%",
    "10": "0.00%",
    **dict.fromkeys(map(str, (*range(14, 23), *range(27, 37), *range(50, 59))), "yyyy-mm-dd"),
}
# The same as text, from programs that write formats out.
_ANYBODYS = re.compile(r'_?\(?"\$"\*? ?#,##0(?:\.00)?_\).*')
_BRACKET = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
_ZEROS = re.compile(r"0{6,14}")
_COLOURS = re.compile(r"\[(?!\$)[^\]]*\]")


def number_text(value: float, shape: str) -> str:
    """A number with the zeros, the currency or the percent sign that its format shows; a date.

    Three decimals are written as four, so that nothing takes 1.234 for a thousand.
    """
    if not math.isfinite(value):
        return ""
    bare = _digits(value)
    if not shape or shape == "General":
        return bare
    if "%" in shape:
        return f"{_digits(round(value * 100, PLACES))} %"
    if _is_date(shape) and 0 < value <= LAST_DAY:
        return str(DAY_ZERO + timedelta(days=int(value)))
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


@lru_cache(maxsize=512)
def _is_date(shape: str) -> bool:
    bare = _QUOTED.sub("", shape.partition(";")[0]).casefold()
    return "yy" in bare or ("d" in bare and "m" in bare)


@lru_cache(maxsize=512)
def _currency(shape: str) -> str:
    """What a number format says of currency: a sign, a code; nothing for Excel's own formats."""
    first = shape.partition(";")[0]
    if _ANYBODYS.fullmatch(first):
        return ""
    found = named(" ".join(_BRACKET.findall(first)))
    if not found:
        bare = _COLOURS.sub("", _BRACKET.sub(" ", first))
        found = named(re.sub(r'["\\_*#0?.,]', " ", bare))
    return found.pop() if len(found) == 1 else ""
