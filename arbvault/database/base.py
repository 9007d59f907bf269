"""Django's PostgreSQL, which sees by itself whether a pooler stands in between.

A pooler in transaction mode (PgBouncer, and what hosts offer under other names) gives each
transaction another session: a statement prepared in one is unknown in the next, and so is a cursor
that outlives its transaction. Both are used on a session of our own only: this is what
``prepare_threshold=None`` with ``DISABLE_SERVER_SIDE_CURSORS`` would do, decided per connection.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.db.backends.postgresql import base


def is_pooled(connection: psycopg.Connection[Any]) -> bool:
    """Whether statements run in sessions that the server did not give to this connection.

    One statement. A client is told its session's number when it connects, to cancel by; a pooler
    gives one of its own, whatever its mode.
    """
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row is None or row[0] != connection.info.backend_pid


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection that the setting ``ENGINE`` asks for."""

    def _configure_connection(self, connection: Any) -> bool:
        # Django calls this once for each connection it opens, with its own pool or without.
        if connection.prepare_threshold is not None and is_pooled(connection):
            connection.prepare_threshold = None
        return bool(super()._configure_connection(connection))  # type: ignore[misc]

    def get_connection_params(self) -> dict[str, Any]:
        """How to connect; nothing for a connection that the pool, once it is there, hands out."""
        pools: dict[str, Any] = self._connection_pools  # type: ignore[attr-defined]
        if self.settings_dict["OPTIONS"].get("pool") and self.alias in pools:
            return {}
        return dict(super().get_connection_params())

    def _set_autocommit(self, autocommit: bool) -> None:
        # Django sets it each time it takes a connection from the pool, which hands them out as they
        # came back; psycopg then looks at the session before it sees that there is nothing to do.
        if self.connection.autocommit != autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc]

    def chunked_cursor(self) -> Any:
        """A cursor on the server that brings rows as they are read; a plain one where it is lost.

        Within a transaction it is safe whatever stands in between.
        """
        self.ensure_connection()
        with self.wrap_database_errors:
            is_lost = not self.in_atomic_block and is_pooled(self.connection)
        if is_lost:
            return self.cursor()
        return super().chunked_cursor()
