"""Keepa minutes: minutes since 1 January 2011 00:00 UTC, the unit of every time on the wire."""

from __future__ import annotations

from datetime import UTC, date, datetime

# KeepaTime of the vendor's Java client: unix minutes minus this.
OFFSET_MINUTES = 21_564_000


def to_unix(keepa_minutes: int) -> int:
    """Unix seconds."""
    return (keepa_minutes + OFFSET_MINUTES) * 60


def to_datetime(keepa_minutes: int) -> datetime | None:
    """An aware UTC moment; ``None`` for 0, −1 and −2, which mean "never" or "unknown"."""
    if keepa_minutes <= 0:
        return None
    try:
        return datetime.fromtimestamp(to_unix(keepa_minutes), UTC)
    except (OverflowError, ValueError, OSError):
        return None


def to_date(digits: int) -> date | None:
    """The day of YYYY, YYYYMM or YYYYMMDD, the first of the year or month when left out."""
    text = str(digits)
    try:
        match len(text):
            case 4:
                return date(digits, 1, 1)
            case 6:
                return date(int(text[:4]), int(text[4:]), 1)
            case 8:
                return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
    return None
