"""Whether a look at a pick is told. Pure: what was, what is, and the rule come in.

A product is told once a crossing of its rule: when it first meets it, and again only when the
cool-down is over *and* it is better than what was told last. A ROI that swings around the limit is
no news: neither is one a little higher than before while the rule was met all along.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from discovery.scoring import Verdict

# Points of ROI by which a pick that has met its rule all along is worth a second message.
CLEARLY_BETTER = 5.0
ORDER = tuple(Verdict)  # best first


class Reason(StrEnum):
    """Why an alert is given; stored, and said in words by ``text``."""

    FIRST = "first"  # the rule is met, and nothing was told of the product before
    CROSSED_AGAIN = "crossed_again"  # it was not met any more, and is again, better than told
    BETTER = "better"  # it is still met, and clearly better than told
    AMAZON_BACK = "amazon_back"  # a favourite or purchase that Amazon sells again
    PRICE_FELL = "price_fell"  # a favourite or purchase that sells for less


EVENTS = frozenset({Reason.AMAZON_BACK, Reason.PRICE_FELL})


@dataclass(frozen=True, slots=True)
class Rule:
    """The alert rule of a job: ``min_roi`` is percent, ``min_profit`` the marketplace's money."""

    is_on: bool
    verdict: Verdict
    min_roi: float | None
    min_profit: Decimal | None
    cool_down: timedelta

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Rule:
        """The rule as ``alert_rule`` of the models writes it, all of its keys there."""
        roi, profit = stored["min_roi"], stored["min_profit"]
        return cls(
            is_on=bool(stored["on"]),
            verdict=Verdict(stored["verdict"]),
            min_roi=None if roi is None else float(roi),
            min_profit=None if profit is None else Decimal(str(profit)),
            cool_down=timedelta(hours=float(stored["cool_down_hours"])),
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """What a rule looks at. ``None``: not known, which meets no floor."""

    verdict: Verdict
    roi_percent: float | None = None
    profit: Decimal | None = None

    def meets(self, rule: Rule) -> bool:
        """Whether they meet every floor of the rule."""
        return (
            ORDER.index(self.verdict) <= ORDER.index(rule.verdict)
            and _reaches(self.roi_percent, rule.min_roi)
            and _reaches(self.profit, rule.min_profit)
        )

    def beats(self, other: Figures, *, by_points: float = 0.0) -> bool:
        """Whether they are better: a better verdict, or the same one and a higher ROI."""
        if self.verdict is not other.verdict:
            return ORDER.index(self.verdict) < ORDER.index(other.verdict)
        if self.roi_percent is None or other.roi_percent is None:
            return False
        gained = self.roi_percent - other.roi_percent
        return gained > 0 and gained >= by_points


@dataclass(frozen=True, slots=True)
class Before:
    """What is remembered of a pick: whether it met its rule, what was told last and when."""

    was_above: bool = False
    told_at: datetime | None = None
    told: Figures | None = None
    is_ignored: bool = False
    is_bought: bool = False


def crossing(before: Before, now_values: Figures, rule: Rule, now: datetime) -> Reason | None:
    """Why the look is told, ``None`` when it is not.

    A product its owner has set aside or bought is not told of.
    """
    if not rule.is_on or before.is_ignored or before.is_bought or not now_values.meets(rule):
        return None
    if before.told_at is None or before.told is None:
        return Reason.FIRST
    if now - before.told_at < rule.cool_down:
        return None
    if not before.was_above:
        return Reason.CROSSED_AGAIN if now_values.beats(before.told) else None
    return Reason.BETTER if now_values.beats(before.told, by_points=CLEARLY_BETTER) else None


def event(
    before: Before,
    events: Collection[str],
    rule: Rule,
    *,
    told_before: Mapping[str, datetime],
    now: datetime,
) -> Reason | None:
    """The gravest thing seen at a favourite or purchase that is to be told, if any.

    It is told whatever the verdict, since nobody asked whether to buy; of what was bought too.
    ``told_before``: when each was last told of this product.
    """
    if not rule.is_on or before.is_ignored:
        return None
    for reason in (Reason.AMAZON_BACK, Reason.PRICE_FELL):
        last = told_before.get(reason.value)
        if reason.value in events and (last is None or now - last >= rule.cool_down):
            return reason
    return None


def _reaches(value: float | Decimal | None, least: float | Decimal | None) -> bool:
    return least is None or (value is not None and value >= least)
