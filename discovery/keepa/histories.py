"""Keepa's arrays and histories: indexes become names, flat lists of numbers become series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter, le
from typing import Any

from discovery.keepa.csv_types import CSV_TYPES, Kind
from discovery.keepa.product import Series
from discovery.keepa.raw_fields import (
    LATEST_MINUTE,
    OFFSET_MINUTES,
    Raw,
    as_integer,
    items,
    lose,
)

LARGEST_VALUE = 2**31 - 1  # of a point: Keepa's integers have 32 bits


def by_type(stats: Raw, key: str) -> dict[str, int]:
    """An array of the statistics by the names of its series; what is none is left out."""
    found = {}
    for csv_type, value in zip(CSV_TYPES, items(stats, key), strict=False):
        whole = as_integer(value)
        if whole is None:
            if value is not None:
                lose(stats, key)
        elif 0 < whole <= LARGEST_VALUE or (whole == 0 and csv_type.kind is not Kind.RANK):
            found[csv_type.name] = whole
    return found


def current_values(
    stats: Raw, series: Mapping[str, Series], last_update: datetime | None
) -> dict[str, int]:
    """Today's values: the statistics' where they reach, else the newest point of the history."""
    told = items(stats, "current")
    current = by_type(stats, "current")
    for csv_type in CSV_TYPES:
        reached = csv_type.index < len(told) and as_integer(told[csv_type.index]) is not None
        history = series.get(csv_type.name)
        if reached or history is None:
            continue
        # The end of a running lightning deal is written ahead of its time.
        value = history.last
        if last_update is not None and csv_type.name == "LIGHTNING_DEAL":
            value = history.at(int(last_update.timestamp()))
        if value is not None:
            current[csv_type.name] = value
    return current


def all_series(raw: Raw) -> dict[str, Series]:
    """The histories by name; an empty one is left out."""
    found = {}
    for csv_type, points in zip(CSV_TYPES, items(raw, "csv"), strict=False):
        if points is None or points == []:
            continue
        width = 3 if csv_type.shipped else 2
        columns = _columns(points, width)
        if columns is None or len(columns[0]) * width < len(points):
            lose(raw, f"csv[{csv_type.index}]")
        if columns is not None and columns[0]:
            found[csv_type.name] = _series(*columns)
    return found


def monthly_sold_series(raw: Raw) -> Series:
    """What Amazon said of the sales of a month, over time; ``None`` where it said nothing."""
    points = items(raw, "monthlySoldHistory")
    columns = _columns(list(points), 2) if points else None
    if columns is None:
        return Series()
    minutes, values = columns
    return _series(minutes, [value if value > 0 else -1 for value in values])


def _series(minutes: Sequence[int], values: Sequence[int], *shipping: Sequence[int]) -> Series:
    """What is there to pay from each moment on; shipping of −1 is unknown or none."""
    for extras in shipping:
        values = [
            value if value < 0 else value + max(extra, 0)
            for value, extra in zip(values, extras, strict=True)
        ]
    return Series(
        tuple([(minute + OFFSET_MINUTES) * 60 for minute in minutes]),
        tuple([value if value >= 0 else None for value in values]),
    )


def _columns(points: Any, width: int) -> list[Sequence[int]] | None:
    """The points that can be read, column by column, in the order of their times.

    ``None`` for what is no table: when its length is no multiple of ``width``, nobody knows
    where a point begins.
    """
    if not isinstance(points, list) or len(points) % width:
        return None
    columns: list[Sequence[Any]] = [points[column::width] for column in range(width)]
    times = columns[0]
    if (
        set(map(type, points)) <= {int}
        and all(map(le, times, times[1:]))
        and times[0] >= 0
        and times[-1] <= LATEST_MINUTE
        and all(map(_in_bounds, columns))
    ):
        return columns
    read = [[as_integer(value) for value in column] for column in columns]
    rows = [
        row
        for row in zip(*read, strict=True)
        if None not in row and 0 <= row[0] <= LATEST_MINUTE and _in_bounds(row)
    ]
    rows.sort(key=itemgetter(0))
    return [[row[column] for row in rows] for column in range(width)]


def _in_bounds(values: Sequence[int]) -> bool:
    return min(values) >= -LARGEST_VALUE and max(values) <= LARGEST_VALUE
