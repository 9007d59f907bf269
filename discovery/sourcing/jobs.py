"""Jobs as their owners handle them: made, changed, paused, copied, deleted, run at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from discovery.accounts.preferences import zone_of
from discovery.keepa.categories.stored import category_names
from discovery.models import Run, SourcingJob, Storefront
from discovery.paging import PAGE_SIZE
from discovery.runs.service import cancel_run
from discovery.sourcing.forecast import NO_YIELD, JobYield, yields
from discovery.sourcing.job_request import JobRequest
from discovery.sourcing.scheduling import next_run_of, schedule_job
from discovery.sourcing.sources.base import QUESTION
from discovery.sourcing.starting import start_run
from discovery.text.conditions import CategoryNames


@dataclass(frozen=True, slots=True)
class JobCard:
    """A job with its newest run and its totals; ``names`` are those of its categories."""

    job: SourcingJob
    last_run: Run | None
    totals: JobYield
    names: CategoryNames

    @property
    def run_at_work(self) -> Run | None:
        """Its run that has not ended."""
        return self.last_run if self.last_run and self.last_run.is_active else None


def create_job(*, owner: AbstractBaseUser, asked: JobRequest, now: datetime) -> SourcingJob:
    """Keep a job for its owner; it runs at its next time."""
    job = SourcingJob(owner_id=owner.pk)
    _put(job, asked)
    job.save(force_insert=True)
    schedule_job(job, now=now)
    return job


@transaction.atomic
def change_job(*, job: SourcingJob, asked: JobRequest, now: datetime) -> SourcingJob:
    """Set what a job does; what it has found stays, another question starts anew.

    Not so the shops of other sellers: how far it has come is kept of each.

    A run under way goes on as it began.
    """
    locked = SourcingJob.objects.select_for_update().get(pk=job.pk)
    before = [getattr(locked, name) for name in QUESTION]
    _put(locked, asked)
    after = [getattr(locked, name) for name in QUESTION]
    same_place = before[:2] == after[:2]  # source and marketplace
    if after != before and not (same_place and locked.source == SourcingJob.Source.SELLERS):
        locked.cursor = {}
    locked.save()
    schedule_job(locked, now=now)
    return locked


def draft_of(*, owner: AbstractBaseUser, asked: JobRequest) -> SourcingJob:
    """A job as it would be, to be forecast and not to be saved."""
    draft = SourcingJob(owner_id=owner.pk)
    _put(draft, asked)
    return draft


def _put(job: SourcingJob, asked: JobRequest) -> None:
    for column in fields(asked):
        setattr(job, column.name, getattr(asked, column.name))


def pause_job(*, job: SourcingJob, now: datetime, reason: str = "") -> None:
    """Let it run no more by itself; a run under way goes on.

    ``reason`` is a code, told on its page; empty when its owner wants it so.
    """
    _set_state(job, SourcingJob.State.PAUSED, now=now, reason=reason)


def resume_job(*, job: SourcingJob, now: datetime) -> None:
    """Let it run by itself again, from its next time on: what was missed is not caught up."""
    _set_state(job, SourcingJob.State.ACTIVE, now=now)


def _set_state(
    job: SourcingJob, state: SourcingJob.State, *, now: datetime, reason: str = ""
) -> None:
    """In one statement, and without one where it was deleted meanwhile."""
    job.state, job.pause_reason, job.updated_at = state, reason, now
    job.next_run_at = next_run_of(job, zone=zone_of(user=job.owner), after=now)
    SourcingJob.objects.filter(pk=job.pk).update(
        state=state, pause_reason=reason, updated_at=now, next_run_at=job.next_run_at
    )


def copy_job(*, job: SourcingJob, now: datetime) -> SourcingJob:
    """The same job once more, under a name that says so; paused, and without what was found."""
    name = _("%(name)s (copy)") % {"name": job.name}
    copy = SourcingJob(
        owner_id=job.owner_id,
        name=name[: SourcingJob._meta.get_field("name").max_length],
        state=SourcingJob.State.PAUSED,
    )
    for column in fields(JobRequest):
        if column.name != "name":
            setattr(copy, column.name, getattr(job, column.name))
    copy.save(force_insert=True)
    schedule_job(copy, now=now)
    return copy


def delete_job(*, job: SourcingJob) -> None:
    """Remove a job, and stop its run; the picks it has found and its runs stay."""
    for run in job.runs.filter(state__in=Run.ACTIVE):
        cancel_run(run=run)
    with transaction.atomic():
        # In the order of a worker that stores a batch: its run, its job, what it has found.
        list(job.runs.select_for_update().order_by("pk").values_list("pk"))
        if locked := SourcingJob.objects.select_for_update().filter(pk=job.pk).first():
            locked.delete()


def run_now(*, job: SourcingJob, now: datetime) -> Run:
    """Start a run of it, paused or not; its times stay as they are.

    Raises ``starting.AlreadyAtWork``; ``run_at_work`` is then the one under way. Raises
    ``starting.OwnerMayNotAct``.
    """
    return start_run(job=job, now=now)


def run_at_work(*, job: SourcingJob) -> Run | None:
    """The run of the job that has not ended."""
    return job.runs.filter(state__in=Run.ACTIVE).first()


def job_of(*, owner: AbstractBaseUser, pk: int) -> SourcingJob:
    """One of the owner's jobs; raises ``Http404`` for any other."""
    jobs = SourcingJob.objects.select_related("owner", "niche", "profile")
    return get_object_or_404(jobs, pk=pk, owner=owner.pk)


