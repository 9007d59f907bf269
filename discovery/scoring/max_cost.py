"""The most one may pay and still be given a verdict: the one answer every page and reason shows.

The highest cost is solved for, then checked with the very rules that give the verdict, so that
paying it earns the verdict and paying one smallest unit more does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from discovery.scoring.codes import (
    FlagCode,
    FloorJoin,
    ReasonCode,
)
from discovery.scoring.inputs import (
    PriceDistribution,
)
from discovery.scoring.results import Flag, Obstacle
from discovery.scoring.risk import RiskModel
from discovery.scoring.unit_economics import UnitEconomics
from discovery.scoring.verdict import RANK, Floors, Thresholds, forbids

ZERO = Decimal(0)
# Flags that go away with the cost itself: a known one, or one low enough.
COST_FLAGS = frozenset({FlagCode.COST_ASSUMED, FlagCode.RARELY_PROFITABLE})


@dataclass(slots=True, kw_only=True)  # not frozen: made once a score, for speed
class VerdictInputs:
    """Everything a verdict is given on but the cost.

    ``left`` is what ``price`` leaves before the purchase (money), ``confidence`` (0-100) supposes
    that the cost is known, ``caps`` are the flags' ``standing_caps``, ``seen`` the prices of the
    last 90 days in the condition sold.
    """

    thresholds: Thresholds
    risk: RiskModel
    economics: UnitEconomics
    price: Decimal
    left: Decimal
    velocity: float
    confidence: float
    caps: Mapping[FlagCode, int]
    seen: PriceDistribution | None

    def pays_at(self, floors: Floors, cost: Decimal) -> bool:
        """Whether a cost meets the money floors of a verdict."""
        vat = self.economics.vat
        return self.thresholds.pays(
            floors,
            price=self.price,
            profit=vat.profit(before_cost=self.left, price=self.price, cost=cost),
            capital=vat.base * cost,
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
    economics = inputs.economics
    limit = _highest(
        _solved(inputs, floors), economics.cent, lambda cost: inputs.pays_at(floors, cost)
    )
    required = inputs.risk.required_points
    if inputs.seen is None or required is None or not limit:
        return limit
    cap = inputs.risk.caps[FlagCode.RARELY_PROFITABLE]
    if not forbids(cap, floors.verdict) or not inputs.rarely_profitable_at(limit):
        return limit
    # The dearer the cost, the less often it paid off: the lower of the two limits meets both.
    return _highest(
        economics.cost_profitable_for(inputs.seen, inputs.thresholds.buy.roi, required),
        economics.cent,
        lambda cost: not inputs.rarely_profitable_at(cost),
    )


def standing_caps(flags: Sequence[Flag]) -> dict[FlagCode, int]:
    """The rank of the best verdict each flag leaves, for flags that no other cost takes away."""
    return {
        flag.code: RANK[flag.cap]
        for flag in flags
        if flag.cap is not None and flag.code not in COST_FLAGS
    }


def obstacles(
    floors: Floors, *, velocity: float, confidence: float, caps: Mapping[FlagCode, int]
) -> tuple[Obstacle, ...]:
    """What forbids a verdict at any purchase price: velocity, confidence, then flags as raised.

    ``confidence`` supposes that the cost is known, ``caps`` are the ``standing_caps``.
    """
    found: list[Obstacle] = []
    if velocity < floors.velocity:
        found.append(ReasonCode.VELOCITY_MISSED)
    if confidence < floors.confidence:
        found.append(ReasonCode.CONFIDENCE_MISSED)
    wanted = RANK[floors.verdict]
    found += [code for code, rank in caps.items() if rank < wanted]
    return tuple(found)


def _highest(solution: Decimal, cent: Decimal, holds: Callable[[Decimal], bool]) -> Decimal:
    """The highest cost in whole cents at which ``holds`` is true; zero when there is none.

    ``holds`` never becomes true again as the cost rises. Division rounds in the 28th digit: where
    the solution is a whole cent, it may be one off.
    """
    limit = max(solution.quantize(cent, ROUND_FLOOR), ZERO * cent)
    while limit > 0 and not holds(limit):
        limit -= cent
    while holds(limit + cent):
        limit += cent
    return limit


def _solved(inputs: VerdictInputs, floors: Floors) -> Decimal:
    """The highest cost that meets the money floors, not rounded; negative when there is none."""
    left, vat, cent = inputs.left, inputs.economics.vat, inputs.economics.cent
    limits = (
        left / (vat.per_cost + floors.roi * vat.base),
        (left - floors.profit) / vat.per_cost,
        (left - floors.margin * inputs.price) / vat.per_cost,
    )
    joined = min(limits) if inputs.thresholds.join is FloorJoin.AND else max(limits)
    return min(joined, (left - cent) / vat.per_cost)
