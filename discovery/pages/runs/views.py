"""A search under way, and its ranked answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.keepa.categories import stored
from discovery.keepa.finder import NicheFilters
from discovery.models import SearchResult, SearchRun
from discovery.pages.columns import Heading, headings, sorting
from discovery.pages.runs.filters import NarrowingPanel, read_narrowing
from discovery.products.columns import Row, row_of
from discovery.products.decisions import Marks, marks_of
from discovery.products.scored import CacheState
from discovery.profiles.service import active_profile
from discovery.runs import queries
from discovery.runs import text as runs_text
from discovery.runs.filters import narrowed
from discovery.runs.service import give_up_on_silent, request_cancel, seconds_left, start_run
from discovery.scoring import Verdict
from discovery.text import conditions, formats, reasons

THIN = 0.1  # with fewer buys than this share, an answer is explained
OBSTACLES_SHOWN = 6
EAGER = timedelta(seconds=15)  # how long the page asks often, before it slows down


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the answer came from and what it brought."""

    label: str
    text: str
    icon: str
    tone: str
    duration: int | None
    yield_text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, and when to try again; ``tone`` is error or warning."""

    title: str
    text: str
    retry: str
    tone: str


@dataclass(frozen=True, slots=True)
class StageLine:
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What kept so many products from being a buy."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class RunPage:
    """Everything the page of one search shows."""

    run: SearchRun
    title: str
    facts: tuple[str, ...]
    is_comparable: bool = False
    answer: Answer | None = None
    problem: Problem | None = None
    stages: tuple[StageLine, ...] = ()
    left_out: str = ""
    obstacles: tuple[Obstacle, ...] = ()
    total: int = 0
    verdict: str = ""
    counts: dict[Verdict, int] = field(default_factory=dict)
    columns: dict[str, Heading] = field(default_factory=dict)
    page: Page[SearchResult] | None = None
    rows: tuple[Row, ...] = ()
    narrowing: NarrowingPanel | None = None
    marks: Marks | None = None
    selection: str = ""


@never_cache
@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The progress of a search, or its results: ``?sort=&dir=&verdict=&page=``."""
    found = _current(request, run_id)
    page = _finished(request, found) if found.is_finished else RunPage(found, *_asked(found))
    return render(request, "discovery/runs/run.html", {"page": page})


@never_cache
@require_safe
def progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The progress card alone; once the search has ended, an order to load the page again."""
    found = _current(request, run_id)
    if found.is_finished:
        return HttpResponse(headers={"HX-Refresh": "true"})
    is_young = timezone.now() - found.created_at < EAGER
    left = seconds_left(found, now=timezone.now())
    context = {
        "run": found,
        "delay": "700ms" if is_young else "2s",
        "time_left": formats.wait(left) if left is not None else "",
    }
    return render(request, "discovery/runs/progress.html", context)


@require_POST
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Stop after the batch under way."""
    queries.run_of(owner=_user(request), run_id=run_id)
    if not request_cancel(run_id=run_id, owner=_user(request)):
        messages.info(request, _("This search had already ended."))
    return redirect("discovery:run", run_id=run_id)


