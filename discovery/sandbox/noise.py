"""Random access randomness: the n-th draw of a stream without drawing the ones before it.

Histories are asked for window by window and out of order, so every value must be a function
of its place alone. A product reads one shared table at its own offset; a stream is a stride.
"""

from __future__ import annotations

import random
from functools import cache
from typing import Final

SIZE: Final = 1 << 14
MASK: Final = SIZE - 1


@cache
def noise_table(seed: int) -> tuple[float, ...]:
    """SIZE uniform draws in [0, 1), the same for the same seed."""
    draw = random.Random(f"noise {seed}").random  # noqa: S311 # nosec B311 # demonstration data
    return tuple(draw() for _ in range(SIZE))
