"""Keepa's clock: whole minutes since 2011-01-01 00:00 UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

EPOCH_OFFSET_MINUTES: Final = 21_564_000
"""unix minutes - Keepa minutes, as the vendor's client states it."""

DAY: Final = 1440


def keepa_minutes(moment: datetime) -> int:
    """Whole Keepa minutes at an aware `moment`."""
    return int(moment.timestamp() // 60) - EPOCH_OFFSET_MINUTES


def unix_milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, as Keepa's envelope counts."""
    return int(moment.timestamp() * 1000)


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def day_of_year(minutes: int) -> int:
    """0-365, of the UTC day that holds these Keepa `minutes`."""
    moment = datetime.fromtimestamp((minutes + EPOCH_OFFSET_MINUTES) * 60, UTC)
    return moment.timetuple().tm_yday - 1
