"""How well the caches save tokens: measured from what happened, never guessed.

The monitoring queries, few statements a question. Every function is given ``now`` (aware UTC)
and works on an empty database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_q.models import Schedule

from analytics.figures import ALERT_WINDOW, CacheFigures, CacheHealth, LowRatio, Period, TokenUse
from analytics.insights import Totals
from analytics.rollup_sql import (
    COUNTED_CALLS,
    COUNTED_SEARCHES,
    OF_A_CALL,
    OF_A_SEARCH,
    counted_from,
    next_quarter,
)

SPENDING_DAYS = 30
PERIOD_LENGTHS = (timedelta(hours=24), timedelta(days=7), timedelta(days=30))
PURGE_SCHEDULE = "purge-caches"  # as analytics.apps declares it

_PER_DAY = """
WITH counted AS ({counted}),
     by_day AS (SELECT (at AT TIME ZONE %(zone)s)::date AS day, sum(hits) AS hits,
                       sum(answered) AS answered
                  FROM counted GROUP BY 1)
SELECT asked::date, coalesce(hits, 0)::bigint, coalesce(answered, 0)::bigint
  FROM generate_series(%(first_day)s::timestamp, %(last_day)s::timestamp,
                       interval '1 day') AS asked
  LEFT JOIN by_day ON by_day.day = asked::date
 ORDER BY asked
"""
PER_DAY = _PER_DAY.format(counted=COUNTED_SEARCHES)

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

# A period begins within a quarter: the rest of that is read row by row, what follows counted.
# Searches recorded before we knew whether the cache answered count on neither side.
_PERIODS = """
WITH searches AS MATERIALIZED ({searches}),
     calls AS MATERIALIZED ({calls})
SELECT period.since, asked.answered, asked.hits, spent.tokens, asked.saved
  FROM unnest(%(since)s::timestamptz[], %(next)s::timestamptz[]) AS period (since, next),
       LATERAL (SELECT coalesce(sum(answered), 0)::bigint AS answered,
                       coalesce(sum(hits), 0)::bigint AS hits,
                       coalesce(sum(tokens_saved), 0)::bigint AS saved
                  FROM (SELECT answered, hits, tokens_saved FROM searches WHERE at >= period.next
                        UNION ALL
                        SELECT {of_a_search} FROM search_history
                         WHERE created_at > period.since AND created_at < period.next) AS row
               ) AS asked,
       LATERAL (SELECT coalesce(sum(tokens), 0)::bigint AS tokens
                  FROM (SELECT tokens FROM calls WHERE at >= period.next
                        UNION ALL
                        SELECT tokens_consumed FROM keepa_token_ledger
                         WHERE created_at > period.since AND created_at < period.next) AS row
               ) AS spent
 ORDER BY period.since DESC
"""
PERIODS = _PERIODS.format(
    searches=COUNTED_SEARCHES,
    calls=COUNTED_CALLS,
    of_a_search=", ".join(OF_A_SEARCH.values()),
)

_USES = """
SELECT endpoint, purpose, sum(calls)::bigint, sum(failed)::bigint, sum(tokens)::bigint AS tokens
  FROM ({calls}
        UNION ALL
        SELECT created_at, {of_a_call} FROM keepa_token_ledger
         WHERE created_at > %(since)s AND created_at < %(first)s) AS counted
 GROUP BY endpoint, purpose ORDER BY tokens DESC, endpoint, purpose
"""
USES = _USES.format(calls=COUNTED_CALLS, of_a_call=", ".join(OF_A_CALL.values()))


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
    params = counted_from(next_quarter(since), now=now)
    return [TokenUse(*kind) for kind in _rows(USES, params | {"since": since})]


def _periods(now: datetime, lengths: Sequence[timedelta]) -> tuple[Period, ...]:
    since = [now - length for length in lengths]
    following = [next_quarter(moment) for moment in since]
    params = counted_from(min(following), now=now)
    rows = _rows(PERIODS, params | {"since": since, "next": following})
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
    first = today - timedelta(days=days - 1)
    rows = _rows(
        PER_DAY,
        counted_from(_midnight(first), now=_midnight(today + timedelta(days=1)))
        | {"first_day": first, "last_day": today, "zone": timezone.get_current_timezone_name()},
    )
    return {day: Totals(answered=answered, hits=hits) for day, hits, answered in rows}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_current_timezone())


def _rows(sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
