"""When a user may be told: quiet hours, days and the digest's hour, in their own time zone. Pure.

Right on the nights of the clock change too: what is compared are moments, never clock readings.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from discovery.sourcing.clock import moment_of


def end_of_quiet(
    now: datetime, *, quiet_from: time | None, quiet_until: time | None, zone: ZoneInfo
) -> datetime | None:
    """When the quiet hours in which ``now`` lies end (UTC); ``None`` outside them.

    They may go over midnight. Without a beginning or an end, or with both the same: none at all.
    """
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return None
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        last = day + timedelta(days=1) if quiet_until < quiet_from else day
        begins = moment_of(day, quiet_from.isoformat(), zone=zone)
        ends = moment_of(last, quiet_until.isoformat(), zone=zone)
        if begins <= now < ends:
            return ends
    return None


def day_around(moment: datetime, *, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The beginning (UTC) of the zone's day in which the moment lies, and of the next."""
    today = moment.astimezone(zone).date()
    return (
        moment_of(today, "00:00", zone=zone),
        moment_of(today + timedelta(days=1), "00:00", zone=zone),
    )


def last_time(at: time, *, now: datetime, zone: ZoneInfo) -> datetime:
    """The last moment (UTC), ``now`` included, at which the zone's clocks showed ``at``."""
    today = now.astimezone(zone).date()
    moment = moment_of(today, at.isoformat(), zone=zone)
    if moment > now:
        moment = moment_of(today - timedelta(days=1), at.isoformat(), zone=zone)
    return moment
