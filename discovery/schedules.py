"""What runs by itself: declared in code, kept in the database, edits made in the admin survive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django_q.models import Schedule

# A schedule stands no further in the future than its own interval: months and years at most so.
_INTERVALS = {
    Schedule.HOURLY: timedelta(hours=1),
    Schedule.DAILY: timedelta(days=1),
    Schedule.WEEKLY: timedelta(weeks=1),
    Schedule.BIWEEKLY: timedelta(weeks=2),
    Schedule.MONTHLY: timedelta(days=31),
    Schedule.BIMONTHLY: timedelta(days=62),
    Schedule.QUARTERLY: timedelta(days=92),
    Schedule.YEARLY: timedelta(days=366),
}
# The hour that a clock repeats in autumn, and what it may differ by.
_SLACK = timedelta(hours=1, minutes=1)
_REFRESH = "discovery.tasks.refresh_discovery"
# Keepa asks nobody to wait longer (``transport.LONGEST_WAIT``).
_LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Declared:
    """A schedule as shipped; ``name`` is its identity.

    ``minutes`` is the interval of a ``Schedule.MINUTES`` one; ``hour`` (UTC) is when one of days or
    weeks first runs, else at once. ``is_silent`` keeps its successes
    out of the queue's records, which something that runs every minute would fill alone.
    """

    name: str
    func: str
    schedule_type: str = Schedule.HOURLY
    minutes: int | None = None
    is_silent: bool = False
    hour: int | None = None

    def first_run(self, now: datetime) -> datetime:
        """The next time it is ``hour``, which is not now."""
        if self.hour is None:
            return now
        at = now.replace(hour=self.hour, minute=0, second=0, microsecond=0)
        return at if at > now else at + timedelta(days=1)


def sync_schedules(declared: Iterable[Declared]) -> int:
    """Create the schedules that are missing, by name; returns how many were created."""
    created = 0
    for wanted in declared:
        _schedule, is_new = Schedule.objects.get_or_create(
            name=wanted.name,
            defaults={
                "func": wanted.func,
                "schedule_type": wanted.schedule_type,
                "minutes": wanted.minutes,
                "next_run": wanted.first_run(timezone.now()),
                "kwargs": repr({"q_options": {"save": False}}) if wanted.is_silent else None,
            },
        )
        created += is_new
    return created


def schedule_refresh(*, cache_key: str, at: datetime) -> None:
    """Have a stale discovery entry asked again at ``at``, once, however often it is served."""
    Schedule.objects.get_or_create(
        name=f"refresh {cache_key}"[:100],
        defaults={
            "func": _REFRESH,
            "args": repr((cache_key,)),
            "schedule_type": Schedule.ONCE,
            "repeats": -1,  # removed by the queue once it has run
            "next_run": at,
        },
    )


def put_right(*, now: datetime) -> int:
    """Bring back the schedules that a clock set back has left too far in the future.

    Those that stand further from now than their own interval: the queue cannot have put them
    there. They keep their time of day and everything else that was chosen. What a user has planned
    to happen once keeps its time, whatever it is; to pause a schedule, one sets its repeats to 0.
    Returns how many.
    """
    moved = []
    for schedule in Schedule.objects.filter(next_run__gt=now).exclude(repeats=0):
        sooner = _sooner(schedule, now)
        if sooner is not None:
            schedule.next_run = sooner
            moved.append(schedule)
    Schedule.objects.bulk_update(moved, ["next_run"])
    return len(moved)


def _sooner(schedule: Schedule, now: datetime) -> datetime | None:
    """When it should run instead; ``None`` when it stands where it may."""
    if schedule.schedule_type == Schedule.CRON:
        try:
            due: datetime = schedule.calculate_next_run()
        except (ImportError, ValueError):  # nothing reads it here, and so nothing will run it
            return None
        return due if schedule.next_run > due + _SLACK else None
    if schedule.schedule_type == Schedule.ONCE:
        late = schedule.func == _REFRESH and schedule.next_run > now + _LONGEST_WAIT + _SLACK
        return now if late else None
    interval = _INTERVALS.get(schedule.schedule_type, timedelta(minutes=schedule.minutes or 1))
    ahead = schedule.next_run - now
    slack = min(_SLACK, interval)
    return schedule.next_run - (ahead // interval) * interval if ahead > interval + slack else None
