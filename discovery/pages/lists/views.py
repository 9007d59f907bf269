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
from discovery.lists.service import create_list, start_list
from discovery.lists.text import columns_text
from discovery.models import Run, RunLine
from discovery.pages.choices import default_marketplace
from discovery.pages.lists.forms import ListForm, StartForm
from discovery.pages.runs.progress import ProgressCard, progress_of, watched_run
from discovery.pages.runs.results import Results, results
from discovery.pages.runs.summary import Problem, problem_of
from discovery.profiles.service import UnknownProfile
from discovery.runs import queries
from discovery.runs.queries import Purchase
from discovery.runs.service import delete_run
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
    return _page(request, ListForm())


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Keep the list as it was read and ask its owner to confirm it. Spends nothing."""
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid() or form.read is None:
        is_large = form.has_error("file", "too_large") or form.has_error("text", "too_large")
        code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if is_large else HTTPStatus.UNPROCESSABLE_ENTITY
        return _page(request, form, status=code)
    return redirect(
        create_list(
            owner=signed_in(request),
            name=form.name,
            read=form.read,
            marketplace=default_marketplace(),
        )
    )


@never_cache
@require_safe
def show(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """A list to confirm, under way or done: ``?sort=&dir=&verdict=&page=``."""
    listed = _mine(request, run_id)
    if listed.state == Run.State.DRAFT:
        return _confirm(request, listed, StartForm(user=signed_in(request), listed=listed))
    table = results(request, listed)
    profile = (listed.profile.name,) if listed.profile else ()
    page = ListPage(
        listed=listed,
        facts=(
            conditions.marketplace_label(listed.marketplace),
            *profile,
            columns_text(listed.columns),
        ),
        progress=progress_of(listed),
        problem=problem_of(listed, scored=table.total),
        is_comparable=queries.is_comparable(run=listed),
        purchase=queries.purchase_of(run=listed),
        results=table,
        unknown_lines=list(queries.unknown_lines(run=listed)) if table.unknown else (),
        bad_lines=_bad_lines(listed),
        codes_to_ask=queries.codes_to_ask(run=listed) if table.unknown else 0,
    )
    return render(request, "discovery/lists/list.html", {"page": page})


@never_cache
@require_safe
def quote(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What the list would cost with the marketplace and profile chosen; nothing for nonsense."""
    listed = _mine(request, run_id)
    form = StartForm(request.GET, user=signed_in(request), listed=listed)
    priced = _priced(listed, form) if form.is_valid() else None
    return render(request, "discovery/lists/quote.html", {"quote": priced, "form": form})


@require_POST
def start(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Start the analysis of a confirmed list."""
    listed = _mine(request, run_id)
    if listed.state != Run.State.DRAFT or not listed.total:
        return redirect(listed)
    form = StartForm(request.POST, user=signed_in(request), listed=listed)
    if not form.is_valid():
        return _confirm(request, listed, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    profile, marketplace = form.chosen()
    return redirect(start_list(run=listed, profile=profile, marketplace=marketplace))


@require_POST
def delete(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Remove a list and its results; the products stay known."""
    listed = _mine(request, run_id)
    delete_run(run=listed)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": listed.name})
    return redirect("discovery:lists")


def _page(request: HttpRequest, form: ListForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    kept = queries.page_of_lists(owner=signed_in(request), number=request.GET.get("page", "1"))
    context = {"form": form, "page": kept}
    return render(request, "discovery/lists/lists.html", {"page": context}, status=status)


def _confirm(
    request: HttpRequest, listed: Run, form: StartForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """A list as it was understood, before anything is spent."""
    page = {
        "listed": listed,
        "columns": columns_text(listed.columns),
        "bad_lines": _bad_lines(listed),
        "restored": queries.restored_count(run=listed),
        "form": form,
        "quote": _priced(listed, form) if listed.total and not form.errors else None,
    }
    return render(request, "discovery/lists/confirm.html", {"page": page}, status=status)


def _bad_lines(listed: Run) -> Sequence[RunLine]:
    return list(queries.bad_lines(run=listed)) if listed.bad else ()


def _priced(listed: Run, form: StartForm) -> Quote | None:
    try:
        profile, marketplace = form.chosen()
    except UnknownProfile:
        return None
    return quote_list(run=listed, profile=profile, marketplace=marketplace)


def _mine(request: HttpRequest, run_id: UUID) -> Run:
    return watched_run(request, run_id, Run.Kind.LIST)
