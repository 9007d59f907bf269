"""From figures to the points of a server-side SVG, and to the table that says the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from analytics.figures import DayCount
from analytics.insights import Grain, HourTotals, PeriodTotals
from discovery.text import formats

WIDTH, HEIGHT = 720, 180
BOTTOM, TOP = 22, 8
LEFT, DIGIT = 36, 11  # room for the axis: at least, and for each character of a long number
GAP = 0.28  # of a bar's place, left empty between bars
LABELS = 8  # written below the bars, at most


@dataclass(frozen=True, slots=True)
class GridLine:
    """A horizontal line of the axis and its label; coordinates are SVG text."""

    y: str
    label: str
    label_x: str
    label_y: str


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of a bar; ``tone`` is its class in chart.css, lengths are SVG text."""

    tone: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from the bottom up: ``amounts`` by tone, the lowest first. ``tick`` is what stands
    below it, if anything, and ``values`` its cells of the table; lengths are SVG text.
    """

    label: str
    title: str
    amounts: tuple[tuple[str, float], ...]
    values: tuple[str, ...]
    tick: str
    tick_x: str = ""
    x: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars ready to draw; ``summary`` says them in a sentence for those who cannot see them.

    ``headings`` are those of the table: what a bar is about, then one a value.
    """

    name: str
    width: int
    height: int
    left: int
    tick_y: int
    bar_width: str
    lines: tuple[GridLine, ...]
    bars: tuple[Bar, ...]
    headings: tuple[str, ...]
    summary: str


def searches_chart(counts: Sequence[DayCount]) -> Chart:
    """The searches of each day, the oldest first: paid for at the bottom, free ones on top."""
    bars = [
        Bar(
            label=date_format(count.day, "DATE_FORMAT"),
            tick=date_format(count.day, _("M j")),
            amounts=(("misses", count.misses), ("hits", count.hits)),
            title=_("%(day)s: %(hits)s without a token, %(misses)s paid for")
            % {
                "day": date_format(count.day, "DATE_FORMAT"),
                "hits": formats.number(count.hits),
                "misses": formats.number(count.misses),
            },
            values=(formats.number(count.hits), formats.number(count.misses)),
        )
        for count in counts
    ]
    summary = _(
        "Searches a day over %(days)s days: %(hits)s answered without a token, %(misses)s paid for."
    ) % {
        "days": len(counts),
        "hits": formats.number(sum(count.hits for count in counts)),
        "misses": formats.number(sum(count.misses for count in counts)),
    }
    return _chart("searches", bars, (_("Day"), _("Without a token"), _("Paid for")), summary)


def hours_chart(hours: Sequence[HourTotals]) -> Chart:
    """The number of searches in each of the day's 24 hours, in the site's time zone."""
    bars = [
        Bar(
            label=hour_label(hour.hour),
            title=f"{hour_label(hour.hour)}: {formats.number(hour.searches)}",
            amounts=(("hits", hour.searches),),
            values=(formats.number(hour.searches),),
            tick=hour_label(hour.hour),
        )
        for hour in hours
    ]
    busiest = max(hours, key=lambda hour: hour.searches)
    summary = (
        _("Most searches were made at %(hour)s h.") % {"hour": busiest.hour}
        if busiest.searches
        else _("No search in this period.")
    )
    return _chart("hours", bars, (_("Hour"), _("Searches")), summary)


def ratio_chart(periods: Sequence[PeriodTotals], grain: Grain) -> Chart:
    """The share of searches the cache answered, in percent; no bar where nothing was asked."""
    bars = [
        Bar(
            label=_label(period.first_day, grain),
            title=_("%(day)s: %(hits)s of %(searches)s from the cache")
            % {
                "day": _label(period.first_day, grain),
                "hits": formats.number(period.hits),
                "searches": formats.number(period.answered),
            },
            amounts=(("hits", 100 * (period.ratio or 0)),),
            values=(
                formats.percent(None if period.ratio is None else 100 * period.ratio),
                formats.number(period.hits),
                formats.number(period.answered),
            ),
            tick=_tick(period.first_day, grain),
        )
        for period in periods
    ]
    hits = sum(period.hits for period in periods)
    answered = sum(period.answered for period in periods)
    summary = (
        _("%(ratio)s of the searches of the period were answered from the cache.")
        % {"ratio": formats.percent(100 * hits / answered)}
        if answered
        else _("No search in this period.")
    )
    headings = (_heading(grain), _("Hit ratio"), _("From the cache"), _("Searches"))
    return _chart("ratio", bars, headings, summary, top=100, axis=formats.percent)


