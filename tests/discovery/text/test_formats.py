"""Numbers as each language writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation

from discovery.text import formats

SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})


def shown(text: str) -> str:
    return text.translate(SPACES)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("fr", ["10 000", "1 234,50 €", "−3,20 €", "30 %", "—"]),
        ("en", ["10,000", "€1,234.50", "−€3.20", "30%", "—"]),
    ],
)
def test_each_language_has_its_own_marks(language: str, written: list[str]) -> None:
    with translation.override(language):
        assert [
            shown(formats.number(10_000)),
            shown(formats.money(Decimal("1234.50"), "EUR")),
            shown(formats.money(Decimal("-3.20"), "EUR")),
            shown(formats.percent(30)),
            shown(formats.number(None)),
        ] == written


def test_a_yen_has_no_cents() -> None:
    with translation.override("en"):
        assert formats.money(Decimal("1980"), "JPY") == "¥1,980"


@pytest.mark.parametrize("nothing", [0, 0.0, -0.0, Decimal("-0.00"), -0.001])
def test_nothing_has_no_sign(nothing: float | Decimal) -> None:
    with translation.override("en"):
        assert formats.number(nothing, 1) == "0.0"
