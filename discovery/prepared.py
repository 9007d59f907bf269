"""Statements that run at every request: prepared on the server, so that they are planned once.

Django merges parameters into the text on our side, so PostgreSQL plans each statement anew, which
costs a hit about as much as running it. Here psycopg binds on the server and prepares what comes
back often (``prepare_threshold``). Parameters therefore need types: cast those that may be null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


def prepared_rows(
    statement: str, parameters: Sequence[Any] | Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Run the statement on Django's connection, within its transaction, and return the rows."""
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    cursor = psycopg.Cursor(database.connection)
    with database._prepare_cursor(cursor) as wrapped:  # type: ignore[attr-defined]
        wrapped.execute(statement, parameters)
        # No number: the statement returns no rows. Asking for the usual ``description`` instead
        # would build an object for each column.
        rows: list[tuple[Any, ...]] = [] if cursor.rownumber is None else cursor.fetchall()
        return rows
