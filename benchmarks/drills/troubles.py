"""Looks of jobs over a Keepa in trouble: 429, 500, proxies, garbage, slow and lost answers.

Uses the real task queue and the Keepa sandbox on a socket. Any call of a look may be hit, its
source's included; what is lost after it was paid for hits a look once, for a run that has paid for
one batch twice in vain is given up on purpose. Waits are cut short: it is not the clock that is
tried. Missed as for looks that are killed, and when more is paid than the price and what was lost.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.drills import job_looks
from benchmarks.drills.job_looks import Case
from benchmarks.drills.mortal_queue import KEEPA_TIMEOUT, Queue
from benchmarks.drills.report import Row
from benchmarks.drills.searches import settle_the_ledger

if TYPE_CHECKING:
    from discovery.models import Run
    from discovery.sandbox.server import SandboxApp

FREE = ("429", "500", "502", "503", "garbage", "reset_before", "slow")
PAID_FOR = ("truncated", "wrong_types", "reset", "cut", "late_502", "slow")
TROUBLES_A_LOOK = 5
A_LITTLE_LATE, TOO_LATE = 3.0, 3.0 * KEEPA_TIMEOUT  # seconds


@dataclass(slots=True)
class Trouble:
    """What goes wrong with one look."""

    case: Case
    run: Run
    app: SandboxApp
    dice: random.Random
    most: int
    kinds: list[str] = field(default_factory=list)
    lost: int = 0

    def make(self) -> None:
        """Spoil the next call once the trouble before has hit one; nobody waits for long."""
        from django.utils import timezone

        from discovery.models import Run

        now = timezone.now()
        is_waiting = Run.objects.filter(pk=self.run.pk, state=Run.State.WAITING, resume_at__gt=now)
        is_waiting.update(resume_at=now - timedelta(seconds=1))
        job_looks.note_stored(self.case, self.app)
        if self.app.faults.pending():
            return
        self.case.hits = len(self.kinds)
        if self.case.hits >= self.most or self.dice.random() < 0.5:
            return
        if not self.lost and self.dice.random() < 0.3:
            self._lose()
            return
        kind = self.dice.choice(FREE)
        self.app.faults.push(kind, seconds=A_LITTLE_LATE)
        self.kinds.append(kind)

    def _lose(self) -> None:
        kind = self.dice.choice(PAID_FOR)
        self.app.faults.push(kind, seconds=TOO_LATE)
        self.kinds.append(f"{kind} after it was paid for")
        self.lost += 1

    def end(self) -> None:
        """What has hit nothing is none."""
        left = len(self.app.faults.pending())
        self.case.hits = len(self.kinds) - left
        self.app.faults.clear()


def drill(*, tries: int, seed: int) -> list[Row]:
    """Make looks in trouble until ``tries`` calls were spoilt."""
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
                trouble = Trouble(case, run, app, dice, most=min(left, TROUBLES_A_LOOK))
                app.faults.push(dice.choice(FREE), seconds=A_LITTLE_LATE)
                trouble.kinds.append(app.faults.pending()[0].kind)
                queue.start()
                job_looks.until_its_end(run, trouble.make)
                trouble.end()
                queue.stop()
                job_looks.judge(case, run, app, got)
                told = ", ".join(trouble.kinds)
                print(f"{case.name}: {told}: {case.faults or 'whole'}", flush=True)
        finally:
            queue.kill_all()
        ledger = settle_the_ledger(app)
        row = job_looks.summed(
            "a look of a job over a Keepa in trouble",
            done,
            ledger=ledger,
            charged=app.charged_total,
        )
    return [row]
