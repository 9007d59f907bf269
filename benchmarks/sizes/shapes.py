"""``search_history`` in three shapes, each at a small and at the full size, in turns.

``today`` is the table as it is; ``monthly`` is cut into partitions by month; ``brin`` has a BRIN
index in place of the B-tree on the date. All rows are written as they happened, the oldest first.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg

MONTHS = 13
ROUNDS = 9
INSERTS = 300  # single rows, a transaction each

COLUMNS = """
    id varchar(36) NOT NULL DEFAULT gen_random_uuid()::text, user_id varchar(36),
    search_type varchar(50) NOT NULL, filters jsonb NOT NULL, results_count integer NOT NULL,
    source varchar(50), created_at timestamptz{required} DEFAULT now(), marketplace varchar(8),
    cache_hit boolean, duration_ms integer, tokens_spent integer, tokens_saved integer,
    average_roi double precision, strong_buys integer, run_id uuid
"""
FILL = """
INSERT INTO {table} (user_id, search_type, filters, results_count, source, created_at, marketplace,
                     cache_hit, duration_ms, tokens_spent, tokens_saved, average_roi, strong_buys)
SELECT (1 + n %% 50)::text,
       (ARRAY['discovery', 'discovery', 'scoring', 'autosourcing'])[1 + n %% 4],
       jsonb_build_object('marketplace', 'us',
                          'root_categories', jsonb_build_array(283155 + n %% 7),
                          'bsr_min', 1000 * (n %% 90), 'bsr_max', 1000 * (n %% 90) + 50000),
       50, (ARRAY['frontend', 'api', 'schedule'])[1 + n %% 3],
       %(now)s - interval '365 days' * (1 - n::float8 / %(rows)s), 'us', n %% 10 < 7,
       (n %% 2000)::int, CASE WHEN n %% 10 < 7 THEN 0 ELSE 61 END,
       CASE WHEN n %% 10 < 7 THEN 61 ELSE 0 END, CASE WHEN n %% 4 = 2 THEN n %% 60 END, n %% 3
  FROM generate_series(1, %(rows)s) AS n
"""
INSERT = """
INSERT INTO {table} (user_id, search_type, filters, results_count, source, marketplace, cache_hit,
                     duration_ms, tokens_spent, tokens_saved)
VALUES ('7', 'discovery', '{{"marketplace": "us", "root_categories": [283155]}}', 50, 'api', 'us',
        true, 2, 0, 61)
