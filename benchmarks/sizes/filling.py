"""A year of searches and Keepa calls in the real tables, written without their indexes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

HISTORY = """
INSERT INTO search_history (user_id, search_type, filters, results_count, source, created_at,
                            marketplace, cache_hit, duration_ms, tokens_spent, tokens_saved,
                            average_roi, strong_buys)
SELECT CASE WHEN n %% 10 = 0 THEN %(reader)s ELSE 'user' || n %% 49 END,
       (ARRAY['discovery', 'discovery', 'scoring', 'autosourcing'])[1 + n / 10 %% 4],
       jsonb_build_object('marketplace', 'us',
                          'root_categories', jsonb_build_array(283155 + n / 10 %% 7),
                          'bsr_min', 1000 * (n %% 90), 'bsr_max', 1000 * (n %% 90) + 50000),
       50, (ARRAY['frontend', 'api', 'schedule'])[1 + n / 10 %% 3],
       now() - interval '365 days' * (1 - n::float8 / %(rows)s), 'us', n / 10 %% 10 < 7,
       (n %% 2000)::int, CASE WHEN n / 10 %% 10 < 7 THEN 0 ELSE 61 END,
       CASE WHEN n / 10 %% 10 < 7 THEN 61 ELSE 0 END,
       CASE WHEN n / 10 %% 4 = 2 THEN n %% 60 END, n %% 3
  FROM generate_series(1, %(rows)s) AS n
"""
LEDGER = """
INSERT INTO keepa_token_ledger (call_id, account, endpoint, marketplace, purpose, items,
                                tokens_consumed, tokens_left, refill_rate, refill_in_ms, server_ms,
                                duration_ms, outcome, created_at)
SELECT n, 'a', (ARRAY['query', 'product', 'product', 'category'])[1 + n %% 4], 'us',
       (ARRAY['interactive', 'background', 'autosourcing'])[1 + n %% 3], 50, 50,
       800 + n %% 400, 20, (n %% 60000)::int, n, 400, CASE WHEN n %% 97 = 0 THEN 'timeout' ELSE
       'ok' END, now() - interval '365 days' * (1 - n::float8 / %(rows)s)
  FROM generate_series(1, %(rows)s) AS n
"""
INSERT = """
INSERT INTO {table} (id, user_id, search_type, filters, results_count, source, marketplace,
                     cache_hit, duration_ms, tokens_spent, tokens_saved)
VALUES (%(id)s, 'user7', 'discovery', '{{"marketplace": "us", "root_categories": [283155]}}',
        50, 'api', 'us', true, 2, 0, 61)
"""
CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE conrelid = %s::regclass AND contype IN ('p', 'u')
"""
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
 WHERE indrelid = %s::regclass
   AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


def filled(rows: int, *, reader: Any) -> None:
    """Put so many rows into both tables, in place of those there; a tenth of them the reader's.

    They are added up as the scheduled task does it.
    """
    from django.db import connection
    from django.utils import timezone

    from analytics.rollup import roll_up

    params = {"rows": rows, "reader": str(reader.pk)}
    tables = {"search_history": HISTORY, "keepa_token_ledger": LEDGER}
    with ThreadPoolExecutor(len(tables)) as threads:
        for done in [threads.submit(refilled, *each, params) for each in tables.items()]:
            done.result()
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    roll_up(now=timezone.now())


def refilled(table: str, statement: str, params: dict[str, Any]) -> None:
    """Fill a table over a connection of its own."""
    from django.db import connection, transaction

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL maintenance_work_mem TO '512MB'")
            put(cursor, table, statement, params)
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {table}")  # as autovacuum does after a while
    finally:
        connection.close()


def copied(name: str) -> None:
    """Keep a copy of the history as it is, with its indexes and what watches new rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {name} (LIKE search_history INCLUDING ALL)")
        cursor.execute(f"INSERT INTO {name} SELECT * FROM search_history")
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE tgrelid = 'search_history'::regclass AND tgname = 'rolled_row_added'"
        )
        cursor.execute(cursor.fetchone()[0].replace("search_history", name))


def put(cursor: Any, table: str, statement: str, params: dict[str, Any]) -> None:
    """Empty the table and fill it, its indexes and triggers away meanwhile.

    In the caller's transaction: a server of ``wal_level = minimal`` writes no WAL then.
    """
    cursor.execute(CONSTRAINTS, [table])
    constraints = cursor.fetchall()
    cursor.execute(INDEXES, [table])
    indexes = cursor.fetchall()
    cursor.execute(f"TRUNCATE {table}")  # forgets the sums as well
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    for name, _definition in constraints:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    cursor.execute(statement, params)
    cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    for name, definition in constraints:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for _name, definition in indexes:
        cursor.execute(definition)
