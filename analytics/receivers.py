"""Every answered search becomes a row of search_history. Handlers first, wiring below."""

from __future__ import annotations

from typing import Any

from analytics.models import SearchHistory
from discovery.signals import CompletedSearch, search_completed


def record_search(*, search: CompletedSearch, **_signal: Any) -> None:
    """Write one row, in one statement."""
    SearchHistory.objects.create(
        user_id=search.user_id,
        search_type=search.search_type,
        filters=search.filters,
        results_count=search.results_count,
        source=search.source,
        marketplace=search.marketplace,
        cache_hit=search.cache_hit,
        duration_ms=search.duration_ms,
        tokens_spent=search.tokens_spent,
        tokens_saved=search.tokens_saved,
        average_roi=search.average_roi,
        strong_buys=search.strong_buys,
    )


def connect() -> None:
    search_completed.connect(record_search, dispatch_uid="analytics.record_search")
