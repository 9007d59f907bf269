"""What only one process of all hosts may do at a time, while it may take long: migrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def our_turn(number: int) -> Iterator[None]:
    """Wait until nobody else on this database is in a block of this number.

    The lock belongs to a transaction, on a connection of its own, that does nothing else: a pooler
    may give each transaction another session, and would lose track of a session's lock. It holds
    no snapshot, so no index that is built concurrently waits for it.
    """
    guard = connection.copy()
    try:
        guard.set_autocommit(False)
        with guard.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
        yield
    finally:
        guard.close()
