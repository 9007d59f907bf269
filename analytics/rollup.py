"""Keeps the sums of ``rollup_sql``: adds up quarters of an hour that are over, mends stale ones.

Runs from the queue, as often and as many at once as one likes. A run that is killed leaves the sums
of the steps it has ended, and the next one goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from analytics.rollup_sql import (
    BIN,
    LEDGER,
    OF_A_CALL,
    OF_A_SEARCH,
    OF_AN_ANSWER,
    SEARCHES,
)

# A quarter is added up when it has been over for so long, by the database's clock. Rows dated more
# than ten minutes ago make their quarter stale (migration 0006): between the two, a transaction may
# last 50 minutes unseen. None of ours lasts one.
SETTLED_AFTER = timedelta(hours=1)
STEP = timedelta(days=14)  # of history a transaction
LOCKS = {SEARCHES: 7_215_001, LEDGER: 7_215_002}  # advisory, for the length of a transaction
TABLES = {SEARCHES: ("search_quarter", "answer_quarter"), LEDGER: ("ledger_quarter",)}
VALUES = {
    "search_quarter": OF_A_SEARCH,
    "answer_quarter": OF_AN_ANSWER,
    "ledger_quarter": OF_A_CALL,
}


@dataclass(frozen=True, slots=True)
class RollUp:
    """What a run did: ``steps`` that moved the end of the sums, ``mended`` quarters added anew."""

    steps: int
    mended: int


# The first step begins with the oldest row, and with nothing left of earlier sums.
_NEXT_STEP = """
WITH known AS (SELECT rolled_until FROM rollup_state WHERE source = %(source)s),
     began AS (
    SELECT coalesce((SELECT rolled_until FROM known), {oldest}) AS at
      FROM (SELECT min(created_at) FROM {source} WHERE created_at > '-infinity') AS row (oldest)),
     settled AS (SELECT {settled} AS at)
SELECT began.at, least(began.at + %(step)s::interval, settled.at), NOT EXISTS (SELECT FROM known)
  FROM began, settled WHERE began.at < settled.at
"""
SETTLED = BIN.format("least(%(now)s::timestamptz, now()) - %(settled)s::interval")
MOVE_ON = """
INSERT INTO rollup_state (source, rolled_until) VALUES (%(source)s, %(end)s)
ON CONFLICT (source) DO UPDATE SET rolled_until = excluded.rolled_until
"""
# A quarter that is not added up yet needs no mending: its step will see the row.
TAKE_STALE = """
WITH taken AS (DELETE FROM stale_quarter WHERE source = %(source)s RETURNING quarter)
SELECT DISTINCT taken.quarter FROM taken
  JOIN rollup_state AS state ON state.source = %(source)s AND taken.quarter < state.rolled_until
"""
IN_A_STEP = "{source} WHERE created_at >= %(start)s AND created_at < %(end)s"
IN_QUARTERS = """unnest(%(quarters)s::timestamptz[]) AS stale (began)
  JOIN {source} ON created_at >= began AND created_at < began + interval '15 minutes'"""
_ADD_UP = {
    "search_quarter": """
INSERT INTO search_quarter (quarter, answered, hits, tokens_saved)
SELECT {quarter}, sum({answered}), sum({hits}), sum({tokens_saved}) FROM {rows} GROUP BY 1
""",
    "answer_quarter": """
INSERT INTO answer_quarter (quarter, kind, source, result, cache, answers, tokens_saved)
SELECT {quarter}, {kind}, {source}, {result}, {cache}, sum({answers}), sum({tokens_saved})
  FROM {rows} GROUP BY 1, 2, 3, 4, 5
""",
    "ledger_quarter": """
INSERT INTO ledger_quarter (quarter, endpoint, purpose, calls, failed, tokens)
SELECT {quarter}, {endpoint}, {purpose}, sum({calls}), sum({failed}), sum({tokens})
  FROM {rows} GROUP BY 1, 2, 3
""",
}
_EMPTY = "DELETE FROM {table}"
_EMPTY_QUARTERS = "DELETE FROM {table} WHERE quarter = ANY(%(quarters)s)"


def roll_up(*, now: datetime) -> RollUp:
    """Bring the sums up to date, a step a transaction; the present, ``now``, is not added up."""
    steps = mended = 0
    for source in (SEARCHES, LEDGER):
        mended += mend(source)
        while step(source, now=now):
            steps += 1
    return RollUp(steps, mended)


def step(source: str, *, now: datetime) -> bool:
    """Add up the next ``STEP`` of a table; returns whether there was anything to do."""
    asked: dict[str, Any] = {"source": source, "now": now, "settled": SETTLED_AFTER, "step": STEP}
    oldest = BIN.format("oldest")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCKS[source]])
        cursor.execute(_NEXT_STEP.format(source=source, oldest=oldest, settled=SETTLED), asked)
        if (found := cursor.fetchone()) is None:
            return False
        start, end, is_first = found
        for table in TABLES[source]:
            if is_first:
                cursor.execute(_EMPTY.format(table=table))
            cursor.execute(_add_up(source, table, IN_A_STEP), {"start": start, "end": end})
        cursor.execute(MOVE_ON, {"source": source, "end": end})
    return True


def mend(source: str) -> int:
    """Add up anew the quarters of which rows have changed since; returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCKS[source]])
        cursor.execute(TAKE_STALE, {"source": source})
        quarters = [quarter for (quarter,) in cursor.fetchall()]
        if quarters:
            stale = {"quarters": quarters}
            for table in TABLES[source]:
                cursor.execute(_EMPTY_QUARTERS.format(table=table), stale)
                cursor.execute(_add_up(source, table, IN_QUARTERS), stale)
    return len(quarters)


def _add_up(source: str, table: str, rows: str) -> str:
    """The statement that adds up rows of ``source`` into one of its ``TABLES``."""
    quarter = BIN.format("created_at")
    return _ADD_UP[table].format(quarter=quarter, rows=rows.format(source=source), **VALUES[table])
