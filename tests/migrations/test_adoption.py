"""Taking over a live database that another program filled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.migrations.exceptions import IrreversibleError

from analytics import schema
from analytics.schema import verify_schema
from discovery.migrations import _adoption
from discovery.migrations._adoption import UnadoptableTable
from tests.migrations.conftest import ALIAS, LATER, Scratch

THEN = datetime(2025, 3, 30, 1, 30)  # noqa: DTZ001 - naive, and absent from Paris that night
MANY = 3000
ROOT = Path(__file__).resolve().parents[2]

DISCOVERIES = """
SELECT cache_key, asins, filters_applied, created_at, expires_at, hit_count
  FROM product_discovery_cache ORDER BY cache_key
"""
SCORES = """
SELECT cache_key, asin, roi_percent, velocity_score, recommendation, title, price, bsr,
       created_at, expires_at, hit_count
  FROM product_scoring_cache ORDER BY cache_key
"""
HISTORY = """
SELECT id, user_id, search_type, filters, results_count, source, created_at
  FROM search_history ORDER BY id
"""


@pytest.fixture(autouse=True)
def _told_once(told_once: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two commands of an operator, other processes, ask for themselves."""
    for module in (_adoption, schema):
        monkeypatch.setattr(module, "wanted_tables", told_once)


def _fill(database: Scratch) -> None:
    """Thousands of rows of each kind, a good share of them odd."""
    with database.connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO product_discovery_cache VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (
                    f"key-{n:05}",
                    json.dumps([] if n % 7 == 0 else [f"B{n + k:09}" for k in range(n % 40)]),
                    None
                    if n % 5 == 0
                    else json.dumps({"categories": ["Bücher", "Électronique"], "n": n}),
                    None if n % 11 == 0 else THEN + timedelta(minutes=n),
                    THEN + timedelta(hours=n - MANY // 2),  # a good half expired long ago
                    None if n % 13 == 0 else n % 90,
                )
                for n in range(MANY)
            ],
        )
        cursor.executemany(
            "INSERT INTO product_scoring_cache VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    f"score_B{n:09}_us_{n % 3}",
                    f"B{n:09}",
                    n / 7 - 50,
                    n % 101,
                    ("STRONG_BUY", "AVOID", "à voir")[n % 3],
                    None if n % 4 == 0 else f"Œuvres complètes, tome {n} — 日本語 <b>&amp;</b>",
                    None if n % 6 == 0 else n / 100,
                    None if n % 9 == 0 else n * 1000,
                    None if n % 11 == 0 else THEN + timedelta(minutes=n),
                    THEN + timedelta(hours=n - MANY // 2),
                    None if n % 13 == 0 else n,
                )
                for n in range(MANY)
            ],
        )
        cursor.executemany(
            "INSERT INTO search_history VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    str(uuid.UUID(int=n)),
                    None if n % 3 else str(uuid.UUID(int=n % 10)),
                    ("discovery", "scoring", "autosourcing", "something else")[n % 4],
                    json.dumps({"category": "Jeux & jouets", "n": n}),
                    n % 100,
                    None if n % 5 == 0 else "frontend",
                    None if n % 11 == 0 else THEN + timedelta(minutes=n),
                )
                for n in range(MANY)
            ],
        )


