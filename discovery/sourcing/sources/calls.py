"""The calls a look has made so far, kept with its job until the look's candidates are.

Killed between two calls, a look that goes on asks none of them again, and counts what they cost:
it is the run's own. An answer counts for ``FRESH_FOR`` only, its tokens as long as the run lives.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from discovery.models import Run, SourcingJob
from discovery.sourcing.sources.base import keep_cursor

KEY = "calls"  # in a job's cursor
FRESH_FOR = timedelta(minutes=5)  # an answer longer ago no longer goes with what is asked now


class Calls:
    """Those of the job's run at work; without a run they live as long as this object.

    An answer is JSON, under a name that says all of its question.
    """

    def __init__(self, job: SourcingJob | None, *, now: datetime) -> None:
        self._job, self._now = job, now
        run = ""
        kept: dict[str, Any] = {}
        if job is not None:
            at_work = Run.objects.filter(job=job.pk, state=Run.State.RUNNING)
            run = str(at_work.values_list("pk", flat=True).first() or "")
            kept = job.cursor.get(KEY) or {}
        self._made: dict[str, dict[str, Any]] = kept["made"] if kept.get("run") == run else {}
        self._run = run
        self.goes_on = bool(self._made)  # with a look that was interrupted

    @property
    def spent(self) -> int:
        """Tokens of all the calls that no run has counted yet."""
        return sum(int(call["spent"]) for call in self._made.values())

    def answer(self, name: str) -> Any | None:
        """What the call of that name has brought; ``None`` unless it was made just now."""
        call = self._made.get(name)
        if call is None or datetime.fromisoformat(call["at"]) <= self._now - FRESH_FOR:
            return None
        return call["answer"]

    def keep(self, name: str, *, spent: int, answer: Any = None) -> None:
        """Note that the call was made, and what it has brought."""
        before = self._made.get(name, {}).get("spent", 0)
        call = {"at": self._now.isoformat(), "spent": before + spent, "answer": answer}
        self._made = self._made | {name: call}
        self._write()

    def _write(self) -> None:
        if self._job is not None and self._run:
            made = {"run": self._run, "made": self._made}
            keep_cursor(self._job, self._job.cursor | {KEY: made})


def count_calls(job: SourcingJob) -> None:
    """The run has counted what its calls have cost: their answers stay, their tokens are told."""
    kept = job.cursor.get(KEY)
    if not kept:
        return
    made = {name: call | {"spent": 0} for name, call in kept["made"].items()}
    keep_cursor(job, job.cursor | {KEY: kept | {"made": made}})
