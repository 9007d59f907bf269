"""Historique: what was asked, what it cost, and what that teaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, overload

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
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
    page_of_searches,
    periods,
    popular_categories,
    searches_of,
    told,
)
from analytics.models import SearchHistory
from discovery.keepa.categories import stored
from discovery.runs import queries
from discovery.text import conditions, formats

PAGE_SIZE = 25
CATEGORIES_SHOWN = 8
HOURS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Select:
    """A filter of the list: its name in the address and what it offers."""

    name: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class CategoryLine:
    label: str
    market: str
    searches: int
    spent: int
    saved: int
    roi: str


@dataclass(frozen=True, slots=True)
class HourLine:
    """An hour of the day and what its searches brought; rates and means are formatted."""

    label: str
    searches: int
    strong_buys: int
    rate: str
    roi: str


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """What the page shows; with ``is_cut``, of the latest searches only.

    ``ratio`` is left out when the list holds one kind of answer only: it would say nothing.
    """

    selects: tuple[Select, ...]
    is_filtered: bool
    is_cut: bool
    rows: tuple[ActivityLine, ...]
    page: Page[SearchHistory]
    categories: tuple[CategoryLine, ...]
    most_searches: int
    hours: Chart
    ratio: Chart | None
    tokens: Chart
    chart_title: str
    best_hours: tuple[HourLine, ...]
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
    user = cast(AbstractBaseUser, request.user)
    now = timezone.now()
    chosen = _chosen(request)
    latest = told(rows=searches_of(user_id=str(user.pk), chosen=chosen, now=now))
    found = activity(rows=latest.rows)
    searches = CountedSearches(latest.rows, found.total)
    page = Paginator(searches, PAGE_SIZE).get_page(request.GET.get("page", "1"))
    rows = list(page)
    repeated = queries.repeated_questions(owner=user, filters=niches_asked(rows))
    categories = _categories(popular_categories(rows=latest.rows, most=CATEGORIES_SHOWN))
    grain, totals = periods(found=found, days=chosen.days, now=now)
    context = HistoryPage(
        selects=_selects(chosen),
        is_filtered=chosen != HistoryFilter(),
        is_cut=latest.is_cut,
        rows=activity_lines(rows, repeated=repeated),
        page=page,
        categories=categories,
        most_searches=max((line.searches for line in categories), default=1),
        hours=hours_chart(found.hours),
        ratio=None if chosen.answer else ratio_chart(totals, grain),
        tokens=tokens_chart(totals, grain),
        chart_title=_chart_title(grain),
        best_hours=tuple(_hour_line(one) for one in best_hours(found=found, most=HOURS_SHOWN)),
        best_roi=_best_roi(found),
    )
    return render(request, "analytics/history.html", {"page": context})


def _chosen(request: HttpRequest) -> HistoryFilter:
    asked = request.GET
    days = asked.get("days", "")
    known_days = {str(one) for one in (*PERIODS, 0)}
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
    offered = (
        ("days", _("Period"), periods, str(chosen.days)),
        ("kind", _("Kind"), [everything, *SearchHistory.SearchType.choices], chosen.search_type),
        ("source", _("From where"), [everything, *SearchHistory.Source.choices], chosen.source),
        ("answer", _("Answer"), [everything, *answers], chosen.answer),
    )
    return tuple(
        Select(
            name=name,
            label=label,
            choices=tuple(
                Choice(value, _capital(str(text)), value == current) for value, text in choices
            ),
        )
        for name, label, choices, current in offered
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _period(days: int) -> str:
    text = ngettext("%(count)s day", "%(count)s days", days)
    return text % {"count": formats.number(days)}


def _chart_title(grain: Grain) -> str:
    match grain:
        case Grain.DAY:
            return _("Day by day")
        case Grain.WEEK:
            return _("Week by week")
        case Grain.MONTH:
            return _("Month by month")


def _hour_line(one: HourTotals) -> HourLine:
    return HourLine(
        label=hour_label(one.hour),
        searches=one.searches,
        strong_buys=one.strong_buys,
        rate=formats.number(one.strong_buys / one.searches, 1),
        roi=formats.percent(one.mean_roi),
    )


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


def _categories(found: list[CategoryInsight]) -> tuple[CategoryLine, ...]:
    asked = [{"root_categories": [one.category_id]} for one in found]
    names = stored.category_names(filters=asked)
    return tuple(
        CategoryLine(
            label=conditions.category_label(one.marketplace, one.category_id, names),
            market=conditions.marketplace_label(one.marketplace),
            searches=one.searches,
            spent=one.tokens_spent,
            saved=one.tokens_saved,
            roi=formats.percent(one.average_roi),
        )
        for one in found
    )
