"""What would change a verdict: the cost that earns a better one, or what stands in its way."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from discovery.scoring.codes import (
    ChangeCode,
    ReasonCode,
    Verdict,
)
from discovery.scoring.max_cost import VerdictInputs, max_cost, obstacles
from discovery.scoring.results import Change, Obstacle
from discovery.scoring.verdict import RANK, Floors


def what_would_change(
    inputs: VerdictInputs, *, verdict: Verdict, hypothetical: bool, buy_at_most: Decimal
) -> tuple[Change, ...]:
    """What leads to each better verdict, nearest first, and up to which cost this one holds.

    ``buy_at_most`` is ``max_cost`` for a BUY, known to the caller; ``hypothetical`` is True when
    the cost of ``verdict`` was assumed.
    """
    found: list[Change] = []
    if hypothetical:
        found.append(Change(ChangeCode.CONFIRM_COST, {}))
    buy = inputs.thresholds.buy
    for floors in reversed(inputs.thresholds.levels):
        better = RANK[floors.verdict] > RANK[verdict]
        if not better and (floors.verdict is not verdict or hypothetical):
            continue
        if better:
            in_the_way = obstacles(
                floors, velocity=inputs.velocity, confidence=inputs.confidence, caps=inputs.caps
            )
            if in_the_way:
                found += _removals(inputs, floors, in_the_way)
                continue
        amount = buy_at_most if floors is buy else max_cost(inputs, floors)
        if amount > 0 or not better:
            code = ChangeCode.COST_AT_MOST if better else ChangeCode.HOLDS_UP_TO_COST
            params = {"verdict": floors.verdict.value, "amount": f"{amount:f}"}
            found.append(Change(code, params))
    return tuple(found)


def _removals(
    inputs: VerdictInputs, floors: Floors, in_the_way: tuple[Obstacle, ...]
) -> Iterator[Change]:
    name = floors.verdict.value
    for code in in_the_way:
        if code is ReasonCode.VELOCITY_MISSED:
            numbers = {"needed": f"{floors.velocity:.1f}", "actual": f"{inputs.velocity:.1f}"}
            yield Change(ChangeCode.VELOCITY_AT_LEAST, {"verdict": name, **numbers})
        elif code is ReasonCode.CONFIDENCE_MISSED:
            numbers = {"needed": f"{floors.confidence:.1f}", "actual": f"{inputs.confidence:.1f}"}
            yield Change(ChangeCode.CONFIDENCE_AT_LEAST, {"verdict": name, **numbers})
        else:
            yield Change(ChangeCode.WITHOUT_FLAG, {"verdict": name, "flag": code.value})