def jobs_of(*, owner: AbstractBaseUser) -> QuerySet[SourcingJob]:
    """The owner's jobs with what they name, the newest first."""
    mine = SourcingJob.objects.filter(owner=owner.pk)
    return mine.select_related("niche", "profile").order_by("-created_at", "-pk")


def page_of_jobs(*, owner: AbstractBaseUser, number: str) -> Page[Any]:
    """A page of ``JobCard``, the newest job first; in a constant number of statements."""
    page: Page[Any] = Paginator(jobs_of(owner=owner), PAGE_SIZE).get_page(number)
    page.object_list = cards_of(list(page))
    return page


def cards_of(jobs: Sequence[SourcingJob]) -> list[JobCard]:
    """Each job with its newest run and its totals; in a constant number of statements."""
    keys = [job.pk for job in jobs]
    totals, newest = yields(keys), _newest_runs(keys)
    names = category_names(filters=[asked_filters(job) for job in jobs])
    return [JobCard(job, newest.get(job.pk), totals.get(job.pk, NO_YIELD), names) for job in jobs]


def asked_filters(job: SourcingJob) -> dict[str, Any]:
    """The conditions a job asks by, for their words; empty for a source without any."""
    if job.source == SourcingJob.Source.NICHE:
        filters: dict[str, Any] = job.niche.filters if job.niche else job.criteria.get("filters")
        return filters or {}
    listed = job.criteria.get("categories")
    return {"categories_include": listed} if listed else {}


def _newest_runs(jobs: Sequence[int]) -> dict[int, Run]:
    newest = Run.objects.filter(job=OuterRef("pk")).order_by("-created_at").values("pk")[:1]
    kept = SourcingJob.objects.filter(pk__in=jobs)
    runs = Run.objects.filter(pk__in=kept.annotate(newest=Subquery(newest)).values("newest"))
    return {run.job_id: run for run in runs.defer("outcome", "columns") if run.job_id is not None}


def storefronts_of(job: SourcingJob) -> list[Storefront]:
    """The shops of a job's sellers, as they were last looked at, in the job's own order.

    One that was never looked at is not saved yet.
    """
    sellers = job.criteria.get("sellers") or []
    if not sellers:
        return []
    kept = Storefront.objects.filter(marketplace=job.marketplace, seller_id__in=sellers)
    known = {shop.seller_id: shop for shop in kept.defer("known", "news")}
    return [
        known.get(seller) or Storefront(marketplace=job.marketplace, seller_id=seller)
        for seller in sellers
    ]


def runs_of(*, job: SourcingJob) -> QuerySet[Run]:
    """A job's runs, the newest first."""
    return job.runs.defer("columns", "filters").order_by("-created_at", "-pk")


def page_of_runs(*, job: SourcingJob, number: str) -> Page[Run]:
    """A page of a job's runs, the newest first."""
    return Paginator(runs_of(job=job), PAGE_SIZE).get_page(number)
