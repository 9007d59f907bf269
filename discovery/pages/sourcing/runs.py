"""One look of a job: its progress, what its source told, what it found and where to buy it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from discovery.accounts.members import signed_in
from discovery.keepa.categories.stored import category_names
from discovery.models import Run
from discovery.pages.runs.progress import ProgressCard, progress_of, read_run
from discovery.pages.runs.results import Results, results
from discovery.profiles.text import profile_facts
from discovery.runs import queries
from discovery.runs.outcome_text import Labelled, Problem, problem_of
from discovery.sourcing.job_text import criteria_words, given_up_text, steps_of, told_of
from discovery.sourcing.jobs import asked_filters
from discovery.text import formats


@dataclass(frozen=True, slots=True)
class SourcingRunPage:
    """Everything the page of a job's run shows; ``capped_until`` is when its daily cap ends."""

    run: Run
    facts: tuple[str, ...]
    progress: ProgressCard | None
    problem: Problem | None
    told: Labelled
    steps: Labelled
    capped_until: str
    is_comparable: bool
    results: Results | None


@never_cache
@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The progress of a run, or its results: ``?sort=&dir=&verdict=&page=``."""
    found = read_run(request, run_id, Run.Kind.SOURCING)
    table = results(request, found) if queries.has_results(run=found) else None
    job = found.job
    words = criteria_words(job, category_names(filters=[asked_filters(job)])) if job else []
    page = SourcingRunPage(
        run=found,
        facts=(*words, *profile_facts(found.profile)),
        progress=progress_of(found),
        problem=_problem_of(found, scored=table.total if table else 0),
        told=tuple(told_of(found.outcome)),
        steps=tuple(steps_of(found.outcome)),
        capped_until=_capped_until(found),
        is_comparable=queries.is_comparable(run=found, user=signed_in(request)),
        results=table,
    )
    return render(request, "discovery/sourcing/run.html", {"page": page})


def _problem_of(found: Run, *, scored: int) -> Problem | None:
    problem = problem_of(found, scored=scored)
    told = given_up_text(str((found.failure or {}).get("code")))
    return replace(problem, text=told) if problem and told else problem


def _capped_until(found: Run) -> str:
    told = (found.outcome or {}).get("capped_until")
    moment = parse_datetime(told) if isinstance(told, str) else None
    return formats.when(moment) if moment else ""
