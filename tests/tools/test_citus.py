"""Citus would take our tables as planned: its documented rules, held against the real catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tools.citus import DISTRIBUTED, REFERENCE, Spread, script, violations


@pytest.fixture
def cursor(db: None) -> Iterator[Any]:
    with connection.cursor() as cursor:
        yield cursor


def prepared(cursor: Any) -> None:
    """The database after the changes the plan asks for first."""
    for spread in DISTRIBUTED.values():
        for statement in spread.changes:
            cursor.execute(statement)


def test_as_changed_every_rule_is_kept(cursor: Any) -> None:
    prepared(cursor)
    assert violations(cursor) == []


def test_as_they_are_exactly_the_tables_with_changes_break_one(cursor: Any) -> None:
    """No change without need, and none forgotten."""
    broken = violations(cursor)
    changed = {table for table, spread in DISTRIBUTED.items() if spread.changes}
    assert {table for table in DISTRIBUTED if any(table in said for said in broken)} == changed
    assert "keepa_product_pkey of keepa_product is unique without asin" in broken
    assert "search_history.user_id may be NULL, which belongs to no shard" in broken
    assert "search_history has the trigger rolled_row_added" in broken


def test_a_table_is_spread_or_copied_and_exists(cursor: Any) -> None:
    assert not set(REFERENCE) & set(DISTRIBUTED)
    assert {*REFERENCE, *DISTRIBUTED} <= set(connection.introspection.table_names(cursor))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER TABLE run_line ADD UNIQUE (asin)", "run_line_asin_key of run_line is unique"),
        ("CREATE UNIQUE INDEX half ON run_line (asin) WHERE number = 0", "half of run_line"),
        (
            "ALTER TABLE run_line ADD COLUMN niche bigint REFERENCES niche",
            "of run_line points to niche, which is local",
        ),
        (
            "ALTER TABLE favourite ADD COLUMN hit varchar REFERENCES product_scoring_cache",
            "of favourite points to product_scoring_cache, which is spread",
        ),
        (
            "ALTER TABLE run ADD COLUMN hit varchar REFERENCES product_scoring_cache",
            "of run points to product_scoring_cache, which is spread",
        ),
        (
            "ALTER TABLE product_scoring_cache"
            " ADD COLUMN found varchar REFERENCES product_discovery_cache",
            "points to product_discovery_cache, whose shards do not lie beside its own",
        ),
        (
            "ALTER TABLE discovery_lease"
            " ADD COLUMN other varchar REFERENCES product_discovery_cache",
            "points to product_discovery_cache, whose shards do not lie beside its own",
        ),
        (
            "ALTER TABLE run ADD COLUMN filter bigint REFERENCES saved_filter ON DELETE CASCADE",
            "points to saved_filter, which is local, and cascades",
        ),
        (
            "ALTER TABLE run_line ADD COLUMN place int GENERATED ALWAYS AS IDENTITY",
            "run_line.place is numbered by itself and no bigint",
        ),
        (
            "CREATE TRIGGER told AFTER INSERT ON run_line FOR EACH ROW"
            " EXECUTE FUNCTION rolled_row_changed()",
            "run_line has the trigger told",
        ),
    ],
)
def test_a_change_of_the_schema_that_citus_would_refuse_is_named(
    cursor: Any, statement: str, said: str
) -> None:
    prepared(cursor)
    cursor.execute(statement)
    [found] = violations(cursor)
    assert said in found


def test_shards_beside_each_other_may_point_to_each_other_by_their_column(cursor: Any) -> None:
    prepared(cursor)
    cursor.execute(
        "ALTER TABLE discovery_lease"
        " ADD FOREIGN KEY (cache_key) REFERENCES product_discovery_cache (cache_key)"
    )
    assert violations(cursor) == []


def test_the_script_changes_first_then_copies_then_spreads() -> None:
    statements = list(script())
    firsts = [
        next(place for place, text in enumerate(statements) if name in text)
        for name in ("ADD PRIMARY KEY", "create_reference_table", "create_distributed_table")
    ]
    assert firsts == sorted(firsts)
    lease = Spread("cache_key", colocated_with="product_discovery_cache")
    assert DISTRIBUTED["discovery_lease"] == lease
    assert statements.index(
        "SELECT create_distributed_table('product_discovery_cache', 'cache_key', "
        "colocate_with => 'none')"
    ) < statements.index(
        "SELECT create_distributed_table('discovery_lease', 'cache_key', "
        "colocate_with => 'product_discovery_cache')"
    )
