"""Products whose purchase price nobody knows: worth looking for at some price, or at none.

The assumed cost decides nothing here. What does is the maximum cost, the price to look for: it
must be one that somebody might ask, and nothing may forbid a CONSIDER were the cost known.

    to source    CONSIDER, at best: nobody has found it yet     (``Score.sourcing``)
    otherwise    SKIP, with the reason: no realistic price, too slow, too little known, a flag
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from discovery.scoring.codes import (
    FlagCode,
    ReasonCode,
    Verdict,
)
from discovery.scoring.max_cost import VerdictInputs, obstacles
from discovery.scoring.results import Flag, Reason
from discovery.scoring.unit_economics import Earned
from discovery.scoring.verdict import Floors, forbids

DAYS_PER_MONTH = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCost:
    """What is known of a product without a purchase price.

    ``most`` is the maximum cost and ``sale`` what a unit bought for it earns (``None`` when it is
    zero); ``least`` is the least that anybody asks, as a share (0-1) of the sell price.
    ``confidence`` (0-100) is the one of the score, which that of ``inputs`` never is below.
    """

    inputs: VerdictInputs
    flags: Sequence[Flag]
    most: Decimal
    sale: Earned | None
    least: Decimal
    confidence: float

    @property
    def verdict(self) -> Verdict:
        """CONSIDER for what is worth looking for, else SKIP."""
        is_worth_it = self.is_realistic and not self._is_forbidden
        return Verdict.CONSIDER if is_worth_it else Verdict.SKIP

    @property
    def is_realistic(self) -> bool:
        """Whether somebody might ask the price to look for."""
        return self.most > 0 and self.most >= self.least * self.inputs.price

    def reasons(self) -> tuple[Reason, ...]:
        """Why it is worth looking for (against the floors of a BUY), or why it is not (against
        those of a CONSIDER): at least one against it, and never the ROI of an assumed cost.
        """
        if self.verdict is Verdict.SKIP:
            return (*self._money(), *self._others(self._consider))
        floors = self.inputs.thresholds.buy
        return (*self._price_to_look_for(), *self._others(floors))

    def rank_score(self, *, days: float) -> float:
        """Profit a month at the price to look for (money), as far as it is trusted.

        ROI cannot tell such products apart: at the maximum cost it is the target for nearly all.
        ``days`` are those until one of ours sells. Zero when no cost pays.
        """
        if self.sale is None:
            return 0.0
        monthly = float(self.sale.profit) * DAYS_PER_MONTH / days
        return round(monthly * self.inputs.confidence / 100, 2)

    @property
    def _consider(self) -> Floors:
        return self.inputs.thresholds.consider

    @property
    def _is_forbidden(self) -> bool:
        """Whether something forbids a CONSIDER at any price, or the profile without a known one."""
        inputs = self.inputs
        in_the_way = obstacles(
            self._consider,
            velocity=inputs.velocity,
            confidence=inputs.confidence,
            caps=inputs.caps,
        )
        assumed = inputs.risk.caps[FlagCode.COST_ASSUMED]
        return bool(in_the_way) or forbids(assumed, Verdict.CONSIDER)

    def _money(self) -> Iterator[Reason]:
        if self.is_realistic:
            return
        params = {"price": f"{self.inputs.price:f}"}
        if self.most > 0:
            params["amount"] = f"{self.most:f}"
            yield Reason(ReasonCode.UNREALISTIC_COST, False, params)
        else:
            yield Reason(ReasonCode.NO_COST_PAYS, False, params)

    def _price_to_look_for(self) -> Iterator[Reason]:
        if self.sale is not None:
            roi = 100 * self.sale.profit / self.sale.cost_net
            params = {
                "amount": f"{self.most:f}",
                "profit": f"{self.sale.profit_shown:f}",
                "percent": f"{roi:.1f}",
            }
            yield Reason(ReasonCode.TO_SOURCE, True, params)
        yield Reason(ReasonCode.HYPOTHETICAL_COST, False, {})

    def _others(self, floors: Floors) -> Iterator[Reason]:
        """All that no purchase price changes, against the floors of a verdict."""
        inputs = self.inputs
        enough = inputs.velocity >= floors.velocity
        code = ReasonCode.VELOCITY_MET if enough else ReasonCode.VELOCITY_MISSED
        actual, needed = f"{inputs.velocity:.1f}", floors.shown["velocity"]
        yield Reason(code, enough, {"actual": actual, "needed": needed})
        # A known cost adds to the confidence: it is missed only when even that is not enough.
        if inputs.confidence < floors.confidence:
            actual, needed = f"{self.confidence:.1f}", floors.shown["confidence"]
            yield Reason(ReasonCode.CONFIDENCE_MISSED, False, {"actual": actual, "needed": needed})
        for flag in self.flags:
            is_expected = flag.code is FlagCode.COST_ASSUMED and flag.cap is Verdict.CONSIDER
            if flag.cap is not None and forbids(flag.cap, floors.verdict) and not is_expected:
                params = {"flag": flag.code.value, "verdict": flag.cap.value}
                yield Reason(ReasonCode.CAPPED, False, params)
