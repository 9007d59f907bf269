"""Typed, validated readings of the environment; a bad value stops the program and names itself."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

N = TypeVar("N", int, float, Decimal)
LARGEST = Decimal(10) ** 12  # no amount of ours comes near it
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
TRUE = frozenset({"1", "true", "yes", "on", "oui"})
FALSE = frozenset({"0", "false", "no", "off", "non", ""})


class Environment:
    """The process's environment, with an optional `.env` file beneath it."""

    def __init__(self, dotenv: Path | None = None) -> None:
        self._env = environ.Env()
        if dotenv is not None and dotenv.is_file():
            environ.Env.read_env(dotenv)

    def has(self, name: str) -> bool:
        return bool(self.text(name))

    def text(self, name: str, default: str = "") -> str:
        """The stripped value; set but empty counts as unset."""
        return str(self._env.str(name, default="")).strip() or default

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name).lower()
        if not value:
            return default
        if value in TRUE:
            return True
        if value in FALSE:
            return False
        raise _bad(name, value, "true or false")

    def integer(self, name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
        expected = f"a whole number from {low} to {high}"
        return self._number(name, int, default, low, high, expected)

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        expected = f"a number from {low:g} to {high:g}"
        return self._number(name, float, default, low, high, expected)

    def decimal(self, name: str, default: Decimal, *, low: Decimal = Decimal(0)) -> Decimal:
        expected = f"a decimal number, {low} or more"
        return self._number(name, Decimal, default, low, LARGEST, expected)

    def duration(self, name: str, default: timedelta) -> timedelta:
        """Seconds, or a number with a unit: `90`, `90s`, `30m`, `6h`, `3d`; more than zero."""
        value = self.text(name)
        if not value:
            return default
        match = re.fullmatch(r"(\d{1,9})\s*([smhd]?)", value)
        if match is None or int(match[1]) == 0:
            raise _bad(name, value, "a duration such as 90, 30m, 6h or 3d")
        return timedelta(seconds=int(match[1]) * UNITS[match[2] or "s"])

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Comma-separated values."""
        return [word for part in self.text(name).split(",") if (word := part.strip())] or list(
            default
        )

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise _bad(name, value, "one of " + ", ".join(allowed))
        return value

    def time_zone(self, name: str, default: str) -> str:
        value = self.text(name, default)
        try:
            ZoneInfo(value)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise _bad(name, value, "a time zone such as Europe/Paris") from None
        return value

    def web_address(self, name: str, default: str) -> str:
        value = self.text(name, default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise _bad(name, value, "an address such as https://api.keepa.com")
        return value

    def _number(
        self, name: str, kind: Callable[[str], N], default: N, low: N, high: N, expected: str
    ) -> N:
        value = self.text(name)
        if not value:
            return default
        try:
            # Decimal refuses to compare NaN; a float that is NaN lies within no bounds.
            if low <= (number := kind(value)) <= high:
                return number
        except (ValueError, InvalidOperation):
            pass
        raise _bad(name, value, expected)


def _bad(name: str, value: str, expected: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}={value!r}: expected {expected}.")
