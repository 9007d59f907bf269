"""From numbers to a verdict, and the reasons for it.

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

RANK = {Verdict.STRONG_BUY: 3, Verdict.BUY: 2, Verdict.CONSIDER: 1, Verdict.SKIP: 0}

HUNDREDTH = Decimal("0.01")


def forbids(cap: Verdict | None, verdict: Verdict) -> bool:
    """Whether a flag's cap is worse than a verdict; None caps nothing."""
    return cap is not None and RANK[cap] < RANK[verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """What a verdict asks for: ROI and margin as ratios, profit in money, the rest 0-100."""

    verdict: Verdict
    roi: Decimal
    profit: Decimal
    margin: Decimal
    velocity: float
    confidence: float


class _ShownFloors:
    """Floors as reasons say them, ROI and margin in percent; written once a profile."""

    def __init__(self, floors: Floors) -> None:
        self.roi = _shown(100 * floors.roi)
        self.profit = _shown(floors.profit)
        self.margin = _shown(100 * floors.margin)
        self.velocity = _shown(floors.velocity)
        self.confidence = _shown(floors.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The exact figures a verdict is given on; ``capital`` is the cost the ROI is counted on."""

    price: Decimal
    profit: Decimal
    capital: Decimal
    velocity: float
    confidence: float

    @property
    def roi(self) -> Decimal:
        """Profit as a ratio of the capital."""
        return self.profit / self.capital

    @property
    def margin(self) -> Decimal:
        """Profit as a ratio of the price."""
        return self.profit / self.price


class Thresholds:
    """A profile's floors for each verdict, best first; a profit below a ``cent`` meets none."""

    def __init__(self, profile: Profile, cent: Decimal) -> None:
        self.cent = cent
        self.join = profile.floors_join
        self.often = float(profile.rarely_profitable_percent)
        self.buy = Floors(
            verdict=Verdict.BUY,
            roi=profile.roi_target_percent / 100,
            profit=profile.min_profit,
            margin=profile.min_margin_percent / 100,
            velocity=float(profile.buy_velocity),
            confidence=float(profile.buy_confidence),
        )
        self.strong = Floors(
            verdict=Verdict.STRONG_BUY,
            roi=profile.strong_roi_percent / 100,
            profit=profile.strong_profit,
            margin=profile.strong_margin_percent / 100,
            velocity=float(profile.strong_velocity),
            confidence=float(profile.strong_confidence),
        )
        consider = Floors(
            verdict=Verdict.CONSIDER,
            roi=profile.consider_roi_percent / 100,
            profit=profile.consider_profit,
            margin=profile.consider_margin_percent / 100,
            velocity=float(profile.consider_velocity),
            confidence=float(profile.consider_confidence),
        )
        self.levels = (self.strong, self.buy, consider)
        self.shown = {floors.verdict: _ShownFloors(floors) for floors in self.levels}

    def verdict(self, figures: Figures) -> Verdict:
        """The best verdict whose floors are met, before caps."""
        for floors in self.levels:
            if (
                figures.velocity >= floors.velocity
                and figures.confidence >= floors.confidence
                and self.pays(
                    floors, price=figures.price, profit=figures.profit, capital=figures.capital
                )
            ):
                return floors.verdict
        return Verdict.SKIP

    def pays(self, floors: Floors, *, price: Decimal, profit: Decimal, capital: Decimal) -> bool:
        """Whether the money floors of a verdict are met by exact figures (see ``Figures``)."""
        if profit < self.cent:
            return False
        met = (
            profit >= floors.roi * capital,
            profit >= floors.profit,
            profit >= floors.margin * price,
        )
        return all(met) if self.join is FloorJoin.AND else any(met)


def cap(verdict: Verdict, flags: Sequence[Flag]) -> Verdict:
    """The verdict after every flag had its say."""
    for flag in flags:
        if flag.cap is not None and forbids(flag.cap, verdict):
            verdict = flag.cap
    return verdict


def reasons(
    thresholds: Thresholds,
    figures: Figures,
    *,
    reached: Verdict,
    flags: Sequence[Flag],
    hypothetical: bool,
    share_90: float | None,
    better: BetterPrice | None,
    profit_shown: Decimal,
) -> tuple[Reason, ...]:
    """Why: each figure against the floor of a BUY (of a STRONG_BUY once that is reached).

    ``reached`` is the verdict before caps, ``share_90`` the percentage of the last 90 days in
    which the ROI target was met, ``profit_shown`` the profit as the breakdown shows it, to the
    cent.
    """
    floors = thresholds.strong if reached is Verdict.STRONG_BUY else thresholds.buy
    found = []
    if figures.profit <= 0:
        found.append(Reason(ReasonCode.LOSES_MONEY, False, {"profit": f"{figures.profit:.2f}"}))
    shown = thresholds.shown[floors.verdict]
    code = ReasonCode
    found += [
        _compared(code.ROI_MET, code.ROI_MISSED, 100 * figures.roi, 100 * floors.roi, shown.roi),
        _profit(figures.profit, profit_shown, floors.profit, shown.profit),
        _compared(
            code.MARGIN_MET,
            code.MARGIN_MISSED,
            100 * figures.margin,
            100 * floors.margin,
            shown.margin,
        ),
        _compared(
            code.VELOCITY_MET,
            code.VELOCITY_MISSED,
            figures.velocity,
            floors.velocity,
            shown.velocity,
        ),
        _compared(
            code.CONFIDENCE_MET,
            code.CONFIDENCE_MISSED,
            figures.confidence,
            floors.confidence,
            shown.confidence,
        ),
    ]
    if hypothetical:
        found.append(Reason(ReasonCode.HYPOTHETICAL_COST, False, {}))
    if share_90 is not None and share_90 >= thresholds.often and not hypothetical:
        found.append(Reason(ReasonCode.OFTEN_PROFITABLE, True, {"percent": f"{share_90:.0f}"}))
    if better is not None:
        params = {"price": f"{better.price:f}", "gain": f"{better.gain:f}"}
        found.append(Reason(ReasonCode.BETTER_PRICE, True, params))
    for flag in flags:
        if flag.cap is not None and forbids(flag.cap, reached):
            params = {"flag": flag.code.value, "verdict": flag.cap.value}
            found.append(Reason(ReasonCode.CAPPED, False, params))
    return tuple(found)


def _profit(exact: Decimal, shown: Decimal, floor: Decimal, needed: str) -> Reason:
    reason = _compared(ReasonCode.PROFIT_MET, ReasonCode.PROFIT_MISSED, exact, floor, needed)
    # Rounding must not turn a floor that was missed into one that was met.
    if (shown >= floor) is reason.supports:
        reason = replace(reason, params={**reason.params, "actual": f"{shown:f}"})
    return reason


def _compared(
    met: ReasonCode,
    missed: ReasonCode,
    actual: Decimal | float,
    floor: Decimal | float,
    needed: str,
) -> Reason:
    enough = actual >= floor
    return Reason(met if enough else missed, enough, {"actual": _shown(actual), "needed": needed})


def _shown(value: Decimal | float) -> str:
    if isinstance(value, float):
        return f"{value:.1f}"
    return f"{value.quantize(HUNDREDTH, ROUND_FLOOR):f}"
