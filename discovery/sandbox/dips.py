"""Amazon's own price drops: those that come back, and one that never recovered.

Drawn from the ASIN like `dirt.py`, among the goods Amazon always sells, so that no other product
moves. A dip is longer than any market step: each one is seen.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from discovery.sandbox.plans import HISTORY_DAYS, Plan

RETURNING: Final = "returning"
"""It dipped again and again, each time for a fortnight, and is down now."""
REGULAR: Final = "regular"
"""The same without a dip today."""
FALLEN: Final = "fallen"
"""It dipped once and never came back: the low price is the price."""

_SHARES: Final = ((0.16, RETURNING), (0.21, FALLEN), (0.30, REGULAR))
_NEVER_AGAIN: Final = 1e9


@dataclass(frozen=True, slots=True)
class Dip:
    """When Amazon sells under its usual price; days from the anchor."""

    kind: str
    depth: float
    """Amazon's price during the dip over its usual one."""
    begin: float
    """Of the dip of today, or of the last one."""
    length: float
    every: float

    def factor(self, day: float) -> float:
        """What Amazon's usual price is multiplied by on a day."""
        since = day - self.begin
        if self.kind == FALLEN:
            return self.depth if since >= 0 else 1.0
        return self.depth if since % self.every < self.length else 1.0


def dip_of(asin: str, plan: Plan) -> Dip | None:
    """The dips of a product; None for nearly all."""
    if plan.amazon != "always" or plan.event or plan.listed_day > -HISTORY_DAYS + 30:
        return None
    luck = zlib.crc32(f"dip {asin}".encode()) / 2**32
    kind = next((kind for below, kind in _SHARES if luck < below), "")
    if not kind:
        return None
    more = zlib.crc32(f"dips {asin}".encode()) / 2**32
    depth = 0.45 + 0.2 * more
    if kind == FALLEN:
        return Dip(kind, depth, -100 - 200 * more, _NEVER_AGAIN, _NEVER_AGAIN)
    every = 95 + 55 * (more * 7 % 1)
    begin = -9 - 3 * more if kind == RETURNING else -50 - 20 * more
    return Dip(kind, depth, begin, 14 + 3 * more, every)