@require_POST
def rerun(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask the same question again, with the profile as it is now."""
    user = _user(request)
    before = queries.run_of(owner=user, run_id=run_id)
    again = start_run(
        owner=user,
        filters=NicheFilters.from_canonical(before.filters),
        profile=active_profile(slug=before.profile.slug if before.profile else None, user=user),
        max_results=before.max_results,
        niche=before.niche,
    )
    return redirect("discovery:run", run_id=again.pk)


def _current(request: HttpRequest, run_id: UUID) -> SearchRun:
    found = queries.run_of(owner=_user(request), run_id=run_id)
    if not found.is_finished and give_up_on_silent(run_id=run_id, now=timezone.now()):
        found.refresh_from_db(fields=["state", "failure", "finished_at"])
    return found


def _asked(found: SearchRun) -> tuple[str, tuple[str, ...]]:
    names = stored.category_names(filters=[found.filters])
    phrases = conditions.filters_in_words(found.filters, names)
    profile = (found.profile.name,) if found.profile else ()
    return runs_text.run_title(found, names), (*phrases, *profile)


def _finished(request: HttpRequest, found: SearchRun) -> RunPage:
    title, facts = _asked(found)
    counts = queries.verdict_counts(run=found)
    total = sum(counts.values())
    outcome: dict[str, Any] = found.outcome or {}
    sort, descending = sorting("search", request.GET)
    verdict = request.GET.get("verdict", "")
    panel = read_narrowing(request.GET)
    results = queries.results_of(run=found, sort=sort, descending=descending, verdict=verdict)
    page = queries.page_of_results(
        results=narrowed(results, panel.asked, run=found), number=request.GET.get("page", "1")
    )
    shown = [result.asin for result in page]
    marks = marks_of(owner=_user(request), marketplace=found.filters["marketplace"], asins=shown)
    picks = counts[Verdict.STRONG_BUY] + counts[Verdict.BUY]
    return RunPage(
        run=found,
        title=title,
        facts=facts,
        is_comparable=_is_comparable(found),
        answer=_answer(found, outcome, picks=picks),
        problem=_problem(found, outcome, total=total),
        stages=_stages(outcome),
        left_out=_left_out(outcome),
        obstacles=_obstacles(outcome) if picks <= total * THIN else (),
        total=total,
        verdict=verdict,
        counts=counts,
        columns=headings("search", sort=sort, descending=descending),
        page=page,
        rows=tuple(row_of(result) for result in page),
        narrowing=panel,
        marks=marks,
        selection=f"{reverse('discovery:selection', args=[found.pk])}?{request.GET.urlencode()}",
    )


def _is_comparable(found: SearchRun) -> bool:
    return found.state == SearchRun.State.DONE and queries.earlier_runs(run=found).exists()


def _answer(found: SearchRun, outcome: dict[str, Any], *, picks: int) -> Answer | None:
    if "cache" not in outcome:
        return None
    listed = CacheState(outcome.get("discovery_cache") or outcome["cache"])
    # A list from the cache whose products had to be bought is not an answer from the cache.
    state = CacheState(outcome["cache"])
    icon, tone = runs_text.CACHE_ICONS[state]
    asked_at = _moment(outcome.get("discovered_at"))
    ended = found.finished_at or timezone.now()
    return Answer(
        label=runs_text.cache_label(state),
        text=runs_text.cache_text(listed, ended - asked_at) if asked_at else "",
        icon=icon,
        tone=tone,
        duration=outcome.get("duration_ms"),
        yield_text=runs_text.yield_text(picks=picks, tokens_spent=found.tokens_spent),
    )


def _problem(found: SearchRun, outcome: dict[str, Any], *, total: int) -> Problem | None:
    failure = found.failure
    if not failure:
        return None
    text = runs_text.problem_text(str(failure.get("code")))
    retry = runs_text.retry_text(_seconds_left(failure))
    if found.state == SearchRun.State.FAILED:
        return Problem(_("This search could not be made."), text, retry, "error")
    if CacheState.STALE in {outcome.get("cache"), outcome.get("discovery_cache")}:
        return Problem(_("This answer is out of date."), text, retry, "warning")
    missing = max(found.max_results - total, 0)
    title = ngettext(
        "This answer is incomplete: up to %(count)s product is missing.",
        "This answer is incomplete: up to %(count)s products are missing.",
        missing,
    )
    return Problem(title % {"count": formats.number(missing)}, text, retry, "warning")


def _seconds_left(failure: dict[str, Any]) -> float | None:
    after, at = failure.get("retry_after"), _moment(failure.get("at"))
    if after is None or at is None:
        return after
    return float(after) - (timezone.now() - at).total_seconds()


def _stages(outcome: dict[str, Any]) -> tuple[StageLine, ...]:
    return tuple(
        StageLine(
            label=runs_text.stage_label(stage["name"]),
            text=runs_text.stage_text(
                items=stage["items"],
                tokens_spent=stage["tokens_spent"],
                survivors=stage["survivors"],
            ),
        )
        for stage in outcome.get("stages", ())
    )


def _obstacles(outcome: dict[str, Any]) -> tuple[Obstacle, ...]:
    # Stored as jsonb, which keeps no order.
    counted = sorted((outcome.get("obstacles") or {}).items(), key=lambda one: -one[1])
    return tuple(Obstacle(reasons.obstacle_label(key), count) for key, count in counted)[
        :OBSTACLES_SHOWN
    ]


def _left_out(outcome: dict[str, Any]) -> str:
    sentences = []
    if unusable := len(outcome.get("unusable", ())):
        text = ngettext(
            "Keepa has no data for %(count)s product.",
            "Keepa has no data for %(count)s products.",
            unusable,
        )
        sentences.append(text % {"count": formats.number(unusable)})
    if undecodable := len(outcome.get("undecodable", ())):
        text = ngettext(
            "The data of %(count)s product could not be read.",
            "The data of %(count)s products could not be read.",
            undecodable,
        )
        sentences.append(text % {"count": formats.number(undecodable)})
    return " ".join(sentences)


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


def _user(request: HttpRequest) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)  # the middleware lets nobody else in
