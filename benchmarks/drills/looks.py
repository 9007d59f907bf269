"""Looks of jobs killed with SIGKILL at random moments: do they end whole, and is any alert lost?

Uses the real task queue and the Keepa sandbox on a socket, slow enough that kills hit calls under
way. Missed when a look does not end well by itself, when its lines, picks or alerts are not those
of the undisturbed one or an alert does not arrive, when what was stored is bought a second time, or
when the ledger is not what the sandbox has charged.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.drills import job_looks
from benchmarks.drills.job_looks import Case
from benchmarks.drills.mortal_queue import Queue
from benchmarks.drills.report import Row
from benchmarks.drills.searches import settle_the_ledger

if TYPE_CHECKING:
    from discovery.models import Run
    from discovery.sandbox.server import SandboxApp

ANSWER_SECONDS = 1.0  # how late the sandbox answers
KILLS_A_LOOK = 4  # below the number of deaths after which a run is put off for long


@dataclass(slots=True)
class Fire:
    """Who is shot at while a look is at work."""

    case: Case
    run: Run
    queue: Queue
    app: SandboxApp
    dice: random.Random
    most: int

    def shoot(self) -> None:
        """One kill at a random moment, of the worker or of all the queue."""
        run, case = self.run, self.case
        if run.state != run.State.RUNNING or case.hits >= self.most:
            return
        holder = run.holder
        time.sleep(self.dice.uniform(0.0, case.seconds + 3 * ANSWER_SECONDS))
        run.refresh_from_db()
        if run.holder != holder:
            return
        if self.dice.random() < 0.67:
            if not self.queue.kill_worker():
                return
        else:
            self.queue.kill_all()
            time.sleep(0.2)
            self.queue.start()
        case.hits += 1
        job_looks.note_stored(case, self.app)


def drill(*, tries: int, seed: int) -> list[Row]:
    """Make looks under fire until ``tries`` kills have hit one."""
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
                fire = Fire(case, run, queue, app, dice, most=min(left, KILLS_A_LOOK))
                job_looks.until_its_end(run, fire.shoot)
                app.faults.clear()
                queue.stop()
                job_looks.judge(case, run, app, got)
                print(f"{case.name}: {case.hits} kills {case.faults or 'whole'}", flush=True)
        finally:
            queue.kill_all()
        ledger = settle_the_ledger(app)
        row = job_looks.summed(
            "SIGKILL at a look of a job", done, ledger=ledger, charged=app.charged_total
        )
    return [row]
