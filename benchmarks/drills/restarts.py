"""PostgreSQL restarted, and killed, under looks of jobs: do they go on, and is any alert lost?

Runs on a server of its own, stopped as an administrator does, at once or with SIGKILL, away for up
to three seconds, and started again; the real task queue goes on by itself. Missed as for looks that
are killed.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from arbvault.postgres import Cluster, attach, is_alive, release, revive
from arbvault.postgres_programs import PostgresError
from benchmarks.drills import job_looks
from benchmarks.drills.job_looks import Case
from benchmarks.drills.mortal_queue import Queue
from benchmarks.drills.report import Row
from benchmarks.drills.searches import settle_the_ledger

if TYPE_CHECKING:
    from discovery.models import Run
    from discovery.sandbox.server import SandboxApp

ANSWER_SECONDS = 1.0  # how late the sandbox answers
RESTARTS_A_LOOK = 3
LOOK_SECONDS = 6.0  # that a look takes at least
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


@dataclass(slots=True)
class Fire:
    """Restarts while a look is at work."""

    case: Case
    run: Run
    app: SandboxApp
    dice: random.Random
    most: int

    def shoot(self) -> None:
        """One restart at a random moment."""
        run, case = self.run, self.case
        if run.state != run.State.RUNNING or case.hits >= self.most:
            return
        holder = run.holder
        time.sleep(self.dice.uniform(0.0, min(case.seconds, LOOK_SECONDS)))
        run.refresh_from_db()
        if run.holder != holder:
            return
        restart(self.dice.choice(SIGNALS), away=self.dice.uniform(0.0, AWAY))
        case.hits += 1
        job_looks.note_stored(case, self.app)


def drill(*, tries: int, seed: int) -> list[Row]:
    """Make looks until PostgreSQL was restarted ``tries`` times under one."""
    dice, done = random.Random(seed), list[Case]()
    with job_looks.sandbox() as server, job_looks.somebody() as (owner, got):
        app = server.app
        queue = Queue(server.url)
        queue.stop()
        try:
            for case in job_looks.cases(app, owner):
                left = tries - sum(case.hits for case in done)
                if left <= 0:
                    break
                done.append(case)
                job_looks.undisturbed(owner, case, app)
                run = job_looks.begin(owner, case)
                app.faults.push("slow", times=1000, seconds=ANSWER_SECONDS)
                queue.start()
                fire = Fire(case, run, app, dice, most=min(left, RESTARTS_A_LOOK))
                job_looks.until_its_end(run, fire.shoot)
                app.faults.clear()
                queue.stop()
                job_looks.judge(case, run, app, got)
                print(f"{case.name}: {case.hits} restarts {case.faults or 'whole'}", flush=True)
        finally:
            queue.kill_all()
        ledger = settle_the_ledger(app)
        row = job_looks.summed(
            "PostgreSQL restarted or killed at a look of a job",
            done,
            ledger=ledger,
            charged=app.charged_total,
        )
    return [row]
