"""How a turn ends: the run ends, has its next turn, or waits and goes on later by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from discovery import leases
from discovery.keepa.errors import KeepaError, KeepaTimeout, KeepaUnavailable, TokensExhausted
from discovery.models import Run
from discovery.runs.endings import end_run
from discovery.runs.queue import (
    FIRST_PAUSE,
    MOST_ATTEMPTS,
    MOST_PAUSES,
    enqueue,
    interrupted,
    pause_after,
)
from discovery.runs.ranking import rank_so_far
from discovery.runs.turn import Turn

State = Run.State
INTERRUPTED_FOR = 10.0  # seconds until an interrupted run goes on
# Answers a batch may be paid for in vain; then its owner decides whether to pay once more.
MOST_PAID_IN_VAIN = 2
LONGEST_LOOK = timedelta(hours=24)  # of a job, its waits included


def queue_again(turn: Turn, *, in_a_batch: bool = False) -> None:
    """Let the run have its next turn, in this process or another; at once, as nothing is wrong.

    ``in_a_batch``: what the batch under way has bought is not written down yet.
    """
    with transaction.atomic():
        changes = {"interrupted": True} if in_a_batch else {}
        if turn.mine.update(
            state=State.QUEUED, holder=None, progressed_at=timezone.now(), **changes
        ):
            leases.release_leases(holder=turn.holder)
            enqueue(run_id=turn.run.pk)


def put_off(turn: Turn, error: KeepaError | None, *, died: bool = False) -> None:
    """Wait and go on later; fail when waiting does not help, or has not helped.

    Without ``error`` the work broke off in the middle of a batch, by a fault of ours or, when
    ``died``, because the process was told to end. A lack of tokens is waited out however long it
    lasts; a Keepa that is down, and a machine that dies often, for half a day; what costs tokens
    each time, or goes wrong alike each time, only a few times.
    """
    now = timezone.now()
    failure = interrupted(now) if error is None else error.to_stored()
    attempts = turn.run.attempts + (not isinstance(error, TokensExhausted))
    if turn.mine.filter(cancel_requested=True).exists():
        end(turn, State.CANCELLED)
        return
    may_pass = died or (isinstance(error, KeepaUnavailable) and not isinstance(error, KeepaTimeout))
    given_up = attempts >= (MOST_PAUSES if may_pass else MOST_ATTEMPTS)
    if in_vain := turn.in_vain + (error.in_vain if error is not None else 0):
        given_up |= in_vain >= MOST_PAID_IN_VAIN
        failure |= {"in_vain": in_vain}
    # The next look of a job replaces this one, and cannot begin while this one waits.
    given_up |= turn.run.is_sourcing and now - turn.run.created_at >= LONGEST_LOOK
    if given_up or (error is not None and error.permanent):
        end(turn, State.FAILED, failure=failure)
        return
    with transaction.atomic():
        put = turn.mine.update(
            state=State.WAITING,
            holder=None,
            failure=failure,
            attempts=attempts,
            interrupted=turn.run.interrupted or error is None,
            resume_at=now + timedelta(seconds=_pause(error, attempts)),
            progressed_at=now,
        )
        if put and turn.run.is_search:
            rank_so_far(run_id=turn.run.pk)


def _pause(error: KeepaError | None, attempts: int) -> float:
    if error is None:
        return INTERRUPTED_FOR if attempts < MOST_ATTEMPTS else pause_after(attempts)
    if isinstance(error, TokensExhausted):
        return error.retry_after or FIRST_PAUSE
    return max(error.retry_after or 0.0, pause_after(attempts))


def end(
    turn: Turn,
    state: Run.State,
    *,
    failure: dict[str, Any] | None = None,
    closes: Callable[[Run], None] = lambda _run: None,
) -> None:
    """End the run, with why its answer is incomplete or out of date, if it is.

    ``closes`` writes what else follows from its end, in the same transaction.
    """
    if failure is None and turn.problem is not None:
        failure = turn.problem.to_stored()
    elif failure is None:
        failure = (turn.run.outcome or {}).get("problem")
    end_run(held=turn.mine, run_id=turn.run.pk, state=state, failure=failure, closes=closes)
