"""From numbers to a verdict, and the reasons for it.

    verdict      ROI       profit    margin    velocity   confidence     (settings of the profile)
    STRONG_BUY   strong_*                                                all floors
    BUY          roi_target, min_profit, min_margin, buy_*               all floors
    CONSIDER     consider_*                                              all floors
    SKIP         otherwise

A cost that is only assumed is compared with nothing: see ``sourcing``.

ROI, profit and margin floors are joined by AND (or OR); velocity and confidence always count. No
verdict better than SKIP is given to a profit of less than a cent. Flags then cap the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_FLOOR, Decimal

from discovery.scoring.codes import (
    FloorJoin,
    ReasonCode,
    ShownVerdict,
    Verdict,
)
from discovery.scoring.profile import FLOORS, Profile
from discovery.scoring.results import BetterPrice, Flag, Reason

# The one order of verdicts, as given and as shown: the higher, the better.
RANK = {verdict: rank for rank, verdict in enumerate(reversed(Verdict))}
SHOWN_RANK = {verdict: rank for rank, verdict in enumerate(reversed(ShownVerdict))}
BUYS = (Verdict.STRONG_BUY, Verdict.BUY)

HUNDREDTH = Decimal("0.01")
_ASCENDING = (Verdict.CONSIDER, Verdict.BUY, Verdict.STRONG_BUY)
# What is compared with a floor -> the reasons for reaching and for missing it.
COMPARED = {name: (ReasonCode(f"{name}_met"), ReasonCode(f"{name}_missed")) for name in FLOORS}


def forbids(cap: Verdict | None, verdict: Verdict) -> bool:
    """Whether a flag's cap is worse than a verdict; None caps nothing."""
    return cap is not None and RANK[cap] < RANK[verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """What a verdict asks for: ROI and margin as ratios, profit in money, the rest 0-100.

    ``shown`` are these figures as reasons say them, ROI and margin in percent.
    """

    verdict: Verdict
    roi: Decimal
    profit: Decimal
    margin: Decimal
    velocity: float
    confidence: float
    shown: Mapping[str, str] = field(default_factory=dict)


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
        settings = zip(*FLOORS.values(), strict=True)
        self.consider, self.buy, self.strong = (
            _floors(verdict, profile, names)
            for verdict, names in zip(_ASCENDING, settings, strict=True)
        )
        self.levels = (self.strong, self.buy, self.consider)

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
    """The verdict, limited by the cap of every flag raised."""
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
    share_90: float | None,
    better: BetterPrice | None,
    profit_shown: Decimal,
) -> tuple[Reason, ...]:
    """Why: each figure against the floor of a BUY (of a STRONG_BUY once that is reached).

    ``reached`` is the verdict before caps, ``share_90`` the percentage of the last 90 days in
    which the ROI target was met, ``profit_shown`` the profit as it is shown everywhere.
    """
    floors = thresholds.strong if reached is Verdict.STRONG_BUY else thresholds.buy
    found = []
    if figures.profit <= 0:
        found.append(Reason(ReasonCode.LOSES_MONEY, False, {"profit": f"{profit_shown:f}"}))
    for name, (met, missed) in COMPARED.items():
        actual, floor = getattr(figures, name), getattr(floors, name)
        enough = actual >= floor
        # Rounded so that it stands on the same side of the floor.
        shown = f"{profit_shown:f}" if name == "profit" else _shown(name, actual)
        params = {"actual": shown, "needed": floors.shown[name]}
        found.append(Reason(met if enough else missed, enough, params))
    if share_90 is not None and share_90 >= thresholds.often:
        found.append(Reason(ReasonCode.OFTEN_PROFITABLE, True, {"percent": f"{share_90:.0f}"}))
    if better is not None:
        found.append(better_price(better))
    for flag in flags:
        if flag.cap is not None and forbids(flag.cap, reached):
            params = {"flag": flag.code.value, "verdict": flag.cap.value}
            found.append(Reason(ReasonCode.CAPPED, False, params))
    return tuple(found)


def better_price(better: BetterPrice) -> Reason:
    """The reason that a lower price earns more, whatever the cost."""
    params = {"price": f"{better.price:f}", "gain": f"{better.gain:f}"}
    return Reason(ReasonCode.BETTER_PRICE, True, params)


def _floors(verdict: Verdict, profile: Profile, names: Sequence[str]) -> Floors:
    roi, profit, margin, velocity, confidence = (getattr(profile, name) for name in names)
    floors = Floors(
        verdict=verdict,
        roi=roi / 100,
        profit=profit,
        margin=margin / 100,
        velocity=float(velocity),
        confidence=float(confidence),
    )
    return replace(floors, shown={name: _shown(name, getattr(floors, name)) for name in COMPARED})


def _shown(name: str, value: Decimal | float) -> str:
    """A figure as its reason says it: points to a tenth, all else rounded down to a hundredth."""
    if isinstance(value, float):
        return f"{value:.1f}"
    if name != "profit":
        value *= 100  # a ratio, in percent
    return f"{value.quantize(HUNDREDTH, ROUND_FLOOR):f}"
