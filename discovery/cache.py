"""The token-saving caches: look up, fill, let one process ask for all, throw away.

The raw SQL of the caches stands here and nowhere else. A hit is one statement, because the
lookup and its count are the same question. This module never talks to Keepa.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg.types.json import Jsonb

from discovery.models import ScoringCacheEntry
from discovery.prepared import prepared_rows

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Expected = TypeVar("Expected", bound=Exception)

# A lost hit count harms nobody, so a hit does not wait for the disk: set_config(…, true) holds
# for this one statement's transaction. What was paid for is written with 'on', whatever
# transaction it lands in.
HIT_DISCOVERY = """
UPDATE product_discovery_cache
   SET hit_count = coalesce(hit_count, 0) + 1, last_hit_at = now()
  FROM (SELECT set_config('synchronous_commit', 'off', true)) AS unhurried
 WHERE cache_key = %s AND expires_at > now()
RETURNING asins, total_results, tokens_spent, created_at, expires_at, hit_count
"""

STALE_DISCOVERY = """
SELECT asins, total_results, tokens_spent, created_at, expires_at, hit_count
  FROM product_discovery_cache
 WHERE cache_key = %s AND expires_at > now() - %s
"""

PEEK_DISCOVERY = """
SELECT asins, total_results, tokens_spent, created_at, expires_at, hit_count
  FROM product_discovery_cache
 WHERE cache_key = %s AND expires_at > now()
"""

COMPLETE_DISCOVERIES = """
SELECT cache_key, filters_applied
  FROM product_discovery_cache
 WHERE marketplace = %s AND expires_at > now() AND filters_applied IS NOT NULL
   AND total_results <= jsonb_array_length(asins)
 ORDER BY total_results, created_at DESC
"""

FILL_DISCOVERY = """
INSERT INTO product_discovery_cache
       (cache_key, asins, filters_applied, created_at, expires_at, hit_count,
        marketplace, total_results, tokens_spent)
SELECT %s, %s, %s, now(), now() + %s, 0, %s, %s, %s
  FROM (SELECT set_config('synchronous_commit', 'on', true)) AS durable
ON CONFLICT (cache_key) DO UPDATE
   SET asins = excluded.asins, filters_applied = excluded.filters_applied,
       created_at = excluded.created_at, expires_at = excluded.expires_at,
       marketplace = excluded.marketplace, total_results = excluded.total_results,
       tokens_spent = excluded.tokens_spent
RETURNING created_at, expires_at
"""

# Rows are locked in key order: two searches that share products never wait for each other in
# a circle.
HIT_SCORES = """
WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true)),
     wanted AS (
        SELECT cache_key FROM product_scoring_cache
         WHERE cache_key = ANY(%s) AND expires_at > now() AND breakdown IS NOT NULL
         ORDER BY cache_key FOR NO KEY UPDATE)
UPDATE product_scoring_cache AS score
   SET hit_count = coalesce(score.hit_count, 0) + 1
  FROM wanted, unhurried
 WHERE score.cache_key = wanted.cache_key
RETURNING score.asin, score.breakdown, score.tokens_spent, score.created_at
"""

PEEK_SCORES = """
SELECT asin, breakdown, tokens_spent, created_at FROM product_scoring_cache
 WHERE cache_key = ANY(%s) AND expires_at > now() AND breakdown IS NOT NULL
"""

FILL_SCORES = """
WITH durable AS (SELECT set_config('synchronous_commit', 'on', true))
INSERT INTO product_scoring_cache
       (cache_key, asin, roi_percent, velocity_score, recommendation, title, price, bsr,
        created_at, expires_at, hit_count, marketplace, breakdown, tokens_spent)
SELECT row.cache_key, row.asin, row.roi_percent, row.velocity_score, row.recommendation,
       row.title, row.price, row.bsr, row.created_at, row.expires_at, 0, row.marketplace,
       row.breakdown, row.tokens_spent
  FROM durable, jsonb_to_recordset(%s) AS row(
        cache_key varchar, asin varchar, roi_percent float, velocity_score float,
        recommendation varchar, title varchar, price float, bsr int, created_at timestamptz,
        expires_at timestamptz, marketplace varchar, breakdown jsonb, tokens_spent int)
 ORDER BY row.cache_key