def _as_aware(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [
        tuple(v.replace(tzinfo=UTC) if isinstance(v, datetime) else _plain(v) for v in row)
        for row in rows
    ]


def _plain(value: Any) -> Any:
    """JSON columns arrive as text, spelt differently before and after."""
    if isinstance(value, str) and value[:1] in "[{":
        return json.loads(value)
    return value


def test_every_row_survives_with_its_counts_and_its_dates_read_as_utc(inherited: Scratch) -> None:
    _fill(inherited)
    before = [_as_aware(inherited.rows(sql)) for sql in (DISCOVERIES, SCORES, HISTORY)]

    inherited.migrate()

    after = [inherited.rows(sql) for sql in (DISCOVERIES, SCORES, HISTORY)]
    assert [len(rows) for rows in after] == [MANY] * 3
    for was, now in zip(before, after, strict=True):
        assert [tuple(_plain(value) for value in row) for row in now] == was
    earliest = inherited.value("SELECT min(created_at) FROM search_history")
    assert earliest == datetime(2025, 3, 30, 1, 31, tzinfo=UTC)


def test_two_commands_take_over_a_live_database(inherited: Scratch, tmp_path: Path) -> None:
    """``manage.py migrate``, then ``manage.py verify_schema``, as an operator types them."""
    _fill(inherited)
    before = inherited.value("SELECT sum(hit_count) FROM product_discovery_cache")

    migrated = _manage(inherited, tmp_path, "migrate", "--verbosity=0")
    verified = _manage(inherited, tmp_path, "verify_schema")

    assert migrated.returncode == 0, migrated.stderr
    assert verified.returncode == 0, verified.stdout
    assert "OK    product_discovery_cache" in verified.stdout
    assert "FAIL" not in verified.stdout
    assert verified.stdout.isascii()
    assert inherited.value("SELECT sum(hit_count) FROM product_discovery_cache") == before


def test_migrate_says_what_it_cannot_adopt_without_a_traceback(
    inherited: Scratch, tmp_path: Path
) -> None:
    inherited.execute("ALTER TABLE search_history DROP filters")

    refused = _manage(inherited, tmp_path, "migrate", "--verbosity=0")

    assert refused.returncode != 0
    assert "search_history.filters is missing" in refused.stderr
    assert "Traceback" not in refused.stderr


def _manage(database: Scratch, var: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "DATABASE_URL": database.url,
        "ARBVAULT_VAR": str(var),
        "SECRET_KEY": "only for tests " * 4,
        "PATH": os.defpath,
    }
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_created_and_adopted_tables_hold_the_same_columns_and_indexes(
    inherited: Scratch,
) -> None:
    inherited.migrate()
    adopted = inherited.tables()
    for name in adopted:
        inherited.execute(f"DROP TABLE {name}")
    inherited.forget_migrations()

    inherited.migrate()

    for name, created in inherited.tables().items():
        was = adopted[name]
        assert created is not None
        assert was is not None
        assert created.primary_key == was.primary_key
        assert created.indexes == was.indexes
        assert list(created.columns) == list(was.columns)
        for column, wanted in created.columns.items():
            held = was.columns[column]
            assert (held.type, held.nullable) == (wanted.type, wanted.nullable)
            assert held.meaning_of_default == wanted.meaning_of_default


def test_created_tables_hold_exactly_the_promised_indexes(empty: Scratch) -> None:
    empty.migrate()

    found = {name: sorted(table.indexes) for name, table in empty.tables().items() if table}

    assert found == {
        "product_discovery_cache": ["idx_discovery_created_at", "idx_discovery_expires_at"],
        "product_scoring_cache": [
            "idx_scoring_asin",
            "idx_scoring_expires_at",
            "idx_scoring_roi",
            "idx_scoring_velocity",
        ],
        "search_history": [
            "idx_history_created_at",
            "idx_history_search_type",
            "idx_history_user_id",
        ],
    }


@pytest.mark.parametrize("start", ["empty", "inherited"])
def test_a_program_that_knows_only_the_old_columns_can_go_on_writing(
    start: str, request: pytest.FixtureRequest
) -> None:
    database: Scratch = request.getfixturevalue(start)
    database.migrate()

    database.execute(
        "INSERT INTO product_discovery_cache (cache_key, asins, expires_at)"
        " VALUES ('k', '[]', now());"
        "INSERT INTO product_scoring_cache (cache_key, asin, roi_percent, velocity_score,"
        " recommendation, expires_at) VALUES ('k', 'B0', 1, 1, 'BUY', now());"
        "INSERT INTO search_history (search_type, filters, results_count)"
        " VALUES ('discovery', '{}', 0)"
    )

    for name in ("product_discovery_cache", "product_scoring_cache"):
        [(hits, is_now, marketplace, spent)] = database.rows(
            "SELECT hit_count, created_at > now() - interval '1 minute', marketplace, tokens_spent"
            f" FROM {name}"
        )
        assert (hits, is_now, marketplace, spent) == (0, True, "us", 0)
    [(key, is_now)] = database.rows(
        "SELECT id, created_at > now() - interval '1 minute' FROM search_history"
    )
    assert str(uuid.UUID(key)) == key
    assert is_now


def test_adopting_twice_changes_nothing(inherited: Scratch) -> None:
    _fill(inherited)
    inherited.migrate()
    once = inherited.tables(), inherited.files(), [inherited.rows(q) for q in (DISCOVERIES, SCORES)]

    inherited.migrate()
    inherited.forget_migrations()  # as after restoring a backup of the three tables alone
    inherited.migrate()

    twice = (
        inherited.tables(),
        inherited.files(),
        [inherited.rows(q) for q in (DISCOVERIES, SCORES)],
    )
    assert twice == once


MARKETPLACES = [
    ('{"marketplace": "fr"}', "fr"),
    ('{"marketplace": "FR"}', "fr"),
    ('{"domain": 4}', "fr"),
    ('{"domain": "co.uk"}', "uk"),
    ('{"domain": "www.amazon.de"}', "de"),
    ('{"marketplace": "", "domain": 5}', "jp"),
    ('{"marketplace": "us"}', "us"),
    ('{"marketplace": "mars"}', "us"),
    ('{"marketplace": {"of": "cards"}}', "us"),
    ('{"category": "fr"}', "us"),
    ('["fr"]', "us"),
    ('"fr"', "us"),
    (None, "us"),
]


def test_an_adopted_search_is_of_the_marketplace_its_filters_name(inherited: Scratch) -> None:
    for filters, _marketplace in MARKETPLACES:
        inherited.execute(
            "INSERT INTO product_discovery_cache VALUES (%s, '[]', %s, now(), now(), 1)",
            [str(filters), filters],
        )

    inherited.migrate()

    found = dict(inherited.rows("SELECT cache_key, marketplace FROM product_discovery_cache"))
    assert found == {str(filters): marketplace for filters, marketplace in MARKETPLACES}


@pytest.mark.parametrize(
    "difference",
    [
        "DROP INDEX idx_discovery_expires_at",
        "DROP INDEX idx_history_user_id",
        "ALTER TABLE product_discovery_cache ALTER asins TYPE text",
        "ALTER TABLE product_discovery_cache ALTER asins TYPE jsonb",
        "ALTER TABLE product_discovery_cache ALTER created_at TYPE timestamptz",
        "ALTER TABLE product_discovery_cache ALTER created_at SET NOT NULL",
        "ALTER TABLE product_discovery_cache DROP hit_count",
        "ALTER TABLE product_discovery_cache ALTER asins DROP NOT NULL",
        "ALTER TABLE product_scoring_cache DROP created_at",
        "ALTER TABLE product_scoring_cache ALTER price TYPE numeric(10, 2)",
        "ALTER TABLE product_scoring_cache ALTER title TYPE text",
        "ALTER TABLE product_scoring_cache ALTER asin TYPE varchar(10)",
        "ALTER TABLE product_scoring_cache ALTER hit_count DROP DEFAULT",
        "ALTER TABLE search_history ALTER id DROP DEFAULT, ALTER id TYPE uuid USING id::uuid",
        "ALTER TABLE search_history ADD cache_hit boolean",
        "DROP TABLE product_scoring_cache",
    ],
)
def test_a_difference_that_loses_nothing_is_mended(inherited: Scratch, difference: str) -> None:
    inherited.execute(
        "INSERT INTO product_discovery_cache VALUES ('k', '[\"B0\"]', NULL, now(), now(), 7);"
        "INSERT INTO product_scoring_cache VALUES"
        " ('k', 'B0', 1.5, 2, 'BUY', 'Étude', 12.34, 5, now(), now(), 7);"
        "INSERT INTO search_history VALUES (gen_random_uuid(), NULL, 'bulk', '{}', 1, NULL, now())"
    )
    inherited.execute(difference)

    inherited.migrate()
    inherited.migrate(LATER)

    checks = {check.name: check.differences for check in verify_schema(using=ALIAS)}
    for name in inherited.tables():
        assert checks[name] == ()
    assert inherited.value("SELECT asins ->> 0 FROM product_discovery_cache") == "B0"
    assert inherited.value("SELECT count(*) FROM search_history") == 1


def test_an_extra_column_and_its_values_are_kept(inherited: Scratch) -> None:
    inherited.execute(
        "ALTER TABLE search_history ADD note text;"
        "INSERT INTO search_history (search_type, filters, results_count, note)"
        " VALUES ('bulk', '{}', 0, 'ours')"
    )

    inherited.migrate()

    assert inherited.value("SELECT note FROM search_history") == "ours"


UNMENDABLE = [
    (
        "ALTER TABLE product_discovery_cache ALTER asins TYPE text;"
        "INSERT INTO product_discovery_cache VALUES ('k', 'B01,B02', NULL, NULL, now(), 0)",
        "product_discovery_cache.asins is text and holds what is not jsonb",
    ),
    (
        "INSERT INTO product_discovery_cache VALUES ('k', '[\"\\u0000\"]', NULL, NULL, now(), 0)",
        "product_discovery_cache.asins is json and holds what is not jsonb",
    ),
    (
        "ALTER TABLE product_discovery_cache ALTER asins TYPE bytea USING '\\x00'",
        "product_discovery_cache.asins is bytea, which cannot become jsonb",
    ),
    (
        "ALTER TABLE product_discovery_cache ALTER hit_count TYPE text",
        "product_discovery_cache.hit_count is text, which cannot become integer",
    ),
    (
        "ALTER TABLE product_discovery_cache DROP expires_at",
        "product_discovery_cache.expires_at is missing",
    ),
    (
        "ALTER TABLE product_discovery_cache ALTER asins DROP NOT NULL;"
        "INSERT INTO product_discovery_cache VALUES ('k', NULL, NULL, NULL, now(), 0)",
        "product_discovery_cache.asins holds NULLs",
    ),
    (
        "ALTER TABLE product_discovery_cache DROP CONSTRAINT product_discovery_cache_pkey",
        "product_discovery_cache has no primary key, expected (cache_key)",
    ),
    (
        "ALTER TABLE product_discovery_cache ADD tenant int NOT NULL DEFAULT 1;"
        "ALTER TABLE product_discovery_cache ALTER tenant DROP DEFAULT",
        "product_discovery_cache.tenant is unknown and demands a value",
    ),
    (
        "DROP INDEX idx_discovery_created_at;"
        "CREATE INDEX idx_discovery_created_at ON product_discovery_cache (hit_count)",
        "index idx_discovery_created_at is btree (hit_count), expected btree (created_at)",
    ),
    (
        "DROP INDEX idx_discovery_created_at;"
        "CREATE INDEX idx_discovery_created_at ON product_scoring_cache (price)",
        "idx_discovery_created_at is the name of something else",
    ),
    (
        "ALTER TABLE product_scoring_cache ADD CONSTRAINT one_each UNIQUE (asin)",
        "product_scoring_cache has an unknown unique index one_each (asin)",
    ),
    (
        "ALTER TABLE product_scoring_cache ALTER asin TYPE text;"
        "INSERT INTO product_scoring_cache VALUES"
        " ('k', repeat('B', 21), 1, 1, 'BUY', NULL, NULL, NULL, NULL, now(), 0)",
        "product_scoring_cache.asin holds values longer than 20 characters",
    ),
    (
        "ALTER TABLE product_scoring_cache ALTER bsr TYPE bigint;"
        "INSERT INTO product_scoring_cache VALUES"
        " ('k', 'B', 1, 1, 'BUY', NULL, NULL, 3000000000, NULL, now(), 0)",
        "product_scoring_cache.bsr is bigint and holds what is not integer",
    ),
    (
        "ALTER TABLE search_history DROP filters",
        "search_history.filters is missing",
    ),
    (
        "ALTER TABLE search_history RENAME TO h; CREATE VIEW search_history AS SELECT * FROM h",
        "search_history is not a table",
    ),
    (  # nothing is wrong with the table: only PostgreSQL knows who leans on it
        "CREATE VIEW recent AS SELECT created_at FROM product_scoring_cache",
        "product_scoring_cache: cannot alter type of a column used by a view or rule",
    ),
]


@pytest.mark.parametrize(("difference", "problem"), UNMENDABLE, ids=[p for _, p in UNMENDABLE])
def test_a_difference_that_cannot_be_mended_is_named_and_nothing_is_touched(
    inherited: Scratch, difference: str, problem: str
) -> None:
    _fill_a_little(inherited)
    inherited.execute(difference)
    before = inherited.tables(), inherited.files()

    with pytest.raises(UnadoptableTable) as refusal:
        inherited.migrate()

    assert problem in str(refusal.value)
    inherited.execute("DROP TABLE IF EXISTS django_migrations")
    assert (inherited.tables(), inherited.files()) == before


def _fill_a_little(database: Scratch) -> None:
    database.execute(
        "INSERT INTO product_discovery_cache VALUES ('a', '[]', NULL, NULL, now(), NULL);"
        "INSERT INTO product_scoring_cache VALUES"
        " ('a', 'B0', 1, 1, 'BUY', NULL, NULL, NULL, NULL, now(), NULL);"
        "INSERT INTO search_history (search_type, filters, results_count)"
        " VALUES ('bulk', '{}', 0)"
    )


def test_all_that_is_wrong_is_said_at_once(inherited: Scratch) -> None:
    inherited.execute(
        "ALTER TABLE product_discovery_cache DROP expires_at, DROP asins;"
        "ALTER TABLE product_scoring_cache DROP roi_percent"
    )

    with pytest.raises(UnadoptableTable) as refusal:
        inherited.migrate()

    assert refusal.value.problems == (
        "product_discovery_cache.asins is missing",
        "product_discovery_cache.expires_at is missing",
        "product_scoring_cache.roi_percent is missing",
    )


def test_the_other_program_may_go_on_reading_what_is_refused(inherited: Scratch) -> None:
    """The lock taken to check is given back."""
    inherited.execute("ALTER TABLE search_history DROP filters")
    with pytest.raises(UnadoptableTable):
        inherited.migrate()

    locks = inherited.value(
        "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )

    assert locks == 0


def test_undoing_never_drops_a_row(inherited: Scratch) -> None:
    _fill_a_little(inherited)
    inherited.migrate()

    with pytest.raises(IrreversibleError, match="holds rows"):
        inherited.migrate([("analytics", None)])
    with pytest.raises(IrreversibleError, match="holds rows"):
        inherited.migrate([("discovery", None)])

    for name in inherited.tables():
        assert inherited.value(f"SELECT count(*) FROM {name}") == 1


def test_empty_tables_can_be_undone_and_made_again(empty: Scratch) -> None:
    empty.migrate()
    before = empty.tables()

    empty.migrate([("analytics", None), ("discovery", None)])
    assert set(empty.tables().values()) == {None}
    empty.migrate()

    assert empty.tables() == before


def test_the_sql_of_a_fresh_installation_can_be_printed(empty: Scratch) -> None:
    out = StringIO()

    call_command("sqlmigrate", "discovery", "0001", database=ALIAS, stdout=out)

    assert 'CREATE TABLE "product_discovery_cache"' in out.getvalue()
