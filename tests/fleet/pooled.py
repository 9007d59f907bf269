"""The tests' database behind a PgBouncer that pools by transaction, for a whole session of tests.

Set ``TESTS_THROUGH=pgbouncer``: every connection that Django opens, in the tests and in the
processes they start, then goes through it. ``make fleet`` does this.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from benchmarks.drills.pgbouncer import pgbouncer
from tests.processes import environment

THROUGH_PGBOUNCER = os.environ.get("TESTS_THROUGH") == "pgbouncer"
# More than the threads of any one test, so that none waits for another that waits for it; few
# enough that a session is handed from one to the other all the time.
SESSIONS = 40
PATIENCE = 15  # seconds until a database that is away is told; clients of tests wait longer


@contextmanager
def through_pgbouncer() -> Iterator[None]:
    """Lead Django's connections through a PgBouncer in front of where they lead now."""
    known = connection.settings_dict
    connection.close()
    before = {name: known[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "OPTIONS")}
    with pgbouncer(environment()["DATABASE_URL"], pool_size=SESSIONS, patience=PATIENCE) as url:
        bounced = conninfo_to_dict(url)
        # The folder of a socket, and settings of a session, which a pooler refuses.
        ours = {k: v for k, v in before["OPTIONS"].items() if k not in {"host", "options"}}
        known.update(HOST=bounced["host"], PORT=bounced["port"], OPTIONS=ours)
        known.update(USER=bounced["user"], PASSWORD="")
        yield
        connection.close()
        known.update(before)
