"""From figures to the points of a server-side SVG, and to the table that says the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import Any, ClassVar

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from analytics.insights import Grain, Totals
from discovery.text import formats

WIDTH, HEIGHT = 720, 180
BOTTOM, TOP = 22, 8
LEFT, DIGIT = 36, 11  # room for the axis: at least, and for each character of a long number
GAP = 0.28  # of a bar's place, left empty between bars
LABELS = 8  # written below the bars, at most


@dataclass(frozen=True, slots=True)
class GridLine:
    """A horizontal line of the axis and its label; ``y`` is SVG text."""

    y: str
    label: str


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

    ``headings`` are those of the table: what a bar is about, then one a value. The axis stands at
    ``left``, in SVG units like ``width`` and ``height``.
    """

    width: ClassVar[int] = WIDTH
    height: ClassVar[int] = HEIGHT
    name: str
    left: int
    bar_width: str
    lines: tuple[GridLine, ...]
    bars: tuple[Bar, ...]
    headings: tuple[str, ...]
    summary: str


def searches_chart(days: Mapping[date, Totals]) -> Chart:
    """The searches of each day, the oldest first: paid for at the bottom, free ones on top."""
    return _over_time(
        "searches",
        days,
        Grain.DAY,
        title=_("%(day)s: %(hits)s without a token, %(misses)s paid for"),
        amounts={"misses": "misses", "hits": "hits"},
        columns={"hits": _("Without a token"), "misses": _("Paid for")},
        summary=_(
            "Searches a day over %(days)s days: %(hits)s answered without a token, "
            "%(misses)s paid for."
        ),
    )


def ratio_chart(periods: Mapping[date, Totals], grain: Grain) -> Chart:
    """The share of searches the cache answered, in percent; no bar where nothing was asked."""
    summary = _("No search in this period.")
    if any(totals.answered for totals in periods.values()):
        summary = _("%(ratio)s of the searches of the period were answered from the cache.")
    return _over_time(
        "ratio",
        periods,
        grain,
        title=_("%(day)s: %(hits)s of %(searches)s from the cache"),
        amounts={"hits": "hit_percent"},
        columns={"ratio": _("Hit ratio"), "hits": _("From the cache"), "searches": _("Searches")},
        summary=summary,
        top=100,
        axis=formats.percent,
    )


def tokens_chart(periods: Mapping[date, Totals], grain: Grain) -> Chart:
    """Tokens spent, at the bottom, and on top those the cache saved."""
    return _over_time(
        "tokens",
        periods,
        grain,
        title=_("%(day)s: %(spent)s tokens spent, %(saved)s saved"),
        amounts={"misses": "tokens_spent", "hits": "tokens_saved"},
        columns={"spent": _("Tokens spent"), "saved": _("Tokens saved")},
        summary=_("Tokens of the period: %(spent)s spent, %(saved)s saved by the cache."),
    )


def hours_chart(hours: Sequence[Totals]) -> Chart:
    """The number of searches in each of the day's 24 hours, in the site's time zone."""
    bars = []
    for hour, totals in enumerate(hours):
        label, searches = hour_label(hour), formats.number(totals.searches)
        amounts = (("hits", totals.searches),)
        bars.append(Bar(label, f"{label}: {searches}", amounts, (searches,), tick=label))
    busiest = max(range(len(hours)), key=lambda hour: hours[hour].searches)
    summary = (
        _("Most searches were made at %(hour)s h.") % {"hour": busiest}
        if hours[busiest].searches
        else _("No search in this period.")
    )
    return _chart("hours", bars, (_("Hour"), _("Searches")), summary)


def hour_label(hour: int) -> str:
    """An hour of the day: ``14 h``."""
    return _("%(hour)s h") % {"hour": hour}


def _figures(totals: Totals) -> dict[str, str]:
    """What titles, summaries and tables say of the totals."""
    return {
        "hits": formats.number(totals.hits),
        "misses": formats.number(totals.misses),
        "searches": formats.number(totals.answered),
        "ratio": formats.percent(totals.hit_percent),
        "spent": formats.number(totals.tokens_spent),
        "saved": formats.number(totals.tokens_saved),
    }


def _over_time(
    name: str,
    periods: Mapping[date, Totals],
    grain: Grain,
    *,
    title: str,
    amounts: Mapping[str, str],
    columns: Mapping[str, str],
    summary: str,
    **axis: Any,
) -> Chart:
    """One bar a period. ``amounts`` are fields of ``Totals`` by tone, ``columns`` the headings of
    the table by figure; ``title``, of a bar, and ``summary`` are filled in with figures.
    """
    long, short = "DATE_FORMAT", _("M j")
    if grain is Grain.MONTH:
        long, short = "YEAR_MONTH_FORMAT", _("M Y")
    bars = []
    for day, totals in periods.items():
        label, figures = date_format(day, long), _figures(totals)
        bars.append(
            Bar(
                label=label,
                title=title % {"day": label, **figures},
                amounts=tuple((tone, getattr(totals, name) or 0) for tone, name in amounts.items()),
                values=tuple(figures[name] for name in columns),
                tick=date_format(day, short),
            )
        )
    whole = _figures(reduce(Totals.plus, periods.values(), Totals()))
    first = {Grain.DAY: _("Day"), Grain.WEEK: _("Week of"), Grain.MONTH: _("Month")}[grain]
    summary %= {"days": len(periods), **whole}
    return _chart(name, bars, (first, *columns.values()), summary, **axis)


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
        left=left,
        bar_width=_svg(slot * (1 - GAP)),
        lines=tuple(
            GridLine(_svg(floor - value * scale), axis(value)) for value in (0, top // 2, top)
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
    top = -(-highest // step) * step
    return top + top % 2


def _svg(value: float) -> str:
    # Never localised: SVG knows points only.
    return f"{value:.1f}"