ON CONFLICT (cache_key) DO UPDATE
   SET roi_percent = excluded.roi_percent, velocity_score = excluded.velocity_score,
       recommendation = excluded.recommendation, title = excluded.title,
       price = excluded.price, bsr = excluded.bsr, created_at = excluded.created_at,
       expires_at = excluded.expires_at, breakdown = excluded.breakdown,
       tokens_spent = excluded.tokens_spent
"""

TAKE_LEASE = """
INSERT INTO discovery_lease (cache_key, holder, expires_at, failure)
VALUES (%s, %s, now() + %s, NULL)
ON CONFLICT (cache_key) DO UPDATE
   SET holder = excluded.holder, expires_at = excluded.expires_at, failure = NULL
 WHERE discovery_lease.expires_at <= now() OR discovery_lease.failure IS NOT NULL
RETURNING holder
"""
FAIL_LEASE = """
UPDATE discovery_lease SET failure = %s, expires_at = now() + %s
 WHERE cache_key = %s AND holder = %s
"""
RELEASE_LEASE = "DELETE FROM discovery_lease WHERE cache_key = %s AND holder = %s"
RELEASE_LEASES = "DELETE FROM discovery_lease WHERE holder = %s"
LEASE_FAILURE = "SELECT holder, failure FROM discovery_lease WHERE cache_key = %s"

# What a failed winner leaves for those who waited, long enough for the slowest poll.
FAILURE_VISIBLE = timedelta(seconds=5)
POLL_FIRST, POLL_SLOWEST = 0.03, 0.4  # seconds

PURGE_BATCH = 1000
PURGE = """
DELETE FROM {table} WHERE ctid IN (
    SELECT ctid FROM {table} WHERE expires_at <= %s
     ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED)
