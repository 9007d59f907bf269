"""Statements that run at every request: prepared on the server, so that they are planned once.

Django merges parameters into the text on our side, so PostgreSQL plans each statement anew, which
costs a hit about as much as running it. Here psycopg binds on the server and prepares what comes
back often (``prepare_threshold``). Parameters therefore need types: cast those that may be null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def prepared_rows(
    statement: str, parameters: Sequence[Any] | Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Run the statement on Django's connection, within its transaction, and return the rows."""
    connection.ensure_connection()
    cursor = psycopg.Cursor(connection.connection)
    with connection._prepare_cursor(cursor) as wrapped:  # type: ignore[attr-defined]
        wrapped.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = wrapped.fetchall() if cursor.description else []
        return rows
