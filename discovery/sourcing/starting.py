"""A job begins a run: by the planner, its owner, a command or the API; never two at once."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from discovery.accounts.roles import may_act
from discovery.models import BusinessProfile, Run, SourcingJob
from discovery.profiles.service import activate
from discovery.runs.queue import enqueue
from discovery.runs.service import frozen


class AlreadyAtWork(Exception):
    """The job has a run that has not ended."""


class OwnerMayNotAct(Exception):
    """The job's owner has no access any more, or only reads: nothing is spent for them."""


def start_run(*, job: SourcingJob, now: datetime) -> Run:
    """Queue a run of the job, in one transaction with its row.

    Raises ``AlreadyAtWork`` when one is under way: the database allows a job one at a time; and
    ``OwnerMayNotAct``.
    """
    if not owner_may_act(job.owner_id):
        raise OwnerMayNotAct
    profile = job.profile or BusinessProfile.objects.get(is_default=True)
    run = Run(
        kind=Run.Kind.SOURCING,
        asked_on=Run.AskedOn.SCHEDULE,
        owner_id=job.owner_id,
        job=job,
        name=job.name,
        niche=job.niche,
        marketplace=job.marketplace,
        max_results=job.max_results,
        total=0,
        progressed_at=now,
        **frozen(activate(profile)),
    )
    try:
        with transaction.atomic():
            run.save(force_insert=True)
            SourcingJob.objects.filter(pk=job.pk).update(last_run_at=now)
            enqueue(run_id=run.pk)
    except IntegrityError as error:
        if "run_of_job_at_work" in str(error):
            raise AlreadyAtWork from None
        raise
    return run


def owner_may_act(owner_id: int) -> bool:
    """Whether tokens may be spent for this user, in one statement."""
    return User.objects.filter(may_act(), pk=owner_id).exists()
