"""When a job runs by itself: its times and weekdays, in the time zone of its owner."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser

from discovery.accounts.preferences import zone_of
from discovery.models import SourcingJob
from discovery.rows import write_back
from discovery.sourcing.clock import next_time


def next_run_of(job: SourcingJob, *, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first moment (UTC) after ``after`` at which the job is due by its times and weekdays.

    ``None`` when it is paused, or has no time or no weekday: it runs when it is told to.
    """
    if job.is_paused:
        return None
    return next_time(times=job.times, weekdays=job.weekdays, zone=zone, after=after)


def schedule_job(job: SourcingJob, *, now: datetime) -> None:
    """Write down when the job runs next; to be called whenever it was saved, paused or resumed.

    A job not saved yet gets the moment and is left to be saved.
    """
    job.next_run_at = next_run_of(job, zone=zone_of(user=job.owner), after=now)
    if job.pk is not None:
        SourcingJob.objects.filter(pk=job.pk).update(next_run_at=job.next_run_at)


def reschedule(*, user: AbstractBaseUser, now: datetime) -> None:
    """Write down anew when the user's jobs run next: to be called when their clock is another one.

    A time that has come and was not begun yet stays due.
    """
    zone = zone_of(user=user)
    jobs = list(SourcingJob.objects.filter(owner=user.pk, next_run_at__gt=now))
    for job in jobs:
        job.next_run_at = next_run_of(job, zone=zone, after=now)
    write_back(jobs, ["next_run_at"])
