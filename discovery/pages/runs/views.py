"""A search under way, and its ranked answer."""

from __future__ import annotations

from dataclasses import dataclass
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
from discovery.models import Run, RunLine
from discovery.pages.columns import (
    Column,
    ResultRow,
    VerdictFilter,
    columns,
    result_row,
    sorting,
    verdict_filters,
)
from discovery.pages.runs.filters import NarrowingPanel, read_narrowing
from discovery.products.decisions import Marks, marks_of
from discovery.products.scored import CacheState
from discovery.profiles.service import active_profile
from discovery.runs import queries
from discovery.runs import text as runs_text
from discovery.runs.filters import narrowed
from discovery.runs.service import cancel_run, look_after, start_search, time_left
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

    run: Run
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
    filters: tuple[VerdictFilter, ...] = ()
    columns: tuple[Column, ...] = ()
    page: Page[RunLine] | None = None
    rows: tuple[ResultRow, ...] = ()
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
    left = time_left(found)
    context = {
        "run": found,
        "delay": "700ms" if is_young else "2s",
        "time_left": formats.wait(left.total_seconds()) if left is not None else "",
    }
    return render(request, "discovery/runs/progress.html", context)


@require_POST
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Stop after the batch under way."""
    if not cancel_run(run=_mine(request, run_id)):
        messages.info(request, _("This search had already ended."))
    return redirect("discovery:run", run_id=run_id)


@require_POST
def rerun(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask the same question again, with the profile as it is now."""
    user = _user(request)
    before = _mine(request, run_id)
    again = start_search(
        owner=user,
        filters=NicheFilters.from_canonical(before.filters),
        profile=active_profile(slug=before.profile.slug if before.profile else None, user=user),
        max_results=before.max_results or before.total,
        niche=before.niche,
    )
    return redirect("discovery:run", run_id=again.pk)


def _current(request: HttpRequest, run_id: UUID) -> Run:
    found = _mine(request, run_id)
    look_after(run=found, now=timezone.now())
    return found


def _mine(request: HttpRequest, run_id: UUID) -> Run:
    return queries.run_of(owner=_user(request), run_id=run_id, kind=Run.Kind.SEARCH)


def _asked(found: Run) -> tuple[str, tuple[str, ...]]:
    names = stored.category_names(filters=[found.filters])
    phrases = conditions.filters_in_words(found.filters, names)
    profile = (found.profile.name,) if found.profile else ()
    return runs_text.run_title(found, names), (*phrases, *profile)


def _finished(request: HttpRequest, found: Run) -> RunPage:
    title, facts = _asked(found)
    counts, _unknown = queries.counts_of(run=found)
    total = sum(counts.values())
    outcome: dict[str, Any] = found.outcome or {}
    sort, descending = sorting(request.GET, sorts=queries.SORTS, best_first=queries.BEST_FIRST)
    verdict = request.GET.get("verdict", "")
    panel = read_narrowing(request.GET)
    results = queries.results_of(run=found, sort=sort, descending=descending, verdict=verdict)
    page = queries.page_of_results(
        results=narrowed(results, panel.asked, run=found), number=request.GET.get("page", "1")
    )
    shown = [result.asin for result in page]
    marks = marks_of(owner=_user(request), marketplace=found.marketplace, asins=shown)
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
        filters=verdict_filters(counts, verdict),
        columns=_columns(sort, descending=descending),
        page=page,
        rows=tuple(result_row(result) for result in page),
        narrowing=panel,
        marks=marks,
        selection=f"{reverse('discovery:selection', args=[found.pk])}?{request.GET.urlencode()}",
    )


def _is_comparable(found: Run) -> bool:
    return found.state == Run.State.DONE and queries.earlier_runs(run=found).exists()


def _columns(sort: str, *, descending: bool) -> tuple[Column, ...]:
    headings = (
        ("rank", "#", True),
        ("title", _("Product"), False),
        ("verdict", _("Verdict"), False),
        ("max_cost", _("Buy at most"), True),
        ("price", _("Price"), True),
        ("", _("Landed cost"), True),
        ("", _("Fees"), True),
        ("profit", _("Profit"), True),
        ("roi", _("ROI"), True),
        ("velocity", _("Velocity"), True),
        ("", _("Sales a month"), True),
        ("bsr", _("BSR"), True),
        ("", _("Offers"), True),
    )
    return columns(headings, sort=sort, descending=descending, best_first=queries.BEST_FIRST)


def _answer(found: Run, outcome: dict[str, Any], *, picks: int) -> Answer | None:
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


def _problem(found: Run, outcome: dict[str, Any], *, total: int) -> Problem | None:
    failure = found.failure
    if not failure:
        return None
    text = runs_text.problem_text(str(failure.get("code")))
    retry = runs_text.retry_text(_seconds_left(failure))
    if found.state == Run.State.FAILED:
        return Problem(_("This search could not be made."), text, retry, "error")
    if CacheState.STALE in {outcome.get("cache"), outcome.get("discovery_cache")}:
        return Problem(_("This answer is out of date."), text, retry, "warning")
    missing = max(found.total - total, 0)
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
