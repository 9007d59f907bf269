"""From the sell price to the profit as a waterfall: each step starts where the last ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from discovery.scoring import Score
from discovery.text import labels

WIDTH = 1000  # of the drawing, in its own units


@dataclass(frozen=True, slots=True)
class Step:
    """A line and its bar: ``x`` and ``width`` of ``WIDTH``; ``kind`` is total, bite, gain, loss.

    ``amount`` is in the score's currency. ``zero`` is where nothing is earned or lost, for a line
    through all bars.
    """

    label: str
    source: str
    amount: Decimal
    kind: str
    x: int
    width: int
    zero: int


class _Span(NamedTuple):
    """A step before it is drawn: the bar goes from ``start`` to ``end``, in money."""

    label: str
    source: str
    amount: Decimal
    kind: str
    start: Decimal
    end: Decimal


def waterfall(score: Score) -> tuple[Step, ...]:
    """The steps of a score, top down; none without a sell price."""
    spans = list(_spans(score))
    if not spans:
        return ()
    ends = [end for span in spans for end in (span.start, span.end)]
    lowest = min(ends)
    scale = WIDTH / (max(ends) - lowest)
    return tuple(
        Step(
            label=span.label,
            source=span.source,
            amount=span.amount,
            kind=span.kind,
            x=round((min(span.start, span.end) - lowest) * scale),
            width=max(round(abs(span.end - span.start) * scale), 2 if span.amount else 0),
            zero=round(-lowest * scale),
        )
        for span in spans
    )


def _spans(score: Score) -> Iterator[_Span]:
    if score.fees is None or score.sell_price is None:
        return
    nothing, left = Decimal(0), score.sell_price
    series = labels.series_label(score.sell_price_series)
    yield _Span(_("Sell price"), series, left, "total", nothing, left)
    for line in score.fees.lines:
        label, source = labels.fee_label(line.code), labels.fee_source_text(line)
        yield _Span(label, source, -line.amount, "bite", left, left - line.amount)
        left -= line.amount
    net = score.fees.net_proceeds
    yield _Span(_("What is left before buying"), "", net, "total", nothing, net)
    if score.profit is None or score.landed_cost_net is None:
        return
    cost, profit = score.landed_cost_net, score.profit
    basis = labels.cost_label(score.cost_basis)
    yield _Span(_("Landed cost"), basis, -cost, "bite", net, net - cost)
    yield _Span(_("Profit"), "", profit, "gain" if profit > 0 else "loss", nothing, profit)