def tokens_chart(periods: Sequence[PeriodTotals], grain: Grain) -> Chart:
    """Tokens spent, at the bottom, and on top those the cache saved."""
    bars = []
    for period in periods:
        spent, saved = formats.number(period.tokens_spent), formats.number(period.tokens_saved)
        label = _label(period.first_day, grain)
        title = _("%(day)s: %(spent)s tokens spent, %(saved)s saved")
        bars.append(
            Bar(
                label=label,
                title=title % {"day": label, "spent": spent, "saved": saved},
                amounts=(("misses", period.tokens_spent), ("hits", period.tokens_saved)),
                values=(spent, saved),
                tick=_tick(period.first_day, grain),
            )
        )
    summary = _("Tokens of the period: %(spent)s spent, %(saved)s saved by the cache.") % {
        "spent": formats.number(sum(period.tokens_spent for period in periods)),
        "saved": formats.number(sum(period.tokens_saved for period in periods)),
    }
    headings = (_heading(grain), _("Tokens spent"), _("Tokens saved"))
    return _chart("tokens", bars, headings, summary)


def hour_label(hour: int) -> str:
    """An hour of the day: ``14 h``."""
    return _("%(hour)s h") % {"hour": hour}


def _heading(grain: Grain) -> str:
    return {Grain.DAY: _("Day"), Grain.WEEK: _("Week of"), Grain.MONTH: _("Month")}[grain]


def _label(day: date, grain: Grain) -> str:
    return date_format(day, "YEAR_MONTH_FORMAT" if grain is Grain.MONTH else "DATE_FORMAT")


def _tick(day: date, grain: Grain) -> str:
    return date_format(day, _("M Y") if grain is Grain.MONTH else _("M j"))


def _chart(
    name: str,
    bars: Sequence[Bar],
    headings: tuple[str, ...],
    summary: str,
    *,
    top: int = 0,
    axis: Callable[[int], str] = formats.number,
) -> Chart:
    """Lay the bars out side by side; ``top`` is the end of the axis, else a round number."""
    top = top or _round_top(int(max((_height(bar) for bar in bars), default=0)))
    left = max(LEFT, 8 + DIGIT * len(axis(top)))
    floor = HEIGHT - BOTTOM
    scale = (floor - TOP) / top
    slot = (WIDTH - left) / max(len(bars), 1)
    every = -(-len(bars) // LABELS)
    placed = []
    for index, bar in enumerate(bars):
        x = left + index * slot + slot * GAP / 2
        placed.append(
            replace(
                bar,
                x=_svg(x),
                parts=_parts(bar, floor, scale),
                tick="" if (len(bars) - 1 - index) % every else bar.tick,
                tick_x=_svg(x + slot * (1 - GAP) / 2),
            )
        )
    return Chart(
        name=name,
        width=WIDTH,
        height=HEIGHT,
        left=left,
        tick_y=HEIGHT - 4,
        bar_width=_svg(slot * (1 - GAP)),
        lines=tuple(
            GridLine(_svg(y), axis(value), _svg(left - 8), _svg(y + 4))
            for value, y in ((value, floor - value * scale) for value in (0, top // 2, top))
        ),
        bars=tuple(placed),
        headings=headings,
        summary=summary,
    )


def _height(bar: Bar) -> float:
    return sum(amount for _tone, amount in bar.amounts)


def _parts(bar: Bar, floor: float, scale: float) -> tuple[Part, ...]:
    parts, y = [], floor
    for tone, amount in bar.amounts:
        if amount:
            y -= amount * scale
            parts.append(Part(tone, _svg(y), _svg(amount * scale)))
    return tuple(parts)


def _round_top(highest: int) -> int:
    """An even number at or above the highest bar, with one or two digits that matter."""
    if highest <= 4:
        return 4
    step: int = 10 ** (len(str(highest)) - 1)
    step = step if highest / step >= 5 else max(step // 2, 2)
    return -(-highest // step) * step + (-(-highest // step) * step) % 2


def _svg(value: float) -> str:
    # Never localised: SVG knows points only.
    return f"{value:.1f}"
