"""What calls have cost whose answers were lost, worked out from the balances reported around them.

Pure arithmetic. Keepa's clock and balances order everything that was answered. A lost call was
charged after the balance known when it began (its baseline) and before any balance reported to
a call that began once it had ended. Between two balances that follow each other,

    unseen charge = balance + refill ticks − charge of the second answer − second balance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from discovery.keepa.balance import REFILL_PERIOD_MS, capacity_of

# Orders answers as Keepa sent them: by its clock and, within one millisecond, by the balance,
# which only falls. Of those that report the same balance, the one with a charge comes first; the
# last part is arbitrary but stable.
Key = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Observation:
    """A balance Keepa reported, with the charge of the call it came with."""

    ledger_id: int
    call_id: int
    server_ms: int
    tokens_left: int
    refill_in_ms: int
    refill_rate: int
    tokens_consumed: int

    @property
    def key(self) -> Key:
        """The place of the answer among all answers."""
        return (self.server_ms, -self.tokens_left, -self.tokens_consumed, self.ledger_id)

    @property
    def key_parts(self) -> tuple[int, int, int]:
        """As a reservation stores its baseline: clock, balance, ledger entry."""
        return (self.server_ms, self.tokens_left, self.ledger_id)


@dataclass(frozen=True, slots=True)
class Call:
    """A call without an answer so far; ``ended_after`` is ``None`` while it is on its way."""

    call_id: int
    cost: int
    ended_after: int | None
    outcome: str
    expires_at: datetime
    baseline_server_ms: int | None
    baseline_tokens_left: int | None
    baseline_ledger_id: int | None
    baseline_tokens_consumed: int | None = None

    @property
    def is_traceable(self) -> bool:
        """Whether the balance was known when the call began."""
        return self.baseline_server_ms is not None

    @property
    def baseline(self) -> Key:
        """The key of the answer whose balance was known when the call began."""
        return (
            self.baseline_server_ms or 0,
            -(self.baseline_tokens_left or 0),
            -(self.baseline_tokens_consumed or 0),
            self.baseline_ledger_id or 0,
        )


@dataclass(frozen=True, slots=True)
class LostCost:
    """What a lost call has cost, by the balance ``seen``.

    Not exact when a refill in between overflowed the bucket and may have hidden a charge: then
    it is the most the balances allow.
    """

    call: Call
    tokens: int
    is_exact: bool
    seen: Observation


def find_lost_costs(
    *, calls: Sequence[Call], observations: Sequence[Observation]
) -> Iterator[LostCost]:
    """Yield the cost of every lost call that the observations settle.

    ``observations`` are in the order of their keys and begin with the oldest baseline.
    """
    # A call without cost cannot blur a balance.
    running = [call for call in calls if call.ended_after is None and call.cost]
    lost = [call for call in calls if call.ended_after is not None and call.is_traceable]
    for seen in observations:
        settled = [call for call in lost if _is_before(call, seen)]
        open_calls = running + [call for call in lost if call not in settled]
        # Whoever may have been charged before this balance, unseen, would blur it.
        if not settled or any(call.baseline < seen.key for call in open_calls):
            continue
        yield from _share(settled, seen, observations)
        lost = [call for call in lost if call not in settled]


def _is_before(call: Call, seen: Observation) -> bool:
    return call.ended_after is not None and seen.call_id > call.ended_after


def _share(
    settled: Sequence[Call], seen: Observation, observations: Sequence[Observation]
) -> Iterator[LostCost]:
    start = min(call.baseline for call in settled)
    window = [known for known in observations if start <= known.key <= seen.key]
    worst = sum(call.cost for call in settled)
    if not window or window[0].key != start:
        # The baseline itself is gone from the ledger.
        unseen, is_exact = worst, False
    else:
        least, hidden = _unseen_charge(window)
        is_exact = hidden == 0 or least >= worst
        unseen = max(min(least + hidden, worst), 0)
    for call in settled:
        tokens = min(call.cost, unseen)
        unseen -= tokens
        yield LostCost(call, tokens, is_exact, seen)


def _unseen_charge(window: Sequence[Observation]) -> tuple[int, int]:
    """The charge no answer accounts for, and how much more overflowing refills may hide."""
    unseen = hidden = 0
    for before, after in pairwise(window):
        refilled = before.tokens_left + _refills(before, after) * after.refill_rate
        ceiling = max(capacity_of(after.refill_rate), before.tokens_left)
        hidden += max(refilled - ceiling, 0)
        unseen += min(refilled, ceiling) - after.tokens_consumed - after.tokens_left
    return unseen, hidden


def _refills(before: Observation, after: Observation) -> int:
    """Refills between two answers: both report when the next one is due, to the millisecond."""
    due_before = before.server_ms + before.refill_in_ms
    due_after = after.server_ms + after.refill_in_ms
    return max(round((due_after - due_before) / REFILL_PERIOD_MS), 0)
