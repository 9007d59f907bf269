"""What a job may spend in a day, from midnight to midnight in its owner's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from discovery.accounts.preferences import zone_of
from discovery.models import Run, SourcingJob


@dataclass(frozen=True, slots=True)
class Allowance:
    """The tokens a run may still spend today, ``None`` without a cap; and when more may be spent.

    ``day`` is the owner's today, ``ends_at`` its end (UTC).
    """

    left: int | None
    day: date
    ends_at: datetime

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more may be spent today."""
        return self.left is not None and self.left <= 0


def allowance_of(job: SourcingJob, *, run: Run, now: datetime) -> Allowance:
    """What the job may still spend today; ``run`` is the one at work, as it is now.

    Of a run begun on another day counts what it has spent since ``outcome["day"]`` began.
    """
    zone = zone_of(user=job.owner)
    day = now.astimezone(zone).date()
    begins, ends = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    if job.daily_cap is None:
        return Allowance(None, day, ends)
    runs = Run.objects.filter(job=job, progressed_at__gte=begins)
    spent = sum(
        tokens if created_at >= begins else _since_midnight(tokens, outcome, day)
        for tokens, created_at, outcome in runs.values_list(
            "tokens_spent", "created_at", "outcome__day"
        )
    )
    return Allowance(job.daily_cap - spent, day, ends)


def _since_midnight(tokens: int, told: dict[str, object] | None, day: date) -> int:
    """``told``: the last day the run worked on, and what it had spent before that began."""
    if not told or told.get("on") != day.isoformat():
        return 0
    return max(tokens - int(str(told.get("before", 0))), 0)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
