"""Numbers as people type them: one meaning a language, and a sentence where there are two."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from discovery.text.numbers import NumberField, read_number

AMBIGUOUS, NONE = "ambiguous_number", "not_a_number"

# as typed -> its amount in French, in English, and where no language is known
AMOUNTS = {
    "12,50": ("12.5", "12.5", "12.5"),
    "12.50": ("12.5", "12.5", "12.5"),
    "1 500": ("1500", "1500", "1500"),
    "1\u202f500,25 €": ("1500.25", "1500.25", "1500.25"),
    "1'500": ("1500", "1500", "1500"),
    "1 234,5": ("1234.5", "1234.5", "1234.5"),
    "1.234,5": ("1234.5", "1234.5", "1234.5"),
    "1,234.5": ("1234.5", "1234.5", "1234.5"),
    "1.234.567": ("1234567", "1234567", "1234567"),
    "1,500": ("1.5", "1500", AMBIGUOUS),
    "1.500": (AMBIGUOUS, "1.5", AMBIGUOUS),
    "0.500": ("0.5", "0.5", "0.5"),
    "1500.000": ("1500", "1500", "1500"),
    "€12": ("12", "12", "12"),
    "\N{MINUS SIGN}3": ("-3", "-3", "-3"),
    "１２": ("12", "12", "12"),
    "1,5e3": ("1500", "1500", "1500"),
    "1e5": ("100000", "100000", "100000"),
    "abc": (NONE, NONE, NONE),
    "NaN": (NONE, NONE, NONE),
    "1_000": (NONE, NONE, NONE),
    "1 5": (NONE, NONE, NONE),
    "1.5.2": (NONE, NONE, NONE),
    "1\x000": (NONE, NONE, NONE),
    ".": (NONE, NONE, NONE),
}
# the same for whole numbers, where decimals are no way out
WHOLE = {
    "10 000": ("10000", "10000", "10000"),
    "10\u202f000": ("10000", "10000", "10000"),
    "10,000": (AMBIGUOUS, "10000", AMBIGUOUS),
    "10.000": (AMBIGUOUS, AMBIGUOUS, AMBIGUOUS),
    "-5": ("-5", "-5", "-5"),
    "€12": (NONE, NONE, NONE),
}


def outcome(typed: object, *, language: str, whole: bool) -> str:
    with translation.override(language or "fr"):
        try:
            number = read_number(typed, whole=whole, localize=bool(language))
        except ValidationError as error:
            return str(error.code)
    return format(number.normalize(), "f")


@pytest.mark.parametrize("typed", AMOUNTS)
def test_amounts_are_read_as_the_language_writes_them(typed: str) -> None:
    read = tuple(outcome(typed, language=language, whole=False) for language in ("fr", "en", ""))
    assert read == AMOUNTS[typed]


@pytest.mark.parametrize("typed", WHOLE)
def test_whole_numbers_are_never_a_thousand_times_too_small(typed: str) -> None:
    read = tuple(outcome(typed, language=language, whole=True) for language in ("fr", "en", ""))
    assert read == WHOLE[typed]


@pytest.mark.parametrize(
    ("given", "read"),
    [(1500, "1500"), (12.5, "12.5"), (Decimal("0.10"), "0.1"), (True, NONE), (float("inf"), NONE)],
)
def test_the_numbers_of_programs_are_exact(given: object, read: str) -> None:
    assert outcome(given, language="", whole=False) == read


@pytest.mark.parametrize(
    ("language", "localize", "typed", "sentence"),
    [
        ("en", False, "1,500", "“1,500” can be read in two ways. Please write 1500 or 1.5."),
        ("en", True, "3e9", "3,000,000,000 is above the largest value allowed, 2,000,000."),
        ("fr", True, "3e9", "3 000 000 000 dépasse la plus grande valeur permise, 2 000 000."),
        ("fr", True, "1e400", "1e+400 dépasse la plus grande valeur permise, 2 000 000."),
        ("fr", True, "-3", "−3 est sous la plus petite valeur permise, 0,01."),
    ],
)
def test_a_refusal_writes_numbers_in_the_readers_language(
    language: str, localize: bool, typed: str, sentence: str
) -> None:
    field = NumberField(low=Decimal("0.01"), high=2_000_000, localize=localize)
    with translation.override(language):
        with pytest.raises(ValidationError) as caught:
            field.clean(typed)
        said = caught.value.messages[0]
    assert said.replace("\u00a0", " ").replace("\u202f", " ") == sentence


@pytest.mark.parametrize(("language", "proposed"), [("fr", "1,5"), ("en", "1.5")])
def test_two_readings_are_proposed_as_the_language_writes_them(
    language: str, proposed: str
) -> None:
    with translation.override(language), pytest.raises(ValidationError) as caught:
        read_number("1.500", whole=True)
    with translation.override(language):
        said = caught.value.messages[0]
    assert "1500" in said
    assert proposed in said.replace("1.500", "")


def test_what_a_refusal_proposes_is_read_as_it_says() -> None:
    with translation.override("fr"), pytest.raises(ValidationError) as caught:
        read_number("1.234", localize=False)
    with translation.override("fr"):
        proposed = [
            str((caught.value.params or {})["problem"].params[one]) for one in ("whole", "decimal")
        ]
    assert proposed == ["1234", "1,2340"]
    for language in ("fr", ""):
        assert [outcome(one, language=language, whole=False) for one in proposed] == [
            "1234",
            "1.234",
        ]
