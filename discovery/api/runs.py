"""Runs over the API: searches, lists and the looks of jobs, alike but for how they begin."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from ninja.responses import Status

from discovery.api.auth import caller_of
from discovery.api.idempotency import idempotent
from discovery.api.niche_schemas import SEARCH_BODY
from discovery.api.paging import PAGE, Cursor, Limit, page_of
from discovery.api.reading import read_body
from discovery.api.run_answers import run_answer, run_detail
from discovery.api.run_schemas import (
    RUN_REFUSALS,
    START_REFUSALS,
    RunAnswer,
    RunDetail,
    RunKind,
    RunsAnswer,
    RunState,
    SharedAnswer,
)
from discovery.api.waiting import Wait, started
from discovery.keepa.categories.stored import category_names
from discovery.models import Run
from discovery.niches.niche_request import read_asked_niche
from discovery.runs import queries, service, sharing

router = Router(tags=["runs"])
HEAVY = ("outcome", "columns", "profile_settings")  # columns that no list of runs shows


@router.get("", response={200: RunsAnswer} | RUN_REFUSALS, summary="The runs of the caller")
def list_all_runs(
    request: HttpRequest,
    kind: RunKind | None = None,
    state: RunState | None = None,
    niche: int | None = None,
    job: int | None = None,
    shared: bool = False,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> dict[str, Any]:
    """A page of searches, lists and looks of jobs, the newest first; for no token.

    `shared`: those that others share with the team, instead of one's own.
    """
    user = caller_of(request)
    found = sharing.shared_runs(user=user) if shared else Run.objects.filter(owner=user.pk)
    wanted = {"kind": kind, "state": state, "niche": niche, "job": job}
    found = found.filter(**{name: value for name, value in wanted.items() if value is not None})
    page = page_of(
        found.select_related("niche", "profile", "owner").defer(*HEAVY),
        order=("-created_at", "-id"),
        cursor=cursor,
        limit=limit,
    )
    names = category_names(filters=[run.filters for run in page.rows])
    rows = [run_answer(run, user=user, names=names) for run in page.rows]
    return {"runs": rows, "next": page.next}


@router.post(
    "",
    response={200: RunAnswer, 202: RunAnswer} | START_REFUSALS,
    openapi_extra={"requestBody": SEARCH_BODY},
    summary="Search without a niche",
)
@idempotent
def search(request: HttpRequest, response: HttpResponse, wait: Wait = 0) -> Status[dict[str, Any]]:
    """Queue a search; what is known costs nothing and is answered at once, with 200.

    `POST /niches/quote` says before what it would cost.
    """
    user = caller_of(request)
    asked = read_asked_niche(read_body(request), user=user, needs_name=False)
    run = service.start_search(
        owner=user,
        filters=asked.filters,
        profile=asked.profile,
        max_results=asked.max_results,
        name=asked.name,
        asked_on=Run.AskedOn.API,
    )
    return started(run, wait=wait, response=response, user=user)


@router.get("/{run_id}", response={200: RunDetail} | RUN_REFUSALS, summary="A run")
def get_run(request: HttpRequest, run_id: UUID) -> dict[str, Any]:
    """One of the caller's runs, or one that somebody shares, with what it has brought so far."""
    user = caller_of(request)
    run = sharing.readable_run(user=user, run_id=run_id)
    if run.owner_id == user.pk:
        service.look_after(run=run, now=timezone.now())
    return run_detail(run, user=user)


@router.delete("/{run_id}", response={204: None} | RUN_REFUSALS, summary="Delete a run")
def delete_run(request: HttpRequest, run_id: UUID) -> Status[None]:
    """Remove a run and its lines for good; the products stay known, and nothing is refunded."""
    service.delete_run(run=queries.run_of(owner=caller_of(request), run_id=run_id))
    return Status(204, None)


@router.post("/{run_id}/cancel", response={200: RunAnswer} | RUN_REFUSALS, summary="Stop a run")
def cancel_run(request: HttpRequest, run_id: UUID) -> dict[str, Any]:
    """Stop before the next call to Keepa; what was analysed is kept. One that ended stays so."""
    user = caller_of(request)
    run = queries.run_of(owner=user, run_id=run_id)
    service.cancel_run(run=run)
    return run_answer(sharing.readable_run(user=user, run_id=run_id), user=user)


@router.post(
    "/{run_id}/resume",
    response={200: RunAnswer, 202: RunAnswer} | START_REFUSALS,
    summary="Go on with a run",
)
@idempotent
def resume_run(
    request: HttpRequest, response: HttpResponse, run_id: UUID, wait: Wait = 0
) -> Status[dict[str, Any]]:
    """Go on now with what is left; nothing already bought is bought again.

    409 for a run that is at work, or that came to its end.
    """
    user = caller_of(request)
    run = queries.run_of(owner=user, run_id=run_id)
    if not service.resume_run(run=run):
        raise service.NothingToResume
    run.refresh_from_db()
    return started(run, wait=wait, response=response, user=user)


@router.post(
    "/{run_id}/rerun",
    response={200: RunAnswer, 202: RunAnswer} | START_REFUSALS,
    summary="Ask the same again",
)
@idempotent
def rerun(
    request: HttpRequest, response: HttpResponse, run_id: UUID, wait: Wait = 0
) -> Status[dict[str, Any]]:
    """Make a search again as a new run, with its profile as it is now; 404 for other kinds."""
    user = caller_of(request)
    before = queries.run_of(owner=user, run_id=run_id, kind=Run.Kind.SEARCH)
    run = service.repeat_search(run=before, owner=user, asked_on=Run.AskedOn.API)
    return started(run, wait=wait, response=response, user=user)


@router.post("/{run_id}/share", response={200: SharedAnswer} | RUN_REFUSALS, summary="Share a run")
def share_run(request: HttpRequest, run_id: UUID) -> dict[str, bool]:
    """Let the team read the run; 404 for a list that was never started."""
    return _share(request, run_id, shared=True)


@router.post(
    "/{run_id}/unshare", response={200: SharedAnswer} | RUN_REFUSALS, summary="Share no more"
)
def unshare_run(request: HttpRequest, run_id: UUID) -> dict[str, bool]:
    """Make the run private again."""
    return _share(request, run_id, shared=False)


def _share(request: HttpRequest, run_id: UUID, *, shared: bool) -> dict[str, bool]:
    run = queries.run_of(owner=caller_of(request), run_id=run_id)
    if not sharing.share_run(run=run, shared=shared):
        raise Http404
    return {"shared": shared}
