"""Amazon's own price drops: those that come back, and one that never recovered.

Drawn from the ASIN like `dirt.py`, among dear goods that sell well, so that no other product
moves. A dip is longer than any market step: each one is seen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from discovery.sandbox.plans import HISTORY_DAYS, Plan

RETURNING: Final = "returning"
"""It dipped again and again, each time for a fortnight, and is down now."""
REGULAR: Final = "regular"
"""The same without a dip today."""
FALLEN: Final = "fallen"
"""It dipped once and never came back: the low price is the price."""

_SHARES: Final = ((0.30, RETURNING), (0.40, FALLEN), (0.55, REGULAR))
_SOLD_BY_AMAZON: Final = frozenset({"always", "cycle", "back"})
_DEAR: Final = 3500
"""The least going price, in US cents."""
_WELL_RANKED: Final = 40_000
_NEVER_AGAIN: Final = 1e9
_USUAL: Final = 1.08
"""Amazon's price outside a dip, over the going one: too dear to hold the Buy Box."""


@dataclass(frozen=True, slots=True)
class Dip:
    """When Amazon sells under its usual price; days from the anchor."""

    kind: str
    depth: float
    """Amazon's price during the dip over what the product goes for."""
    begin: float
    """Of the dip of today, or of the last one."""
    length: float
    every: float

    def level(self, day: float) -> float:
        """Amazon's price on a day, over what the product goes for."""
        since = day - self.begin
        is_down = since >= 0 if self.kind == FALLEN else since % self.every < self.length
        return self.depth if is_down else _USUAL


def dip_of(asin: str, plan: Plan, *, scale: float) -> Dip | None:
    """The dips of a product; None for nearly all. `scale` is the price scale of its marketplace.

    What is cheap, hardly sells or has no other seller is left alone: nobody would buy it to sell
    it later.
    """
    is_young = plan.listed_day > -HISTORY_DAYS + 30
    if plan.amazon not in _SOLD_BY_AMAZON or plan.event or plan.fbm_cheap_ratio or is_young:
        return None
    if plan.price < _DEAR * scale or not 0 < plan.rank < _WELL_RANKED or plan.fba_sellers < 2:
        return None
    digest = hashlib.blake2b(f"dips of {asin}".encode(), digest_size=20).digest()
    luck, deep, long, often, late = (
        int.from_bytes(digest[place : place + 4]) / 2**32 for place in range(0, 20, 4)
    )
    kind = next((kind for below, kind in _SHARES if luck < below), "")
    if not kind:
        return None
    depth = 0.40 + 0.22 * deep
    if kind == FALLEN:
        return Dip(kind, depth, -100 - 200 * late, _NEVER_AGAIN, _NEVER_AGAIN)
    begin = -9 - 3 * late if kind == RETURNING else -50 - 20 * late
    return Dip(kind, depth, begin, 14 + 3 * long, 95 + 55 * often)
