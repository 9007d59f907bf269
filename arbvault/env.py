"""Typed, validated readings of the environment; a bad value stops the program and names itself.

Every reading raises ``ImproperlyConfigured`` for a value it cannot use; set but empty is unset.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")
N = TypeVar("N", int, float, Decimal)
LARGEST = Decimal(10) ** 12  # no amount of ours comes near it
SHORTEST_SECRET = 32  # characters: 128 bits even of hexadecimal digits
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
FLAGS = dict.fromkeys(("1", "true", "yes", "on", "oui"), True) | dict.fromkeys(
    ("0", "false", "no", "off", "non"), False
)


class Environment:
    """The process's environment, with an optional `.env` file beneath it."""

    def __init__(self, dotenv: Path | None = None) -> None:
        self._env = environ.Env()
        if dotenv is not None and dotenv.is_file():
            environ.Env.read_env(dotenv)

    def has(self, name: str) -> bool:
        """Whether the variable is set, and not empty."""
        return bool(self.text(name))

    def text(self, name: str, default: str = "") -> str:
        """The stripped value."""
        return str(self._env.str(name, default="")).strip() or default

    def secret(self, name: str) -> str:
        """A secret that nobody can guess, of 32 characters or more; never shown. Empty: unset."""
        value = self.text(name)
        if value and len(value) < SHORTEST_SECRET:
            raise ImproperlyConfigured(
                f"{name} has {len(value)} characters: expected {SHORTEST_SECRET} or more. "
                "Leave it out, and one is made and kept."
            )
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """``true``, ``yes``, ``on``, ``1`` or their opposites, in any case."""
        return self._read(name, default, lambda text: FLAGS[text.lower()], "true or false")

    def integer(self, name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
        """A whole number from ``low`` to ``high``."""
        expected = f"a whole number from {low} to {high}"
        return self._read(name, default, lambda text: _within(int(text), low, high), expected)

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""
        expected = f"a number from {low:g} to {high:g}"
        return self._read(name, default, lambda text: _within(float(text), low, high), expected)

    def decimal(self, name: str, default: Decimal, *, low: Decimal = Decimal(0)) -> Decimal:
        """An exact decimal number, ``low`` or more."""
        expected = f"a decimal number, {low} or more"
        return self._read(
            name, default, lambda text: _within(Decimal(text), low, LARGEST), expected
        )

    def duration(self, name: str, default: timedelta) -> timedelta:
        """Seconds, or a number with a unit: `90`, `90s`, `30m`, `6h`, `3d`; more than zero."""
        return self._read(name, default, _duration, "a duration such as 90, 30m, 6h or 3d")

    def values(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Comma-separated values."""
        given = [value.strip() for value in self.text(name).split(",")]
        return [value for value in given if value] or list(default)

    def networks(self, name: str, default: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
        """Comma-separated addresses and networks (``10.0.0.0/8``), or ``none``."""
        expected = "addresses or networks such as 127.0.0.1,10.0.0.0/8, or none"
        return self._read(name, _networks(",".join(default)), _networks, expected)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of the values ``allowed``."""
        expected = "one of " + ", ".join(allowed)
        return self._read(name, default, lambda text: allowed[allowed.index(text)], expected)

    def time_zone(self, name: str, default: str) -> str:
        """The name of a time zone of the IANA database."""
        expected = "a time zone such as Europe/Paris"
        return self._read(name, default, lambda text: ZoneInfo(text).key, expected)

    def web_address(self, name: str, default: str) -> str:
        """An http or https address, without a slash at its end."""
        expected = "an address such as https://api.keepa.com"
        return self._read(name, default, _web_address, expected)

    def redis_address(self, name: str) -> str:
        """``redis://``, ``rediss://`` or ``unix://``; empty without one. It is never shown."""
        address = self.text(name)
        if address and not address.startswith(("redis://", "rediss://", "unix://")):
            raise ImproperlyConfigured(f"{name}: expected redis://host:port/number.")
        return address

    def _read(self, name: str, default: T, parse: Callable[[str], T], expected: str) -> T:
        """``parse`` raises a look-up, value or arithmetic error for what is not ``expected``."""
        value = self.text(name)
        if not value:
            return default
        try:
            return parse(value)
        except (ValueError, LookupError, ArithmeticError, OSError):
            raise ImproperlyConfigured(f"{name}={value!r}: expected {expected}.") from None


def _within(number: N, low: N, high: N) -> N:
    # Decimal refuses to compare NaN; a float that is NaN lies within no bounds.
    if not low <= number <= high:
        raise ValueError(number)
    return number


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,9})\s*([smhd]?)", text)
    if match is None or int(match[1]) == 0:
        raise ValueError(text)
    return timedelta(seconds=int(match[1]) * UNITS[match[2]])


def _networks(text: str) -> list[IPv4Network | IPv6Network]:
    if text.strip().lower() == "none":
        return []
    return [ip_network(part.strip()) for part in text.split(",") if part.strip()]


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError(text)
    return text.rstrip("/")
