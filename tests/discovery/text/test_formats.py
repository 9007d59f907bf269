"""Numbers as each language writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation

from discovery.scoring import Change, ChangeCode
from discovery.text import formats, reasons
from tests.discovery.builders import scored_product

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


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (29.6, 0, "30"),
        (29.4, 0, "29"),
        (2.5, 0, "3"),
        (-2.5, 0, "−3"),
        (0.96, 1, "1.0"),
        (1999.95, 1, "2,000.0"),
        (1.005, 2, "1.01"),
        (Decimal("0.125"), 2, "0.13"),
        (7, 1, "7.0"),
    ],
)
def test_numbers_are_rounded_halves_away_from_zero(
    value: float | Decimal, decimals: int, written: str
) -> None:
    with translation.override("en"):
        assert formats.number(value, decimals) == written


def test_amounts_are_rounded_to_the_currency() -> None:
    with translation.override("fr"):
        assert shown(formats.money(Decimal("12.499"), "EUR")) == "12,50 €"
        assert shown(formats.money(Decimal("1980.5"), "JPY")) == "1 981 ¥"


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [(29.6, 0, "29%"), (Decimal("29.99"), 1, "29.9%"), (30, 0, "30%"), (-12.7, 0, "−12%")],
)
def test_a_percentage_never_looks_like_the_floor_it_missed(
    value: float | Decimal, decimals: int, written: str
) -> None:
    with translation.override("en"):
        assert formats.percent(value, decimals) == written


def test_what_is_missing_to_a_floor_stays_visible() -> None:
    params = {"verdict": "BUY", "needed": "30.0", "actual": "29.6"}
    with translation.override("en"):
        text = reasons.change_text(
            Change(ChangeCode.VELOCITY_AT_LEAST, params), scored_product().score
        )
    assert text == "Buy from a velocity of 30 (now 29.6)."
