"""What a job will cost, told before it is saved and corrected by what its runs have cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Forecast:
    """Tokens of one run and of a day; ``share`` is percent of what the plan brings in a day.

    ``is_measured``: from what its runs have cost rather than from what is known of its source.
    ``share`` is ``None`` until Keepa has told the plan.
    """

    tokens_a_run: int
    runs_a_day: Decimal
    tokens_a_day: int
    share: Decimal | None
    is_measured: bool
