from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from analytics.schema import verify_schema

pytestmark = pytest.mark.django_db


def _differences(sql: str = "") -> dict[str, tuple[str, ...]]:
    if sql:
        with connection.cursor() as cursor:
            cursor.execute(sql)
    return {check.name: check.differences for check in verify_schema() if not check.ok}


def test_a_migrated_database_has_no_difference() -> None:
    assert _differences() == {}


def test_the_three_fixed_tables_come_first_and_every_other_is_looked_at() -> None:
    names = [check.name for check in verify_schema()]

    assert names[:3] == ["product_discovery_cache", "product_scoring_cache", "search_history"]
    assert {"keepa_token_ledger", "niche", "auth_user", "django_q_schedule"} < set(names)
    assert names[-1] == "migrations"


@pytest.mark.parametrize(
    ("change", "table", "difference"),
    [
        (
            "DROP INDEX idx_scoring_roi",
            "product_scoring_cache",
            "index idx_scoring_roi is missing: btree (roi_percent)",
        ),
        (
            "ALTER INDEX idx_scoring_roi RENAME TO idx_roi",
            "product_scoring_cache",
            "index idx_scoring_roi is missing: btree (roi_percent)",
        ),
        (
            "DROP INDEX idx_history_user_id;"
            "CREATE INDEX idx_history_user_id ON search_history (source)",
            "search_history",
            "index idx_history_user_id is btree (source), expected btree (user_id)",
        ),
        (
            "ALTER TABLE search_history ALTER source TYPE text",
            "search_history",
            "column source is text, expected character varying(50)",
        ),
        (
            "ALTER TABLE search_history ALTER filters DROP NOT NULL",
            "search_history",
            "column filters allows NULL",
        ),
        (
            "ALTER TABLE search_history ALTER id DROP DEFAULT",
            "search_history",
            "column id defaults to no default, expected (gen_random_uuid())::text",
        ),
        (
            "ALTER TABLE product_discovery_cache DROP hit_count",
            "product_discovery_cache",
            "column hit_count is missing",
        ),
        (
            "ALTER TABLE product_discovery_cache ADD colour text",
            "product_discovery_cache",
            "column colour is unexpected",
        ),
        (
            "CREATE UNIQUE INDEX once ON product_scoring_cache (asin)",
            "product_scoring_cache",
            "index once is unexpected: unique btree (asin)",
        ),
        (
            "ALTER TABLE product_scoring_cache DROP CONSTRAINT product_scoring_cache_pkey",
            "product_scoring_cache",
            "primary key is (), expected (cache_key)",
        ),
        ("DROP TABLE keepa_product_code", "keepa_product_code", "is missing"),
        ("DROP TABLE django_session", "django_session", "is missing"),
    ],
)
def test_a_difference_is_named(change: str, table: str, difference: str) -> None:
    assert _differences(change) == {table: (difference,)}


def test_the_newest_migration_is_named_where_it_is_not_applied() -> None:
    [(_app, newest)] = MigrationLoader(connection).graph.leaf_nodes("analytics")
    change = f"DELETE FROM django_migrations WHERE app = 'analytics' AND name = '{newest}'"
    assert _differences(change) == {"migrations": (f"analytics.{newest} is not applied",)}


def test_one_more_index_is_the_administrators_business() -> None:
    assert _differences("CREATE INDEX mine ON product_scoring_cache (price)") == {}


def test_the_check_leaves_nothing_behind() -> None:
    _differences()

    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        assert "pg_temp" not in cursor.fetchone()[0]
        cursor.execute("SELECT to_regclass('pg_temp.search_history')")
        assert cursor.fetchone() == (None,)


def test_the_command_prints_one_ok_a_table_and_succeeds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("verify_schema")

    lines = capsys.readouterr().out.splitlines()
    assert "OK    search_history" in lines
    assert all(line.startswith("OK ") for line in lines)


def test_the_command_fails_in_plain_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute('ALTER TABLE search_history ADD "modèle" text')

    with pytest.raises(CommandError, match="drifted"):
        call_command("verify_schema")

    out = capsys.readouterr().out
    assert "FAIL  search_history\n      - column mod\\xe8le is unexpected\n" in out
    assert out.isascii()
