"""The stored series of a product as points: as few as tell the same."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

# Points of a series; more are thinned out.
MOST_POINTS = 600
# Days back from now: between two of these, time is cut into slices of one length. What is recent
# keeps most of its points, because it is zoomed into.
RESOLVED = (0, 90, 365, 36_500)
SLICE_KEEPS = 5  # the first, lowest, highest and last of a slice, and one gap
SLICES = MOST_POINTS // SLICE_KEEPS // (len(RESOLVED) - 1)
DAY = 86_400

Point = tuple[int, int | None]


def steps(series: Mapping[str, Any] | None, until: int) -> list[Point]:
    """The moments from which another value holds, ``None`` while there is none."""
    known = series or {"times": (), "values": ()}
    found: list[Point] = []
    for moment, value in zip(known["times"], known["values"], strict=False):
        if moment <= until and (not found or found[-1][1] != value):
            found.append((moment, value))
    return found


def thinned(points: Sequence[Point], *, now: int) -> list[Point]:
    """At most ``MOST_POINTS``: of each slice of time its ends, its extremes and a gap."""
    if len(points) <= MOST_POINTS:
        return list(points)
    return [point for part in _slices(points, now) for point in _telling(part)]


def _slices(points: Sequence[Point], now: int) -> Iterator[list[Point]]:
    """The points slice by slice, the oldest first; empty slices are left out."""
    bounds: list[float] = []
    oldest = min(now - points[0][0], RESOLVED[-1] * DAY)
    for near, far in pairwise(RESOLVED):
        opens, closes = min(far * DAY, oldest), min(near * DAY, oldest)
        bounds += [opens - (opens - closes) * at / SLICES for at in range(SLICES)]
    part: list[Point] = []
    edges = sorted({now - bound for bound in bounds})
    at = 0
    for point in points:
        slice_of = bisect_right(edges, point[0])
        if part and slice_of != at:
            yield part
            part = []
        at = slice_of
        part.append(point)
    if part:
        yield part


def _telling(part: list[Point]) -> list[Point]:
    if len(part) <= SLICE_KEEPS:
        return part
    priced = [at for at, (_moment, value) in enumerate(part) if value is not None]
    kept = {0, len(part) - 1}
    if priced:
        kept |= {min(priced, key=lambda at: part[at][1] or 0)}
        kept |= {max(priced, key=lambda at: part[at][1] or 0)}
    kept |= {next((at for at, (_moment, value) in enumerate(part) if value is None), 0)}
    return [part[at] for at in sorted(kept)]
