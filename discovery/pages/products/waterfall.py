"""From the sell price to the profit as a waterfall: each step starts where the last ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from discovery.scoring import Score
from discovery.text import costs, labels

WIDTH = 1000  # of the drawing, in its own units


@dataclass(frozen=True, slots=True)
class Step:
    """A line and its bar: ``x`` and ``width`` of ``WIDTH``.

    ``kind`` is total, bite, refund, gain or loss; ``amount`` is in the score's currency. ``zero``
    is where nothing is earned or lost, for a line through all bars.
    """

    label: str
    source: str
    amount: Decimal
    kind: str
    x: int
    width: int
    zero: int


def waterfall(score: Score, *, is_own_price: bool = False) -> tuple[Step, ...]:
    """The steps of a score, top down; none without a sell price.

    ``is_own_price``: its reader tries that price, whatever the market's is.
    """
    source = _("your price") if is_own_price else labels.series_label(score.sell_price_series)
    spans = list(_spans(score, source))
    if not spans:
        return ()
    ends = [end for *_words, start, stop in spans for end in (start, stop)]
    lowest = min(ends)
    scale = WIDTH / (max(ends) - lowest)
    return tuple(
        Step(
            label=label,
            source=source,
            amount=amount,
            kind=kind,
            x=round((min(start, end) - lowest) * scale),
            width=max(round(abs(end - start) * scale), 2 if amount else 0),
            zero=round(-lowest * scale),
        )
        for label, source, amount, kind, start, end in spans
    )


def _spans(
    score: Score, price_source: str
) -> Iterator[tuple[str, str, Decimal, str, Decimal, Decimal]]:
    """Label, source, amount and kind of each step, and where its bar starts and ends, in money."""
    if score.fees is None or score.sell_price is None:
        return
    nothing, left = Decimal(0), score.sell_price
    yield (_("Sell price"), price_source, left, "total", nothing, left)
    for line in score.fees.lines:
        label, source = labels.fee_label(line.code), labels.fee_source_text(line)
        yield (label, source, -line.amount, "bite", left, left - line.amount)
        left -= line.amount
    net = score.fees.net_proceeds
    yield (_("What is left before buying"), "", net, "total", nothing, net)
    if score.profit is None or score.landed_cost is None:
        return
    cost, profit = score.landed_cost, score.profit
    yield (_("Landed cost"), costs.source_text(score), -cost, "bite", net, net - cost)
    if back := score.recovered_vat:
        label, regime = _("VAT recovered on the purchase"), labels.regime_label(score.regime)
        yield (label, regime, back, "refund", net - cost, net - cost + back)
    yield (
        _("Profit"),
        _("hypothetical") if score.hypothetical else "",
        profit,
        "gain" if profit > 0 else "loss",
        nothing,
        profit,
    )
