"""What runs in this minute: one decision, from what is due, what Keepa would give, and the time.

Pure: no database, no clock, no Keepa, so that a month of it can be simulated. The rules:

- The floor is for whoever is at the keyboard: nothing starts that the tokens above it cannot begin.
- Due jobs come first, the stalest of them first, then the one that brings most for a token.
- Several start as long as their forecasts fit above the floor; the first of them even when it does
  not fit, once nothing else is at work: it goes on as the refills come. None overtakes another for
  being cheaper, so every due job starts in the end.
- What is paid for at once is no more than a tenth of the bucket.
- When nothing is due and the bucket is nearly full, what would expire refreshes what will be asked
  next: what was asked for most often first, then what has been left longest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

LARGEST_BATCH = 10  # a batch is at most the capacity divided by this
# Of the capacity. Refills of more than five minutes fit above it, and a batch brings it below.
NEARLY_FULL = 0.9
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Reason(StrEnum):
    """What the decision rests on; ``planner_text`` says it."""

    SWITCHED_OFF = "switched_off"
    BALANCE_UNKNOWN = "balance_unknown"
    NOTHING_DUE = "nothing_due"
    NO_TOKENS = "no_tokens"
    STARTED = "started"
    AT_WORK = "at_work"
    CAPPED = "capped"
    IDLE_TOKENS = "idle_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """A job as the planner sees it; tokens throughout.

    ``due_at`` is ``None`` when no time is set. ``to_spend`` is what the run under way is still
    expected to cost, 0 when it waits for its own daily cap. ``picks_a_token`` is its yield so far.
    """

    pk: int
    due_at: datetime | None
    last_run_at: datetime | None = None
    is_at_work: bool = False
    to_spend: int = 0
    expected_tokens: int = 0
    picks_a_token: float = 0.0
    spent_today: int = 0
    daily_cap: int | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.due_at is not None and self.due_at <= now

    @property
    def is_capped(self) -> bool:
        """Whether it has spent all it may today."""
        return self.daily_cap is not None and self.spent_today >= self.daily_cap


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceState:
    """The bucket: tokens ``left``, ``reserved`` for calls on their way, and the ``floor``."""

    left: int
    capacity: int
    floor: int
    reserved: int = 0

    @property
    def above_floor(self) -> int:
        """What background work may spend now; may be negative."""
        return self.left - self.reserved - self.floor

    @property
    def largest_batch(self) -> int:
        """The most tokens to be paid at once."""
        return max(self.capacity // LARGEST_BATCH, 1)

    @property
    def is_nearly_full(self) -> bool:
        """Whether what the next refills bring would soon be lost."""
        return self.left - self.reserved >= self.capacity * NEARLY_FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """Something to be asked anew before somebody asks: ``key`` names it, ``cost`` is at most.

    ``hits_a_day`` is how often it was asked for, ``age`` how old what is known of it is; ``None``
    when nothing is known any more.
    """

    key: str
    cost: int
    hits_a_day: float = 0.0
    age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerState:
    """All that a decision rests on. ``balance`` is ``None`` until Keepa has told the plan."""

    now: datetime
    jobs: Sequence[JobState]
    balance: BalanceState | None
    refreshes: Sequence[Refresh] = ()
    runs_jobs: bool = True
    uses_idle_tokens: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """Jobs to start, in this order; those whose time passes because they are still at work; keys
    of what to refresh, in this order.
    """

    reason: Reason
    start: tuple[int, ...] = ()
    skip: tuple[int, ...] = ()
    refresh: tuple[str, ...] = ()


def decide(state: PlannerState) -> Decision:
    """What to do in this minute; the same for the same state."""
    if not (state.runs_jobs or state.uses_idle_tokens):
        return Decision(Reason.SWITCHED_OFF)
    due = [job for job in state.jobs if state.runs_jobs and job.is_due(state.now)]
    skip = tuple(sorted(job.pk for job in due if job.is_at_work))
    ready = [job for job in due if not job.is_at_work and not job.is_capped]
    if state.balance is None:
        # A job's first call asks for the balance, which is free: one may begin.
        is_first = not any(job.is_at_work for job in state.jobs)
        start = tuple(job.pk for job in in_turn(ready)[:1]) if is_first else ()
        return Decision(Reason.STARTED if start else Reason.BALANCE_UNKNOWN, start=start, skip=skip)
    if ready:
        start = _startable(ready, state.jobs, state.balance)
        return Decision(Reason.STARTED if start else Reason.NO_TOKENS, start=start, skip=skip)
    refresh = _refreshed(state, state.balance)
    if refresh:
        return Decision(Reason.IDLE_TOKENS, skip=skip, refresh=refresh)
    if skip:
        return Decision(Reason.AT_WORK, skip=skip)
    if due:
        return Decision(Reason.CAPPED)
    return Decision(Reason.NOTHING_DUE if state.runs_jobs else Reason.SWITCHED_OFF)


def in_turn(jobs: Sequence[JobState]) -> list[JobState]:
    """The jobs in the order in which they start: stalest first, then the best yield."""
    return sorted(jobs, key=lambda job: (job.last_run_at or _LONG_AGO, -job.picks_a_token, job.pk))


def _startable(
    ready: Sequence[JobState], jobs: Sequence[JobState], balance: BalanceState
) -> tuple[int, ...]:
    at_work = [job for job in jobs if job.is_at_work and job.to_spend > 0]
    left = balance.above_floor - sum(job.to_spend for job in at_work)
    started: list[int] = []
    for job in in_turn(ready):
        is_alone = not at_work and not started
        if not (job.expected_tokens <= left or (is_alone and left > 0)):
            break
        started.append(job.pk)
        left -= job.expected_tokens
    return tuple(started)


def _refreshed(state: PlannerState, balance: BalanceState) -> tuple[str, ...]:
    if not (state.uses_idle_tokens and balance.is_nearly_full):
        return ()
    at_work = sum(job.to_spend for job in state.jobs if job.is_at_work)
    left = min(balance.largest_batch, balance.above_floor - at_work)
    chosen: list[str] = []
    for refresh in sorted(state.refreshes, key=_most_asked):
        if refresh.cost <= left:
            chosen.append(refresh.key)
            left -= refresh.cost
    return tuple(chosen)


def _most_asked(refresh: Refresh) -> tuple[float, float, str]:
    age = math.inf if refresh.age is None else refresh.age.total_seconds()
    return -refresh.hits_a_day, -age, refresh.key
