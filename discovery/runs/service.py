"""Runs as their owners handle them: started, watched, stopped, resumed, deleted.

The work itself is done by ``discovery.runs.worker``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from discovery.keepa.categories.checked import settle_categories
from discovery.keepa.client import get_client
from discovery.keepa.finder import NicheFilters
from discovery.models import Niche, Run, SourcingJob
from discovery.profiles.service import ActiveProfile, active_profile
from discovery.runs.announcements import mail_the_end
from discovery.runs.endings import end_run
from discovery.runs.queue import enqueue, has_gone_silent, wake_runs
from discovery.runs.worker import work_on
from discovery.search.quote import quote

State = Run.State


class NothingToResume(Exception):
    """The run is at work, or has come to its end."""

    code = "nothing_to_resume"

    def __str__(self) -> str:
        return _("There was nothing to resume.")


def start_search(
    *,
    owner: AbstractBaseUser,
    filters: NicheFilters,
    profile: ActiveProfile,
    max_results: int,
    niche: Niche | None = None,
    name: str = "",
    asked_on: str = Run.AskedOn.FRONTEND,
) -> Run:
    """Queue a search in the same transaction as its row; a free one is answered at once.

    ``name`` is what it is called where it has no niche of its owner's, ``asked_on`` where it was
    asked for.

    A category number nobody knows is looked up first. Raises ``InvalidFilters`` for one of
    another marketplace or of none, ``KeepaError`` when it cannot be looked up.
    """
    filters, spent = settle_categories(filters, client=get_client())
    run = Run(
        kind=Run.Kind.SEARCH,
        asked_on=asked_on,
        owner_id=owner.pk,
        niche=niche,
        name="" if niche else name,
        marketplace=filters.marketplace,
        filters=filters.canonical(),
        max_results=max_results,
        total=max_results,
        tokens_spent=spent,
        progressed_at=timezone.now(),
        **frozen(profile),
    )
    free = quote(
        filters=filters, profile=profile, max_results=max_results, user_id=owner.pk
    ).is_free
    with transaction.atomic():
        run.save(force_insert=True)
        if not free:
            enqueue(run_id=run.pk)
    if free:
        work_on(run_id=run.pk)
        run.refresh_from_db()
    return run


def repeat_search(
    *, run: Run, owner: AbstractBaseUser, asked_on: str = Run.AskedOn.FRONTEND
) -> Run:
    """Ask the question of a search again, with its profile as it is now.

    Raises as ``start_search`` and ``active_profile``.
    """
    return start_search(
        owner=owner,
        filters=NicheFilters.from_canonical(run.filters),
        profile=active_profile(slug=run.profile.slug if run.profile else None, user=owner),
        max_results=run.max_results or run.total,
        niche=run.niche,
        name=run.name,
        asked_on=asked_on,
    )


def frozen(profile: ActiveProfile) -> dict[str, object]:
    """The columns of a run that keep the profile as it is now."""
    return {
        "profile_id": profile.pk,
        "profile_revision": profile.revision,
        "profile_settings": profile.settings.to_settings(),
    }


def is_a_jobs(*, run_id: UUID | str) -> bool:
    """Whether it is a look of a job, which ``discovery.sourcing.worker`` works on."""
    return Run.objects.filter(pk=run_id, kind=Run.Kind.SOURCING).exists()


def work_in_background(*, run_id: UUID | str) -> None:
    """Work on a queued run, then mail its owner if it took long and he wants to know."""
    if not work_on(run_id=run_id):
        return  # another task had it, and has mailed
    run = Run.objects.select_related("niche").filter(pk=run_id).first()
    if run is not None:
        mail_the_end(run=run)


def resume_run(*, run: Run) -> bool:
    """Go on with a run that waits, failed, was cancelled or whose worker died.

    Returns whether there was anything to resume. Nothing already bought is bought again. A look
    of a job that has begun another one since, or was deleted, is not resumed.
    """
    now = timezone.now()
    if has_gone_silent(run, now=now):
        stopped = Run.objects.filter(pk=run.pk, holder=run.holder)
    else:
        # A look that never heard from its source has no products yet.
        open_ended = Q(kind=Run.Kind.SOURCING, outcome__isnull=True)
        unfinished = Run.objects.filter(Q(done__lt=F("total")) | open_ended, pk=run.pk)
        stopped = unfinished.filter(state__in=Run.RESUMABLE)
    at_work = Run.objects.filter(job=run.job_id, state__in=Run.ACTIVE).exclude(pk=run.pk)
    with transaction.atomic():
        if run.is_sourcing:
            job = SourcingJob.objects.select_for_update().filter(pk=run.job_id or 0)
            if job.first() is None or at_work.exists():  # nor does one begin meanwhile
                return False
        resumed = stopped.update(
            state=State.QUEUED,
            holder=None,
            cancel_requested=False,
            failure=None,
            resume_at=None,
            finished_at=None,
            attempts=0,
            started_at=None,  # the pace is counted from when a worker takes it
            progressed_at=now,
            done_before=run.done,
        )
        if resumed:
            enqueue(run_id=run.pk)
    return bool(resumed)


def cancel_run(*, run: Run) -> bool:
    """Stop a run: at once when nothing is under way, else before the next call to Keepa.

    Returns whether there was anything to stop. What was analysed is kept.
    """
    idle = Run.objects.filter(pk=run.pk, state__in=(State.QUEUED, State.WAITING))
    stopped = end_run(held=idle, run_id=run.pk, state=State.CANCELLED, cancel_requested=True)
    under_way = Run.objects.filter(pk=run.pk, state__in=Run.ACTIVE)
    return bool(stopped or under_way.update(cancel_requested=True))


def delete_run(*, run: Run) -> None:
    """Remove a run and its lines; a worker that is at it stops at its next step."""
    run.delete()


def look_after(*, run: Run, now: datetime) -> None:
    """Have a run whose worker has died gone on with, or put off; ``run`` is then read again."""
    if has_gone_silent(run, now=now):
        wake_runs(now=now)
        run.refresh_from_db()


def time_left(run: Run) -> timedelta | None:
    """How long the rest takes at the pace so far; ``None`` until there is a pace."""
    done = run.done - run.done_before
    if not run.is_active or done <= 0 or not run.started_at or not run.progressed_at:
        return None
    return (run.progressed_at - run.started_at) / done * (run.total - run.done)
