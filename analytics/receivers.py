"""Every answered search becomes a row of search_history. Handlers first, wiring below."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from discovery.prepared import prepared_rows
from discovery.signals import CompletedSearch, search_completed

# A free search that a crash forgets within its last half second harms no figure, so its row does
# not wait for the disk; that of a search somebody paid for does.
RECORD_SEARCH = """
INSERT INTO search_history
       (user_id, search_type, filters, results_count, source, marketplace, cache_hit,
        duration_ms, tokens_spent, tokens_saved, average_roi, strong_buys, run_id)
SELECT %(user_id)s::varchar, %(search_type)s::varchar, %(filters)s::jsonb,
       %(results_count)s::int, %(source)s::varchar, %(marketplace)s::varchar,
       %(cache_hit)s::boolean, %(duration_ms)s::int, %(tokens_spent)s::int,
       %(tokens_saved)s::int, %(average_roi)s::float8, %(strong_buys)s::int,
       %(run_id)s::uuid
  FROM (SELECT set_config('synchronous_commit', %(commit)s::text, true)) AS as_asked
"""


def record_search(*, search: CompletedSearch, **_signal: Any) -> None:
    """Write one row, in one statement."""
    prepared_rows(
        RECORD_SEARCH,
        asdict(search)
        | {
            "filters": Jsonb(search.filters),
            "commit": "on" if search.tokens_spent else "off",
        },
    )


def connect() -> None:
    """Listen to finished searches; connecting twice listens once."""
    search_completed.connect(record_search, dispatch_uid="analytics.record_search")
