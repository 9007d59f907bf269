"""Migrations that a site in use can take: neither long locks, nor steps the running code trips over.

The habits are written down in docs/deployment.md. They hold for migrations made after they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

# The last migration of each application that knew no habits.
BEFORE = {"discovery": 35, "analytics": 5}
# A migration that must break one says why, in an attribute of this name.
EXCUSE = "breaks_a_habit_because"


def faults(migration: migrations.Migration) -> Iterator[str]:
    """What of the migration a site in use would notice."""
    new = {
        operation.name_lower
        for operation in migration.operations
        if isinstance(operation, migrations.CreateModel)
    }
    for operation in done_to_the_database(migration.operations):
        for fault in fault_of(operation, new):
            yield f"{migration}: {operation.describe()}: {fault}"
    if migration.atomic and any(
        isinstance(it, AddIndexConcurrently | RemoveIndexConcurrently)
        for it in migration.operations
    ):
        yield f"{migration}: an index is built concurrently outside a transaction: atomic = False"


def done_to_the_database(operations: Sequence[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from done_to_the_database(operation.database_operations)
        else:
            yield operation


def fault_of(operation: Operation, new: set[str]) -> Iterator[str]:
    """What is wrong with one operation; ``new`` are the tables this migration itself makes."""
    table = getattr(operation, "model_name", "").lower()
    if table in new:
        return
    match operation:
        case AddIndexConcurrently() | RemoveIndexConcurrently():
            return
        case migrations.AddIndex() | migrations.RemoveIndex():
            yield "writers wait for it: AddIndexConcurrently, RemoveIndexConcurrently"
        case migrations.AddConstraint():
            if not type(operation).__name__.endswith("NotValid"):
                yield "all rows are read under a lock: AddConstraintNotValid, then ValidateConstraint"
        case migrations.AddField(field=field):
            yield from fault_of_column(field)
        case migrations.RemoveField() | migrations.DeleteModel():
            yield "the code that runs still asks for it: in the release after, and with an excuse"
        case migrations.RenameField() | migrations.RenameModel() | migrations.AlterModelTable():
            yield "the code that runs knows the old name: add, copy, and remove in a later release"


def fault_of_column(field: models.Field[Any, Any]) -> Iterator[str]:
    if not field.null and not has_default_in_the_database(field):
        yield "the code that runs does not fill it: null=True, or db_default"
    if field.unique or (getattr(field, "db_index", False) and not field.is_relation):
        yield "its index is built under a lock: add it concurrently, in a step of its own"


def has_default_in_the_database(field: models.Field[Any, Any]) -> bool:
    return field.db_default is not models.NOT_PROVIDED or field.many_to_many is True


def of_our_own() -> list[migrations.Migration]:
    loader = MigrationLoader(None)
    return [
        migration
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if app in BEFORE and int(name[:4]) > BEFORE[app]
    ]


def test_new_migrations_disturb_nobody() -> None:
    found = [
        fault
        for migration in of_our_own()
        if not getattr(migration, EXCUSE, "")
        for fault in faults(migration)
    ]
    assert found == []


def sample(*operations: Operation, atomic: bool = True) -> list[str]:
    made = type("Sample", (migrations.Migration,), {"operations": operations, "atomic": atomic})
    return list(faults(made("0099_sample", "discovery")))


INDEX = models.Index(fields=["a"], name="idx_sample")
TEXT = models.TextField()


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddIndex("run", INDEX),
        migrations.AddConstraint("run", models.CheckConstraint(condition=models.Q(a=1), name="c")),
        migrations.AddField("run", "note", TEXT),
        migrations.AddField("run", "note", models.TextField(null=True, unique=True)),
        migrations.RemoveField("run", "note"),
        migrations.RenameField("run", "note", "notes"),
        migrations.DeleteModel("run"),
        migrations.SeparateDatabaseAndState([migrations.RemoveField("run", "note")], []),
        AddIndexConcurrently("run", INDEX),  # in a transaction
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_what_would_disturb_is_seen(operation: Operation) -> None:
    assert len(sample(operation)) == 1


def test_what_disturbs_nobody_passes() -> None:
    assert sample(AddIndexConcurrently("run", INDEX), atomic=False) == []
    forgotten = [migrations.RemoveField("run", "note")]
    assert sample(migrations.SeparateDatabaseAndState([], forgotten)) == []
    assert (
        sample(
            migrations.CreateModel("fresh", [("id", models.BigAutoField(primary_key=True))]),
            migrations.AddIndex("fresh", INDEX),
            migrations.AddField("run", "note", models.TextField(null=True)),
            migrations.AddField("run", "kind", models.TextField(db_default="")),
        )
        == []
    )
