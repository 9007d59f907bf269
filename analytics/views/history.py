"""Historique: what was asked, what it cost, and what that shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analytics import insights
from analytics.activity import ActivityLine, activity_lines, kept_of, niches_asked
from analytics.charts import Chart, hour_label, hours_chart, ratio_chart, tokens_chart
from analytics.insights import (
    DEFAULT_DAYS,
    PERIODS,
    Activity,
    AnswerKind,
    HistoryFilter,
    Totals,
    activity,
    best_hours,
    best_roi,
    latest_searches,
    page_of_searches,
    periods,
    popular_categories,
    searches_of,
)
from analytics.models import SearchHistory
from analytics.receivers import gatherer
from discovery.accounts.members import signed_in
from discovery.keepa.categories.stored import category_names
from discovery.paging import PAGE_SIZE
from discovery.runs.queries import repeated_questions
from discovery.text import formats
from discovery.text.conditions import category_label

CATEGORIES_SHOWN = 8
HOURS_SHOWN = 5

# A filter of the list: its name in the address, its label, what it offers, and what is chosen.
Select = tuple[str, str, Sequence[tuple[Any, Any]], str]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """What the page shows; with ``is_cut``, of the latest ``most`` searches only.

    ``categories`` are name, marketplace and totals, the most searched first; ``best_hours`` an
    hour of the day and its totals. ``ratio`` is left out when the list holds one kind of answer
    only: it would say nothing.
    """

    selects: tuple[Select, ...]
    is_filtered: bool
    is_cut: bool
    is_narrowed: bool
    most: int
    rows: tuple[ActivityLine, ...]
    page: Page[SearchHistory]
    categories: list[tuple[str, str, Totals]]
    hours: Chart
    ratio: Chart | None
    tokens: Chart
    chart_title: str
    best_hours: list[tuple[int, Totals]]
    best_roi: str


class HistoryPaginator(Paginator):  # type: ignore[type-arg]
    """Cuts pages from rows that were counted already, and reads each page by its keys."""

    def __init__(self, rows: QuerySet[SearchHistory], total: int) -> None:
        super().__init__(rows, PAGE_SIZE)
        self.rows = rows
        self.count = total

    def page(self, number: int | str) -> Page[SearchHistory]:
        """The page of this number. Raises ``django.core.paginator.InvalidPage`` without one."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        found = page_of_searches(rows=self.rows, start=start, stop=start + self.per_page)
        return Page(found, number, self)


@never_cache
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """The user's searches: ``?kind=&source=&answer=&days=&page=``; unknown values mean all."""
    gatherer.flush()
    user, now = signed_in(request), timezone.now()
    chosen = _chosen(request)
    latest, is_cut = latest_searches(
        rows=searches_of(user_id=str(user.pk), chosen=chosen, now=now),
        among=searches_of(user_id=str(user.pk), chosen=chosen.of_all_kinds, now=now),
    )
    found = activity(rows=latest)
    page = HistoryPaginator(latest, found.total).get_page(request.GET.get("page", "1"))
    rows = list(page)
    repeated = repeated_questions(owner=user, filters=niches_asked(rows))
    grain, totals = periods(found=found, days=chosen.days, now=now)
    context = HistoryPage(
        selects=_selects(chosen),
        is_filtered=chosen != HistoryFilter(),
        is_cut=is_cut,
        is_narrowed=chosen != chosen.of_all_kinds,
        most=insights.MOST_SEARCHES,
        rows=activity_lines(rows, repeated=repeated, kept=kept_of(rows, owner=user)),
        page=page,
        categories=_named(popular_categories(rows=latest, most=CATEGORIES_SHOWN)),
        hours=hours_chart(found.hours),
        ratio=None if chosen.answer else ratio_chart(totals, grain),
        tokens=tokens_chart(totals, grain),
        chart_title=str(grain.label),
        best_hours=best_hours(found=found, most=HOURS_SHOWN),
        best_roi=_best_roi(found),
    )
    return render(request, "analytics/history.html", {"page": context})


def _chosen(request: HttpRequest) -> HistoryFilter:
    asked = request.GET
    days = asked.get("days", "")
    known_days = {str(known) for known in (*PERIODS, 0)}
    return HistoryFilter(
        search_type=_known(asked.get("kind", ""), SearchHistory.SearchType.values),
        source=_known(asked.get("source", ""), SearchHistory.Source.values),
        answer=_known(asked.get("answer", ""), AnswerKind.values),
        days=int(days) if days in known_days else DEFAULT_DAYS,
    )


def _known(value: str, values: list[str]) -> str:
    return value if value in values else ""


def _selects(chosen: HistoryFilter) -> tuple[Select, ...]:
    periods = [(str(days), _period(days)) for days in PERIODS] + [("0", _("Since the beginning"))]
    everything = ("", _("All"))
    kinds, sources = SearchHistory.SearchType.choices, SearchHistory.Source.choices
    return (
        ("days", _("Period"), periods, str(chosen.days)),
        ("kind", _("Kind"), [everything, *kinds], chosen.search_type),
        ("source", _("From where"), [everything, *sources], chosen.source),
        ("answer", _("Answer"), [everything, *AnswerKind.choices], chosen.answer),
    )


def _period(days: int) -> str:
    text = ngettext("%(count)s day", "%(count)s days", days)
    return text % {"count": formats.number(days)}


def _best_roi(found: Activity) -> str:
    best = best_roi(found=found)
    if best is None:
        return ""
    hour, totals = best
    text = ngettext(
        "Best mean ROI: %(roi)s at %(hour)s, over %(count)s search.",
        "Best mean ROI: %(roi)s at %(hour)s, over %(count)s searches.",
        totals.with_roi,
    )
    return text % {
        "roi": formats.percent(totals.mean_roi),
        "hour": hour_label(hour),
        "count": formats.number(totals.with_roi),
    }


def _named(found: list[tuple[str, int, Totals]]) -> list[tuple[str, str, Totals]]:
    names = category_names(filters=[{"root_categories": [category]} for _, category, _ in found])
    return [
        (category_label(marketplace, category, names), marketplace, totals)
        for marketplace, category, totals in found
    ]