"""
COUNT_PURGEABLE = "SELECT count(*) FROM {table} WHERE expires_at <= %s"


@dataclass(frozen=True, slots=True)
class CachedDiscovery:
    """A row of the discovery cache; ``tokens_spent`` is what it cost when it was bought."""

    asins: tuple[str, ...]
    total_results: int
    tokens_spent: int
    created_at: datetime
    expires_at: datetime
    hit_count: int

    @property
    def is_complete(self) -> bool:
        return self.total_results <= len(self.asins)


@dataclass(frozen=True, slots=True)
class CachedScore:
    """A row of the scoring cache; ``breakdown`` is decoded by ``discovery.scored``."""

    asin: str
    breakdown: dict[str, Any]
    tokens_spent: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """What is written to the scoring cache for one product."""

    cache_key: str
    asin: str
    marketplace: str
    roi_percent: float
    velocity_score: float
    recommendation: str
    title: str | None
    price: float | None
    bsr: int | None
    breakdown: dict[str, Any]
    tokens_spent: int
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """Rows removed (or, on a dry run, removable) from each table."""

    discovery_removed: int
    scoring_removed: int
    leases_removed: int
    dry_run: bool

    @property
    def total(self) -> int:
        return self.discovery_removed + self.scoring_removed + self.leases_removed


class AnotherAskerFailed(Exception):
    """The process that held the lease could not get an answer; ``failure`` says why."""

    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__(failure.get("code", ""))
        self.failure = failure


class StillWaiting(Exception):
    """Another process has been asking the same question for longer than we may wait."""


def _rows(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def _as_json(value: Any) -> Any:
    # Django's psycopg connections hand jsonb over as text, for JSONField to decode.
    return json.loads(value) if isinstance(value, str) else value


def _discovery(rows: list[tuple[Any, ...]]) -> CachedDiscovery | None:
    if not rows:
        return None
    asins, total, tokens, created_at, expires_at, hits = rows[0]
    decoded = tuple(_as_json(asins))
    return CachedDiscovery(
        asins=decoded,
        total_results=len(decoded) if total is None else total,
        tokens_spent=tokens,
        created_at=created_at or expires_at - settings.DISCOVERY_TTL,
        expires_at=expires_at,
        hit_count=hits,
    )


def hit_discovery(*, cache_key: str) -> CachedDiscovery | None:
    """Return the live entry and count the hit, in one statement; ``None`` on a miss."""
    return _discovery(prepared_rows(HIT_DISCOVERY, [cache_key]))


def peek_discovery(*, cache_key: str) -> CachedDiscovery | None:
    """Return the live entry without counting a hit: for quotes, never for answers."""
    return _discovery(_rows(PEEK_DISCOVERY, [cache_key]))


def stale_discovery(*, cache_key: str) -> CachedDiscovery | None:
    """Return an entry still within its grace period (``settings.STALE_GRACE``), live or not."""
    return _discovery(_rows(STALE_DISCOVERY, [cache_key, settings.STALE_GRACE]))


def complete_discoveries(*, marketplace: str) -> list[tuple[str, dict[str, Any]]]:
    """Key and filters of the live entries that hold all Keepa knew of, the smallest first."""
    rows = _rows(COMPLETE_DISCOVERIES, [marketplace])
    return [(cache_key, _as_json(filters)) for cache_key, filters in rows]


def fill_discovery(
    *,
    cache_key: str,
    marketplace: str,
    filters: dict[str, Any],
    asins: Sequence[str],
    total_results: int,
    tokens_spent: int,
) -> CachedDiscovery:
    """Store what the Product Finder answered, durably; replaces an older answer."""
    created_at, expires_at = _rows(
        FILL_DISCOVERY,
        [
            cache_key,
            Jsonb(list(asins)),
            Jsonb(filters),
            settings.DISCOVERY_TTL,
            marketplace,
            total_results,
            tokens_spent,
        ],
    )[0]
    return CachedDiscovery(
        asins=tuple(asins),
        total_results=total_results,
        tokens_spent=tokens_spent,
        created_at=created_at,
        expires_at=expires_at,
        hit_count=0,
    )


def _scores(rows: Iterable[tuple[Any, ...]]) -> dict[str, CachedScore]:
    return {
        asin: CachedScore(asin, _as_json(breakdown), tokens, created_at)
        for asin, breakdown, tokens, created_at in rows
    }


def hit_scores(*, cache_keys: Sequence[str]) -> dict[str, CachedScore]:
    """Return the live scores by ASIN and count their hits, in one statement for them all."""
    return _scores(prepared_rows(HIT_SCORES, [list(cache_keys)])) if cache_keys else {}


def peek_scores(*, cache_keys: Sequence[str]) -> dict[str, CachedScore]:
    """Return the live scores by ASIN without counting hits."""
    return _scores(_rows(PEEK_SCORES, [list(cache_keys)])) if cache_keys else {}


def expire_scores(*, marketplace: str, asin: str) -> int:
    """Let no stored score of a product answer any more: its data have changed; returns how many."""
    live = ScoringCacheEntry.objects.filter(
        asin=asin, marketplace=marketplace, expires_at__gt=timezone.now()
    )
    return live.update(expires_at=timezone.now())


def fill_scores(rows: Sequence[ScoreRow]) -> None:
    """Store scores, durably, in one statement; a newer score replaces an older one."""
    if not rows:
        return
    payload = [
        {
            "cache_key": row.cache_key,
            "asin": row.asin,
            "roi_percent": row.roi_percent,
            "velocity_score": row.velocity_score,
            "recommendation": row.recommendation,
            "title": (row.title or "")[:500] or None,
            "price": row.price,
            "bsr": row.bsr,
            "created_at": row.created_at.isoformat(),
            "expires_at": row.expires_at.isoformat(),
            "marketplace": row.marketplace,
            "breakdown": row.breakdown,
            "tokens_spent": row.tokens_spent,
        }
        for row in rows
    ]
    _rows(FILL_SCORES, [Jsonb(payload)])


def single_flight(
    *,
    cache_key: str,
    read: Callable[[], Answer | None],
    produce: Callable[[], Answer],
    expected: type[Expected],
    describe: Callable[[Expected], dict[str, Any]],
    sleep: Callable[[float], None] = time.sleep,
    holder: uuid.UUID | None = None,
) -> Answer:
    """Return ``read()``, or let exactly one process ``produce()`` while the others wait.

    The lease expires after ``settings.LEASE_SECONDS``: a winner killed in mid-call blocks nobody
    for longer, and for less if whoever notices gives its leases back (``release_leases`` of the
    ``holder``). Waiters give their database connection back between looks.

    Raises whatever ``produce`` raises in the winner; ``AnotherAskerFailed`` in those who waited
    for a winner that failed with an ``expected`` error, which ``describe`` puts into the lease;
    ``StillWaiting`` after three leases' worth of other people's winners.
    """
    holder = holder or uuid.uuid4()
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    give_up = time.monotonic() + 3 * settings.LEASE_SECONDS
    pause = POLL_FIRST
    watched: uuid.UUID | None = None
    while time.monotonic() < give_up:
        if watched is not None:
            _raise_failure_of(watched, cache_key)
        if _rows(TAKE_LEASE, [cache_key, holder, lease]):
            return _produce_as(holder, cache_key, read, produce, expected, describe)
        current = _rows(LEASE_FAILURE, [cache_key])
        watched = current[0][0] if current else watched
        if not connection.in_atomic_block:
            connection.close()
        sleep(pause)
        pause = min(pause * 1.5, POLL_SLOWEST)
        if (answer := read()) is not None:
            return answer
    raise StillWaiting(cache_key)


def release_leases(*, holder: uuid.UUID) -> None:
    """Give back the leases of an asker that is known to be dead."""
    _rows(RELEASE_LEASES, [holder])


def _raise_failure_of(watched: uuid.UUID, cache_key: str) -> None:
    for holder, failure in _rows(LEASE_FAILURE, [cache_key]):
        if holder == watched and failure is not None:
            raise AnotherAskerFailed(_as_json(failure))


def _produce_as(
    holder: uuid.UUID,
    cache_key: str,
    read: Callable[[], Answer | None],
    produce: Callable[[], Answer],
    expected: type[Expected],
    describe: Callable[[Expected], dict[str, Any]],
) -> Answer:
    described = False
    try:
        # Somebody may have answered between our miss and our lease.
        if (answer := read()) is not None:
            return answer
        return produce()
    except expected as error:
        _rows(FAIL_LEASE, [Jsonb(describe(error)), FAILURE_VISIBLE, cache_key, holder])
        described = True
        raise
    finally:
        if not described:
            _rows(RELEASE_LEASE, [cache_key, holder])


def purge(*, now: datetime, dry_run: bool = False, grace: timedelta | None = None) -> PurgeReport:
    """Delete entries that expired more than ``grace`` ago (default ``settings.STALE_GRACE``).

    Works in small batches and skips rows in use, so it never stands in a search's way.
    """
    limit = now - (settings.STALE_GRACE if grace is None else grace)
    count = _count_purgeable if dry_run else _purge_table
    report = PurgeReport(
        discovery_removed=count("product_discovery_cache", limit),
        scoring_removed=count("product_scoring_cache", limit),
        leases_removed=count("discovery_lease", limit),
        dry_run=dry_run,
    )
    logger.info("purge%s: %d rows", " (dry run)" if dry_run else "", report.total)
    return report


def _count_purgeable(table: str, limit: datetime) -> int:
    return int(_rows(COUNT_PURGEABLE.format(table=table), [limit])[0][0])


def _purge_table(table: str, limit: datetime) -> int:
    removed = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(PURGE.format(table=table), [limit, PURGE_BATCH])
            gone = int(cursor.rowcount)
        removed += gone
        if gone < PURGE_BATCH:
            return removed
