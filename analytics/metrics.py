"""The site's own figures for Prometheus, read from the database when it asks.

They are the same on every machine. Totals are of all that is kept, so they only grow; they are read
from the sums of ``rollup_sql`` and the rows after them. What is of today begins at midnight UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from analytics.rollup_sql import (
    ALL_ANSWERS,
    ALL_CALLS,
    LEDGER,
    OF_A_CALL,
    OF_AN_ANSWER,
    ROLLED_UNTIL,
    SEARCHES,
    all_until,
)
from discovery.keepa.balance import token_balance
from discovery.keepa.expiry import token_day
from discovery.keepa.reachable import last_reach
from discovery.models import AlertDelivery, Run
from discovery.products.scored import CacheState
from discovery.runs.pulse import queue_pulse

PREFIX = "arbitragevault"

# Of the rows only those that are not added up yet are read.
_ANSWERS = """
SELECT kind, source, result, cache, sum(answers)::bigint, sum(tokens_saved)::bigint
  FROM ({counted}) AS counted (at, {names}) GROUP BY 1, 2, 3, 4
"""
ANSWERS = _ANSWERS.format(counted=ALL_ANSWERS, names=", ".join(OF_AN_ANSWER))
_CALLS = """
SELECT endpoint, purpose, sum(calls)::bigint, sum(failed)::bigint, sum(tokens)::bigint
  FROM ({counted}) AS counted (at, {names}) GROUP BY 1, 2
"""
CALLS = _CALLS.format(counted=ALL_CALLS, names=", ".join(OF_A_CALL))


def site_metrics(*, now: datetime) -> Iterator[Metric]:
    """Every family, as of ``now``; a dozen statements. Durations are in seconds."""
    until = dict(_rows(ROLLED_UNTIL))
    yield from _searches(now, until.get(SEARCHES))
    yield from _tokens(now, until.get(LEDGER))
    yield from _keepa(now)
    yield from _runs()
    yield from _queue(now)
    yield from _alerts()


def _searches(now: datetime, until: datetime | None) -> Iterator[Metric]:
    searches = CounterMetricFamily(
        f"{PREFIX}_searches",
        "Searches answered, by kind, by where they came from, and whether a cache answered.",
        labels=("kind", "source", "result"),
    )
    answers = CounterMetricFamily(
        f"{PREFIX}_cache_answers",
        "Searches by how the answer was come by: hit, subsumed, stored, stale, miss.",
        labels=("kind",),
    )
    saved = CounterMetricFamily(
        f"{PREFIX}_tokens_saved", "Keepa tokens that caches have saved.", labels=("kind",)
    )
    asked: Counter[tuple[str, str, str]] = Counter()
    by_cache = Counter(dict.fromkeys(CacheState, 0))
    by_kind: Counter[str] = Counter()
    for kind, source, result, cache, count, tokens in _rows(ANSWERS, all_until(now, until)):
        asked[kind, source, result] += count
        by_cache[cache] += count
        by_kind[kind] += tokens
    for labels, count in asked.items():
        searches.add_metric(labels, count)
    for cache, count in by_cache.items():
        answers.add_metric((str(cache),), count)
    for kind, tokens in by_kind.items():
        saved.add_metric((kind,), tokens)
    yield searches
    yield answers
    yield saved


def _tokens(now: datetime, until: datetime | None) -> Iterator[Metric]:
    spent = CounterMetricFamily(
        f"{PREFIX}_tokens_spent", "Keepa tokens spent.", labels=("endpoint", "purpose")
    )
    calls = CounterMetricFamily(
        f"{PREFIX}_keepa_calls",
        "Calls to Keepa, and whether it answered: ok or failed.",
        labels=("endpoint", "outcome"),
    )
    ended: Counter[tuple[str, str]] = Counter()
    for endpoint, purpose, count, failed, tokens in _rows(CALLS, all_until(now, until)):
        spent.add_metric((endpoint, purpose), tokens)
        ended[endpoint, "ok"] += count - failed
        ended[endpoint, "failed"] += failed
    for labels, count in ended.items():
        calls.add_metric(labels, count)
    yield spent
    yield calls
    today = GaugeMetricFamily(
        f"{PREFIX}_tokens_today",
        "Tokens since midnight UTC: spent for people, spent by what runs alone, kept, expired.",
        labels=("part",),
    )
    since = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if day := token_day(since=since, now=now):
        parts = (
            ("people", day.by_people),
            ("alone", day.by_itself),
            ("kept", day.kept),
            ("expired", day.expired),
        )
        for part, amount in parts:
            today.add_metric((part,), amount)
    yield today


def _keepa(now: datetime) -> Iterator[Metric]:
    if balance := token_balance(now=now):
        yield _gauge("tokens_left", "Keepa tokens left, with the refills since.", balance.left)
        yield _gauge("tokens_capacity", "Tokens that the plan holds.", balance.capacity)
        yield _gauge("tokens_refill_per_minute", "Refill of the plan.", balance.refill_rate)
    reach = last_reach(now=now)
    if reach.at is not None:
        answers = "Whether Keepa answered the last call."
        yield _gauge("keepa_reachable", answers, 1 if reach.is_reachable else 0)
        age = (now - reach.at).total_seconds()
        yield _gauge("keepa_last_call_age_seconds", "Since the last call to Keepa ended.", age)


def _runs() -> Iterator[Metric]:
    runs = GaugeMetricFamily(
        f"{PREFIX}_runs", "Searches, lists and looks of jobs, by state.", labels=("kind", "state")
    )
    rows = Run.objects.order_by().values_list("kind", "state").annotate(Count("pk"))
    for kind, state, count in rows:
        runs.add_metric((kind, state), count)
    yield runs


def _queue(now: datetime) -> Iterator[Metric]:
    pulse = queue_pulse(now=now)
    yield _gauge("queue_workers", "Processes that work on the task queue.", pulse.workers)
    yield _gauge("queue_busy", "How many of them are at a task.", pulse.busy)
    yield _gauge("queue_waiting", "Tasks that are due.", pulse.waiting)
    oldest = (now - pulse.oldest).total_seconds() if pulse.oldest else 0
    yield _gauge("queue_age_seconds", "For how long the oldest due task has waited.", oldest)
    if pulse.last_beat is not None:
        silent = (now - pulse.last_beat).total_seconds()
        yield _gauge("queue_silence_seconds", "Since the last sign of life of a worker.", silent)


def _alerts() -> Iterator[Metric]:
    deliveries = GaugeMetricFamily(
        f"{PREFIX}_alert_deliveries", "Messages of alerts, by state.", labels=("state",)
    )
    for state, count in AlertDelivery.objects.order_by().values_list("state").annotate(Count("pk")):
        deliveries.add_metric((state,), count)
    yield deliveries


def _rows(sql: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", text, value=value)
