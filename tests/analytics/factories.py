"""Rows made by hand; every argument has a plain default."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from analytics.models import SearchHistory
from discovery.models import DiscoveryCacheEntry, ScoringCacheEntry, TokenLedgerEntry

_serial = count(1)


def a_discovery(*, expires_at: datetime, **fields: Any) -> DiscoveryCacheEntry:
    values = {
        "cache_key": f"discovery_{next(_serial)}",
        "asins": ["B000000001"],
        "created_at": expires_at - timedelta(hours=24),
        "hit_count": 0,
        "tokens_spent": 11,
        "total_results": 1,
    }
    return DiscoveryCacheEntry.objects.create(expires_at=expires_at, **(values | fields))


def a_score(*, expires_at: datetime, **fields: Any) -> ScoringCacheEntry:
    values = {
        "cache_key": f"score_{next(_serial)}",
        "asin": "B000000001",
        "roi_percent": 42.0,
        "velocity_score": 60.0,
        "recommendation": "BUY",
        "title": "Été",
        "created_at": expires_at - timedelta(hours=6),
        "hit_count": 0,
        "tokens_spent": 3,
        "breakdown": {"score": {"note": "<b>é</b>"}},
    }
    return ScoringCacheEntry.objects.create(expires_at=expires_at, **(values | fields))


def a_search(*, at: datetime | None, hit: bool | None, **fields: Any) -> SearchHistory:
    values = {"search_type": "discovery", "filters": {}, "results_count": 1, "source": "api"}
    return SearchHistory.objects.create(created_at=at, cache_hit=hit, **(values | fields))


def searches(*, at: datetime, hits: int, misses: int) -> None:
    rows = [
        SearchHistory(
            search_type="discovery", filters={}, results_count=1, created_at=at, cache_hit=hit
        )
        for hit in [True] * hits + [False] * misses
    ]
    SearchHistory.objects.bulk_create(rows)


def a_call(*, at: datetime, tokens: int, **fields: Any) -> TokenLedgerEntry:
    values = {
        "call_id": next(_serial),
        "account": "a" * 16,
        "endpoint": "query",
        "purpose": "interactive",
        "duration_ms": 40,
        "outcome": "ok",
    }
    return TokenLedgerEntry.objects.create(
        created_at=at, tokens_consumed=tokens, **(values | fields)
    )
