"""Operations that take over tables another program created, or create them.

A table that is already there is converted in place: no row, count or date is lost. What cannot
be converted is named, all of it, before anything is touched. A table that is as we want it is
left alone, so running twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from discovery.migrations._tables import (
    Column,
    Table,
    create_table,
    read_table,
    wanted_tables,
)

# How a column becomes another type without changing what it says: {wanted: {held: expression}},
# types without their length. The naive times of such databases are UTC.
CONVERSIONS: dict[str, dict[str, str]] = {
    "jsonb": {"json": "{0}::jsonb", "text": "{0}::jsonb", "character varying": "{0}::jsonb"},
    "timestamp with time zone": {"timestamp without time zone": "{0} AT TIME ZONE 'UTC'"},
    "character varying": {
        "character varying": "{0}::text",
        "text": "{0}::text",
        "uuid": "{0}::text",
    },
    "integer": {"smallint": "{0}::integer", "bigint": "{0}::integer"},
    "double precision": {
        "real": "{0}::float8",
        "numeric": "{0}::float8",
        "integer": "{0}::float8",
        "bigint": "{0}::float8",
    },
    "boolean": {},
}


class UnadoptableTable(CommandError):
    """The tables are not what we can convert; ``problems`` names every difference in the way."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        lines = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"These tables cannot be adopted, and nothing was changed:{lines}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do to one table: clauses of one ALTER TABLE, and names of missing indexes."""

    clauses: tuple[str, ...]
    indexes: tuple[str, ...]
    problems: tuple[str, ...]


class TableOperation(Operation):
    """An operation on the tables of models that earlier operations put into the state."""

    reduces_to_sql = True
    atomic = True

    def __init__(self, models: Sequence[str]) -> None:
        self.models = tuple(models)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The state is changed by the CreateModel next to this operation."""

    def _tables(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, state: ProjectState
    ) -> list[type[models.Model]]:
        found = [state.apps.get_model(app_label, name) for name in self.models]
        return [m for m in found if self.allow_migrate_model(editor.connection.alias, m)]


class RefuseUnadoptable(TableOperation):
    """Raise ``UnadoptableTable`` before any migration has changed anything."""

    def describe(self) -> str:
        return f"Check that existing tables can be adopted: {', '.join(self.models)}"

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if not schema_editor.collect_sql:
            asked = self._tables(app_label, schema_editor, to_state)
            make_plans(schema_editor.connection, asked)

    def database_backwards(self, *_unused: Any) -> None:
        """Nothing was done."""


class AdoptOrCreateTables(TableOperation):
    """Convert the tables that exist, create those that do not.

    Undoing it drops empty tables only: rows bought with tokens, or written by another program,
    are never dropped by a migration.
    """

    def describe(self) -> str:
        return f"Adopt or create the tables of {', '.join(self.models)}"

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        asked = self._tables(app_label, schema_editor, to_state)
        # sqlmigrate only prints: what a database holds is unknown then.
        plans = {} if schema_editor.collect_sql else make_plans(schema_editor.connection, asked)
        for model in asked:
            plan = plans.get(model._meta.db_table)
            if plan is None:
                create_table(schema_editor, model)
            else:
                _carry_out(schema_editor, model, plan)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        asked = self._tables(app_label, schema_editor, from_state)
        for model in () if schema_editor.collect_sql else asked:
            if model._default_manager.using(schema_editor.connection.alias).exists():
                raise IrreversibleError(
                    f"{model._meta.db_table} holds rows, and a migration never drops those. "
                    "Empty or rename the table yourself if that is what you want."
                )
        for model in asked:
            schema_editor.delete_model(model)


def make_plans(
    connection: BaseDatabaseWrapper, asked: Sequence[type[models.Model]]
) -> dict[str, Plan]:
    """Return what to do to each table that exists, by name, and lock those tables.

    Raises ``UnadoptableTable`` with the problems of all of them.
    """
    plans: dict[str, Plan] = {}
    for name, wanted in wanted_tables(connection, asked).items():
        held = read_table(connection, name)
        if held is None:
            continue
        if held.kind not in "rp":
            plans[name] = Plan((), (), (f"{name} is not a table",))
            continue
        with connection.cursor() as cursor:
            # What is checked must still be true when it is altered.
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(name)} IN ACCESS EXCLUSIVE MODE")
        plans[name] = _plan(connection, held, wanted)
    problems = [problem for plan in plans.values() for problem in plan.problems]
    if problems:
        raise UnadoptableTable(problems)
    return plans


def _plan(connection: BaseDatabaseWrapper, held: Table, wanted: Table) -> Plan:
    clauses: list[str] = []
    problems: list[str] = []
    for name, column in wanted.columns.items():
        present = held.columns.get(name)
        if present is None:
            if column.nullable or column.default is not None:
                clauses += _added(connection, column)
            else:
                problems.append(f"{held.name}.{name} is missing")
            continue
        obstacle = _obstacle(connection, held.name, present, column)
        if obstacle:
            problems.append(f"{held.name}.{name} {obstacle}")
        else:
            clauses += _altered(connection, present, column)
    problems += _strangers(held, wanted)
    missing, taken = _indexes(connection, held, wanted)
    return Plan(tuple(clauses), missing, (*problems, *taken))


