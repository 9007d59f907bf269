"""What the pages of the lists print: every number formatted, every code in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.utils import timezone
from django.utils.translation import gettext as _

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.lists import queries
from discovery.lists.queries import Purchase
from discovery.lists.service import time_left
from discovery.lists.text import columns_text
from discovery.models import ListLine, ProductList
from discovery.pages.columns import Heading, headings, sorting
from discovery.pages.runs.views import Problem
from discovery.products.columns import Row, row_of
from discovery.runs import text as runs_text
from discovery.runs.worker import has_gone_silent
from discovery.scoring import Verdict
from discovery.text import conditions, formats

State = ProductList.State


@dataclass(frozen=True, slots=True)
class ListProgress:
    """The card of a list under way."""

    listed: ProductList
    title: str
    left: str
    wait: str
    can_resume: bool
    delay: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """Everything the page of one list shows once it was started."""

    listed: ProductList
    facts: tuple[str, ...]
    progress: ListProgress | None
    problem: Problem | None
    can_resume: bool
    purchase: Purchase
    currency: str
    total: int
    unknown: int
    unknown_lines: Sequence[ListLine]
    bad_lines: Sequence[ListLine]
    verdict: str
    counts: dict[Verdict, int]
    columns: dict[str, Heading]
    page: Page[ListLine]
    rows: tuple[Row, ...]


def facts_of(listed: ProductList) -> tuple[str, ...]:
    profile = (listed.profile.name,) if listed.profile else ()
    return (
        conditions.marketplace_label(listed.marketplace),
        *profile,
        columns_text(listed.columns),
    )


def bad_lines_of(listed: ProductList) -> list[ListLine]:
    return list(queries.bad_lines(listed=listed)) if listed.bad else []


def progress_of(listed: ProductList) -> ListProgress | None:
    """The card of a list that is queued, running or waiting; ``None`` for any other."""
    if not listed.is_active:
        return None
    now = timezone.now()
    left = time_left(listed)
    is_waiting = listed.state == State.WAITING
    titles = {
        State.QUEUED: _("Waiting for its turn"),
        State.RUNNING: _("Analysing the list"),
        State.WAITING: _("Waiting for Keepa"),
    }
    wait = ""
    if is_waiting and listed.resume_at is not None:
        wait = formats.wait(max((listed.resume_at - now).total_seconds(), 1))
    return ListProgress(
        listed=listed,
        title=titles[State(listed.state)],
        left=formats.duration(round(left.total_seconds()) * 1000) if left else "",
        wait=wait,
        can_resume=is_waiting or has_gone_silent(listed, now=now),
        delay="10s" if is_waiting else "2s",
    )


def list_page(listed: ProductList, *, asked: dict[str, str]) -> ListPage:
    """The page of a started list; ``asked`` holds ``sort``, ``dir``, ``verdict`` and ``page``."""
    counts, unknown = queries.counts_of(listed=listed)
    sort, descending = sorting("list", asked)
    verdict = asked.get("verdict", "")
    results = queries.results_of(listed=listed, sort=sort, descending=descending, verdict=verdict)
    page = queries.page_of_results(results=results, number=asked.get("page", "1"))
    return ListPage(
        listed=listed,
        facts=facts_of(listed),
        progress=progress_of(listed),
        problem=_problem(listed),
        can_resume=listed.is_resumable and not listed.is_active,
        purchase=queries.purchase_of(listed=listed),
        currency=currency_of(listed),
        total=sum(counts.values()),
        unknown=unknown,
        unknown_lines=list(queries.unknown_lines(listed=listed)) if unknown else (),
        bad_lines=bad_lines_of(listed),
        verdict=verdict,
        counts=counts,
        columns=headings("list", sort=sort, descending=descending),
        page=page,
        rows=tuple(row_of(line) for line in page),
    )


def currency_of(listed: ProductList) -> str:
    return MARKETPLACES[listed.marketplace].currency


def _problem(listed: ProductList) -> Problem | None:
    failure: dict[str, Any] = listed.failure or {}
    if not failure:
        return None
    text = runs_text.problem_text(str(failure.get("code")))
    if listed.state == State.FAILED:
        return Problem(_("The analysis stopped before its end."), text, "", "error")
    if listed.state == State.WAITING:
        retry = _("It goes on by itself at %(moment)s.") % {
            "moment": formats.when(listed.resume_at)
        }
        return Problem(_("The analysis is waiting."), text, retry, "warning")
    return None
