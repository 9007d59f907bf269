"""What a job may spend in a day, from midnight to midnight in its owner's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from discovery.accounts.preferences import zone_of
from discovery.models import Run, SourcingJob
from discovery.sourcing.clock import midnight_of, moment_of


@dataclass(frozen=True, slots=True)
class Allowance:
    """The tokens that may still be spent today, and when more may be.

    ``day`` is the owner's today, ``ends_at`` its end (UTC); ``before`` is what the run at work had
    spent when that day began.
    """

    left: int
    day: date
    ends_at: datetime
    before: int

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more may be spent today."""
        return self.left <= 0

    def as_kept(self) -> dict[str, Any]:
        """The day as the run's outcome keeps it."""
        return {"on": self.day.isoformat(), "before": self.before}


def allowance_of(job: SourcingJob, *, run: Run, now: datetime) -> Allowance | None:
    """What the job may still spend today, ``None`` without a cap; ``run`` is the one at work.

    Of a run begun on another day counts what it has spent since the day its outcome keeps began.
    """
    if job.daily_cap is None:
        return None
    zone = zone_of(user=job.owner)
    day = now.astimezone(zone).date()
    begins = midnight_of(now, zone=zone)
    ends = moment_of(day + timedelta(days=1), "00:00", zone=zone)
    runs = Run.objects.filter(Q(progressed_at__gte=begins) | Q(pk=run.pk), job=job)
    spent = before = 0
    columns = ("pk", "tokens_spent", "created_at", "outcome__day")
    for pk, tokens, created_at, kept in runs.values_list(*columns):
        earlier = 0 if created_at >= begins else _before(tokens, kept, day)
        spent += tokens - earlier
        if pk == run.pk:
            before = earlier
    return Allowance(job.daily_cap - spent, day, ends, before)


def _before(tokens: int, kept: dict[str, Any] | None, day: date) -> int:
    """What a run of another day had spent when this day began: all, if it has not worked today."""
    if not kept or kept.get("on") != day.isoformat():
        return tokens
    return int(kept["before"])
