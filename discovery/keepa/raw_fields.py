"""One field of Keepa's JSON: absent or null is ``None`` or empty, a wrong type ``Undecodable``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

Raw = Mapping[str, Any]

# Keepa counts minutes since 1 January 2011 00:00 UTC: unix minutes minus this (KeepaTime of the
# vendor's Java client).
OFFSET_MINUTES = 21_564_000


class Undecodable(Exception):
    """A product whose ``field`` is not of the type Keepa promises."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def integer(raw: Raw, key: str) -> int | None:
    """The whole number of a field, a fraction rounded; ``None`` when absent."""
    value = raw.get(key)
    return None if value is None else as_integer(value, key)


def as_integer(value: Any, key: str) -> int:
    """The value as a whole number; ``key`` names it in ``Undecodable``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Undecodable(key)
    try:
        return value if isinstance(value, int) else round(value)
    except (OverflowError, ValueError):  # infinite, not a number
        raise Undecodable(key) from None


def known(raw: Raw, key: str) -> int | None:
    """A count or an amount for which 0 is an answer and anything below is none."""
    value = integer(raw, key)
    return None if value is None or value < 0 else value


def positive(raw: Raw, key: str) -> int | None:
    """A quantity or an id for which 0 means unknown."""
    value = integer(raw, key)
    return None if value is None or value <= 0 else value


def flag(raw: Raw, key: str) -> bool | None:
    """Yes or no; ``None`` when absent."""
    value = raw.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise Undecodable(key)


def text(raw: Raw, key: str) -> str | None:
    """A text; ``None`` when absent or empty."""
    value = raw.get(key)
    if value is None or isinstance(value, str):
        return value or None
    raise Undecodable(key)


def items(raw: Raw, key: str) -> Sequence[Any]:
    """A list; empty when absent."""
    value = raw.get(key)
    if value is None:
        return ()
    if isinstance(value, list):
        return value
    raise Undecodable(key)


def mapping(raw: Raw, key: str) -> Raw:
    """An object; empty when absent."""
    value = raw.get(key)
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    raise Undecodable(key)


def texts(raw: Raw, key: str) -> tuple[str, ...]:
    """A list of texts; empty when absent."""
    values = items(raw, key)
    if not all(isinstance(value, str) for value in values):
        raise Undecodable(key)
    return tuple(values)


def integers(raw: Raw, key: str) -> tuple[int, ...]:
    """A list of whole numbers; empty when absent."""
    return tuple(as_integer(value, key) for value in items(raw, key))


def first_day(raw: Raw, key: str) -> date | None:
    """The first day of a date written YYYY, YYYYMM or YYYYMMDD; ``None`` for any other number.

    A year alone is 1 January: what is only known to the year is never later than that year.
    """
    digits = str(integer(raw, key) or "")
    if not digits.isdecimal() or len(digits) not in (4, 6, 8):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6] or 1), int(digits[6:] or 1))
    except ValueError:  # there is no such month or day
        return None


def moment(raw: Raw, key: str) -> datetime | None:
    """A Keepa minute as a time in UTC; ``None`` for 0, −1 and −2: absent, never or unknown."""
    minutes = integer(raw, key)
    if minutes is None or minutes <= 0:
        return None
    try:
        return datetime.fromtimestamp((minutes + OFFSET_MINUTES) * 60, UTC)
    except (OverflowError, ValueError, OSError):
        return None
