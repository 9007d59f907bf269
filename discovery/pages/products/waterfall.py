"""From the sell price to the profit as a waterfall: each step starts where the last ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from discovery.scoring import Score
from discovery.text import formats, labels

WIDTH = 1000  # of the drawing, in its own units


@dataclass(frozen=True, slots=True)
class Step:
    """A line and its bar: ``x`` and ``width`` of ``WIDTH``; ``kind`` is total, bite, gain, loss.

    ``zero`` is where nothing is earned or lost, for a line through all bars.
    """

    label: str
    source: str
    amount: str
    kind: str
    x: int
    width: int
    zero: int


@dataclass(frozen=True, slots=True)
class _Span:
    label: str
    source: str
    amount: Decimal
    kind: str
    low: Decimal
    high: Decimal


def waterfall(score: Score) -> tuple[Step, ...]:
    """The steps of a score, top down; none without a sell price."""
    spans = list(_spans(score))
    if not spans:
        return ()
    lowest = min(span.low for span in spans)
    scale = WIDTH / (max(span.high for span in spans) - lowest)
    return tuple(
        Step(
            label=span.label,
            source=span.source,
            amount=formats.money(span.amount, score.currency),
            kind=span.kind,
            x=round((span.low - lowest) * scale),
            width=max(round((span.high - span.low) * scale), 2 if span.amount else 0),
            zero=round(-lowest * scale),
        )
        for span in spans
    )


def _spans(score: Score) -> Iterator[_Span]:
    if score.fees is None or score.sell_price is None:
        return
    nothing = Decimal(0)
    left = score.sell_price
    series = labels.series_label(score.sell_price_series) if score.sell_price_series else ""
    yield _Span(_("Sell price"), series, left, "total", nothing, left)
    for line in score.fees.lines:
        after = left - line.amount
        yield _Span(
            labels.fee_label(line.code),
            labels.fee_source_text(line),
            -line.amount,
            "bite",
            min(left, after),
            max(left, after),
        )
        left = after
    net = score.fees.net_proceeds
    yield _Span(
        _("What is left before buying"), "", net, "total", min(net, nothing), max(net, nothing)
    )
    if score.profit is None or score.landed_cost_net is None:
        return
    cost, profit = score.landed_cost_net, score.profit
    yield _Span(
        _("Landed cost"),
        labels.cost_label(score.cost_basis),
        -cost,
        "bite",
        min(net, net - cost),
        max(net, net - cost),
    )
    kind = "gain" if profit > 0 else "loss"
    yield _Span(_("Profit"), "", profit, kind, min(profit, nothing), max(profit, nothing))
