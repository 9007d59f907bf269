"""A run under way: its card, and its owner's orders to stop or to go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.accounts.members import signed_in
from discovery.models import Run
from discovery.runs import queries
from discovery.runs import text as runs_text
from discovery.runs.queue import has_gone_silent
from discovery.runs.service import cancel_run, look_after, resume_run, time_left
from discovery.runs.sharing import readable_run
from discovery.text import formats

EAGER = timedelta(seconds=15)  # how long the page asks often, before it slows down


@dataclass(frozen=True, slots=True)
class ProgressCard:
    """A run under way; ``left`` and ``wait`` in words, ``delay`` until the page asks again.

    One that waits says why and for how long, and not how long it would take if it did not.
    """

    run: Run
    title: str
    left: str
    why: str
    wait: str
    can_resume: bool
    delay: str


def progress_of(run: Run) -> ProgressCard | None:
    """The card of a run that is queued, running or waiting; ``None`` for any other."""
    if not run.is_active:
        return None
    now = timezone.now()
    is_waiting = run.state == Run.State.WAITING
    left = None if is_waiting else time_left(run)
    why = wait = ""
    if is_waiting and run.failure:
        why = runs_text.problem_text(str(run.failure.get("code")))
    if is_waiting and run.resume_at is not None:
        wait = formats.wait(max((run.resume_at - now).total_seconds(), 1))
    delay = "700ms" if run.is_search and now - run.created_at < EAGER else "2s"
    return ProgressCard(
        run=run,
        title=_title(run),
        left=formats.duration(round(left.total_seconds()) * 1000) if left else "",
        why=why,
        wait=wait,
        can_resume=is_waiting or has_gone_silent(run, now=now),
        delay="10s" if is_waiting else delay,
    )


def _title(run: Run) -> str:
    is_interrupted = (run.failure or {}).get("code") == "interrupted"
    if run.state == Run.State.QUEUED or (run.state == Run.State.WAITING and is_interrupted):
        return _("Waiting for its turn")
    if run.state == Run.State.WAITING:
        return _("Waiting for Keepa")
    if run.is_list:
        return _("Analysing the list")
    if run.is_sourcing and not (run.done or run.fetched):
        return _("Looking for candidates")
    return _("Reading and scoring the products") if run.done or run.fetched else _("Asking Keepa")


@never_cache
@require_safe
def progress(request: HttpRequest, run_id: UUID, kind: Run.Kind) -> HttpResponse:
    """The progress card alone; once the run has ended, an order to load the page again."""
    card = progress_of(read_run(request, run_id, kind))
    if card is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "discovery/runs/progress.html", {"progress": card})


@require_POST
def cancel(request: HttpRequest, run_id: UUID, kind: Run.Kind) -> HttpResponse:
    """Stop before the next call to Keepa."""
    run = watched_run(request, run_id, kind)
    if not cancel_run(run=run):
        messages.info(request, _ended_text(run))
    return redirect(run)


def _ended_text(run: Run) -> str:
    if run.is_list:
        return _("This analysis had already ended.")
    if run.is_sourcing:
        return _("This run had already ended.")
    return _("This search had already ended.")


@require_POST
def resume(request: HttpRequest, run_id: UUID, kind: Run.Kind) -> HttpResponse:
    """Go on now with what is left."""
    run = watched_run(request, run_id, kind)
    if not resume_run(run=run):
        messages.info(request, _("There was nothing to resume."))
    return redirect(run)


def read_run(request: HttpRequest, run_id: UUID, kind: Run.Kind) -> Run:
    """As ``watched_run``, or a run that somebody shares; raises ``Http404`` for any other."""
    user = signed_in(request)
    run = readable_run(user=user, run_id=run_id, kind=kind)
    if run.owner_id == user.pk:
        look_after(run=run, now=timezone.now())
    return run


def watched_run(request: HttpRequest, run_id: UUID, kind: Run.Kind | None = None) -> Run:
    """The user's run, gone on with if its worker has died; raises ``Http404`` for any other."""
    owner = signed_in(request)
    run = queries.run_of(owner=owner, run_id=run_id, kind=kind)
    look_after(run=run, now=timezone.now())
    return run
