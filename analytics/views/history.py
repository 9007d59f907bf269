"""Historique: what was asked, what it cost, and what that teaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analytics.activity import ActivityLine, activity_lines, niches_asked
from analytics.charts import Chart, hour_label, hours_chart, ratio_chart, tokens_chart
from analytics.insights import (
    DEFAULT_DAYS,
    PERIODS,
    Activity,
    AnswerKind,
    CategoryInsight,
    Grain,
    HistoryFilter,
    HourTotals,
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
from discovery.accounts.members import signed_in
from discovery.keepa.categories.stored import category_names
from discovery.runs.queries import repeated_questions
from discovery.text import formats
from discovery.text.conditions import category_label

PAGE_SIZE = 25
CATEGORIES_SHOWN = 8
HOURS_SHOWN = 5


# A filter of the list: its name in the address, its label, what it offers, and what is chosen.
Select = tuple[str, str, Sequence[tuple[Any, Any]], str]
CHART_TITLES = {
    Grain.DAY: gettext_noop("Day by day"),
    Grain.WEEK: gettext_noop("Week by week"),
    Grain.MONTH: gettext_noop("Month by month"),
}


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """What the page shows; with ``is_cut``, of the latest searches only.

    ``categories`` come with their names, the most searched first. ``ratio`` is left out when the
    list holds one kind of answer only: it would say nothing.
    """

    selects: tuple[Select, ...]
    is_filtered: bool
    is_cut: bool
    rows: tuple[ActivityLine, ...]
    page: Page[SearchHistory]
    categories: list[tuple[str, CategoryInsight]]
    hours: Chart
    ratio: Chart | None
    tokens: Chart
    chart_title: str
    best_hours: list[HourTotals]
    best_roi: str


class CountedSearches(Sequence[SearchHistory]):
    """What the paginator cuts its pages from: rows that were counted already, read page by page."""

    def __init__(self, rows: QuerySet[SearchHistory], total: int) -> None:
        self.rows = rows
        self.total = total

    def __len__(self) -> int:
        return self.total

    @overload
    def __getitem__(self, index: int) -> SearchHistory: ...
    @overload
    def __getitem__(self, index: slice) -> list[SearchHistory]: ...
    def __getitem__(self, index: int | slice) -> SearchHistory | list[SearchHistory]:
        if isinstance(index, int):
            return self[index : index + 1][0]
        start, stop, _step = index.indices(self.total)
        return page_of_searches(rows=self.rows, start=start, stop=stop)


@never_cache
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """The user's searches: ``?kind=&source=&answer=&days=&page=``; unknown values mean all."""
    user, now = signed_in(request), timezone.now()
    chosen = _chosen(request)
    latest = latest_searches(rows=searches_of(user_id=str(user.pk), chosen=chosen, now=now))
    found = activity(rows=latest.rows)
    searches = CountedSearches(latest.rows, found.total)
    page = Paginator(searches, PAGE_SIZE).get_page(request.GET.get("page", "1"))
    rows = list(page)
    repeated = repeated_questions(owner=user, filters=niches_asked(rows))
    grain, totals = periods(found=found, days=chosen.days, now=now)
    context = HistoryPage(
        selects=_selects(chosen),
        is_filtered=chosen != HistoryFilter(),
        is_cut=latest.is_cut,
        rows=activity_lines(rows, repeated=repeated),
        page=page,
        categories=_named(popular_categories(rows=latest.rows, most=CATEGORIES_SHOWN)),
        hours=hours_chart(found.hours),
        ratio=None if chosen.answer else ratio_chart(totals, grain),
        tokens=tokens_chart(totals, grain),
        chart_title=_(CHART_TITLES[grain]),
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
        answer=_known(asked.get("answer", ""), list(AnswerKind)),
        days=int(days) if days in known_days else DEFAULT_DAYS,
    )


def _known(value: str, values: list[str] | list[AnswerKind]) -> str:
    return value if value in values else ""


def _selects(chosen: HistoryFilter) -> tuple[Select, ...]:
    periods = [(str(days), _period(days)) for days in PERIODS] + [("0", _("Since the beginning"))]
    answers = [
        (AnswerKind.FREE.value, _("From the cache")),
        (AnswerKind.PAID.value, _("Asked Keepa")),
    ]
    everything = ("", _("All"))
    kinds, sources = SearchHistory.SearchType.choices, SearchHistory.Source.choices
    return (
        ("days", _("Period"), periods, str(chosen.days)),
        ("kind", _("Kind"), [everything, *kinds], chosen.search_type),
        ("source", _("From where"), [everything, *sources], chosen.source),
        ("answer", _("Answer"), [everything, *answers], chosen.answer),
    )


def _period(days: int) -> str:
    text = ngettext("%(count)s day", "%(count)s days", days)
    return text % {"count": formats.number(days)}


def _best_roi(found: Activity) -> str:
    best = best_roi(found=found)
    if best is None:
        return ""
    text = ngettext(
        "Best mean ROI: %(roi)s at %(hour)s, over %(count)s search.",
        "Best mean ROI: %(roi)s at %(hour)s, over %(count)s searches.",
        best.with_roi,
    )
    return text % {
        "roi": formats.percent(best.mean_roi),
        "hour": hour_label(best.hour),
        "count": formats.number(best.with_roi),
    }


def _named(found: list[CategoryInsight]) -> list[tuple[str, CategoryInsight]]:
    names = category_names(filters=[{"root_categories": [line.category_id]} for line in found])
    return [(category_label(line.marketplace, line.category_id, names), line) for line in found]
