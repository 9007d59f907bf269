"""Where today's tokens have gone, as a bar: used by people, by what runs alone, kept, expired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from discovery.accounts.preferences import zone_of
from discovery.keepa.expiry import TokenDay, token_day
from discovery.sourcing.clock import midnight_of


@dataclass(frozen=True, slots=True)
class BarPart:
    """A rectangle of the bar; ``tone`` is its class in chart.css, lengths are SVG text, of 100."""

    tone: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class TokensToday:
    """The account of the day and its bar."""

    day: TokenDay
    parts: tuple[BarPart, ...]


def tokens_today(*, user: AbstractBaseUser, now: datetime) -> TokensToday | None:
    """The account since midnight where the user lives; ``None`` before Keepa was first asked."""
    day = token_day(since=midnight_of(now, zone=zone_of(user=user)), now=now)
    return None if day is None else TokensToday(day, bar(day))


def bar(day: TokenDay) -> tuple[BarPart, ...]:
    """The parts of the bar from left to right, those without any length left out."""
    amounts = (
        ("people", day.by_people),
        ("alone", day.by_itself),
        ("kept", day.kept),
        ("expired", day.expired),
    )
    parts, x = [], 0.0
    for tone, tokens in amounts:
        width = day.percent(tokens)
        if width > 0:
            parts.append(BarPart(tone, f"{x:.2f}", f"{width:.2f}"))
        x += width
    return tuple(parts)
