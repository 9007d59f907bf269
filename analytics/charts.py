"""From counts to the points of a server-side SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from analytics.figures import DayCount
from discovery import formats

WIDTH, HEIGHT = 720, 180
LEFT, BOTTOM, TOP = 36, 22, 8
GAP = 0.28  # of a day's width, left empty between bars
LABEL_EVERY = 2  # days


@dataclass(frozen=True, slots=True)
class GridLine:
    y: str
    label: str
    label_x: str
    label_y: str


@dataclass(frozen=True, slots=True)
class DayBar:
    """One day: misses stand at the bottom, hits on top of them; lengths are SVG text."""

    day: str
    hits: int
    misses: int
    title: str
    x: str
    misses_y: str
    misses_height: str
    hits_y: str
    hits_height: str
    label: str
    label_x: str


@dataclass(frozen=True, slots=True)
class StackedBars:
    """A chart ready to draw; ``summary`` says it in a sentence for those who cannot see it."""

    width: int
    height: int
    left: int
    label_y: int
    bar_width: str
    lines: tuple[GridLine, ...]
    bars: tuple[DayBar, ...]
    summary: str


def searches_chart(counts: Sequence[DayCount]) -> StackedBars:
    """Stack the searches of each day, the oldest first."""
    top = _round_top(max((count.total for count in counts), default=0))
    floor = HEIGHT - BOTTOM
    scale = (floor - TOP) / top
    slot = (WIDTH - LEFT) / max(len(counts), 1)
    bars = []
    for index, count in enumerate(counts):
        x = LEFT + index * slot + slot * GAP / 2
        misses_height, hits_height = count.misses * scale, count.hits * scale
        day = date_format(count.day, "DATE_FORMAT")
        shown = (len(counts) - 1 - index) % LABEL_EVERY == 0
        bars.append(
            DayBar(
                day=day,
                hits=count.hits,
                misses=count.misses,
                title=_("%(day)s: %(hits)s without a token, %(misses)s paid for")
                % {
                    "day": day,
                    "hits": formats.number(count.hits),
                    "misses": formats.number(count.misses),
                },
                x=_svg(x),
                misses_y=_svg(floor - misses_height),
                misses_height=_svg(misses_height) if count.misses else "",
                hits_y=_svg(floor - misses_height - hits_height),
                hits_height=_svg(hits_height) if count.hits else "",
                label=date_format(count.day, _("M j")) if shown else "",
                label_x=_svg(x + slot * (1 - GAP) / 2),
            )
        )
    return StackedBars(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        label_y=HEIGHT - 4,
        bar_width=_svg(slot * (1 - GAP)),
        lines=tuple(_grid(value, floor - value * scale) for value in (0, top // 2, top)),
        bars=tuple(bars),
        summary=_summary(counts),
    )


def _grid(value: int, y: float) -> GridLine:
    return GridLine(_svg(y), formats.number(value), _svg(LEFT - 8), _svg(y + 4))


def _round_top(highest: int) -> int:
    """An even number at or above the highest bar, with one or two digits that matter."""
    if highest <= 4:
        return 4
    step: int = 10 ** (len(str(highest)) - 1)
    step = step if highest / step >= 5 else max(step // 2, 2)
    return -(-highest // step) * step + (-(-highest // step) * step) % 2


def _summary(counts: Sequence[DayCount]) -> str:
    return _(
        "Searches a day over %(days)s days: %(hits)s answered without a token, %(misses)s paid for."
    ) % {
        "days": len(counts),
        "hits": formats.number(sum(count.hits for count in counts)),
        "misses": formats.number(sum(count.misses for count in counts)),
    }


def _svg(value: float) -> str:
    # Never localised: SVG knows points only.
    return f"{value:.1f}"


@dataclass(frozen=True, slots=True)
class PlainBar:
    label: str
    value: int
    x: str
    y: str
    height: str
    label_x: str


@dataclass(frozen=True, slots=True)
class Bars:
    """One bar a value; ``summary`` says it in a sentence for those who cannot see it."""

    width: int
    height: int
    left: int
    label_y: int
    bar_width: str
    lines: tuple[GridLine, ...]
    bars: tuple[PlainBar, ...]
    summary: str


def hours_chart(counts: Sequence[int]) -> Bars:
    """The number of searches in each of the day's 24 hours, in the site's time zone."""
    top = _round_top(max(counts, default=0))
    floor = HEIGHT - BOTTOM
    scale = (floor - TOP) / top
    slot = (WIDTH - LEFT) / max(len(counts), 1)
    bars = []
    for hour, count in enumerate(counts):
        x = LEFT + hour * slot + slot * GAP / 2
        bars.append(
            PlainBar(
                label=_("%(hour)s h") % {"hour": hour},
                value=count,
                x=_svg(x),
                y=_svg(floor - count * scale),
                height=_svg(count * scale) if count else "",
                label_x=_svg(x + slot * (1 - GAP) / 2),
            )
        )
    busiest = max(range(len(counts)), key=lambda hour: counts[hour]) if any(counts) else None
    return Bars(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        label_y=HEIGHT - 4,
        bar_width=_svg(slot * (1 - GAP)),
        lines=tuple(_grid(value, floor - value * scale) for value in (0, top // 2, top)),
        bars=tuple(bars),
        summary=_("No search in this period.")
        if busiest is None
        else _("Most searches were made at %(hour)s h.") % {"hour": busiest},
    )
