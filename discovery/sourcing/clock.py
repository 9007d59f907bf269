"""When a job runs next: times and weekdays of a time zone, on the nights of the clock change too.

A time that comes twice (autumn) is meant the first time; one that does not exist (spring) is meant
as far after midnight as it would have been: 02:30 is then 03:30, and the day is not skipped.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS_AHEAD = 8  # a week, and the rest of today


def next_time(
    *, times: Collection[str], weekdays: Collection[int], zone: ZoneInfo, after: datetime
) -> datetime | None:
    """The first moment (UTC) after ``after`` at which one of ``times`` ("07:30") comes.

    ``weekdays`` counts from Monday (0). ``None`` without a time or a weekday.
    """
    day = after.astimezone(zone).date() - timedelta(days=1)
    moments = (
        moment_of(day + timedelta(days=ahead), text, zone=zone)
        for ahead in range(DAYS_AHEAD + 2)
        for text in times
        if (day + timedelta(days=ahead)).weekday() in weekdays
    )
    return min((moment for moment in moments if moment > after), default=None)


def moment_of(day: date, text: str, *, zone: ZoneInfo) -> datetime:
    """The moment (UTC) at which the clocks of the zone first show that time on that day."""
    shown = datetime.combine(day, time.fromisoformat(text), tzinfo=zone)  # fold 0: the first
    return shown.astimezone(UTC)


def midnight_of(now: datetime, *, zone: ZoneInfo) -> datetime:
    """When (UTC) the day of ``now`` began in the zone."""
    return moment_of(now.astimezone(zone).date(), "00:00", zone=zone)
