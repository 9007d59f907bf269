"""A worker's turn at a run: what it knows of it, writes on its row and is told by its owner."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from discovery.keepa.budget import AUTOSOURCING
from discovery.keepa.errors import KeepaError
from discovery.models import Run, RunLine
from discovery.profiles.service import ActiveProfile
from discovery.runs.endings import frozen_profile
from discovery.runs.stopping import stop_is_wanted
from discovery.runs.summary import unfinished_of
from discovery.search import score_products
from discovery.search.results import Asker, Progress

LineState = RunLine.State


class TakenOver(Exception):
    """Somebody else holds the run by now, or it was deleted: nothing more may be stored."""


class Stopped(Exception):
    """The owner asked for the work to stop."""


class Interrupted(Exception):
    """This process is to end: the run goes back into the queue, and on in another."""


class GivenUp(Exception):
    """What the run asks about is no more; ``failure`` is kept with it: a ``code``, and ``at``."""

    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__(failure.get("code", ""))
        self.failure = failure


@dataclass(slots=True)
class Turn:
    """The run and who holds it; every write fails once somebody else does.

    ``noted`` are the tokens of the batch that are already written down; ``problem`` is why an
    answer is out of date or incomplete. ``in_vain`` is how often the next batch was paid for, or
    may have been, without an answer of any use.
    """

    run: Run
    holder: UUID
    in_vain: int = 0
    noted: int = 0
    problem: KeepaError | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def profile(self) -> ActiveProfile:
        """The profile as it was when the run was started."""
        return frozen_profile(self.run)

    @property
    def mine(self) -> Any:
        """The row of the run, as long as it is held."""
        return Run.objects.filter(pk=self.run.pk, holder=self.holder)

    @property
    def interrupted_since(self) -> datetime | None:
        """From when on this run may have bought what it finds at hand; ``None``: never."""
        return self.run.created_at if self.run.interrupted else None

    @property
    def to_do(self) -> QuerySet[RunLine]:
        """The lines without a final answer, in order."""
        open_lines = Q(state=LineState.PENDING) | Q(asin__in=unfinished_of(self.run.outcome))
        return self.run.lines.filter(open_lines).order_by("position")

    @property
    def purpose(self) -> str:
        """What its tokens are for: a person waits for a search and for a short list."""
        if self.run.is_sourcing:
            return AUTOSOURCING
        return (
            "interactive"
            if self.run.is_search or self.run.total <= score_products.BATCH
            else "background"
        )

    def asker(self) -> Asker:
        """On whose behalf its products are scored."""
        return Asker(
            source=self.run.history_source,
            user_id=str(self.run.owner_id),
            purpose=self.purpose,
            holder=self.holder,
            on_progress=self.on_progress,
        )

    def count(self) -> None:
        """Count the lines that are settled, and the working time from now on."""
        settled = self.run.lines.exclude(state__in=(LineState.PENDING, LineState.BAD))
        self.run.done = settled.exclude(asin__in=unfinished_of(self.run.outcome)).count()
        self.began = time.monotonic()

    def change(self, **changes: Any) -> None:
        """Write on the run's row. Raises ``TakenOver``."""
        if not self.mine.update(progressed_at=timezone.now(), **changes):
            raise TakenOver

    def write_down(self, spent: int, **changes: Any) -> None:
        """Keep what the batch has cost so far. Raises ``TakenOver``."""
        fresh, self.noted = spent - self.noted, spent
        self.change(tokens_spent=F("tokens_spent") + fresh, **changes)

    def on_progress(self, progress: Progress) -> None:
        """Write down how far the batch has come. Raises ``TakenOver`` and as ``go_on_or_stop``."""
        steps: dict[str, Any] = {"fetched": self.run.fetched + progress.fetched}
        if not self.run.is_list:  # somebody watches it: its bar moves within a batch
            steps["done"] = min(self.run.done + progress.scored, self.run.total)
        self.write_down(progress.tokens_spent, **steps)
        if progress.stage != "done":
            self.go_on_or_stop()

    def on_wait(self, spent: int) -> None:
        """Write down what the batch has cost so far. Raises ``TakenOver`` and ``Stopped``."""
        self.write_down(spent)
        self.go_on_or_stop()

    def go_on_or_stop(self) -> None:
        """Raise ``Stopped`` when the owner wants no more, ``Interrupted`` when the process ends."""
        if self.mine.filter(cancel_requested=True).exists():
            raise Stopped
        if stop_is_wanted():
            raise Interrupted
