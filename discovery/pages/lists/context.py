"""What the pages of the lists print: every number formatted, every code in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.paginator import Page
from django.utils import timezone
from django.utils.translation import gettext as _

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.lists.text import bad_line_text, columns_text, unknown_line_text
from discovery.models import Run, RunLine
from discovery.pages.columns import (
    Column,
    ResultRow,
    VerdictFilter,
    columns,
    row_of,
    sorting,
    verdict_filters,
)
from discovery.pages.runs.views import Problem
from discovery.products.scored import from_breakdown
from discovery.runs import queries
from discovery.runs import text as runs_text
from discovery.runs.queries import Purchase
from discovery.runs.queue import has_gone_silent
from discovery.runs.service import time_left
from discovery.text import conditions, formats

State = Run.State


@dataclass(frozen=True, slots=True)
class ListLink:
    """One of the user's lists, as the table of lists shows it."""

    pk: UUID
    name: str
    created_at: datetime
    state: str
    done: int
    total: int
    bad: int
    tokens_spent: int


@dataclass(frozen=True, slots=True)
class PlainLine:
    """A line without a score, and why."""

    number: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """A scored line: the product as everywhere, and what the list said of it."""

    row: ResultRow
    number: int
    also: tuple[int, ...]
    given: str
    quantity: str
    total: str


@dataclass(frozen=True, slots=True)
class Sums:
    """What buying the good lines takes and brings."""

    lines: int
    units: int
    investment: str
    profit: str
    roi: str


@dataclass(frozen=True, slots=True)
class ListProgress:
    """The card of a list under way."""

    listed: Run
    title: str
    left: str
    wait: str
    can_resume: bool
    delay: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """Everything the page of one list shows once it was started."""

    listed: Run
    facts: tuple[str, ...]
    progress: ListProgress | None
    problem: Problem | None
    can_resume: bool
    sums: Sums
    total: int
    unknown: int
    unknown_lines: tuple[PlainLine, ...]
    bad_lines: tuple[PlainLine, ...]
    verdict: str
    filters: tuple[VerdictFilter, ...]
    columns: tuple[Column, ...]
    page: Page[RunLine]
    rows: tuple[ListRow, ...]
    row_template: str = "discovery/lists/row.html"


def list_links(lists: Page[Run]) -> tuple[ListLink, ...]:
    return tuple(
        ListLink(
            pk=one.pk,
            name=one.name,
            created_at=one.created_at,
            state=one.get_state_display(),
            done=one.done,
            total=one.total,
            bad=one.bad,
            tokens_spent=one.tokens_spent,
        )
        for one in lists
    )


def facts_of(listed: Run) -> tuple[str, ...]:
    profile = (listed.profile.name,) if listed.profile else ()
    return (
        conditions.marketplace_label(listed.marketplace),
        *profile,
        columns_text(listed.columns),
    )


def bad_lines_of(listed: Run) -> tuple[PlainLine, ...]:
    if not listed.bad:
        return ()
    return tuple(
        PlainLine(line.number, line.text, bad_line_text(line.reason, line.value))
        for line in queries.bad_lines(run=listed)
    )


def progress_of(listed: Run) -> ListProgress | None:
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


def list_page(listed: Run, *, asked: dict[str, str]) -> ListPage:
    """The page of a started list; ``asked`` holds ``sort``, ``dir``, ``verdict`` and ``page``."""
    counts, unknown = queries.counts_of(run=listed)
    sort, descending = sorting(asked, sorts=queries.SORTS, best_first=queries.BEST_FIRST)
    verdict = asked.get("verdict", "")
    results = queries.results_of(run=listed, sort=sort, descending=descending, verdict=verdict)
    page = queries.page_of_results(results=results, number=asked.get("page", "1"))
    return ListPage(
        listed=listed,
        facts=facts_of(listed),
        progress=progress_of(listed),
        problem=_problem(listed),
        can_resume=listed.is_resumable and not listed.is_active,
        sums=_sums(queries.purchase_of(run=listed), currency_of(listed)),
        total=sum(counts.values()),
        unknown=unknown,
        unknown_lines=_unknown_lines(listed) if unknown else (),
        bad_lines=bad_lines_of(listed),
        verdict=verdict,
        filters=verdict_filters(counts, verdict),
        columns=_columns(sort, descending=descending),
        page=page,
        rows=tuple(_row(line) for line in page),
    )


def currency_of(listed: Run) -> str:
    return MARKETPLACES[listed.marketplace].currency


def _unknown_lines(listed: Run) -> tuple[PlainLine, ...]:
    return tuple(
        PlainLine(line.number, line.text, unknown_line_text(line.reason))
        for line in queries.unknown_lines(run=listed)
    )


def _row(line: RunLine) -> ListRow:
    card, score = from_breakdown(line.breakdown or {})
    units = line.quantity or 1
    return ListRow(
        row=row_of(card, score, position=line.number),
        number=line.number,
        also=tuple(line.also),
        given="" if line.text.upper() == line.asin else line.text,
        quantity=formats.number(line.quantity),
        total=formats.money(None if line.profit is None else line.profit * units, score.currency),
    )


def _sums(purchase: Purchase, currency: str) -> Sums:
    roi = 100 * purchase.profit / purchase.investment if purchase.investment else None
    return Sums(
        lines=purchase.lines,
        units=purchase.units,
        investment=formats.money(purchase.investment, currency),
        profit=formats.money(purchase.profit, currency),
        roi=formats.percent(None if roi is None else Decimal(roi)),
    )


def _problem(listed: Run) -> Problem | None:
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


def _columns(sort: str, *, descending: bool) -> tuple[Column, ...]:
    headings = (
        ("line", _("Line"), True),
        ("title", _("Product"), False),
        ("rank", _("Verdict"), False),
        ("max_cost", _("Buy at most"), True),
        ("price", _("Price"), True),
        ("cost", _("Landed cost"), True),
        ("", _("Fees"), True),
        ("profit", _("Profit"), True),
        ("roi", _("ROI"), True),
        ("quantity", _("Quantity"), True),
        ("total", _("Total profit"), True),
        ("velocity", _("Velocity"), True),
        ("bsr", _("BSR"), True),
    )
    return columns(headings, sort=sort, descending=descending, best_first=queries.BEST_FIRST)
