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
from discovery.lists import queries
from discovery.lists.queries import Purchase
from discovery.lists.service import time_left
from discovery.lists.text import bad_line_text, columns_text, list_state_label, unknown_line_text
from discovery.models import ListLine, ProductList
from discovery.pages.columns import Heading, VerdictFilter, headings, sorting, verdict_filters
from discovery.pages.runs.views import Problem
from discovery.products.columns import Row, row_of
from discovery.runs import text as runs_text
from discovery.runs.worker import has_gone_silent
from discovery.text import conditions, formats

State = ProductList.State


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
    sums: Sums
    total: int
    unknown: int
    unknown_lines: tuple[PlainLine, ...]
    bad_lines: tuple[PlainLine, ...]
    verdict: str
    filters: tuple[VerdictFilter, ...]
    columns: dict[str, Heading]
    page: Page[ListLine]
    rows: tuple[Row, ...]


def list_links(lists: Page[ProductList]) -> tuple[ListLink, ...]:
    return tuple(
        ListLink(
            pk=one.pk,
            name=one.name,
            created_at=one.created_at,
            state=list_state_label(one.state),
            done=one.done,
            total=one.total,
            bad=one.bad,
            tokens_spent=one.tokens_spent,
        )
        for one in lists
    )


def facts_of(listed: ProductList) -> tuple[str, ...]:
    profile = (listed.profile.name,) if listed.profile else ()
    return (
        conditions.marketplace_label(listed.marketplace),
        *profile,
        columns_text(listed.columns),
    )


def bad_lines_of(listed: ProductList) -> tuple[PlainLine, ...]:
    if not listed.bad:
        return ()
    return tuple(
        PlainLine(line.number, line.text, bad_line_text(line.reason, line.value))
        for line in queries.bad_lines(listed=listed)
    )


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
        sums=_sums(queries.purchase_of(listed=listed), currency_of(listed)),
        total=sum(counts.values()),
        unknown=unknown,
        unknown_lines=_unknown_lines(listed) if unknown else (),
        bad_lines=bad_lines_of(listed),
        verdict=verdict,
        filters=verdict_filters(counts, verdict),
        columns=headings("list", sort=sort, descending=descending),
        page=page,
        rows=tuple(row_of(line) for line in page),
    )


def currency_of(listed: ProductList) -> str:
    return MARKETPLACES[listed.marketplace].currency


def _unknown_lines(listed: ProductList) -> tuple[PlainLine, ...]:
    return tuple(
        PlainLine(line.number, line.text, unknown_line_text(line.reason))
        for line in queries.unknown_lines(listed=listed)
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
