"""Round marks on a chart's axes: 1, 2 or 5 times a power of ten, the first days of months."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from discovery.text import formats

ROUND = (1, 2, 5)
MOST_MARKS = 6
DAY_STEPS = (1, 2, 7, 14)
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 48)


def round_step(least: float) -> float:
    """The smallest 1, 2 or 5 times a power of ten that is at least so much."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (*ROUND, 10) if step * power >= least * 0.999_999)


def round_marks(low: float, high: float, *, most: int = 5) -> list[float]:
    """Marks from at or below ``low`` to at or above ``high``, in at most ``most`` + 1 steps.

    Values are whole (smallest units, counts), and so are the marks.
    """
    step = max(round_step(max(high - low, 1) / most), 1)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [at * step for at in range(first, max(last, first + 1) + 1)]


def rank_marks(low: float, high: float) -> list[float]:
    """Marks for a logarithmic axis that holds both ranks, powers of ten alone where many."""
    first, last = math.floor(math.log10(max(low, 1))), math.ceil(math.log10(max(high, 2)))
    fine = [step * 10.0**power for power in range(first, last + 1) for step in ROUND]
    under = max((mark for mark in fine if mark <= max(low, 1)), default=1.0)
    # A rank that never moved, on a mark: an axis still has a length.
    over = min(mark for mark in fine if mark >= max(high, 2) and mark > under)
    inside = [mark for mark in fine if under <= mark <= over]
    if len(inside) <= MOST_MARKS:
        return inside
    return [mark for mark in inside if mark in (under, over) or math.log10(mark).is_integer()]


def date_marks(start: int, end: int) -> list[tuple[int, str]]:
    """Moments (seconds of the epoch) between two others and what stands there, a few of them."""
    opens, closes = (datetime.fromtimestamp(moment, UTC) for moment in (start, end))
    days = (end - start) / 86_400
    if days <= DAY_STEPS[-1] * MOST_MARKS:
        step = next(step for step in DAY_STEPS if days / step <= MOST_MARKS)
        day = (opens + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        found = []
        while day <= closes:
            found.append((int(day.timestamp()), formats.day(day)))
            day += timedelta(days=step)
        return found
    step = next((step for step in MONTH_STEPS if days / 30.4 / step <= MOST_MARKS), MONTH_STEPS[-1])
    count = opens.year * 12 + opens.month
    count += -count % step
    found = []
    while (month := datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)) <= closes:
        found.append((int(month.timestamp()), formats.month(month)))
        count += step
    return found
