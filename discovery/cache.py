"""The token-saving caches: look up, fill, throw away.

The raw SQL of the caches stands here and nowhere else. A hit is one statement, because the
lookup and its count are the same question. This module never talks to Keepa.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from discovery.models import ScoringCacheEntry
from discovery.prepared import prepared_rows

logger = logging.getLogger(__name__)

# A lost hit count is harmless, so a hit does not wait for the disk: set_config(…, true) holds
# for this one statement's transaction. What was paid for is written with 'on', whatever
# transaction it lands in.
HIT_DISCOVERY = """
UPDATE product_discovery_cache
   SET hit_count = coalesce(hit_count, 0) + 1, last_hit_at = now()
  FROM (SELECT set_config('synchronous_commit', 'off', true)) AS not_durable
 WHERE cache_key = %s AND expires_at > now()
RETURNING asins, total_results, tokens_spent, created_at, expires_at, hit_count
"""

# The same for whoever shows the beginning only: what nobody reads is neither sent nor decoded.
HIT_BEGINNING = HIT_DISCOVERY.replace(
    "RETURNING asins, total_results,",
    """
RETURNING jsonb_path_query_array(asins, '$[0 to $last]', jsonb_build_object('last', %s::int)),
          coalesce(total_results, jsonb_array_length(asins)),""",
)

# Live, or expired less than so long ago; counts no hit.
READ_DISCOVERY = """
SELECT asins, total_results, tokens_spent, created_at, expires_at, hit_count
  FROM product_discovery_cache
 WHERE cache_key = %s AND expires_at > now() - %s
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
RETURNING asins, total_results, tokens_spent, created_at, expires_at, hit_count
"""

# Rows are locked in key order: two searches that share products never wait for each other in
# a circle.
HIT_SCORES = """
WITH not_durable AS (SELECT set_config('synchronous_commit', 'off', true)),
     wanted AS (
        SELECT cache_key FROM product_scoring_cache
         WHERE cache_key = ANY(%s) AND expires_at > now() AND breakdown IS NOT NULL
         ORDER BY cache_key FOR NO KEY UPDATE)
UPDATE product_scoring_cache AS score
   SET hit_count = coalesce(score.hit_count, 0) + 1
  FROM wanted, not_durable
 WHERE score.cache_key = wanted.cache_key
RETURNING score.asin, score.breakdown, score.tokens_spent, score.created_at
"""

FILL_SCORES = """
WITH durable AS (SELECT set_config('synchronous_commit', 'on', true))
INSERT INTO product_scoring_cache
       (cache_key, asin, roi_percent, velocity_score, recommendation, title, price, bsr,
        created_at, expires_at, marketplace, breakdown, tokens_spent, hit_count)
SELECT row.*, 0
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

PURGE_BATCH = 1000
PURGE = """
DELETE FROM {table} WHERE ctid IN (
    SELECT ctid FROM {table} WHERE expires_at <= %s
     ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING 1
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


@dataclass(frozen=True, slots=True)
class CachedScore:
    """A row of the scoring cache; ``breakdown`` is the JSON text ``products.scored`` decodes."""

    asin: str
    breakdown: str
    tokens_spent: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """What is written to the scoring cache for one product; ``breakdown`` is JSON text."""

    cache_key: str
    asin: str
    marketplace: str
    roi_percent: float
    velocity_score: float
    recommendation: str
    title: str | None
    price: float | None
    bsr: int | None
    breakdown: bytes
    tokens_spent: int
    created_at: datetime
    expires_at: datetime


_ROW = TypeAdapter(ScoreRow)


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """Rows removed (or, on a dry run, removable) from each table."""

    discovery_removed: int
    scoring_removed: int
    leases_removed: int
    dry_run: bool

    @property
    def total(self) -> int:
        """Rows of all the tables."""
        return self.discovery_removed + self.scoring_removed + self.leases_removed


def _rows(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def _as_json(value: Any) -> Any:
    # Django's psycopg connections hand jsonb over as text, for JSONField to decode.
    return json.loads(value) if isinstance(value, str) else value


def _first(rows: list[tuple[Any, ...]]) -> CachedDiscovery | None:
    return _discovery(rows[0]) if rows else None


def _discovery(row: tuple[Any, ...]) -> CachedDiscovery:
    asins, total, tokens, created_at, expires_at, hits = row
    decoded = tuple(_as_json(asins))
    return CachedDiscovery(
        asins=decoded,
        total_results=len(decoded) if total is None else total,
        tokens_spent=tokens,
        created_at=created_at or expires_at - settings.DISCOVERY_TTL,
        expires_at=expires_at,
        hit_count=hits,
    )


def hit_discovery(*, cache_key: str, first: int | None = None) -> CachedDiscovery | None:
    """Return the live entry and count the hit, in one statement; ``None`` on a miss.

    ``first``: how many of its ASINs are read; else all of them.
    """
    if first is None:
        return _first(prepared_rows(HIT_DISCOVERY, [cache_key]))
    return _first(prepared_rows(HIT_BEGINNING, [cache_key, first - 1]))


def peek_discovery(*, cache_key: str) -> CachedDiscovery | None:
    """Return the live entry without counting a hit: for quotes, never for answers."""
    return _first(_rows(READ_DISCOVERY, [cache_key, timedelta(0)]))


def stale_discovery(*, cache_key: str) -> CachedDiscovery | None:
    """Return an entry still within its grace period (``settings.STALE_GRACE``), live or not."""
    return _first(_rows(READ_DISCOVERY, [cache_key, settings.STALE_GRACE]))


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
    values = [
        cache_key,
        Jsonb(list(asins)),
        Jsonb(filters),
        settings.DISCOVERY_TTL,
        marketplace,
        total_results,
        tokens_spent,
    ]
    return _discovery(_rows(FILL_DISCOVERY, values)[0])


def hit_scores(*, cache_keys: Sequence[str]) -> dict[str, CachedScore]:
    """Return the live scores by ASIN and count their hits, in one statement for them all."""
    rows = prepared_rows(HIT_SCORES, [list(cache_keys)]) if cache_keys else []
    return {row[0]: CachedScore(*row) for row in rows}


def expire_scores(*, marketplace: str, asins: Sequence[str]) -> int:
    """Let no stored score of these products answer any more; returns how many there were."""
    live = ScoringCacheEntry.objects.filter(
        asin__in=asins, marketplace=marketplace, expires_at__gt=timezone.now()
    )
    return live.update(expires_at=timezone.now())


def fill_scores(rows: Sequence[ScoreRow]) -> None:
    """Store scores, durably, in one statement; a newer score replaces an older one."""
    if rows:
        prepared_rows(FILL_SCORES, [Jsonb(rows, dumps=_rows_as_json)])


def _rows_as_json(rows: Sequence[ScoreRow]) -> bytes:
    # The breakdown is JSON already: it is put in as it is.
    texts = (
        _ROW.dump_json(row, exclude={"breakdown"})[:-1] + b',"breakdown":' + row.breakdown + b"}"
        for row in rows
    )
    return b"[" + b",".join(texts) + b"]"


def purge(*, now: datetime, dry_run: bool = False, grace: timedelta | None = None) -> PurgeReport:
    """Delete entries that expired more than ``grace`` ago (default ``settings.STALE_GRACE``).

    Works in small batches and skips rows in use, so it never delays a search.
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
    while (gone := len(_rows(PURGE.format(table=table), [limit, PURGE_BATCH]))) == PURGE_BATCH:
        removed += gone
    return removed + gone
