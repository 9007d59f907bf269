"""From numbers to a verdict, with the reasons and what would change it.

    verdict      ROI       profit    margin    velocity   confidence     (settings of the profile)
    STRONG_BUY   strong_*                                                all floors
    BUY          roi_target, min_profit, min_margin, buy_*               all floors
    CONSIDER     consider_*                                              all floors
    SKIP         otherwise

ROI, profit and margin floors are joined by AND (or OR); velocity and confidence always count. No
verdict better than SKIP is given to a profit of less than a cent. Flags then cap the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from discovery.scoring.inputs import FloorJoin, ReasonCode, Verdict
from discovery.scoring.profile import Profile
from discovery.scoring.results import BetterPrice, Flag, Reason
from discovery.scoring.vat import VatTerms

RANK = {Verdict.STRONG_BUY: 3, Verdict.BUY: 2, Verdict.CONSIDER: 1, Verdict.SKIP: 0}
HUNDRED = Decimal(100)


def worse_of(first: Verdict, second: Verdict | None) -> Verdict:
    """The worse of two verdicts; None caps nothing."""
    if second is None or RANK[first] <= RANK[second]:
        return first
    return second


@dataclass(frozen=True, slots=True)
class Bar:
    """What a verdict asks for: ROI and margin as ratios, profit in money, the rest in points."""

    verdict: Verdict
    roi: Decimal
    profit: Decimal
    margin: Decimal
    velocity: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Economics:
    """The exact figures a verdict is given on; ``capital`` is the cost the ROI is counted on."""

    price: Decimal
    profit: Decimal
    capital: Decimal
    velocity: float
    confidence: float

    @property
    def roi(self) -> Decimal:
        return self.profit / self.capital

    @property
    def margin(self) -> Decimal:
        return self.profit / self.price


class Judge:
    """A profile's bars, best first."""

    def __init__(self, profile: Profile, cent: Decimal) -> None:
        self.cent = cent
        self.join = profile.floors_join
        self.often = float(profile.rarely_profitable_percent)
        self.bars = (
            Bar(
                Verdict.STRONG_BUY,
                profile.strong_roi_percent / 100,
                profile.strong_profit,
                profile.strong_margin_percent / 100,
                float(profile.strong_velocity),
                float(profile.strong_confidence),
            ),
            Bar(
                Verdict.BUY,
                profile.roi_target_percent / 100,
                profile.min_profit,
                profile.min_margin_percent / 100,
                float(profile.buy_velocity),
                float(profile.buy_confidence),
            ),
            Bar(
                Verdict.CONSIDER,
                profile.consider_roi_percent / 100,
                profile.consider_profit,
                profile.consider_margin_percent / 100,
                float(profile.consider_velocity),
                float(profile.consider_confidence),
            ),
        )
        self.buy = self.bars[1]

    def verdict(self, figures: Economics) -> Verdict:
        """The best verdict whose floors are met, before caps."""
        if figures.profit < self.cent:
            return Verdict.SKIP
        for bar in self.bars:
            if (
                figures.velocity >= bar.velocity
                and figures.confidence >= bar.confidence
                and self._pays(figures, bar)
            ):
                return bar.verdict
        return Verdict.SKIP

    def _pays(self, figures: Economics, bar: Bar) -> bool:
        met = (
            figures.profit >= bar.roi * figures.capital,
            figures.profit >= bar.profit,
            figures.profit >= bar.margin * figures.price,
        )
        return all(met) if self.join is FloorJoin.AND else any(met)

    def max_cost(self, bar: Bar, *, left: Decimal, price: Decimal, vat: VatTerms) -> Decimal:
        """The most one may pay, in whole cents, and still meet a bar's money floors; 0 if none.

        Rounded down, so that paying it never misses what it promises.

        ``left`` is what remains of ``price`` before the purchase.
        """
        limits = (
            left / (vat.per_cost + bar.roi * vat.base),
            (left - bar.profit) / vat.per_cost,
            (left - bar.margin * price) / vat.per_cost,
        )
        joined = min(limits) if self.join is FloorJoin.AND else max(limits)
        limit = min(joined, (left - self.cent) / vat.per_cost)
        return max(limit.quantize(self.cent, ROUND_FLOOR), Decimal(0) * self.cent)


def cap(verdict: Verdict, flags: Sequence[Flag]) -> Verdict:
    """The verdict after every flag had its say."""
    for flag in flags:
        verdict = worse_of(verdict, flag.cap)
    return verdict


def reasons(
    judge: Judge,
    figures: Economics,
    *,
    reached: Verdict,
    flags: Sequence[Flag],
    hypothetical: bool,
    share_90: float | None,
    better: BetterPrice | None,
    profit_shown: Decimal,
) -> tuple[Reason, ...]:
    """Why: each figure against the bar of a BUY (of a STRONG_BUY once that is reached).

    ``profit_shown`` is the profit as the account beside it shows it, to the cent.
    """
    bar = judge.bars[0] if reached is Verdict.STRONG_BUY else judge.buy
    found = []
    if figures.profit <= 0:
        found.append(Reason(ReasonCode.LOSES_MONEY, False, {"profit": f"{figures.profit:.2f}"}))
    roi, margin = 100 * figures.roi, 100 * figures.margin
    found += [
        _against(ReasonCode.ROI_MET, ReasonCode.ROI_MISSED, roi, 100 * bar.roi),
        _profit(figures.profit, profit_shown, bar.profit),
        _against(ReasonCode.MARGIN_MET, ReasonCode.MARGIN_MISSED, margin, 100 * bar.margin),
        _against(
            ReasonCode.VELOCITY_MET, ReasonCode.VELOCITY_MISSED, figures.velocity, bar.velocity
        ),
        _against(
            ReasonCode.CONFIDENCE_MET,
            ReasonCode.CONFIDENCE_MISSED,
            figures.confidence,
            bar.confidence,
        ),
    ]
    if hypothetical:
        found.append(Reason(ReasonCode.HYPOTHETICAL_COST, False, {}))
    if share_90 is not None and share_90 >= judge.often and not hypothetical:
        found.append(Reason(ReasonCode.OFTEN_PROFITABLE, True, {"percent": f"{share_90:.0f}"}))
    if better is not None:
        params = {"price": f"{better.price:f}", "gain": f"{better.gain:f}"}
        found.append(Reason(ReasonCode.BETTER_PRICE, True, params))
    for flag in flags:
        if flag.cap is not None and RANK[flag.cap] < RANK[reached]:
            params = {"flag": flag.code.value, "verdict": flag.cap.value}
            found.append(Reason(ReasonCode.CAPPED, False, params))
    return tuple(found)


def _profit(exact: Decimal, shown: Decimal, needed: Decimal) -> Reason:
    reason = _against(ReasonCode.PROFIT_MET, ReasonCode.PROFIT_MISSED, exact, needed)
    # Rounding must not turn a floor that was missed into one that was met.
    if (shown >= needed) is reason.supports:
        reason = replace(reason, params={**reason.params, "actual": f"{shown:f}"})
    return reason


def _against(
    met: ReasonCode, missed: ReasonCode, actual: Decimal | float, needed: Decimal | float
) -> Reason:
    fine = actual >= needed
    return Reason(
        met if fine else missed, fine, {"actual": _shown(actual), "needed": _shown(needed)}
    )


def _shown(value: Decimal | float) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    return f"{value.quantize(Decimal('0.01'), ROUND_FLOOR):f}"
