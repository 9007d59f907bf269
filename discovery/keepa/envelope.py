"""What every Keepa answer says about tokens, read even from an answer that is cut off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# A number counts only when what follows shows that it was not cut off itself. A quote that is
# part of a text is escaped, so a title cannot pass for the envelope.
_FIELD = r'(?<!\\)"{name}"\s*:\s*(-?\d+(?:\.\d+)?)\s*[,}}]'
_FIELDS = {
    name: re.compile(_FIELD.format(name=name))
    for name in (
        "timestamp",
        "tokensLeft",
        "refillIn",
        "refillRate",
        "tokenFlowReduction",
        "tokensConsumed",
    )
}
REFILL_PERIOD_MS = 60_000
# Unused tokens expire after an hour, so the bucket holds an hour's refill.
CAPACITY_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Envelope:
    """The balance after an answer. Times in milliseconds, ``server_ms`` by Keepa's clock."""

    server_ms: int
    tokens_left: int
    refill_in_ms: int
    refill_rate: int
    tokens_consumed: int
    flow_reduction: float = 0.0


@dataclass(frozen=True, slots=True)
class TokenReceipt:
    """What a call has cost, attempts that failed before it succeeded included."""

    tokens_consumed: int
    tokens_left: int
    refill_in: timedelta
    refill_rate: int
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """The account's tokens by Keepa's own word; ``refill_rate`` is tokens a minute."""

    tokens_left: int
    refill_rate: int
    refill_in: timedelta
    server_time: datetime

    @property
    def capacity(self) -> int:
        return self.refill_rate * CAPACITY_MINUTES


def status_of(envelope: Envelope) -> TokenStatus:
    """The envelope as an answer to "how many tokens have I?"."""
    return TokenStatus(
        tokens_left=envelope.tokens_left,
        refill_rate=envelope.refill_rate,
        refill_in=timedelta(milliseconds=envelope.refill_in_ms),
        server_time=datetime.fromtimestamp(envelope.server_ms / 1000, UTC),
    )


def receipt_of(envelope: Envelope, *, spent_before: int, attempts: int) -> TokenReceipt:
    """The receipt of a call whose last attempt brought this envelope."""
    return TokenReceipt(
        tokens_consumed=envelope.tokens_consumed + spent_before,
        tokens_left=envelope.tokens_left,
        refill_in=timedelta(milliseconds=envelope.refill_in_ms),
        refill_rate=envelope.refill_rate,
        attempts=attempts,
    )


def seconds_until_positive(envelope: Envelope) -> float:
    """When Keepa will accept a call again: the refill that lifts the balance above zero."""
    if envelope.tokens_left > 0:
        return 0.0
    ticks = -envelope.tokens_left // max(envelope.refill_rate, 1) + 1
    return (envelope.refill_in_ms + (ticks - 1) * REFILL_PERIOD_MS) / 1000


def read_envelope(body: Any, text: str) -> Envelope | None:
    """The envelope of an answer, from its decoded ``body`` or else from its broken ``text``.

    ``None`` unless the balance, its clock and the cost are all there: half an envelope would
    put a wrong figure into the ledger, and a lost one can be found again exactly.
    """
    found = body if isinstance(body, Mapping) else _salvage(text)
    numbers = {name: _number(found.get(name)) for name in _FIELDS}
    server_ms, left, refill_in, rate, flow, consumed = numbers.values()
    if server_ms is None or left is None or refill_in is None or rate is None or consumed is None:
        return None
    return Envelope(
        server_ms=int(server_ms),
        tokens_left=int(left),
        refill_in_ms=max(int(refill_in), 0),
        refill_rate=int(rate),
        tokens_consumed=int(consumed),
        flow_reduction=flow or 0.0,
    )


def _salvage(text: str) -> dict[str, float]:
    matches = ((name, pattern.search(text)) for name, pattern in _FIELDS.items())
    return {name: float(match[1]) for name, match in matches if match}


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # NaN
        return None
    return None if value in {float("inf"), float("-inf")} else value
