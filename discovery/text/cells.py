"""Other people's text in a CSV file: none may become a formula in a spreadsheet."""

from __future__ import annotations

import unicodedata
from typing import Any

FORMULA_STARTS = frozenset("=+-@")
LINE_STARTS = frozenset("\t\r\n")  # what a cell that begins so holds may end up in another one


def without_formula(value: Any) -> Any:
    """The value, a text behind an apostrophe where a spreadsheet could take it for a formula.

    Fullwidth and small signs count as the ASCII ones, which Japanese and Chinese spreadsheets
    make of them; spaces and invisible characters in front are looked through.
    """
    if not isinstance(value, str) or value[:1].isalnum():
        return value
    seen = next((char for char in value if unicodedata.category(char)[0] not in "ZC"), "")
    is_formula = unicodedata.normalize("NFKC", seen)[:1] in FORMULA_STARTS
    return f"'{value}" if is_formula or value[:1] in LINE_STARTS else value
