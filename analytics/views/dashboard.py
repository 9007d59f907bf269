"""The dashboard: can I search now, and is the cache earning its keep?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analytics.activity import ActivityLine, activity_lines
from analytics.alerts import alert_text
from analytics.cache_health import cache_health, search_counts_per_day
from analytics.charts import Chart, searches_chart
from analytics.figures import CURRENCY, CacheFigures, Period
from analytics.models import SearchHistory
from analytics.today import Today, today
from discovery.keepa import balance
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Niche, RunLine
from discovery.niches import queries
from discovery.runs import text as runs_text
from discovery.text import formats

CHART_DAYS = 14
ACTIVITY_ROWS = 10
NICHES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class CacheLine:
    label: str
    live: int
    expired: int
    hits: int
    reuse: str
    rating: str
    size: int


@dataclass(frozen=True, slots=True)
class Find:
    """A product worth buying that nobody has decided on."""

    marketplace: str
    asin: str
    title: str
    verdict: str
    max_cost: str
    profit: str
    roi: str
    run_id: UUID
    age: str


@dataclass(frozen=True, slots=True)
class UnderWay:
    title: str
    state: str
    address: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class LeftAlone:
    pk: int
    name: str
    age: str


@dataclass(frozen=True, slots=True)
class DashboardPage:
    """What the dashboard shows; ratios and prices are already in words."""

    gauge: balance.Balance | None
    alert: str
    saved: int
    saved_price: str
    spent: int
    spent_price: str
    ratio_24h: str
    ratio_7d: str
    ratio_30d: str
    ratio_text: str
    niches_count: int
    niches: tuple[Niche, ...]
    chart: Chart
    activity: tuple[ActivityLine, ...]
    today: Sequence[Find]
    under_way: Sequence[UnderWay]
    left_alone: Sequence[LeftAlone]
    caches: tuple[CacheLine, ...]


@never_cache
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    user = cast(AbstractBaseUser, request.user)
    page = _page(user, now=timezone.now())
    return render(request, "analytics/dashboard.html", {"page": page})


def _page(user: AbstractBaseUser, *, now: datetime) -> DashboardPage:
    health = cache_health(now=now)
    day, week, month = health.periods
    niches = tuple(queries.niches_of(owner=user))
    found = today(owner=user, now=now)
    return DashboardPage(
        gauge=balance.token_balance(now=now),
        alert=alert_text(health.alert) if health.alert else "",
        saved=month.tokens_saved,
        saved_price=formats.money(month.money_saved, CURRENCY),
        spent=month.tokens_spent,
        spent_price=formats.money(month.money_spent, CURRENCY),
        ratio_24h=_ratio(day),
        ratio_7d=_ratio(week),
        ratio_30d=_ratio(month),
        ratio_text=_ratio_text(week),
        niches_count=len(niches),
        niches=niches[:NICHES_SHOWN],
        chart=searches_chart(search_counts_per_day(now=now, days=CHART_DAYS)),
        activity=activity_lines(_latest(user)),
        today=tuple(_find(result, now) for result in found.finds),
        under_way=tuple(_under_way(found)),
        left_alone=tuple(_left_alone(niche, now) for niche in found.niches),
        caches=tuple(_cache_line(cache) for cache in health.caches),
    )


def _find(result: RunLine, now: datetime) -> Find:
    market = result.run.marketplace
    currency = MARKETPLACES[market].currency if market in MARKETPLACES else ""
    return Find(
        marketplace=market,
        asin=result.asin,
        title=result.title or result.asin,
        verdict=result.verdict,
        max_cost=formats.money(result.max_cost, currency),
        profit=formats.money(result.profit, currency),
        roi=formats.percent(result.roi_percent),
        run_id=result.run_id,
        age=formats.age(now - result.run.created_at),
    )


def _under_way(found: Today) -> Iterator[UnderWay]:
    for run in found.searches:
        yield UnderWay(
            title=run.niche.name if run.niche else runs_text.run_title(run, {}),
            state=runs_text.state_label(run.state),
            address=reverse("discovery:run", args=[run.pk]),
            done=run.done,
            total=run.total,
        )
    for one in found.lists:
        yield UnderWay(
            title=one.name,
            state=one.get_state_display(),
            address=reverse("discovery:list", args=[one.pk]),
            done=one.done,
            total=one.total,
        )


def _left_alone(niche: Niche, now: datetime) -> LeftAlone:
    asked: datetime | None = niche.last_asked  # type: ignore[attr-defined]
    return LeftAlone(niche.pk, niche.name, formats.age(now - asked) if asked else "")


def _latest(user: AbstractBaseUser) -> Sequence[SearchHistory]:
    """The user's latest searches, newest first."""
    return list(
        SearchHistory.objects.filter(user_id=str(user.pk)).order_by("-created_at")[:ACTIVITY_ROWS]
    )


def _ratio(period: Period) -> str:
    return formats.percent(None if period.ratio is None else round(period.ratio * 100))


def _ratio_text(week: Period) -> str:
    if not week.searches:
        return _("No search in the last 7 days.")
    text = ngettext(
        "%(hits)s of %(searches)s searches cost no token.",
        "%(hits)s of %(searches)s searches cost no token.",
        week.hits,
    )
    return text % {
        "hits": formats.number(week.hits),
        "searches": formats.number(week.searches),
    }


def _cache_line(cache: CacheFigures) -> CacheLine:
    labels = {"discovery": _("Niche answers"), "scoring": _("Product scores")}
    return CacheLine(
        label=labels.get(cache.name, cache.name),
        live=cache.live,
        expired=cache.expired,
        hits=cache.hits,
        reuse=formats.number(cache.average_reuse, 1),
        rating=cache.rating.label,
        size=cache.total_bytes,
    )
