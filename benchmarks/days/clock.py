"""A clock that a benchmark drives: this process and PostgreSQL stand at the moment it says.

Python's time is moved by time-machine and goes on from there. PostgreSQL's is what ``now()`` and
``statement_timestamp()`` of a schema of ours say, which comes before its own in the search path:
where a statement of the site asks for the time, it is told ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import time_machine
from psycopg import sql

SCHEMA = """
CREATE SCHEMA simulated;
CREATE TABLE simulated.clock (ahead interval NOT NULL);
INSERT INTO simulated.clock VALUES ('0');
CREATE FUNCTION simulated.now() RETURNS timestamptz LANGUAGE sql STABLE
    RETURN pg_catalog.now() + (SELECT ahead FROM simulated.clock);
CREATE FUNCTION simulated.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
    RETURN pg_catalog.statement_timestamp() + (SELECT ahead FROM simulated.clock);
"""


class Clock:
    """Moves the time of this process and of the database at ``url``, never back."""

    def __init__(self, url: str) -> None:
        self._database = psycopg.connect(url, autocommit=True)
        self._traveller: time_machine.travel | None = None

    def move(self, to: datetime) -> datetime:
        """Stand at a moment, and go on from there; returns it. One passed already: stay."""
        if self._traveller is not None:
            if to <= datetime.now(UTC):
                return datetime.now(UTC)
            self._traveller.stop()
        ahead = to - datetime.now(UTC)
        self._database.execute("UPDATE simulated.clock SET ahead = %s", [ahead])
        self._traveller = time_machine.travel(to, tick=True)
        self._traveller.start()
        return to

    def close(self) -> None:
        """Back to the time of the machine."""
        if self._traveller is not None:
            self._traveller.stop()
        self._database.close()


@contextmanager
def driven_clock() -> Iterator[Clock]:
    """A clock for the database of DATABASE_URL, which nobody is connected to yet."""
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SCHEMA)
        name = sql.Identifier(connection.info.dbname)
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET search_path = simulated, public, pg_catalog").format(
                name
            )
        )
    clock = Clock(url)
    try:
        yield clock
    finally:
        clock.close()