def _added(connection: BaseDatabaseWrapper, column: Column) -> Iterator[str]:
    """Rows that are there already get NULL where that is allowed: the default would be a guess."""
    name = connection.ops.quote_name(column.name)
    if not column.nullable:
        yield f"ADD COLUMN {name} {column.type} DEFAULT {column.default} NOT NULL"
        return
    yield f"ADD COLUMN {name} {column.type}"
    if column.default is not None:
        yield f"ALTER COLUMN {name} SET DEFAULT {column.default}"


def _altered(connection: BaseDatabaseWrapper, held: Column, wanted: Column) -> Iterator[str]:
    name = connection.ops.quote_name(held.name)
    retyped = held.type != wanted.type
    if retyped:
        if held.default is not None:  # a default is not always convertible along with its column
            yield f"ALTER COLUMN {name} DROP DEFAULT"
        using = _conversion(held, wanted).format(name)
        yield f"ALTER COLUMN {name} TYPE {wanted.type} USING {using}"
    redefault = held.meaning_of_default != wanted.meaning_of_default
    if wanted.default is None and redefault and not retyped:
        yield f"ALTER COLUMN {name} DROP DEFAULT"
    elif wanted.default is not None and (redefault or retyped):
        yield f"ALTER COLUMN {name} SET DEFAULT {wanted.default}"
    if held.nullable != wanted.nullable:
        yield f"ALTER COLUMN {name} {'DROP' if wanted.nullable else 'SET'} NOT NULL"


def _conversion(held: Column, wanted: Column) -> str:
    return CONVERSIONS.get(_family(wanted.type), {}).get(_family(held.type), "")


def _family(column_type: str) -> str:
    """The type without its length: ``character varying(20)`` is ``character varying``."""
    return column_type.partition("(")[0]


def _length(column_type: str) -> int | None:
    digits = column_type.partition("(")[2].rstrip(")")
    return int(digits) if digits.isdigit() else None


def _obstacle(
    connection: BaseDatabaseWrapper, table: str, held: Column, wanted: Column
) -> str | None:
    """Why this column cannot become the wanted one, or ``None``."""
    name = connection.ops.quote_name(held.name)
    source = connection.ops.quote_name(table)
    if held.generated:
        return "is generated by the database"
    if held.nullable and not wanted.nullable and _counts(connection, source, f"{name} IS NULL"):
        return "holds NULLs"
    if held.type == wanted.type:
        return None
    expression = _conversion(held, wanted).format(name)
    if not expression:
        return f"is {held.type}, which cannot become {wanted.type}"
    longest = _length(wanted.type)
    if longest and _counts(connection, source, f"length({expression}) > {longest}"):
        return f"holds values longer than {longest} characters"
    try:
        with transaction.atomic(using=connection.alias):
            _counts(connection, source, f"({expression}) IS NULL")
    except DatabaseError as error:
        return f"is {held.type} and holds what is not {wanted.type} ({_first_line(error)})"
    return None


def _counts(connection: BaseDatabaseWrapper, source: str, condition: str) -> int:
    with connection.cursor() as cursor:
        # Only names and expressions of this module and of the catalogue are put together here.
        cursor.execute(f"SELECT count(*) FROM {source} WHERE {condition}")  # nosec B608
        return int(cursor.fetchone()[0])


def _strangers(held: Table, wanted: Table) -> Iterator[str]:
    """What we did not ask for and what would refuse the rows we write."""
    if held.primary_key != wanted.primary_key:
        has = (
            f"primary key ({', '.join(held.primary_key)})" if held.primary_key else "no primary key"
        )
        yield f"{held.name} has {has}, expected ({', '.join(wanted.primary_key)})"
    for column in held.columns.values():
        demands = not column.nullable and column.default is None and not column.generated
        if demands and column.name not in wanted.columns:
            yield f"{held.name}.{column.name} is unknown and demands a value"
    for index in held.indexes.values():
        if index.unique and index.name not in wanted.indexes:
            yield f"{held.name} has an unknown unique index {index.name} ({', '.join(index.columns)})"


def _indexes(
    connection: BaseDatabaseWrapper, held: Table, wanted: Table
) -> tuple[tuple[str, ...], list[str]]:
    """Names of the indexes to create, and of those that are in the way."""
    missing, problems = [], []
    for name, index in wanted.indexes.items():
        present = held.indexes.get(name)
        if present is None:
            if read_table(connection, name) is not None:
                problems.append(
                    f"{name} is the name of something else, not an index of {held.name}"
                )
            missing.append(name)
        elif str(present) != str(index):
            problems.append(f"{held.name} index {name} is {present}, expected {index}")
    return tuple(missing), problems


def _carry_out(editor: BaseDatabaseSchemaEditor, model: type[models.Model], plan: Plan) -> None:
    table = model._meta.db_table
    try:
        with transaction.atomic(using=editor.connection.alias):
            if plan.clauses:
                # One statement: the table is rewritten once, whatever the number of columns.
                quoted = editor.quote_name(table)
                editor.execute(f"ALTER TABLE {quoted} {', '.join(plan.clauses)}", None)
            for index in model._meta.indexes:
                if index.name in plan.indexes:
                    editor.add_index(model, index)
    except DatabaseError as error:  # a view or a trigger of the other program, for instance
        raise UnadoptableTable([f"{table}: {_first_line(error)}"]) from error


def _first_line(error: DatabaseError) -> str:
    return str(error).partition("\n")[0]
