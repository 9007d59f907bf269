"""How well the caches save tokens: measured from what happened, never guessed.

The monitoring queries, few statements a question. Every function is given ``now`` (aware UTC)
and works on an empty database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django_q.models import Schedule

from analytics.figures import ALERT_WINDOW, CacheFigures, CacheHealth, LowRatio, Period, TokenUse
from analytics.insights import Totals
from discovery.models import TokenLedgerEntry

SPENDING_DAYS = 30
PERIOD_LENGTHS = (timedelta(hours=24), timedelta(days=7), timedelta(days=30))
PURGE_SCHEDULE = "purge-caches"  # as analytics.apps declares it

PER_DAY = """
SELECT day::date, count(*) FILTER (WHERE cache_hit), count(cache_hit)
  FROM generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 day') AS day
  LEFT JOIN search_history AS search
         ON search.created_at >= (day::date)::timestamp AT TIME ZONE %(zone)s
        AND search.created_at < (day::date + 1)::timestamp AT TIME ZONE %(zone)s
 GROUP BY day ORDER BY day
"""

CACHES = """
SELECT 'discovery', 'product_discovery_cache', count(*),
       count(*) FILTER (WHERE expires_at > %(now)s), coalesce(sum(hit_count), 0),
       coalesce(sum(tokens_spent), 0), min(created_at),
       pg_table_size('product_discovery_cache'), pg_indexes_size('product_discovery_cache')
  FROM product_discovery_cache
UNION ALL
SELECT 'scoring', 'product_scoring_cache', count(*),
       count(*) FILTER (WHERE expires_at > %(now)s), coalesce(sum(hit_count), 0),
       coalesce(sum(tokens_spent), 0), min(created_at),
       pg_table_size('product_scoring_cache'), pg_indexes_size('product_scoring_cache')
  FROM product_scoring_cache
"""

# Searches recorded before we knew whether the cache answered count on neither side.
PERIODS = """
SELECT period.since, searches.asked, searches.hits, coalesce(spent.tokens, 0), searches.saved
  FROM unnest(%(since)s::timestamptz[]) AS period (since),
       LATERAL (SELECT count(cache_hit) AS asked, count(*) FILTER (WHERE cache_hit) AS hits,
                       coalesce(sum(tokens_saved), 0) AS saved
                  FROM search_history
                 WHERE created_at > period.since AND created_at <= %(now)s) AS searches,
       LATERAL (SELECT sum(tokens_consumed) AS tokens
                  FROM keepa_token_ledger
                 WHERE created_at > period.since AND created_at <= %(now)s) AS spent
 ORDER BY period.since DESC
"""


def cache_health(*, now: datetime) -> CacheHealth:
    """Return every figure, in three statements."""
    periods = _periods(now, PERIOD_LENGTHS)
    next_purge = Schedule.objects.filter(name=PURGE_SCHEDULE).values_list("next_run", flat=True)
    return CacheHealth(
        measured_at=now,
        caches=tuple(CacheFigures(*row) for row in _rows(CACHES, {"now": now})),
        periods=periods,
        next_purge_at=next_purge.first(),
        alert=_low_ratio(periods[1]),
    )


def cache_alert(*, now: datetime) -> LowRatio | None:
    """Return the alert that holds now, or ``None``: at least ``settings.CACHE_ALERT_MIN_SEARCHES``
    searches in 7 days, of which less than ``settings.CACHE_ALERT_RATIO`` were answered by a cache.
    """
    return _low_ratio(_periods(now, (ALERT_WINDOW,))[0])


def token_uses(*, now: datetime) -> list[TokenUse]:
    """What the Keepa calls of the last ``SPENDING_DAYS`` went into, the dearest kind first."""
    since = now - timedelta(days=SPENDING_DAYS)
    calls = TokenLedgerEntry.objects.filter(created_at__gt=since, created_at__lte=now)
    kinds = calls.values_list("endpoint", "purpose").annotate(
        calls=Count("pk"),
        failed=Count("pk", filter=~Q(outcome="ok")),
        tokens=Sum("tokens_consumed", default=0),
    )
    return [TokenUse(*kind) for kind in kinds.order_by("-tokens", "endpoint", "purpose")]


def _periods(now: datetime, lengths: Sequence[timedelta]) -> tuple[Period, ...]:
    rows = _rows(PERIODS, {"since": [now - length for length in lengths], "now": now})
    return tuple(
        Period(int((now - since).total_seconds() // 3600), *figures) for since, *figures in rows
    )


def _low_ratio(week: Period) -> LowRatio | None:
    enough = week.searches >= max(1, settings.CACHE_ALERT_MIN_SEARCHES)
    if not enough or week.ratio is None or week.ratio >= settings.CACHE_ALERT_RATIO:
        return None
    return LowRatio(week.ratio, week.searches, settings.CACHE_ALERT_RATIO)


def searches_by_day(*, now: datetime, days: int) -> dict[date, Totals]:
    """Everybody's searches of the last ``days`` days of the site's time zone, the oldest first;
    of the totals only ``answered`` and ``hits``.
    """
    today = timezone.localdate(now)
    bounds = {"first": today - timedelta(days=days - 1), "last": today}
    rows = _rows(PER_DAY, bounds | {"zone": timezone.get_current_timezone_name()})
    return {day: Totals(answered=answered, hits=hits) for day, hits, answered in rows}


def _rows(sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
