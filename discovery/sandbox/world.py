"""What every history is worked out from: the noise, the anchor and the present."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discovery.sandbox.noise import MASK
from discovery.sandbox.times import DAY, EPOCH_OFFSET_MINUTES, day_of_year

NEW_INCLUDES_SHIPPING_FROM: Final = 1_771_804_800 // 60 - EPOCH_OFFSET_MINUTES
"""23 February 2026, 00:00 UTC: NEW and USED turned from item price to price with shipping."""


STEP_MINUTES: Final = 360
"""How often the world moves. It stands still in between."""


@dataclass(frozen=True, slots=True)
class World:
    """`anchor` (day 0 of every plan) and `now` are Keepa minutes, `now` never before `anchor`."""

    noise: tuple[float, ...]
    anchor: int
    now: int
    anchor_day_of_year: int

    @classmethod
    def at(cls, noise: tuple[float, ...], *, anchor: int, now: int) -> World:
        """The world with this noise, day 0 at `anchor`, as of `now` (Keepa minutes)."""
        return cls(noise, anchor, now, day_of_year(anchor))

    @property
    def today(self) -> float:
        """Days since the anchor."""
        return (self.now - self.anchor) / DAY

    def days(self, minutes: int) -> float:
        """Days since the anchor, of a Keepa minute."""
        return (minutes - self.anchor) / DAY

    def minutes(self, days: float) -> int:
        """The Keepa minute so many days after the anchor."""
        return self.anchor + int(days * DAY)

    def draw(self, salt: int, stream: int, place: int) -> float:
        """The draw at `place` of a product's `stream` (an odd stride), in [0, 1)."""
        return self.noise[(salt + stream * place) & MASK]
