"""The dashboard: whether one can search now, what to look at, and what the cache saves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analytics.activity import ActivityLine, activity_lines, kept_of
from analytics.alerts import alert_text
from analytics.cache_health import cache_health, searches_by_day
from analytics.charts import Chart, searches_chart
from analytics.figures import CURRENCY, CacheFigures, Period
from analytics.models import SearchHistory
from analytics.receivers import gatherer
from analytics.today import Today, today
from analytics.tokens_today import TokensToday, tokens_today
from discovery.accounts.members import signed_in
from discovery.accounts.roles import is_viewer
from discovery.keepa.balance import Balance, token_balance
from discovery.models import Niche
from discovery.niches.first_day import is_newcomer
from discovery.niches.queries import niches_of
from discovery.runs.pulse import queue_pulse
from discovery.runs.text import pulse_text
from discovery.sourcing.review import Day, day_of
from discovery.sourcing.switches import Switches, switches

CHART_DAYS = 14
ACTIVITY_ROWS = 10


@dataclass(frozen=True, slots=True)
class DashboardPage:
    """``day``, ``week`` and ``month`` are the last 24 hours, 7 and 30 days.

    ``queue`` says who works on the task queue; it ``is_ill`` when nobody does, or not in time.
    ``is_first_day``: nothing was asked yet, no niche is of the user's own making, and the first
    questions were neither answered nor skipped.
    """

    gauge: Balance | None
    alert: str
    day: Period
    week: Period
    month: Period
    niches: Sequence[Niche]
    chart: Chart
    activity: Sequence[ActivityLine]
    today: Today
    picks: Day
    caches: Sequence[CacheFigures]
    queue: str
    queue_is_ill: bool
    is_first_day: bool
    tokens: TokensToday | None
    switch: Switches


@never_cache
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The figures of the shared caches, and what this user should look at. Spends no token."""
    gatherer.flush()
    user, now = signed_in(request), timezone.now()
    health, pulse = cache_health(now=now), queue_pulse(now=now)
    day, week, month = health.periods
    latest = SearchHistory.objects.filter(user_id=str(user.pk)).order_by("-created_at")
    niches, activity = list(niches_of(owner=user)), list(latest[:ACTIVITY_ROWS])
    is_new = not activity and is_newcomer(user=user)
    page = DashboardPage(
        gauge=token_balance(now=now),
        alert=alert_text(health.alert) if health.alert else "",
        day=day,
        week=week,
        month=month,
        niches=niches,
        chart=searches_chart(searches_by_day(now=now, days=CHART_DAYS)),
        activity=activity_lines(activity, kept=kept_of(activity, owner=user)),
        today=today(owner=user, now=now),
        picks=day_of(owner=user, now=now),
        caches=health.caches,
        queue=pulse_text(pulse),
        queue_is_ill=pulse.has_stopped or pulse.is_late,
        is_first_day=is_new and not is_viewer(user),
        tokens=tokens_today(user=user, now=now),
        switch=switches(),
    )
    return render(request, "analytics/dashboard.html", {"page": page, "currency": CURRENCY})
