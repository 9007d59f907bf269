"""What each month earned as bars of a server-side SVG, losses below the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from discovery.products.purchase_totals import Month
from discovery.text import formats

WIDTH, HEIGHT = 440, 150
TOP, BOTTOM = 20, 22
MOST_MONTHS = 12
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Bar:
    """A month; ``tone`` is gain or loss, lengths are SVG text."""

    label: str
    title: str
    amount: str
    tone: str
    x: str
    middle: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class MonthChart:
    """Ready to draw; ``summary`` says it to those who cannot see it."""

    width: ClassVar[int] = WIDTH
    height: ClassVar[int] = HEIGHT
    label_y: ClassVar[int] = HEIGHT - 6
    currency: str
    bar_width: str
    zero_y: str
    bars: tuple[Bar, ...]
    summary: str


def month_chart(months: Sequence[Month], *, currency: str, today: date) -> MonthChart:
    """The last twelve months at most, up to this one; a month without a sale is an empty place."""
    earned = {month.first: month.profit for month in months}
    firsts = _firsts(min(earned), today)
    values = [earned.get(first, ZERO) for first in firsts]
    high, low = max(*values, ZERO), min(*values, ZERO)
    scale = (HEIGHT - TOP - BOTTOM) / float(high - low or 1)
    zero = TOP + float(high) * scale
    place = WIDTH / len(firsts)
    bars = []
    for index, (first, value) in enumerate(zip(firsts, values, strict=True)):
        height = abs(float(value)) * scale
        amount = formats.money(value, currency)
        month = date_format(first, "F Y")
        bars.append(
            Bar(
                label=date_format(first, "m/y"),
                title=_("%(month)s: %(amount)s") % {"month": month, "amount": amount},
                amount=amount,
                tone="loss" if value < 0 else "gain",
                x=f"{index * place + place * 0.18:.1f}",
                middle=f"{index * place + place / 2:.1f}",
                y=f"{zero if value < 0 else zero - height:.1f}",
                height=f"{height:.1f}",
            )
        )
    total = formats.money(sum(values, ZERO), currency)
    return MonthChart(
        currency=currency,
        bar_width=f"{place * 0.64:.1f}",
        zero_y=f"{zero:.1f}",
        bars=tuple(bars),
        summary=_("Profit a month: %(total)s since %(month)s.")
        % {"total": total, "month": date_format(firsts[0], "F Y")},
    )


def _firsts(oldest: date, today: date) -> list[date]:
    """The first days of the months to draw, the oldest first; half a year at least."""
    firsts = [today.replace(day=1)]
    while len(firsts) < MOST_MONTHS and (firsts[-1] > oldest or len(firsts) < MOST_MONTHS // 2):
        last = firsts[-1]
        firsts.append(
            last.replace(year=last.year - 1, month=12)
            if last.month == 1
            else last.replace(month=last.month - 1)
        )
    return firsts[::-1]
