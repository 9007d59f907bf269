"""From stored histories to the paths of a server-side SVG: prices, and the rank upside down."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.pages.products.axes import date_marks, rank_marks, round_marks
from discovery.text import formats

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, BOTTOM, TOP = 64, 8, 24, 10
CLOSE_TO_EDGE = 0.05  # of the width: a label there would leave the picture
# Name in the address -> days, 0 for everything; and what its button says.
WINDOWS = {
    "30": (30, gettext_noop("30 d")),
    "90": (90, gettext_noop("90 d")),
    "180": (180, gettext_noop("180 d")),
    "365": (365, gettext_noop("1 year")),
    "all": (0, gettext_noop("Everything")),
}
DEFAULT_WINDOW = "365"

PRICE_LINES = (
    ("BUY_BOX_SHIPPING", gettext_noop("Buy Box"), "buy-box"),
    ("NEW", gettext_noop("lowest new offer"), "new"),
    ("USED", gettext_noop("lowest used offer"), "used"),
    ("AMAZON", gettext_noop("Amazon's price"), "amazon"),
)
RANK_LINES = (("SALES", gettext_noop("Sales rank (BSR)"), "rank"),)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: its place in the drawing's units, and what stands there."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A series: its name, CSS class and SVG path, and its last known value in words."""

    label: str
    kind: str
    path: str
    last: str


@dataclass(frozen=True, slots=True)
class HistoryChart:
    """Ready to draw; without any line there is nothing to draw."""

    name: str
    lines: tuple[Line, ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    summary: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    label_y: int = HEIGHT - 6


# Start and end (seconds of the epoch) of a stretch, and what the series was worth: ``None`` where
# there was no offer.
Stroke = tuple[int, int, int | None]


def price_chart(
    history: Mapping[str, Any], *, now: datetime, window: str, currency: str, exponent: int
) -> HistoryChart:
    """Prices in the marketplace's currency over the window, from zero-free bounds."""

    def shown(value: float) -> str:
        return formats.money(value / 10**exponent, currency)

    return _chart("prices", PRICE_LINES, history, now, window, shown, _linear)


def rank_chart(history: Mapping[str, Any], *, now: datetime, window: str) -> HistoryChart:
    """The sales rank on a logarithmic axis, the best on top."""
    return _chart("rank", RANK_LINES, history, now, window, formats.number, _reversed_log)


def values_chart(
    name: str,
    wanted: Sequence[tuple[str, str, str]],
    history: Mapping[str, Any],
    *,
    now: datetime,
    shown: Callable[[float], str],
) -> HistoryChart:
    """Whole numbers on a straight axis since the first of them.

    ``wanted`` are series with their label (English) and CSS class, ``shown`` says a value.
    """
    return _chart(name, wanted, history, now, "all", shown, _linear)


Scale = Callable[[float], float]


def _linear(low: float, high: float) -> tuple[Scale, list[float]]:
    ticks = round_marks(low, high)
    low, high = ticks[0], ticks[-1]
    span = HEIGHT - BOTTOM - TOP
    return lambda value: TOP + span * (high - value) / (high - low), ticks


def _reversed_log(low: float, high: float) -> tuple[Scale, list[float]]:
    ticks = rank_marks(low, high)
    bottom, top = math.log(ticks[0]), math.log(ticks[-1])
    span = HEIGHT - BOTTOM - TOP
    return lambda value: TOP + span * (math.log(max(value, 1)) - bottom) / (top - bottom), ticks


def _chart(
    name: str,
    wanted: Sequence[tuple[str, str, str]],
    history: Mapping[str, Any],
    now: datetime,
    window: str,
    shown: Callable[[float], str],
    scale_of: Callable[[float, float], tuple[Scale, list[float]]],
) -> HistoryChart:
    start, end = _bounds(history, wanted, now, window)
    strokes = {series: _inside(history.get(series), start, end) for series, _label, _kind in wanted}
    known_of = {
        series: [value for _start, _end, value in found if value is not None]
        for series, found in strokes.items()
    }
    known = [value for values in known_of.values() for value in values]
    if not known:
        return HistoryChart(name, (), (), (), _("No data in this period."))
    y_of, ticks = scale_of(min(known), max(known))

    def x_of(moment: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (moment - start) / max(end - start, 1)

    lines = tuple(
        Line(_(label), kind, _path(strokes[series], x_of, y_of), shown(known_of[series][-1]))
        for series, label, kind in wanted
        if known_of[series]
    )
    return HistoryChart(
        name=name,
        lines=lines,
        y_ticks=tuple(Tick(_svg(y_of(tick)), shown(tick)) for tick in ticks),
        x_ticks=tuple(
            Tick(_svg(x_of(moment)), label)
            for moment, label in date_marks(start, end)
            if moment - start > (end - start) * CLOSE_TO_EDGE < end - moment
        ),
        summary=_("Between %(low)s and %(high)s in this period.")
        % {"low": shown(min(known)), "high": shown(max(known))},
    )


def _bounds(
    history: Mapping[str, Any], wanted: Sequence[tuple[str, str, str]], now: datetime, window: str
) -> tuple[int, int]:
    end = int(now.timestamp())
    if days := WINDOWS.get(window, WINDOWS[DEFAULT_WINDOW])[0]:
        return end - int(timedelta(days=days).total_seconds()), end
    firsts = [
        history[series]["times"][0]
        for series, _label, _kind in wanted
        if history.get(series, {}).get("times")
    ]
    return min(firsts, default=end - 86_400), end


def _inside(series: Mapping[str, Any] | None, start: int, end: int) -> list[Stroke]:
    """The strokes between the two moments; the first holds from where the window opens."""
    known = series or {"times": (), "values": ()}
    until = [*known["times"][1:], end]
    return [
        (max(moment, start), min(following, end), value)
        for moment, following, value in zip(known["times"], until, known["values"], strict=False)
        if moment <= end and following > start
    ]


def _path(strokes: Sequence[Stroke], x_of: Scale, y_of: Scale) -> str:
    """Horizontal and vertical strokes; a gap where there was no offer."""
    parts: list[str] = []
    drawing = False
    for start, end, value in strokes:
        if value is not None:
            y = _svg(y_of(value))
            parts.append(f"V{y}" if drawing else f"M{_svg(x_of(start))} {y}")
            parts.append(f"H{_svg(x_of(end))}")
        drawing = value is not None
    return "".join(parts)


def _svg(value: float) -> str:
    # Never localised: SVG knows points only.
    return f"{value:.1f}"
