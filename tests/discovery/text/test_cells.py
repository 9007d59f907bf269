"""No text of other people becomes a formula in the spreadsheet of who exports it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from discovery.text.cells import without_formula

SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫"
IN_FRONT = ("", " ", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u2060", "\u202e", " \u200d ")


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("front", IN_FRONT, ids=ascii)
def test_a_formula_stands_behind_an_apostrophe(sign: str, front: str) -> None:
    assert without_formula(f"{front}{sign}1+1") == f"'{front}{sign}1+1"


@pytest.mark.parametrize("start", ["\t", "\r", "\n", "\r\n"])
def test_so_does_what_begins_on_another_line(start: str) -> None:
    assert without_formula(f"{start}text") == f"'{start}text"


@pytest.mark.parametrize(
    "value",
    ["", "A-1 = B", "12 + 3", "(=1)", " indented", "é@", "\u200b", "“=”", None, True, 3,
     Decimal("-2.5")],
)  # fmt: skip
def test_all_else_stays_as_it_is(value: Any) -> None:
    assert without_formula(value) is value