"""
QUESTIONS = {
    "30 days, all users": """
        SELECT count(cache_hit), count(*) FILTER (WHERE cache_hit), sum(tokens_saved)
          FROM {table} WHERE created_at > %(now)s - interval '30 days' AND created_at <= %(now)s""",
    "14 days by day": """
        SELECT created_at::date, count(cache_hit) FROM {table}
         WHERE created_at > %(now)s - interval '14 days' GROUP BY 1""",
    "the open hour": """
        SELECT count(cache_hit), sum(tokens_saved) FROM {table}
         WHERE created_at > %(now)s - interval '1 hour'""",
    "a user's newest ten": """
        SELECT * FROM {table} WHERE user_id = '7' ORDER BY created_at DESC LIMIT 10""",
    "a user's 1500th page": """
        SELECT id FROM {table} WHERE user_id = '7' ORDER BY created_at DESC, id
         OFFSET 37500 LIMIT 25""",
    "a user's API searches": """
        SELECT id FROM {table} WHERE user_id = '7' AND source = 'api'
           AND created_at > %(now)s - interval '90 days' ORDER BY created_at DESC LIMIT 25""",
}


@dataclass(slots=True)
class Shape:
    """A table; ``times`` are seconds, by what was asked, ``size`` is bytes: table and indexes."""

    name: str
    rows: int
    times: dict[str, list[float]] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)
    deletion: float = 0.0

    @property
    def table(self) -> str:
        return f"{self.name}_{self.rows}"

    def ms(self, question: str) -> float:
        """The median, in milliseconds."""
        return statistics.median(self.times[question]) * 1000


def compare_shapes(url: str, *, small: int, large: int) -> list[Shape]:
    """Make and measure the shapes; the small and the large of each take turns."""
    now = datetime.now(UTC)
    shapes = [Shape(name, rows) for rows in (small, large) for name in SHAPES]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem TO '512MB'")
        for shape in shapes:
            first, *indexes = SHAPES[shape.name](shape.table, now)
            connection.execute(first)
            connection.execute(FILL.format(table=shape.table), {"rows": shape.rows, "now": now})
            for statement in indexes:
                connection.execute(statement)
            connection.execute(f"VACUUM ANALYZE {shape.table}")
        connection.execute("CHECKPOINT")
        for _round in range(ROUNDS):
            for shape in shapes:
                for name, question in QUESTIONS.items():
                    timed(connection, shape, name, question, now)
        # As hits are written: else the disk, the same for all, is most of what is measured.
        connection.execute("SET synchronous_commit TO off")
        for _round in range(INSERTS):
            for shape in shapes:
                timed(connection, shape, "one row written", INSERT, now)
        for shape in shapes:
            shape.size = sizes(connection, shape)
            shape.deletion = deleted_month(connection, shape, now)
    return shapes


def timed(
    connection: psycopg.Connection, shape: Shape, name: str, question: str, now: datetime
) -> None:
    began = time.perf_counter()
    cursor = connection.execute(question.format(table=shape.table), {"now": now})
    if cursor.description:
        cursor.fetchall()
    shape.times.setdefault(name, []).append(time.perf_counter() - began)


def sizes(connection: psycopg.Connection, shape: Shape) -> tuple[int, int]:
    found = connection.execute(
        "SELECT coalesce(sum(pg_table_size(relid)), 0), coalesce(sum(pg_indexes_size(relid)), 0)"
        "  FROM pg_partition_tree(%s::regclass)",
        [shape.table],
    ).fetchone()
    if not found or not found[0]:
        found = connection.execute(
            "SELECT pg_table_size(%(t)s::regclass), pg_indexes_size(%(t)s::regclass)",
            {"t": shape.table},
        ).fetchone()
    assert found
    return int(found[0]), int(found[1])


def deleted_month(connection: psycopg.Connection, shape: Shape, now: datetime) -> float:
    """Seconds it takes to be rid of the oldest month."""
    began = time.perf_counter()
    if shape.name == "monthly":
        connection.execute(f"DROP TABLE {shape.table}_0, {shape.table}_1")
    else:
        oldest = now - timedelta(days=335)
        connection.execute(f"DELETE FROM {shape.table} WHERE created_at < %s", [oldest])
    return time.perf_counter() - began


def today(table: str, _now: datetime) -> Iterator[str]:
    """The statements that make the table: the first before it is filled, the others after."""
    yield f"CREATE TABLE {table} ({COLUMNS.format(required='')})"
    yield f"ALTER TABLE {table} ADD PRIMARY KEY (id)"
    yield f"CREATE INDEX ON {table} (created_at)"
    yield from _other_indexes(table)


def monthly(table: str, now: datetime) -> Iterator[str]:
    """As ``today``; the key of a partitioned table must hold the date."""
    columns = COLUMNS.format(required=" NOT NULL")
    starts = [now - timedelta(days=366 - 30.5 * month) for month in range(MONTHS + 1)]
    parts = [
        f"CREATE TABLE {table}_{number} PARTITION OF {table} "
        f"FOR VALUES FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
        for number, (start, end) in enumerate(pairwise(starts))
    ]
    yield "; ".join([f"CREATE TABLE {table} ({columns}) PARTITION BY RANGE (created_at)", *parts])
    yield f"ALTER TABLE {table} ADD PRIMARY KEY (id, created_at)"
    yield f"CREATE INDEX ON {table} (created_at)"
    yield from _other_indexes(table)


def brin(table: str, _now: datetime) -> Iterator[str]:
    """As ``today``, a BRIN index in place of the B-tree on the date."""
    yield f"CREATE TABLE {table} ({COLUMNS.format(required='')})"
    yield f"ALTER TABLE {table} ADD PRIMARY KEY (id)"
    yield f"CREATE INDEX ON {table} USING brin (created_at)"
    yield from _other_indexes(table)


def _other_indexes(table: str) -> Iterator[str]:
    yield f"CREATE INDEX ON {table} (user_id)"
    yield f"CREATE INDEX ON {table} (search_type)"
    yield f"CREATE INDEX ON {table} (user_id, created_at DESC, id)"


SHAPES = {"today": today, "monthly": monthly, "brin": brin}


def report_shapes(shapes: list[Shape]) -> None:
    """Print a table: a row a question, a column a shape and size."""
    heads = [f"{shape.name} {shape.rows:.0e}" for shape in shapes]
    print("\n" + " " * 26 + "".join(f"{head:>16}" for head in heads))
    for question in shapes[0].times:
        cells = "".join(f"{shape.ms(question):>13.2f} ms" for shape in shapes)
        print(f"{question:<26}{cells}")
    for name, read in (
        ("table, MB", lambda shape: f"{shape.size[0] / 1e6:.0f}"),
        ("indexes, MB", lambda shape: f"{shape.size[1] / 1e6:.0f}"),
        ("oldest month gone, s", lambda shape: f"{shape.deletion:.2f}"),
    ):
        print(f"{name:<26}" + "".join(f"{read(shape):>16}" for shape in shapes))
