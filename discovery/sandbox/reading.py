"""The values of a selection, refused (400) by the name of their field when of another form."""

from __future__ import annotations

from typing import Final

from discovery.sandbox.errors import bad_parameter

MOST_VALUES: Final = 50


def whole(value: object, name: str) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise bad_parameter(f"{name} must be a whole number.", repr(value)[:80])
    return int(value)


def flag(value: object, name: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise bad_parameter(f"{name} must be true or false.", repr(value)[:80])
    return value


def values(value: object, name: str) -> list[object]:
    """At most fifty values; one alone counts as a list of it."""
    found = value if isinstance(value, list) else [value]
    if len(found) > MOST_VALUES:
        raise bad_parameter(f"{name} holds more than {MOST_VALUES} values.")
    return found


def whole_numbers(value: object, name: str) -> frozenset[int]:
    """Whole numbers."""
    return frozenset(whole(each, name) for each in values(value, name))


def ids(value: object, name: str) -> frozenset[int]:
    """Ids of categories, as numbers or in text."""
    return frozenset(
        int(each) if isinstance(each, str) and each.isdigit() else whole(each, name)
        for each in values(value, name)
    )


def texts(value: object, name: str) -> frozenset[str]:
    """Texts, without regard to case."""
    found = values(value, name)
    if not all(isinstance(each, str) for each in found):
        raise bad_parameter(f"{name} must be text.", repr(value)[:80])
    return frozenset(str(each).casefold() for each in found)
