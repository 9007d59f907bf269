"""Looks of jobs killed with SIGKILL at random moments: do they end whole, and is any alert lost?

Uses the real task queue and the Keepa sandbox on a socket, slow enough that kills hit calls under
way. Missed when a look does not end well by itself, when its lines, picks or alerts are not those
of the undisturbed one or an alert does not arrive, when what was stored is bought a second time, or
when the ledger is not what the sandbox has charged.
"""

from __future__ import annotations

import time

from benchmarks.drills.job_looks import Fire, under_fire
from benchmarks.drills.report import Row

KILLS_A_LOOK = 4  # below the number of deaths after which a run is put off for long


class Kills(Fire):
    """The worker is shot, or all of the queue, which is started again."""

    def disturb(self) -> None:
        """One kill at a random moment."""
        if not self.hits_the_look():
            return
        if self.dice.random() < 0.67:
            if not self.queue.kill_worker():
                return
        else:
            self.queue.kill_all()
            time.sleep(0.2)
            self.queue.start()
        self.has_hit()


def drill(*, tries: int, seed: int) -> list[Row]:
    """Make looks under fire until ``tries`` kills have hit one."""
    row = under_fire(
        "SIGKILL at a look of a job", kind=Kills, tries=tries, most=KILLS_A_LOOK, seed=seed
    )
    return [row]
