"""The most one may pay and still be given a verdict: the one answer every page and reason shows.

The highest cost is solved for, then checked with the very rules that give the verdict, so that
paying it earns the verdict and paying one smallest unit more does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from discovery.scoring.inputs import FlagCode, FloorJoin, PriceDistribution, ReasonCode
from discovery.scoring.results import Flag, Obstacle
from discovery.scoring.risk import RiskModel
from discovery.scoring.unit_economics import UnitEconomics
from discovery.scoring.verdict import Figures, Floors, Thresholds, forbids

ZERO = Decimal(0)
# Flags that go away with the cost itself: a known one, or one low enough.
COST_FLAGS = frozenset({FlagCode.COST_ASSUMED, FlagCode.RARELY_PROFITABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictInputs:
    """Everything a verdict is given on but the cost.

    ``left`` is what ``price`` leaves before the purchase, ``confidence`` the one a cost that was
    told would have, ``seen`` the prices of the last 90 days in the condition sold.
    """

    thresholds: Thresholds
    risk: RiskModel
    economics: UnitEconomics
    price: Decimal
    left: Decimal
    velocity: float
    confidence: float
    flags: Sequence[Flag]
    seen: PriceDistribution | None

    def figures_at(self, cost: Decimal) -> Figures:
        """The figures at a cost that was told."""
        vat = self.economics.vat
        return Figures(
            price=self.price,
            profit=vat.profit(before_cost=self.left, price=self.price, cost=cost),
            capital=vat.base * cost,
            velocity=self.velocity,
            confidence=self.confidence,
        )

    def rarely_profitable_at(self, cost: Decimal) -> bool:
        """Whether a cost raises RARELY_PROFITABLE."""
        points = self.economics.time_profitable(self.seen, self.thresholds.buy.roi, cost)
        return self.risk.is_rarely_profitable(points)


def max_cost(inputs: VerdictInputs, floors: Floors) -> Decimal:
    """The most to pay, in whole smallest units, for a verdict as far as it depends on the cost.

    That is: the money floors are met and no flag that depends on the cost forbids the verdict.
    Zero when no price does. What else stands in its way: see ``obstacles``.
    """
    cent = inputs.economics.cent
    limit = max(_solved(inputs, floors).quantize(cent, ROUND_FLOOR), ZERO * cent)
    # Division rounds in the 28th digit: where the solution is a whole cent, it may be one off.
    while limit > 0 and not _earns(inputs, floors, limit):
        limit -= cent
    while _earns(inputs, floors, limit + cent):
        limit += cent
    return limit


def obstacles(
    floors: Floors, *, velocity: float, confidence: float, flags: Sequence[Flag]
) -> tuple[Obstacle, ...]:
    """What forbids a verdict at any purchase price: velocity, confidence, then flags as raised.

    ``confidence`` is that of a cost that was told.
    """
    found: list[Obstacle] = []
    if velocity < floors.velocity:
        found.append(ReasonCode.VELOCITY_MISSED)
    if confidence < floors.confidence:
        found.append(ReasonCode.CONFIDENCE_MISSED)
    for flag in flags:
        # A flag may be raised twice: a fee mismatch for each of two fees.
        of_the_cost = flag.code in COST_FLAGS
        if forbids(flag.cap, floors.verdict) and not of_the_cost and flag.code not in found:
            found.append(flag.code)
    return tuple(found)


def _earns(inputs: VerdictInputs, floors: Floors, cost: Decimal) -> bool:
    """Whether a cost meets the money floors without a cost-dependent flag that forbids it."""
    if not inputs.thresholds.pays(floors, inputs.figures_at(cost)):
        return False
    return not (_counts_time(inputs, floors) and inputs.rarely_profitable_at(cost))


def _counts_time(inputs: VerdictInputs, floors: Floors) -> bool:
    return forbids(inputs.risk.caps[FlagCode.RARELY_PROFITABLE], floors.verdict)


def _solved(inputs: VerdictInputs, floors: Floors) -> Decimal:
    """The highest cost by algebra, not rounded; negative when there is none."""
    left, vat, cent = inputs.left, inputs.economics.vat, inputs.economics.cent
    limits = (
        left / (vat.per_cost + floors.roi * vat.base),
        (left - floors.profit) / vat.per_cost,
        (left - floors.margin * inputs.price) / vat.per_cost,
    )
    joined = min(limits) if inputs.thresholds.join is FloorJoin.AND else max(limits)
    limit = min(joined, (left - cent) / vat.per_cost)
    needed = inputs.risk.required_points
    if inputs.seen is None or not needed or not _counts_time(inputs, floors):
        return limit
    roi = inputs.thresholds.buy.roi
    return min(limit, inputs.economics.cost_profitable_for(inputs.seen, roi, needed))
