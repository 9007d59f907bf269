"""A search: its progress, its ranked answer, the same question again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.accounts.members import signed_in
from discovery.keepa.categories import stored
from discovery.keepa.errors import InvalidFilters, KeepaError
from discovery.models import Run
from discovery.pages.runs.progress import ProgressCard, progress_of, read_run
from discovery.pages.runs.results import Results, results
from discovery.profiles.service import UnknownProfile
from discovery.profiles.text import profile_facts
from discovery.runs import queries
from discovery.runs import text as runs_text
from discovery.runs.outcome_text import (
    Answer,
    Labelled,
    Problem,
    answer_of,
    left_out_of,
    obstacles_of,
    problem_of,
    stages_of,
)
from discovery.runs.service import repeat_search
from discovery.search.failures import sentence_of
from discovery.text import conditions

THIN = 0.1  # with fewer buys than this share, an answer is explained


@dataclass(frozen=True, slots=True)
class RunPage:
    """Everything the page of one search shows."""

    run: Run
    title: str
    facts: tuple[str, ...]
    progress: ProgressCard | None = None
    is_comparable: bool = False
    answer: Answer | None = None
    problem: Problem | None = None
    stages: Labelled = ()
    left_out: str = ""
    obstacles: Labelled = ()
    results: Results | None = None


@never_cache
@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The progress of a search, or its results: ``?sort=&dir=&verdict=&page=``."""
    found = read_run(request, run_id, Run.Kind.SEARCH)
    names = stored.category_names(filters=[found.filters])
    title = runs_text.run_title(found, names)
    phrases = conditions.filters_in_words(found.filters, names)
    facts = (*phrases, *profile_facts(found.profile))
    if not found.is_finished:
        table = results(request, found) if queries.has_results(run=found) else None
        page = RunPage(
            found,
            title,
            facts,
            progress=progress_of(found),
            results=table,
        )
    else:
        table = results(request, found)
        page = RunPage(
            run=found,
            title=title,
            facts=facts,
            is_comparable=queries.is_comparable(run=found, user=signed_in(request)),
            answer=answer_of(found, table.counts),
            problem=problem_of(found, scored=table.total),
            stages=stages_of(found),
            left_out=left_out_of(found),
            obstacles=obstacles_of(found) if table.buys <= table.total * THIN else (),
            results=table,
        )
    return render(request, "discovery/runs/run.html", {"page": page})


@require_POST
def rerun(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask the same question again, with the profile as it is now."""
    user = signed_in(request)
    before = queries.run_of(owner=user, run_id=run_id, kind=Run.Kind.SEARCH)
    try:
        again = repeat_search(run=before, owner=user)
    except (InvalidFilters, KeepaError, UnknownProfile) as error:
        messages.error(request, sentence_of(error))
        return redirect(before)
    return redirect(again)
