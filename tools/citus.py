"""How our tables would be spread over the nodes of Citus, and whether its rules allow it.

    python -m tools.citus          prints the script: what changes first, then how tables spread

The rules are those of Citus' documentation, *Creating and Modifying Distributed Objects (DDL)*,
https://docs.citusdata.com/en/stable/develop/reference_ddl.html, and *Triggers on Distributed
Tables*, https://docs.citusdata.com/en/stable/extra/triggers.html. ``violations`` checks them
against the catalogue of any PostgreSQL; no Citus is needed for that, and none is asked.

Every table that is not named here stays local, on the coordinator.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol


class Cursor(Protocol):
    """What we need of a cursor: Django's and psycopg's are alike."""

    def execute(self, sql: str, params: Any = None) -> Any: ...

    def fetchall(self) -> list[tuple[Any, ...]]: ...


@dataclass(frozen=True, slots=True)
class Spread:
    """A table cut into shards by the hash of ``column``.

    ``colocated_with`` names the table whose shards its own lie beside. ``changes`` are the
    statements without which Citus would refuse it as it is today.
    """

    column: str
    colocated_with: str = "none"
    changes: tuple[str, ...] = ()


def _key(table: str, *columns: str, name: str = "") -> tuple[str, ...]:
    """The primary key must hold the column that spreads the table."""
    return (
        f"ALTER TABLE {table} DROP CONSTRAINT {name or table + '_pkey'}",
        f"ALTER TABLE {table} ADD PRIMARY KEY ({', '.join(columns)})",
    )


# What grows with use, each by what it is asked for.
DISTRIBUTED = {
    "product_discovery_cache": Spread("cache_key"),
    "discovery_lease": Spread("cache_key", colocated_with="product_discovery_cache"),
    "product_scoring_cache": Spread("cache_key"),
    "keepa_product": Spread("asin", changes=_key("keepa_product", "asin", "id")),
    "run_line": Spread(
        "run_id", changes=_key("run_line", "run_id", "id", name="search_result_pkey")
    ),
    "pick_sighting": Spread("pick_id", changes=_key("pick_sighting", "pick_id", "id")),
    "search_history": Spread(
        "user_id",
        changes=(
            "UPDATE search_history SET user_id = '' WHERE user_id IS NULL",
            "SET CONSTRAINTS ALL IMMEDIATE",
            "ALTER TABLE search_history ALTER COLUMN user_id SET DEFAULT '',"
            " ALTER COLUMN user_id SET NOT NULL",
            *_key("search_history", "user_id", "id"),
            # A trigger of a shard cannot write to a table of the coordinator: see docs/scaling.md.
            *(
                f"DROP TRIGGER {name} ON search_history"
                for name in (
                    "rolled_row_added",
                    "rolled_row_changed",
                    "rolled_row_removed",
                    "rolled_table_emptied",
                )
            ),
        ),
    ),
}
# What rows of these point to: a copy on every node. A search in progress updates its row of ``run``
# on all of them, once a batch.
REFERENCE = ("sourcing_job", "pick", "run")

KEYS = """
SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text,
       ARRAY(SELECT a.attname::text FROM unnest(i.indkey) AS k
               JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k)
  FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
 WHERE (i.indisunique OR i.indisexclusion) AND c.relnamespace = 'public'::regnamespace
 ORDER BY 1, 2
"""
FOREIGN_KEYS = """
SELECT conrelid::regclass::text, conname::text, confrelid::regclass::text,
       ARRAY(SELECT a.attname::text FROM unnest(conkey) WITH ORDINALITY AS k (number, place)
               JOIN pg_attribute AS a ON a.attrelid = conrelid AND a.attnum = k.number
              ORDER BY place),
       ARRAY(SELECT a.attname::text FROM unnest(confkey) WITH ORDINALITY AS k (number, place)
               JOIN pg_attribute AS a ON a.attrelid = confrelid AND a.attnum = k.number
              ORDER BY place),
       'c' IN (confdeltype, confupdtype)
  FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
 ORDER BY 1, 2
"""
TRIGGERS = """
SELECT tgrelid::regclass::text, tgname::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2
"""
COLUMNS = """
SELECT c.relname::text, a.attname::text, a.attnotnull, a.attidentity <> '' AND
       a.atttypid <> 'bigint'::regtype
  FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
   AND a.attnum > 0 AND NOT a.attisdropped
"""


def violations(cursor: Cursor) -> list[str]:
    """What of the tables as they are Citus would refuse to spread like this, a sentence each."""
    return [*_columns(cursor), *_keys(cursor), *_foreign_keys(cursor), *_triggers(cursor)]


def script() -> Iterator[str]:
    """The statements, in the order in which they are to be run on the coordinator."""
    for spread in DISTRIBUTED.values():
        yield from spread.changes
    for table in REFERENCE:
        yield f"SELECT create_reference_table('{table}')"
    for table, spread in DISTRIBUTED.items():
        yield (
            f"SELECT create_distributed_table('{table}', '{spread.column}', "
            f"colocate_with => '{spread.colocated_with}')"
        )


def _columns(cursor: Cursor) -> Iterator[str]:
    cursor.execute(COLUMNS)
    rows = cursor.fetchall()
    found = {(table, column): required for table, column, required, _narrow in rows}
    for table, spread in DISTRIBUTED.items():
        if (table, spread.column) not in found:
            yield f"{table} has no column {spread.column}"
        elif not found[table, spread.column]:
            yield f"{table}.{spread.column} may be NULL, which belongs to no shard"
    for table, column, _required, is_narrow in rows:
        if table in DISTRIBUTED and is_narrow:
            yield f"{table}.{column} is numbered by itself and no bigint"
    for table in set(REFERENCE) - {table for table, _column in found}:
        yield f"{table} does not exist"


def _keys(cursor: Cursor) -> Iterator[str]:
    cursor.execute(KEYS)
    for table, index, columns in cursor.fetchall():
        spread = DISTRIBUTED.get(table)
        if spread and spread.column not in columns:
            yield f"{index} of {table} is unique without {spread.column}"


def _foreign_keys(cursor: Cursor) -> Iterator[str]:
    cursor.execute(FOREIGN_KEYS)
    for table, name, target, columns, target_columns, cascades in cursor.fetchall():
        said = f"{name} of {table} points to {target}"
        ours, theirs = DISTRIBUTED.get(table), DISTRIBUTED.get(target)
        if ours and theirs:
            together = _group(table) == _group(target)
            pairs = zip(columns, target_columns, strict=True)
            if not together or (ours.column, theirs.column) not in pairs:
                yield f"{said}, whose shards do not lie beside its own"
        elif theirs:
            yield f"{said}, which is spread"
        elif ours and target not in REFERENCE:
            yield f"{said}, which is local"
        elif table in REFERENCE and target not in REFERENCE and cascades:
            yield f"{said}, which is local, and cascades"


def _group(table: str) -> str:
    beside = DISTRIBUTED[table].colocated_with
    return table if beside == "none" else _group(beside)


def _triggers(cursor: Cursor) -> Iterator[str]:
    cursor.execute(TRIGGERS)
    for table, name in cursor.fetchall():
        if table in DISTRIBUTED:
            yield f"{table} has the trigger {name}"


def main() -> int:
    for statement in script():
        print(f"{statement};")
    return 0


if __name__ == "__main__":
    sys.exit(main())
