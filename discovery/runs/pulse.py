"""The pulse of the task queue: who works on it, since when the oldest task waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Min, Q
from django_q.models import OrmQ

from discovery.keepa.balance import CLOCK_SKEW
from discovery.models import QueueWorker

BEAT = 5.0  # seconds between two signs of life of a worker
SILENCE = timedelta(seconds=30)  # after which a worker counts as dead
PAST_DUE = timedelta(seconds=60)  # after which a waiting task is told as late
FORGOTTEN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Pulse:
    """``workers`` are alive, ``busy`` of them at a task; ``waiting`` tasks are due.

    ``last_beat`` is the newest sign of life of any worker, ``None`` where the queue was never
    started on this database; ``oldest`` is when the first of the waiting tasks was due.
    """

    at: datetime
    workers: int
    busy: int
    last_beat: datetime | None
    waiting: int
    oldest: datetime | None

    @property
    def has_stopped(self) -> bool:
        """Whether there was a queue, and nobody works on it any more."""
        return self.last_beat is not None and not self.workers

    @property
    def is_late(self) -> bool:
        """Whether a task waits for longer than it should."""
        return self.oldest is not None and self.at - self.oldest > PAST_DUE


def queue_pulse(*, now: datetime) -> Pulse:
    """The pulse of the queue on this database, whichever machines work on it; two statements."""
    # A sign of life from the future is none: its worker may have died since the clock was set back.
    alive = Q(beat_at__gt=now - SILENCE, beat_at__lte=now + CLOCK_SKEW)
    workers = QueueWorker.objects.order_by().aggregate(
        alive=Count("pk", filter=alive),
        busy=Count("pk", filter=alive & ~Q(task="")),
        last=Max("beat_at"),
    )
    due = OrmQ.objects.filter(lock__lte=now).aggregate(count=Count("pk"), oldest=Min("lock"))
    return Pulse(
        at=now,
        workers=workers["alive"],
        busy=workers["busy"],
        last_beat=workers["last"] and min(workers["last"], now),
        waiting=due["count"],
        oldest=due["oldest"],
    )


def beat(
    *, worker: UUID, host: str, pid: int, started_at: datetime, task: str, now: datetime
) -> None:
    """Note a sign of life of the worker, and what it is at; forget those long dead with its first.

    The newest row of all stays, however old: it says that there was a queue.
    """
    told = {"beat_at": now, "task": task[:100]}
    if QueueWorker.objects.filter(pk=worker).update(**told):
        return
    QueueWorker.objects.create(pk=worker, host=host[:255], pid=pid, started_at=started_at, **told)
    dead = Q(beat_at__lt=now - FORGOTTEN_AFTER) | Q(beat_at__gt=now + CLOCK_SKEW)
    QueueWorker.objects.filter(dead).delete()
