"""How well the caches save tokens: measured from what happened, never guessed.

The monitoring queries, few statements a question. Every function is given ``now`` (aware UTC)
and works on an empty database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_q.models import Schedule

from analytics.alerts import announce
from analytics.figures import (
    ALERT_WINDOW,
    CacheFigures,
    CacheHealth,
    DayCount,
    LowRatio,
    Period,
    TokenSummary,
    TokenUse,
)

PURGE_SCHEDULE = "purge-caches"  # as analytics.apps declares it

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
SELECT period.since, searches.asked, searches.hits, searches.saved,
       coalesce(spent.tokens, 0)
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

PER_DAY = """
SELECT day::date, count(*) FILTER (WHERE cache_hit), count(*) FILTER (WHERE NOT cache_hit)
  FROM generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 day') AS day
  LEFT JOIN search_history AS search
         ON search.created_at >= (day::date)::timestamp AT TIME ZONE %(zone)s
        AND search.created_at < (day::date + 1)::timestamp AT TIME ZONE %(zone)s
 GROUP BY day ORDER BY day
"""

SPENT_BY_CALL = """
SELECT endpoint, purpose, count(*), count(*) FILTER (WHERE outcome <> 'ok'),
       coalesce(sum(tokens_consumed), 0)
  FROM keepa_token_ledger WHERE created_at > %(since)s AND created_at <= %(now)s
 GROUP BY endpoint, purpose ORDER BY 5 DESC, endpoint, purpose
"""

TOKENS_SAVED = """
SELECT coalesce(sum(tokens_saved), 0)
  FROM search_history WHERE created_at > %(since)s AND created_at <= %(now)s
"""


def cache_health(*, now: datetime) -> CacheHealth:
    """Return every figure, in three statements."""
    periods = _periods(now, (timedelta(hours=24), timedelta(days=7), timedelta(days=30)))
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


def raise_alert_if_due(*, now: datetime) -> bool:
    """Tell somebody, once a day at most, when the caches save too little; whether it was said."""
    alert = cache_alert(now=now)
    return alert is not None and announce(alert, now=now)


def search_counts_per_day(*, now: datetime, days: int = 14) -> tuple[DayCount, ...]:
    """Return one count a day, the oldest first, days without a search included."""
    today = timezone.localdate(now)
    rows = _rows(
        PER_DAY,
        {
            "first": today - timedelta(days=days - 1),
            "last": today,
            "zone": timezone.get_current_timezone_name(),
        },
    )
    return tuple(DayCount(*row) for row in rows)


def token_summary(*, now: datetime, days: int = 30) -> TokenSummary:
    """Return what the last ``days`` cost and saved, the dearest kind of call first."""
    window = {"since": now - timedelta(days=days), "now": now}
    return TokenSummary(
        days=days,
        uses=tuple(TokenUse(*row) for row in _rows(SPENT_BY_CALL, window)),
        saved=_rows(TOKENS_SAVED, window)[0][0],
    )


def _periods(now: datetime, lengths: Sequence[timedelta]) -> tuple[Period, ...]:
    rows = _rows(PERIODS, {"since": [now - length for length in lengths], "now": now})
    return tuple(
        Period(
            hours=int((now - since).total_seconds() // 3600),
            searches=searches,
            hits=hits,
            tokens_spent=spent,
            tokens_saved=saved,
        )
        for since, searches, hits, saved, spent in rows
    )


def _low_ratio(week: Period) -> LowRatio | None:
    enough = week.searches >= max(1, settings.CACHE_ALERT_MIN_SEARCHES)
    if not enough or week.ratio is None or week.ratio >= settings.CACHE_ALERT_RATIO:
        return None
    return LowRatio(week.ratio, week.searches, settings.CACHE_ALERT_RATIO)


def _rows(sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
