"""What runs by itself: declared in code, kept in the database, edits made in the admin survive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django_q.models import Schedule


@dataclass(frozen=True, slots=True)
class Declared:
    """A schedule as shipped; ``name`` is its identity.

    ``minutes`` is the interval of a ``Schedule.MINUTES`` one. ``is_silent`` keeps its successes
    out of the queue's records, which something that runs every minute would fill alone.
    """

    name: str
    func: str
    schedule_type: str = Schedule.HOURLY
    minutes: int | None = None
    is_silent: bool = False


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
            "func": "discovery.tasks.refresh_discovery",
            "args": repr((cache_key,)),
            "schedule_type": Schedule.ONCE,
            "repeats": -1,  # removed by the queue once it has run
            "next_run": at,
        },
    )
