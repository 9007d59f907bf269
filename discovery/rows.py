"""Many rows in one statement, whose values stand in it one row after the other.

Django's ``bulk_update`` has a ``CASE`` for each column, which holds a ``WHEN`` for each row: to put
that together, and to read it, takes ten times as long. Its ``bulk_create`` has an array for each
column, in which every quotation mark of a JSON text is escaped: half as long again where texts are
large (``benchmarks/rows.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from psycopg import sql

# A cast to varchar(5) cuts a longer text off without a word; the column itself refuses it.
BOUNDS = re.compile(r"\(\d+(,\s*\d+)?\)")


def write_back(rows: Iterable[models.Model], fields: Sequence[str]) -> int:
    """Write the ``fields`` of the rows, all of one model, to the database in one statement.

    As ``bulk_update`` does: no signals, no ``auto_now``, and a row that is gone stays gone. Returns
    how many rows were written; none at all takes no statement. Raises what ``save`` would where
    the database refuses a value, and then nothing is written.
    """
    # In the order of their keys, so that two writers of the same rows do not wait in a circle.
    rows = sorted(rows, key=lambda row: row.pk)
    if not rows:
        return 0
    database = connections[DEFAULT_DB_ALIAS]
    model = rows[0]._meta
    columns: list[Any] = [model.pk, *map(model.get_field, fields)]
    names = [sql.Identifier(column.column) for column in columns]
    # The first row says what the columns of all of them are.
    types = [sql.SQL(f"%s::{_type_of(column, database)}") for column in columns]
    changes = [sql.SQL("{0} = told.{0}").format(name) for name in names[1:]]
    first = sql.SQL("({})").format(sql.SQL(", ").join(types))
    further = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(columns)))
    statement = sql.SQL(
        "UPDATE {table} AS kept SET {changes} FROM (VALUES {rows}) AS told ({names})"
        " WHERE kept.{key} = told.{key}"
    ).format(
        table=sql.Identifier(model.db_table),
        changes=sql.SQL(", ").join(changes),
        rows=sql.SQL(", ").join([first, *[further] * (len(rows) - 1)]),
        names=sql.SQL(", ").join(names),
        key=names[0],
    )
    values = [
        column.get_db_prep_save(getattr(row, column.attname), connection=database)
        for row in rows
        for column in columns
    ]
    with database.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def upsert(rows: Iterable[models.Model], *, identity: Sequence[str]) -> None:
    """Insert the rows, all of one model, in one statement, over those of the same ``identity``.

    ``identity`` names the fields of a unique constraint. As ``bulk_create`` does: no signals; what
    fields set by themselves is set. The key is the database's, and is not told. Raises what
    ``save`` would where the database refuses a value, and then nothing is written.
    """
    rows = list(rows)
    if not rows:
        return
    database = connections[DEFAULT_DB_ALIAS]
    model = rows[0]._meta
    columns: list[Any] = [field for field in model.concrete_fields if not field.primary_key]
    names = [sql.Identifier(column.column) for column in columns]
    unique = [sql.Identifier(column.column) for column in columns if column.name in identity]
    changes = [
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column.column))
        for column in columns
        if column.name not in identity
    ]
    row_of_values = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(columns)))
    statement = sql.SQL(
        "INSERT INTO {table} ({names}) VALUES {rows} ON CONFLICT ({unique}) DO UPDATE SET {changes}"
    ).format(
        table=sql.Identifier(model.db_table),
        names=sql.SQL(", ").join(names),
        rows=sql.SQL(", ").join([row_of_values] * len(rows)),
        unique=sql.SQL(", ").join(unique),
        changes=sql.SQL(", ").join(changes),
    )
    values = [
        column.get_db_prep_save(column.pre_save(row, True), connection=database)
        for row in rows
        for column in columns
    ]
    with database.cursor() as cursor:
        cursor.execute(statement, values)


def _type_of(column: models.Field[Any, Any], database: Any) -> str:
    """The type of a column without its length or precision; of a key what refers to it has."""
    told = column.rel_db_type(database) if column.primary_key else column.db_type(database)
    return BOUNDS.sub("", str(told))
