"""PostgreSQL restarted, and killed, under looks of jobs: do they go on, and is any alert lost?

Runs on a server of its own, stopped as an administrator does, at once or with SIGKILL, away for up
to three seconds, and started again; the real task queue goes on by itself. Missed as for looks that
are killed.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from arbvault.postgres import Cluster, attach, is_alive, release, revive
from arbvault.postgres_programs import PostgresError
from benchmarks.drills.job_looks import Fire, under_fire
from benchmarks.drills.report import Row

RESTARTS_A_LOOK = 3
AWAY = 3.0  # seconds, at most
# A restart, a stop without a checkpoint, a death.
SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
FOLDER = "DRILL_POSTGRES"


@contextmanager
def own_server() -> Iterator[None]:
    """A PostgreSQL of this drill's own, whose address is in the environment while it lasts."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # PostgreSQL's user passes through
        os.environ[FOLDER] = folder
        cluster = _cluster()
        attach(cluster)
        os.environ["DATABASE_URL"] = cluster.url_of("postgres")
        try:
            yield
        finally:
            release(cluster)


def _cluster() -> Cluster:
    return Cluster(Path(os.environ[FOLDER]) / "postgres")


def restart(signum: int, *, away: float) -> None:
    """End the server with the signal, and start it again after so many seconds."""
    from django.db import connections

    cluster = _cluster()
    pid = int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])
    os.kill(pid, signum)
    connections.close_all()
    time.sleep(away)
    deadline = time.monotonic() + 60
    while is_alive(cluster) and signum != signal.SIGKILL and time.monotonic() < deadline:
        time.sleep(0.05)
    while time.monotonic() < deadline:
        with suppress(PostgresError):  # what a dead server leaves is gone in a moment
            revive(cluster)
            return
        time.sleep(0.2)
    raise TimeoutError("PostgreSQL does not start again")


class Restarts(Fire):
    """PostgreSQL goes away while a look is at work."""

    def disturb(self) -> None:
        """One restart at a random moment."""
        if self.hits_the_look():
            restart(self.dice.choice(SIGNALS), away=self.dice.uniform(0.0, AWAY))
            self.has_hit()


def drill(*, tries: int, seed: int) -> list[Row]:
    """Make looks until PostgreSQL was restarted ``tries`` times under one."""
    row = under_fire(
        "PostgreSQL restarted or killed at a look of a job",
        kind=Restarts, tries=tries, most=RESTARTS_A_LOOK, seed=seed,
    )  # fmt: skip
    return [row]
