"""The shape of what the API says about the caches, with an example for its documentation."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

EXAMPLE: dict[str, Any] = {
    "measured_at": "2026-11-20T08:00:00+00:00",
    "caches": [
        {
            "name": "discovery",
            "table": "product_discovery_cache",
            "entries": 120,
            "live": 45,
            "expired": 75,
            "hits": 402,
            "average_reuse": 3.35,
            "rating": "Excellent",
            "tokens_spent": 7320,
            "oldest_at": "2026-10-21T06:12:00+00:00",
            "table_bytes": 1_564_672,
            "index_bytes": 131_072,
        },
        {
            "name": "scoring",
            "table": "product_scoring_cache",
            "entries": 5400,
            "live": 900,
            "expired": 4500,
            "hits": 6100,
            "average_reuse": 1.13,
            "rating": "Good",
            "tokens_spent": 16_200,
            "oldest_at": "2026-11-12T09:30:00+00:00",
            "table_bytes": 21_258_240,
            "index_bytes": 2_408_448,
        },
    ],
    "periods": [
        {
            "period": period,
            "searches": searches,
            "hits": hits,
            "misses": searches - hits,
            "hit_ratio": ratio,
            "tokens_spent": spent,
            "tokens_saved": saved,
            "money_spent": money_spent,
            "money_saved": money_saved,
            "currency": "EUR",
        }
        for period, searches, hits, ratio, spent, saved, money_spent, money_saved in (
            ("24h", 20, 15, 0.75, 305, 915, "0.31", "0.92"),
            ("7d", 118, 83, 0.7034, 2135, 5063, "2.14", "5.06"),
            ("30d", 460, 322, 0.7, 8418, 19_642, "8.42", "19.64"),
        )
    ],
    "next_purge_at": "2026-11-21T03:00:00+00:00",
    "alert": None,
}


class CacheAnswer(Schema):
    """What one cache holds."""

    name: Literal["discovery", "scoring"]
    table: str
    entries: int
    live: int = Field(description="Entries that have not expired.")
    expired: int = Field(description="Entries past their expiry, which the purge will remove.")
    hits: int = Field(description="How often its entries have answered, since they were made.")
    average_reuse: float = Field(description="Hits per entry.")
    rating: Literal["Excellent", "Good", "Low reuse"] = Field(
        description="Excellent above 3 hits per entry, Good above 1, else Low reuse."
    )
    tokens_spent: int = Field(description="What filling it has cost.")
    oldest_at: datetime | None
    table_bytes: int
    index_bytes: int


class PeriodAnswer(Schema):
    """What happened in the last 24 hours, 7 days or 30 days."""

    period: Literal["24h", "7d", "30d"]
    searches: int
    hits: int = Field(description="Searches answered by a cache.")
    misses: int
    hit_ratio: float | None = Field(description="0 to 1; null without a search.")
    tokens_spent: int
    tokens_saved: int
    money_spent: str = Field(description="At the price of 1 000 tokens in the site's settings.")
    money_saved: str
    currency: str


class AlertAnswer(Schema):
    """The caches answer too few searches."""

    ratio: float
    searches: int
    threshold: float
    days: int


class CacheHealthAnswer(Schema):
    """What the caches hold, how often they answer, and what they save."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    measured_at: datetime
    caches: list[CacheAnswer]
    periods: list[PeriodAnswer]
    next_purge_at: datetime | None
    alert: AlertAnswer | None
