"""Keepa's token bucket, to the token.

A tick falls every 60 seconds, counted from the bucket's first moment, and adds `refill_rate`
tokens up to the capacity of an hour's worth. `refillIn` is the time to the next tick. So between
two answers `a` and `b` exactly
`1 + (b.timestamp - a.timestamp - a.refillIn) // 60 000` ticks fell when that is positive, and
what else the balance moved by was charged.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from discovery.sandbox.times import unix_milliseconds

TICK_MS: Final = 60_000
HOUR: Final = 60
"""Minutes after which an unused token expires: the capacity in minutes of refill."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What the envelope of one answer says; times in milliseconds."""

    timestamp: int
    tokens_left: int
    refill_in: int
    refill_rate: int
    accepted: bool
    consumed: int


class TokenBucket:
    """Shared by every request; `clock` gives aware datetimes."""

    def __init__(
        self, *, refill_rate: int, tokens: int | None, clock: Callable[[], datetime]
    ) -> None:
        self.refill_rate = refill_rate
        self.capacity = HOUR * refill_rate
        self._tokens = self.capacity if tokens is None else tokens
        self._clock = clock
        self._lock = threading.Lock()
        self._last_tick = unix_milliseconds(clock())

    def look(self) -> Balance:
        """The balance now, for nothing."""
        return self.take(0)

    def take(self, tokens: int) -> Balance:
        """Charge a call, if any token is left: the last accepted call may overdraw.

        A call that costs nothing is always accepted.
        """
        with self._lock:
            now = unix_milliseconds(self._clock())
            self._refill(now)
            accepted = tokens == 0 or self._tokens > 0
            if accepted:
                self._tokens -= tokens
            return Balance(
                timestamp=now,
                tokens_left=self._tokens,
                refill_in=self._last_tick + TICK_MS - now,
                refill_rate=self.refill_rate,
                accepted=accepted,
                consumed=tokens if accepted else 0,
            )

    def set(self, tokens: int) -> None:
        """Put the balance somewhere, for tests and demonstrations."""
        with self._lock:
            self._refill(unix_milliseconds(self._clock()))
            self._tokens = tokens

    def _refill(self, now: int) -> None:
        ticks = (now - self._last_tick) // TICK_MS
        if ticks <= 0:  # a clock set back refills nothing
            return
        self._last_tick += ticks * TICK_MS
        refilled = min(self.capacity, self._tokens + ticks * self.refill_rate)
        self._tokens = max(self._tokens, refilled)
