"""Jobs over the API: kept, changed, paused, run, as on their pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from ninja.responses import Status

from discovery.api.auth import caller_of
from discovery.api.created import created
from discovery.api.idempotency import idempotent
from discovery.api.job_schemas import (
    JOB_BODY,
    JOB_REFUSALS,
    ForecastAnswer,
    JobAnswer,
    JobRunAnswer,
    JobRunsAnswer,
    JobsAnswer,
)
from discovery.api.paging import PAGE, Cursor, Limit, page_of
from discovery.api.reading import read_body
from discovery.api.waiting import Wait, started
from discovery.models import Run, SourcingJob
from discovery.sourcing import jobs as service
from discovery.sourcing.forecast import forecast
from discovery.sourcing.job_request import JobRequest, as_asked, read_job
from discovery.sourcing.job_text import forecast_text
from discovery.sourcing.jobs import JobCard

router = Router(tags=["jobs"])
BODY = {"requestBody": JOB_BODY}


@router.get("", response={200: JobsAnswer} | JOB_REFUSALS, summary="The jobs of the caller")
def list_jobs(request: HttpRequest, cursor: Cursor = None, limit: Limit = PAGE) -> dict[str, Any]:
    """A page of jobs, the newest first, each with what it has cost and brought."""
    mine = service.jobs_of(owner=caller_of(request))
    page = page_of(mine, order=("-created_at", "-pk"), cursor=cursor, limit=limit)
    return {"jobs": [_job(card) for card in service.cards_of(page.rows)], "next": page.next}


@router.post("", response={201: JobAnswer} | JOB_REFUSALS, openapi_extra=BODY, summary="Keep a job")
@idempotent
def create_job(request: HttpRequest, response: HttpResponse) -> Status[dict[str, Any]]:
    """Keep a job; it runs at its next time. Nothing is spent until then."""
    owner = caller_of(request)
    job = service.create_job(owner=owner, asked=_asked(request), now=timezone.now())
    return created(response, _answer(job), read_by="get_job", at=(job.pk,))


@router.post(
    "/forecast",
    response={200: ForecastAnswer} | JOB_REFUSALS,
    openapi_extra=BODY,
    summary="What a job would cost",
)
def forecast_job(request: HttpRequest) -> dict[str, Any]:
    """What the job would cost a run and a day, before it is kept; for no token."""
    draft = service.draft_of(owner=caller_of(request), asked=_asked(request))
    expected = forecast(draft, now=timezone.now())
    return {
        "tokens_per_run": expected.tokens_a_run,
        "runs_per_day": float(expected.runs_a_day),
        "tokens_per_day": expected.tokens_a_day,
        "share": None if expected.share is None else float(expected.share),
        "measured": expected.is_measured,
        "text": forecast_text(expected),
    }


@router.get("/{job_id}", response={200: JobAnswer} | JOB_REFUSALS, summary="A job")
def get_job(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """One of the caller's jobs."""
    return _answer(service.job_of(owner=caller_of(request), pk=job_id))


@router.put(
    "/{job_id}",
    response={200: JobAnswer} | JOB_REFUSALS,
    openapi_extra=BODY,
    summary="Change a job",
)
def change_job(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """Set all of a job; what is left out is as for a new one. What it has found stays."""
    job = service.job_of(owner=caller_of(request), pk=job_id)
    return _answer(service.change_job(job=job, asked=_asked(request), now=timezone.now()))


@router.delete("/{job_id}", response={204: None} | JOB_REFUSALS, summary="Delete a job")
def delete_job(request: HttpRequest, job_id: int) -> Status[None]:
    """Remove a job for good, and stop its run; its picks and its runs stay."""
    service.delete_job(job=service.job_of(owner=caller_of(request), pk=job_id))
    return Status(204, None)


@router.post("/{job_id}/pause", response={200: JobAnswer} | JOB_REFUSALS, summary="Pause a job")
def pause_job(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """Let it run no more by itself."""
    job = service.job_of(owner=caller_of(request), pk=job_id)
    service.pause_job(job=job, now=timezone.now())
    return _answer(job)


@router.post("/{job_id}/resume", response={200: JobAnswer} | JOB_REFUSALS, summary="Go on")
def resume_job(request: HttpRequest, job_id: int) -> dict[str, Any]:
    """Let it run by itself again; what was missed is not caught up."""
    job = service.job_of(owner=caller_of(request), pk=job_id)
    service.resume_job(job=job, now=timezone.now())
    return _answer(job)


@router.post("/{job_id}/copy", response={201: JobAnswer} | JOB_REFUSALS, summary="Copy a job")
@idempotent
def copy_job(request: HttpRequest, response: HttpResponse, job_id: int) -> Status[dict[str, Any]]:
    """The same job once more, paused, under a name that says so."""
    job = service.job_of(owner=caller_of(request), pk=job_id)
    copy = service.copy_job(job=job, now=timezone.now())
    return created(response, _answer(copy), read_by="get_job", at=(copy.pk,))


@router.post(
    "/{job_id}/run",
    response={200: JobRunAnswer, 202: JobRunAnswer} | JOB_REFUSALS,
    summary="Run it now",
)
@idempotent
def run_job(
    request: HttpRequest, response: HttpResponse, job_id: int, wait: Wait = 0
) -> Status[dict[str, Any]]:
    """Start a run; 409 while one is under way."""
    user = caller_of(request)
    job = service.job_of(owner=user, pk=job_id)
    run = service.run_now(job=job, now=timezone.now())
    return started(run, wait=wait, response=response, user=user, told=_run)


@router.get("/{job_id}/runs", response={200: JobRunsAnswer} | JOB_REFUSALS, summary="Its runs")
def list_job_runs(
    request: HttpRequest, job_id: int, cursor: Cursor = None, limit: Limit = PAGE
) -> dict[str, Any]:
    """A page of the runs of a job, the newest first."""
    job = service.job_of(owner=caller_of(request), pk=job_id)
    page = page_of(
        service.runs_of(job=job), order=("-created_at", "-pk"), cursor=cursor, limit=limit
    )
    return {"runs": [_run(run) for run in page.rows], "next": page.next}


def _asked(request: HttpRequest) -> JobRequest:
    return read_job(read_body(request), user=caller_of(request), localize=False)


def _answer(job: SourcingJob) -> dict[str, Any]:
    return _job(service.cards_of([job])[0])


def _job(card: JobCard) -> dict[str, Any]:
    job, totals = card.job, card.totals
    return as_asked(job) | {
        "id": job.pk,
        "state": job.state,
        "pause_reason": job.pause_reason,
        "next_run_at": job.next_run_at,
        "last_run_at": job.last_run_at,
        "runs": totals.runs,
        "tokens_spent": totals.tokens,
        "picks": totals.picks,
        "tokens_per_pick": None if totals.tokens_a_pick is None else float(totals.tokens_a_pick),
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": str(run.pk),
        "state": run.state,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
        "resume_at": run.resume_at,
        "products": run.total,
        "scored": run.done,
        "tokens_spent": run.tokens_spent,
        "tokens_saved": run.tokens_saved,
        "url": run.get_absolute_url(),
    }
