"""Every answered search becomes a row of search_history. Handlers first, wiring below."""

from __future__ import annotations

import json
import os
import secrets
import time
import uuid
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from django.conf import settings
from psycopg.types.json import Jsonb

from analytics.gathering import Gathered, Gatherer
from discovery.prepared import prepared_rows
from discovery.signals import CompletedSearch, search_completed

# A free search that a crash forgets within its last half second harms no figure, so its row does
# not wait for the disk; that of a search somebody paid for does. Rows that are written once more,
# because nobody knows whether they were, have kept their id.
RECORD_SEARCHES = """
INSERT INTO search_history
       (id, user_id, search_type, filters, results_count, source, marketplace, cache_hit,
        duration_ms, tokens_spent, tokens_saved, average_roi, strong_buys, run_id, cache,
        created_at)
SELECT row.id, row.user_id, row.search_type, row.filters, row.results_count, row.source,
       row.marketplace, row.cache_hit, row.duration_ms, row.tokens_spent, row.tokens_saved,
       row.average_roi, row.strong_buys, row.run_id, row.cache,
       statement_timestamp() - row.seconds_ago * interval '1 second'
  FROM (SELECT set_config('synchronous_commit', %(commit)s::text, true)) AS as_asked,
       jsonb_to_recordset(%(rows)s) AS row(
        id varchar, user_id varchar, search_type varchar, filters jsonb, results_count int,
        source varchar, marketplace varchar, cache_hit boolean, duration_ms int, tokens_spent int,
        tokens_saved int, average_roi float8, strong_buys int, run_id uuid, cache varchar,
        seconds_ago float8)
ON CONFLICT DO NOTHING
"""
FIELDS = tuple(field.name for field in fields(CompletedSearch))


def record_search(*, search: CompletedSearch, **_signal: Any) -> None:
    """Write one row, in one statement; the web server gathers those of searches that were free."""
    row = Gathered(search, id=ordered_id())
    is_gathered = settings.HISTORY_GATHERED and not search.tokens_spent and gatherer.put(row)
    if not is_gathered:
        write([row])


def ordered_id() -> str:
    """A UUID of version 7, as text: it begins with the time.

    New rows lie side by side at the end of the key's index, so that one costs the same whatever
    there is; with random ids it touches a page somewhere in hundreds of megabytes.
    """
    milliseconds = time.time_ns() // 1_000_000
    chance = secrets.randbits(74)
    number = milliseconds << 80 | 7 << 76 | chance >> 62 << 64 | 2 << 62 | chance & (1 << 62) - 1
    return str(uuid.UUID(int=number))


def write(rows: Sequence[Gathered]) -> None:
    """Write the rows in one statement, each at the time of its search; raises ``DatabaseError``."""
    is_paid = any(row.search.tokens_spent for row in rows)
    values = {"rows": Jsonb(rows, dumps=_as_json), "commit": "on" if is_paid else "off"}
    prepared_rows(RECORD_SEARCHES, values)


def _as_json(rows: Sequence[Gathered]) -> str:
    return json.dumps(
        [
            {name: getattr(row.search, name) for name in FIELDS}
            | {"id": row.id, "seconds_ago": row.seconds_ago}
            for row in rows
        ],
        default=str,  # the number of a run
    )


gatherer = Gatherer(write)
os.register_at_fork(after_in_child=gatherer.begin_anew)


def connect() -> None:
    """Listen to finished searches; connecting twice listens once."""
    search_completed.connect(record_search, dispatch_uid="analytics.record_search")
