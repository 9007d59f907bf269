"""What would change a verdict: the cost that earns a better one, or what stands in its way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from discovery.scoring.inputs import ChangeCode, FlagCode, Verdict
from discovery.scoring.outlook import Position
from discovery.scoring.results import Change, Flag
from discovery.scoring.verdict import RANK, Bar, Judge

# These go away with the cost itself: a real one, or one low enough.
OF_THE_COST = frozenset({FlagCode.COST_ASSUMED, FlagCode.RARELY_PROFITABLE})


@dataclass(frozen=True, slots=True)
class Case:
    """What a verdict was given on, for asking what another cost would have brought.

    ``confidence`` is as it would be with a known cost. ``often`` is the highest cost that is not
    flagged for paying off too rarely, and ``often_cap`` what that flag caps to.
    """

    judge: Judge
    position: Position
    price: Decimal
    left: Decimal
    velocity: float
    confidence: float
    flags: Sequence[Flag]
    often: Decimal | None
    often_cap: Verdict | None


def max_cost_for(case: Case, bar: Bar) -> Decimal:
    """The most to pay for a bar's money floors, and not to be capped for paying off too rarely."""
    vat, cent = case.position.vat, case.position.cent
    limit = case.judge.max_cost(bar, left=case.left, price=case.price, vat=vat)
    if case.often is None or case.often_cap is None or RANK[case.often_cap] >= RANK[bar.verdict]:
        return limit
    return max(min(limit, case.often.quantize(cent, ROUND_FLOOR)), Decimal(0) * cent)


def what_would_change(case: Case, *, verdict: Verdict, hypothetical: bool) -> tuple[Change, ...]:
    """The way to each better verdict, nearest first, and up to which cost the present one holds."""
    found: list[Change] = []
    if hypothetical:
        found.append(Change(ChangeCode.CONFIRM_COST, {}))
    for bar in reversed(case.judge.bars):
        if RANK[bar.verdict] > RANK[verdict]:
            found += _way_to(case, bar)
        elif bar.verdict is verdict and not hypothetical:
            amount = max_cost_for(case, bar)
            params = {"verdict": bar.verdict.value, "amount": f"{amount:f}"}
            found.append(Change(ChangeCode.HOLDS_UP_TO_COST, params))
    return tuple(found)


def _way_to(case: Case, bar: Bar) -> Iterator[Change]:
    obstacles = list(_obstacles(case, bar))
    if obstacles:
        yield from obstacles
        return
    amount = max_cost_for(case, bar)
    if amount > 0:
        params = {"verdict": bar.verdict.value, "amount": f"{amount:f}"}
        yield Change(ChangeCode.COST_AT_MOST, params)


def _obstacles(case: Case, bar: Bar) -> Iterator[Change]:
    """What no purchase price can mend."""
    name = bar.verdict.value
    if case.velocity < bar.velocity:
        params = {
            "verdict": name,
            "needed": f"{bar.velocity:.1f}",
            "actual": f"{case.velocity:.1f}",
        }
        yield Change(ChangeCode.VELOCITY_AT_LEAST, params)
    if case.confidence < bar.confidence:
        params = {
            "verdict": name,
            "needed": f"{bar.confidence:.1f}",
            "actual": f"{case.confidence:.1f}",
        }
        yield Change(ChangeCode.CONFIDENCE_AT_LEAST, params)
    for flag in case.flags:
        if flag.cap is None or flag.code in OF_THE_COST or RANK[flag.cap] >= RANK[bar.verdict]:
            continue
        yield Change(ChangeCode.WITHOUT_FLAG, {"verdict": name, "flag": flag.code.value})
