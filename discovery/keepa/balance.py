"""Keepa tokens: what an answer reports of them, and how many there should be now.

Keepa adds the refill rate at once every minute, and lets unused tokens expire after an hour (its
API documentation, "Request tokens"): a balance holds an hour's refill at most. Pure arithmetic,
but for ``token_balance``, which reads the last balance reported from our database.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from discovery.models import TokenBucket

REFILL_PERIOD_MS = 60_000
EXPIRY_MINUTES = 60
LOW_SHARE = 0.1  # of the capacity
# How far the clocks of two machines may differ. What is dated later was written before somebody
# set the clock back, and says nothing of now.
CLOCK_SKEW = timedelta(seconds=30)

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


def capacity_of(refill_rate: int) -> int:
    """The most tokens a plan with so many a minute can hold."""
    return refill_rate * EXPIRY_MINUTES


@dataclass(frozen=True, slots=True)
class Balance:
    """The tokens of an account at one moment; may be negative.

    ``refill_rate`` is tokens a minute, ``flow_reduction`` what Keepa holds back of them for
    products tracked, a fraction as a rule; how it rounds is not documented, so parts of a token
    add up until they make a whole one. The next refill is due ``refill_in_ms`` milliseconds
    after ``as_of``.
    """

    left: int
    refill_rate: int
    refill_in_ms: int
    flow_reduction: float
    as_of: datetime

    @property
    def capacity(self) -> int:
        """The most tokens this plan can hold."""
        return capacity_of(self.refill_rate)

    @property
    def shown(self) -> int:
        """Tokens for a meter that begins at 0."""
        return max(self.left, 0)

    @property
    def is_low(self) -> bool:
        """Whether no more than a tenth of the capacity is left."""
        return self.left <= self.capacity * LOW_SHARE

    @property
    def can_search(self) -> bool:
        """Keepa accepts a call, whatever it costs, while the balance is above zero."""
        return self.left > 0

    @property
    def full_at(self) -> datetime | None:
        """When the refills reach the capacity; ``None`` when they never will."""
        wait = self.wait_for(self.capacity)
        return None if wait is None else self.as_of + wait

    def at(self, now: datetime) -> Balance:
        """The balance there should be at a later moment, if nobody spends any until then."""
        elapsed = max(int((now - self.as_of) / timedelta(milliseconds=1)), 0)
        refills = max((elapsed - self.refill_in_ms) // REFILL_PERIOD_MS + 1, 0)
        most = max(self.capacity, self.left)
        return replace(
            self,
            left=min(self.left + math.floor(round(refills * self._refill, 6)), most),
            refill_in_ms=self.refill_in_ms + refills * REFILL_PERIOD_MS - elapsed,
            as_of=now,
        )

    def wait_for(self, tokens: int) -> timedelta | None:
        """How long the refills take to bring what is missing for so many tokens.

        More than the capacity arrives as well when it is spent as it comes. ``None`` when there
        are no refills.
        """
        if tokens <= self.left:
            return timedelta(0)
        if self._refill == 0:
            return None
        refills = math.ceil(round((tokens - self.left) / self._refill, 6))
        return timedelta(milliseconds=self.refill_in_ms + (refills - 1) * REFILL_PERIOD_MS)

    def seconds_until(self, tokens: int) -> float | None:
        """How long until there are so many tokens at once; ``None`` when there never will be."""
        if tokens > max(self.capacity, self.left):
            return None
        wait = self.wait_for(tokens)
        return None if wait is None else wait.total_seconds()

    @property
    def _refill(self) -> float:
        return max(self.refill_rate - self.flow_reduction, 0.0)


def token_balance(*, now: datetime, account: str | None = None) -> Balance | None:
    """The shared balance as it must be now, in one statement and without a call to Keepa.

    Reservations are not counted. ``None`` until Keepa was first asked, when ``account`` is given
    and the balance is another's, and when it is told in the future: a clock was set back since.
    """
    bucket = (
        TokenBucket.objects.all()
        if account is None
        else TokenBucket.objects.filter(account=account)
    )
    reported = bucket.values_list(
        "tokens_left", "refill_rate", "refill_in_ms", "flow_reduction", "received_at"
    ).first()
    if reported is None or reported[-1] > now + CLOCK_SKEW:
        return None
    return Balance(*reported).at(now)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The balance after an answer. Times in milliseconds, ``server_ms`` by Keepa's clock."""

    server_ms: int
    tokens_left: int
    refill_in_ms: int
    refill_rate: int
    tokens_consumed: int
    flow_reduction: float = 0.0

    @property
    def balance(self) -> Balance:
        """The account's balance, as of Keepa's clock."""
        return Balance(
            left=self.tokens_left,
            refill_rate=self.refill_rate,
            refill_in_ms=self.refill_in_ms,
            flow_reduction=self.flow_reduction,
            as_of=datetime.fromtimestamp(self.server_ms / 1000, UTC),
        )


def read_envelope(body: Any, text: str) -> Envelope | None:
    """The envelope of an answer, from its decoded ``body`` or else from its broken ``text``.

    ``None`` unless the balance, its clock and the cost are all there: half an envelope would
    put a wrong figure into the ledger, and a lost one can be found again exactly. ``None`` as
    well when the refill rate is 0: so Keepa answers a key it refuses, and that is no balance.
    """
    found = body if isinstance(body, Mapping) else _salvage(text)
    server_ms, left, refill_in, rate, flow, consumed = (
        _number(found.get(name)) for name in _FIELDS
    )
    if server_ms is None or left is None or refill_in is None or consumed is None:
        return None
    if rate is None or rate < 1:
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
