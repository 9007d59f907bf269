"""The arithmetic behind `stats`: time-weighted means, extremes, out-of-stock shares, rank drops.

A mean counts only the time during which there was a value; -1 means there was none at all.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final, NamedTuple

from discovery.sandbox.series import Series

UNKNOWN: Final = -1


class Summary(NamedTuple):
    """Of one window: the rounded mean, the share of time out of stock (0-100), both -1 if none."""

    mean: int
    out_of_stock: int


def summary(series: Series | None, start: int, end: int) -> Summary:
    """Time-weighted over `[start, end)`, Keepa minutes; a series begins where its data begins."""
    if series is None or not series.times or end <= start:
        return Summary(UNKNOWN, UNKNOWN)
    times, values = series.times, series.values
    place = max(0, bisect_right(times, start) - 1)
    weighted = present = absent = 0
    begin = max(start, times[place])
    for next_time, value in zip((*times[place + 1 :], end), values[place:], strict=True):
        until = min(next_time, end)
        if until > begin:
            if value >= 0:
                weighted += value * (until - begin)
                present += until - begin
            else:
                absent += until - begin
            begin = until
    if present + absent <= 0:
        return Summary(UNKNOWN, UNKNOWN)
    mean = round(weighted / present) if present else UNKNOWN
    return Summary(mean, round(100 * absent / (present + absent)))


def value_at(series: Series | None, moment: int) -> int:
    """The value that holds at a Keepa minute; ``UNKNOWN`` before the first point."""
    if series is None:
        return UNKNOWN
    place = bisect_right(series.times, moment) - 1
    return series.values[place] if place >= 0 else UNKNOWN


def extremes(
    series: Series | None, start: int | None = None
) -> tuple[list[int] | None, list[int] | None]:
    """`[time, value]` of the lowest and the highest value since `start` (or ever).

    `None` when there never was data, `[-1, -1]` when there was none in the window.
    """
    if series is None or not series.times:
        return None, None
    points = zip(series.times, series.values, strict=True)
    if start is not None:
        window = series.since(start)
        points = zip(window.times, window.values, strict=True)
    known = [(value, time) for time, value in points if value >= 0]
    if not known:
        nothing = [UNKNOWN, UNKNOWN]
        return (None, None) if start is None else (nothing, list(nothing))
    low = min(known)
    high = max(known, key=lambda point: point[0])
    return [low[1], low[0]], [high[1], high[0]]


def drops(series: Series | None, start: int) -> int:
    """How often a rank fell after `start`: the proxy for sales. -1 without a rank."""
    if series is None or not series.times:
        return UNKNOWN
    values = series.values
    first = max(1, bisect_right(series.times, start))
    return sum(1 for place in range(first, len(values)) if 0 < values[place] < values[place - 1])


def times_out(series: Series | None, start: int) -> int:
    """How often a price went from a value to none after `start`. -1 without data."""
    if series is None or not series.times:
        return UNKNOWN
    values = series.values
    first = max(1, bisect_right(series.times, start))
    return sum(1 for place in range(first, len(values)) if values[place] < 0 <= values[place - 1])
