"""Does the database look as the models say? Every difference is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from discovery.migrations._tables import ADOPTED, Table, read_table, wanted_tables

OURS = ("discovery", "analytics")


@dataclass(frozen=True, slots=True)
class TableCheck:
    """A table, or ``migrations``, and how it differs from what is expected of it."""

    name: str
    differences: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether it is as expected."""
        return not self.differences


def verify_schema(*, using: str = "default") -> tuple[TableCheck, ...]:
    """Compare our tables column by column; of other packages' tables, only that they exist.

    Creates temporary tables and rolls them back; changes nothing.
    """
    connection = connections[using]
    ours = [
        model
        for label in OURS
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
        if model._meta.managed
    ]
    checks = [
        TableCheck(name, tuple(_differences(read_table(connection, name), wanted)))
        for name, wanted in wanted_tables(connection, ours).items()
    ]
    checks.sort(key=lambda check: (check.name not in ADOPTED, check.name))
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
    others = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model._meta.app_label not in OURS
    }
    checks += [
        TableCheck(name, () if name in present else ("is missing",)) for name in sorted(others)
    ]
    return (*checks, TableCheck("migrations", tuple(_unapplied(using))))


def _unapplied(using: str) -> Iterator[str]:
    executor = MigrationExecutor(connections[using])
    for migration, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield f"{migration.app_label}.{migration.name} is not applied"


def _differences(held: Table | None, wanted: Table) -> Iterator[str]:
    if held is None:
        yield "is missing"
        return
    if held.kind not in "rp":
        yield "is not a table"
        return
    yield from _columns(held, wanted)
    if held.primary_key != wanted.primary_key:
        yield (
            f"primary key is ({', '.join(held.primary_key)}), "
            f"expected ({', '.join(wanted.primary_key)})"
        )
    yield from _indexes(held, wanted)


def _columns(held: Table, wanted: Table) -> Iterator[str]:
    for name, column in wanted.columns.items():
        present = held.columns.get(name)
        if present is None:
            yield f"column {name} is missing"
            continue
        if present.type != column.type:
            yield f"column {name} is {present.type}, expected {column.type}"
        if present.nullable != column.nullable:
            yield f"column {name} {'allows' if present.nullable else 'refuses'} NULL"
        if present.meaning_of_default != column.meaning_of_default:
            has = present.default or "no default"
            yield f"column {name} defaults to {has}, expected {column.default or 'no default'}"
    for name in held.columns:
        if name not in wanted.columns:
            yield f"column {name} is unexpected"


# A condition that pg_restore has written again casts each value, where it was the list before.
CASTS = re.compile(r"::(?:character varying|text)(?:\[\])?|[()]")


def _meaning(index: object) -> str:
    """The same for two indexes that mean the same, however PostgreSQL writes their conditions."""
    return CASTS.sub("", str(index))


def _indexes(held: Table, wanted: Table) -> Iterator[str]:
    """Indexes one may add at will, as long as they refuse no row."""
    meanings = {_meaning(index) for index in held.indexes.values()}
    for name, index in wanted.indexes.items():
        present = held.indexes.get(name)
        if present is None and (held.name in ADOPTED or _meaning(index) not in meanings):
            yield f"index {name} is missing: {index}"
        elif present is not None and _meaning(present) != _meaning(index):
            yield f"index {name} is {present}, expected {index}"
    expected = {_meaning(index) for index in wanted.indexes.values()}
    for name, present in held.indexes.items():
        if present.unique and _meaning(present) not in expected:
            yield f"index {name} is unexpected: {present}"
