"""Looks of jobs over a Keepa in trouble: 429, 500, proxies, garbage, slow and lost answers.

Uses the real task queue and the Keepa sandbox on a socket. Any call of a look may be hit, its
source's included; what is lost after it was paid for hits a look once, for a run that has paid for
one batch twice in vain is given up on purpose. Waits are cut short: it is not the clock that is
tried. Missed as for looks that are killed, and when more is paid than the price and what was lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from benchmarks.drills.job_looks import Fire, note_stored, under_fire
from benchmarks.drills.mortal_queue import KEEPA_TIMEOUT
from benchmarks.drills.report import Row

FREE = ("429", "500", "502", "503", "garbage", "reset_before", "slow")
# Not what comes whole and cannot be read: its products are told as unreadable.
PAID_FOR = ("truncated", "reset", "cut", "late_502", "slow")
TROUBLES_A_LOOK = 5
A_LITTLE_LATE, TOO_LATE = 3.0, 3.0 * KEEPA_TIMEOUT  # seconds


@dataclass(slots=True)
class Troubles(Fire):
    """What goes wrong with one look; ``lost`` answers were paid for."""

    kinds: list[str] = field(default_factory=list)
    lost: int = 0

    def begin(self) -> None:
        """The first call is spoilt."""
        self._spoil(self.dice.choice(FREE), seconds=A_LITTLE_LATE)

    def disturb(self) -> None:
        """Spoil the next call once the trouble before has hit one; nobody waits for long."""
        from django.utils import timezone

        from discovery.models import Run

        now = timezone.now()
        is_waiting = Run.objects.filter(pk=self.run.pk, state=Run.State.WAITING, resume_at__gt=now)
        is_waiting.update(resume_at=now - timedelta(seconds=1))
        note_stored(self.case, self.app)
        if self.app.faults.pending():
            return
        self.case.hits = len(self.kinds)
        if self.case.hits >= self.most or self.dice.random() < 0.5:
            return
        if not self.lost and self.dice.random() < 0.3:
            self._spoil(self.dice.choice(PAID_FOR), seconds=TOO_LATE)
            self.lost += 1
        else:
            self._spoil(self.dice.choice(FREE), seconds=A_LITTLE_LATE)

    def _spoil(self, kind: str, *, seconds: float) -> None:
        self.app.faults.push(kind, seconds=seconds)
        self.kinds.append(f"{kind} ({seconds:.0f} s)" if kind == "slow" else kind)

    def end(self) -> None:
        """What has hit nothing is none."""
        self.case.hits = len(self.kinds) - len(self.app.faults.pending())
        self.app.faults.clear()
        print(", ".join(self.kinds[: self.case.hits]), flush=True)


def drill(*, tries: int, seed: int) -> list[Row]:
    """Make looks in trouble until ``tries`` calls were spoilt."""
    row = under_fire(
        "a call of a look of a job spoilt by Keepa",
        kind=Troubles, tries=tries, most=TROUBLES_A_LOOK, seed=seed,
    )  # fmt: skip
    return [row]
