"""What a turn has found out is written down: the run's counters and its lines, at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from discovery.models import RunLine
from discovery.products.product_costs import Source, state_costs
from discovery.products.scored import StatedCost
from discovery.rows import write_back
from discovery.runs.lines import SCORED_FIELDS, UNSCORED_FIELDS
from discovery.runs.summary import paid_by_stage, unfinished_of
from discovery.runs.turn import Turn

LineState = RunLine.State


def store_lines(
    turn: Turn,
    settled: Sequence[RunLine],
    *,
    saved: int,
    keeps_account: bool = False,
    costs: Mapping[str, StatedCost] | None = None,
    also: Callable[[Turn, Sequence[RunLine]], None] | None = None,
) -> None:
    """Write down the lines, and what the products of a list ``costs`` tell cost its owner.

    ``keeps_account``: the stages of the outcome tell what was paid. ``also`` writes what follows
    from the lines, in the same transaction. Raises ``TakenOver``.
    """
    unfinished = unfinished_of(turn.run.outcome)
    final = sum(line.asin not in unfinished for line in settled)
    with transaction.atomic():
        changes: dict[str, Any] = {
            "done": turn.run.done + final,
            "interrupted": False,
            "outcome": turn.run.outcome,
            "tokens_saved": F("tokens_saved") + saved,
            "worked_ms": F("worked_ms") + milliseconds_since(turn.began),
        }
        if final:
            changes["attempts"] = 0
        if keeps_account:
            # What was stored before a kill, but not yet written down, is on the stages.
            changes["tokens_spent"] = Greatest(F("tokens_spent"), paid_by_stage(turn.run.outcome))
        # First the run, whose row stays locked: a run lost meanwhile gets no line written.
        turn.change(**changes)
        turn.run.interrupted = False
        if final:
            turn.run.attempts = turn.in_vain = 0
        scored = [line for line in settled if line.state == LineState.SCORED]
        others = [line for line in settled if line.state != LineState.SCORED]
        write_back(scored, SCORED_FIELDS)
        write_back(others, UNSCORED_FIELDS)
        if costs:
            state_costs(
                user_id=turn.run.owner_id,
                marketplace=turn.run.marketplace,
                costs=costs,
                source=Source.LIST,
                now=timezone.now(),
            )
        if also is not None:
            also(turn, settled)


def milliseconds_since(began: float) -> int:
    """How long ago ``began``, a reading of the monotonic clock in seconds, was."""
    return round((time.monotonic() - began) * 1000)
