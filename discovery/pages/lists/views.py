"""Analyse de liste: give a list, see what it would cost, have it analysed, read the results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.accounts.members import signed_in
from discovery.lists.failures import retry_after_of, status_of
from discovery.lists.reading.model import UnreadableList
from discovery.lists.service import UnansweredDoubts, correct_list, create_list, start_list
from discovery.lists.text import reading_facts, unreadable_text
from discovery.models import Run, RunLine
from discovery.pages.choices import default_marketplace
from discovery.pages.lists.drafts import Draft, draft_of
from discovery.pages.lists.forms import ListForm
from discovery.pages.runs.progress import ProgressCard, progress_of, read_run, watched_run
from discovery.pages.runs.results import Results, results
from discovery.profiles.service import UnknownProfile
from discovery.profiles.text import profile_facts
from discovery.runs import queries
from discovery.runs.outcome_text import Problem, problem_of
from discovery.runs.queries import Purchase
from discovery.runs.service import delete_run
from discovery.runs.sharing import page_of_shared_runs
from discovery.search.quote import Quote, quote_list
from discovery.text import conditions


@dataclass(frozen=True, slots=True)
class ListPage:
    """Everything the page of one list shows once it was started."""

    listed: Run
    facts: tuple[str, ...]
    progress: ProgressCard | None
    problem: Problem | None
    is_comparable: bool
    purchase: Purchase
    results: Results
    unknown_lines: Sequence[RunLine]
    bad_lines: Sequence[RunLine]
    codes_to_ask: int = 0


@never_cache
@require_safe
def lists(request: HttpRequest) -> HttpResponse:
    """The form that takes a list, and the user's lists."""
    return _page(request, ListForm(owner=signed_in(request)))


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Keep the list as it was read and ask its owner to confirm it. Spends nothing."""
    owner = signed_in(request)
    form = ListForm(request.POST, request.FILES, owner=owner)
    if not form.is_valid() or form.read is None:
        return _unread(_page(request, form), form.refusal)
    return redirect(
        create_list(
            owner=owner,
            name=form.name,
            read=form.read,
            source=form.take_source(),
            marketplace=default_marketplace(owner),
        )
    )


@never_cache
@require_safe
def show(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """A list to confirm, under way or done: ``?sort=&dir=&verdict=&page=``."""
    listed = read_run(request, run_id, Run.Kind.LIST)
    if listed.state == Run.State.DRAFT:
        return _confirm(request, draft_of(listed, user=signed_in(request)))
    table = results(request, listed)
    page = ListPage(
        listed=listed,
        facts=(
            conditions.marketplace_label(listed.marketplace),
            *profile_facts(listed.profile),
            *reading_facts(listed),
        ),
        progress=progress_of(listed),
        problem=problem_of(listed, scored=table.total),
        is_comparable=queries.is_comparable(run=listed, user=signed_in(request)),
        purchase=queries.purchase_of(run=listed),
        results=table,
        unknown_lines=list(queries.unknown_lines(run=listed)) if table.unknown else (),
        bad_lines=_bad_lines(listed),
        codes_to_ask=queries.codes_to_ask(run=listed) if table.unknown else 0,
    )
    return render(request, "discovery/lists/list.html", {"page": page})


@require_POST
def correct(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Read a list again as its owner says, and show how it is understood now. Spends nothing."""
    draft = _draft(request, run_id)
    if draft is None:
        return redirect("discovery:list", run_id)
    if not draft.is_valid():
        return _confirm(request, draft, status=_refused(request))
    profile, marketplace = draft.start.chosen()
    try:
        correct_list(
            run=draft.listed,
            corrections=draft.said(),
            marketplace=marketplace,
            profile=profile,
        )
    except UnreadableList as error:
        draft.refuse(unreadable_text(error.code))
        answer = _confirm(request, draft)
        return answer if request.headers.get("HX-Request") else _unread(answer, error.code)
    if not request.headers.get("HX-Request"):
        return redirect(draft.listed)
    return _confirm(request, draft_of(draft.listed, user=signed_in(request)))


@require_POST
def start(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Start the analysis of a confirmed list.

    Corrections that were typed and not yet looked at are read first, and shown: nothing is spent
    on rows that nobody has seen.
    """
    draft = _draft(request, run_id)
    if draft is None:
        return redirect("discovery:list", run_id)
    if not draft.is_valid():
        return _confirm(request, draft, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if draft.has_news():
        return correct(request, run_id)
    profile, marketplace = draft.start.chosen()
    try:
        return redirect(start_list(run=draft.listed, profile=profile, marketplace=marketplace))
    except UnreadableList as error:
        draft.refuse(unreadable_text(error.code))
        return _unread(_confirm(request, draft), error.code)
    except UnansweredDoubts:
        draft = draft_of(draft.listed, user=signed_in(request))
    return _confirm(request, draft, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
def delete(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Remove a list and its results; the products stay known."""
    listed = _mine(request, run_id)
    delete_run(run=listed)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": listed.name})
    return redirect("discovery:lists")


def _unread(answer: HttpResponse, code: str) -> HttpResponse:
    """The answer with the status of what could not be read."""
    answer.status_code = status_of(code)
    if retry_after := retry_after_of(code):
        answer["Retry-After"] = str(retry_after)
    return answer


def _page(request: HttpRequest, form: ListForm) -> HttpResponse:
    user, asked = signed_in(request), request.GET
    context = {
        "form": form,
        "page": queries.page_of_lists(owner=user, number=asked.get("page", "1")),
        "shared": page_of_shared_runs(user=user, kind=Run.Kind.LIST, number=asked.get("team", "1")),
    }
    return render(request, "discovery/lists/lists.html", {"page": context})


def _draft(request: HttpRequest, run_id: UUID) -> Draft | None:
    """The draft with what was posted about it; ``None`` when it was started."""
    listed = _mine(request, run_id)
    if listed.state != Run.State.DRAFT:
        return None
    return draft_of(listed, user=signed_in(request), data=request.POST)


def _refused(request: HttpRequest) -> int:
    # htmx shows no answer that is an error: the sentences would be lost.
    is_htmx = request.headers.get("HX-Request")
    return HTTPStatus.OK if is_htmx else HTTPStatus.UNPROCESSABLE_ENTITY


def _confirm(request: HttpRequest, draft: Draft, *, status: int = HTTPStatus.OK) -> HttpResponse:
    """A list as it was understood, before anything is spent."""
    listed = draft.listed
    page = {
        "listed": listed,
        "facts": reading_facts(listed),
        "draft": draft,
        "bad_lines": _bad_lines(listed),
        "restored": queries.restored_count(run=listed),
        "quote": _priced(draft) if listed.total and not draft.start.errors else None,
    }
    return render(request, "discovery/lists/confirm.html", {"page": page}, status=status)


def _bad_lines(listed: Run) -> Sequence[RunLine]:
    return list(queries.bad_lines(run=listed)) if listed.bad else ()


def _priced(draft: Draft) -> Quote | None:
    try:
        profile, marketplace = draft.start.chosen()
    except UnknownProfile:
        return None
    return quote_list(run=draft.listed, profile=profile, marketplace=marketplace)


def _mine(request: HttpRequest, run_id: UUID) -> Run:
    return watched_run(request, run_id, Run.Kind.LIST)
