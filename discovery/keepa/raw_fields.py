"""One field of Keepa's JSON: absent, null and of a wrong type are all ``None`` or empty.

A field that cannot be read is lost and nothing else is: its name goes to the ``lost`` of the
``Noted`` object it stands in, so that a change of the protocol is seen in the log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

Raw = Mapping[str, Any]

# Keepa counts minutes since 1 January 2011 00:00 UTC: unix minutes minus this (KeepaTime of the
# vendor's Java client).
OFFSET_MINUTES = 21_564_000
LATEST_MINUTE = 2**26  # in the year 2138
# Keepa's integers have 32 bits, its category ids 64 of which a float holds 53.
LARGEST = 2**53
LONGEST_TEXT = 2000  # characters; Amazon's titles have 500 at most

_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,10})?", re.ASCII)
# What PostgreSQL stores in no text: NUL, and half a surrogate pair.
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class Undecodable(Exception):
    """A product of which nothing can be made, because of its ``field``."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class Noted(dict[str, Any]):
    """An object of Keepa's that remembers the fields ``lost`` in it and in the objects below."""

    def __init__(self, raw: Raw, lost: list[str] | None = None) -> None:
        super().__init__(raw)
        self.lost: list[str] = [] if lost is None else lost


def lose(raw: Raw, key: str) -> None:
    """Note that the field could not be read."""
    if isinstance(raw, Noted):
        raw.lost.append(key)


def as_number(value: Any) -> int | float | None:
    """A finite number, or a text that holds one; ``None`` for anything else."""
    if type(value) is int:  # as nearly all of them are
        return value if -LARGEST <= value <= LARGEST else None
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -LARGEST <= value <= LARGEST else None


def as_integer(value: Any) -> int | None:
    """The value as a whole number, a fraction rounded; ``None`` for what is no number."""
    number = as_number(value)
    return number if number is None or isinstance(number, int) else round(number)


def number(raw: Raw, key: str) -> int | float | None:
    """The number of a field; ``None`` when absent."""
    value = raw.get(key)
    found = as_number(value)
    if found is None and value is not None:
        lose(raw, key)
    return found


def integer(raw: Raw, key: str) -> int | None:
    """The whole number of a field, a fraction rounded; ``None`` when absent."""
    found = number(raw, key)
    return found if found is None or isinstance(found, int) else round(found)


def known(raw: Raw, key: str) -> int | None:
    """A count or an amount for which 0 is an answer and anything below is none."""
    value = integer(raw, key)
    return None if value is None or value < 0 else value


def positive(raw: Raw, key: str) -> int | None:
    """A quantity or an id for which 0 means unknown."""
    value = integer(raw, key)
    return None if value is None or value <= 0 else value


def flag(raw: Raw, key: str) -> bool | None:
    """Yes or no, 1 or 0; ``None`` when absent."""
    value = raw.get(key)
    if value is None or isinstance(value, bool):
        return value
    if value in (0, 1):
        return bool(value)
    lose(raw, key)
    return None


def storable(value: str) -> str:
    """The text without what no database takes."""
    return _UNSTORABLE.sub("", value)


def text(raw: Raw, key: str) -> str | None:
    """A text that can be stored; ``None`` when absent or empty."""
    value = raw.get(key)
    if isinstance(value, str):
        return storable(value)[:LONGEST_TEXT] or None
    if value is not None:
        lose(raw, key)
    return None


def items(raw: Raw, key: str) -> Sequence[Any]:
    """A list; empty when absent."""
    value = raw.get(key)
    if isinstance(value, list):
        return value
    if value is not None:
        lose(raw, key)
    return ()


def mapping(raw: Raw, key: str) -> Raw:
    """An object; empty when absent."""
    value = raw.get(key)
    if isinstance(value, Mapping):
        return Noted(value, raw.lost if isinstance(raw, Noted) else None)
    if value is not None:
        lose(raw, key)
    return {}


def mappings(raw: Raw, key: str) -> Sequence[Raw | None]:
    """A list of objects, each at its place; ``None`` where there is something else."""
    lost = raw.lost if isinstance(raw, Noted) else None
    found = [Noted(item, lost) if isinstance(item, Mapping) else None for item in items(raw, key)]
    if None in found:
        lose(raw, key)
    return found


def texts(raw: Raw, key: str) -> tuple[str, ...]:
    """The texts of a list, anything else left out; empty when absent."""
    values = items(raw, key)
    found = [storable(value) for value in values if isinstance(value, str)]
    if len(found) < len(values):
        lose(raw, key)
    return tuple(value for value in found if value)


def integers(raw: Raw, key: str) -> tuple[int, ...]:
    """The whole numbers of a list, anything else left out; empty when absent."""
    values = items(raw, key)
    found = [whole for value in values if (whole := as_integer(value)) is not None]
    if len(found) < len(values):
        lose(raw, key)
    return tuple(found)


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
    if minutes > LATEST_MINUTE:
        lose(raw, key)
        return None
    return datetime.fromtimestamp((minutes + OFFSET_MINUTES) * 60, UTC)
