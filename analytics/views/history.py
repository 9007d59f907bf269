"""Historique: what was asked, what it cost, and what that teaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

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
    periods,
    popular_categories,
    searches_of,
)
from analytics.models import SearchHistory
from discovery import formats, queries, wording

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
    """``ratio`` is left out when the list holds one kind of answer only: it would say nothing."""

    selects: tuple[Select, ...]
    is_filtered: bool
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


if TYPE_CHECKING:
    SearchPaginator = Paginator[SearchHistory]
else:
    SearchPaginator = Paginator


class CountedPaginator(SearchPaginator):
    """Pages of rows that were counted already: counting a million again would take longer."""

    def __init__(self, rows: QuerySet[SearchHistory], per_page: int, *, total: int) -> None:
        super().__init__(rows, per_page)
        self.total = total

    @property
    def count(self) -> int:
        return self.total


@never_cache
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """The user's searches: ``?kind=&source=&answer=&days=&page=``; unknown values mean all."""
    user = cast(AbstractBaseUser, request.user)
    now = timezone.now()
    chosen = _chosen(request)
    found = searches_of(user_id=str(user.pk), chosen=chosen, now=now)
    told = activity(rows=found)
    page = CountedPaginator(found, PAGE_SIZE, total=told.total).get_page(request.GET.get("page"))
    rows = list(page)
    repeated = queries.repeated_questions(owner=user, filters=niches_asked(rows))
    categories = _categories(popular_categories(rows=found, most=CATEGORIES_SHOWN))
    grain, totals = periods(found=told, days=chosen.days, now=now)
    context = HistoryPage(
        selects=_selects(chosen),
        is_filtered=chosen != HistoryFilter(),
        rows=activity_lines(rows, repeated=repeated),
        page=page,
        categories=categories,
        most_searches=max((line.searches for line in categories), default=1),
        hours=hours_chart(told.hours),
        ratio=None if chosen.answer else ratio_chart(totals, grain),
        tokens=tokens_chart(totals, grain),
        chart_title=_chart_title(grain),
        best_hours=tuple(_hour_line(one) for one in best_hours(found=told, most=HOURS_SHOWN)),
        best_roi=_best_roi(told),
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


def _best_roi(told: Activity) -> str:
    best = best_roi(found=told)
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
    names = queries.category_names(filters=asked)
    return tuple(
        CategoryLine(
            label=wording.category_label(one.marketplace, one.category_id, names),
            market=wording.marketplace_label(one.marketplace),
            searches=one.searches,
            spent=one.tokens_spent,
            saved=one.tokens_saved,
            roi=formats.percent(one.average_roi),
        )
        for one in found
    )
