"""How many tokens there should be now, projected from the last time Keepa told.

Keepa adds ``refill_rate`` tokens at once every minute, up to an hour's worth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from discovery.keepa.envelope import CAPACITY_MINUTES, REFILL_PERIOD_MS
from discovery.models import TokenBucket


@dataclass(frozen=True, slots=True)
class Balance:
    """The newest balance we were told, from which the present one follows."""

    tokens_left: int
    refill_rate: int
    refill_in_ms: int
    flow_reduction: float
    received_at: datetime

    @property
    def capacity(self) -> int:
        return self.refill_rate * CAPACITY_MINUTES

    @property
    def _per_tick(self) -> int:
        return max(math.floor(self.refill_rate - self.flow_reduction), 0)

    def projected(self, now: datetime) -> int:
        """Tokens there should be now, if nobody spent any since."""
        elapsed = self._elapsed_ms(now)
        if elapsed < self.refill_in_ms:
            return self.tokens_left
        ticks = 1 + (elapsed - self.refill_in_ms) // REFILL_PERIOD_MS
        ceiling = max(self.capacity, self.tokens_left)
        return min(ceiling, self.tokens_left + ticks * self._per_tick)

    def seconds_until(self, tokens: int, now: datetime) -> float | None:
        """How long until there are so many tokens; ``None`` when there never will be."""
        if self.projected(now) >= tokens:
            return 0.0
        if tokens > self.capacity or self._per_tick == 0:
            return None
        ticks = math.ceil((tokens - self.tokens_left) / self._per_tick)
        due = self.refill_in_ms + (ticks - 1) * REFILL_PERIOD_MS - self._elapsed_ms(now)
        return max(due / 1000, 0.0)

    def _elapsed_ms(self, now: datetime) -> int:
        return max(int((now - self.received_at) / timedelta(milliseconds=1)), 0)


@dataclass(frozen=True, slots=True)
class Gauge:
    """The tokens there should be now, for a page to show; nothing is asked of Keepa."""

    tokens: int
    reserved: int
    capacity: int
    refill_rate: int
    told_at: datetime

    @property
    def percent(self) -> int:
        return max(0, min(100, round(100 * self.tokens / self.capacity))) if self.capacity else 0


TICK = timedelta(minutes=1)  # Keepa adds the refill rate once a minute
EXPIRY_MINUTES = 60  # and lets unused tokens expire after an hour
LOW_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class TokenGauge:
    """The Keepa balance as it must be now: the last one told, plus the refills since."""

    left: int
    capacity: int
    refill_rate: int
    full_at: datetime

    @property
    def shown(self) -> int:
        return max(self.left, 0)

    @property
    def is_low(self) -> bool:
        return self.left <= self.capacity * LOW_SHARE

    @property
    def can_search(self) -> bool:
        return self.left > 0


def token_gauge(*, now: datetime) -> TokenGauge | None:
    """The shared balance, in one statement and no call; ``None`` until Keepa was first asked."""
    bucket = TokenBucket.objects.first()
    if bucket is None:
        return None
    capacity = bucket.refill_rate * EXPIRY_MINUTES
    next_tick = bucket.received_at + timedelta(milliseconds=bucket.refill_in_ms)
    ticks = 0 if now < next_tick else int((now - next_tick) / TICK) + 1
    told = bucket.tokens_left
    left = max(told, min(told + ticks * bucket.refill_rate, capacity))
    missing = max(capacity - left, 0)
    minutes = -(-missing // bucket.refill_rate) if bucket.refill_rate else 0
    return TokenGauge(
        left=left,
        capacity=capacity,
        refill_rate=bucket.refill_rate,
        full_at=now + minutes * TICK,
    )
