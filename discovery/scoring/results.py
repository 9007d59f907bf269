"""What the engine answers: one frozen ``Score``, with every input of every number in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import PlainSerializer

from discovery.scoring.codes import (
    ChangeCode,
    Condition,
    CostBasis,
    FlagCode,
    Grade,
    PriceBasis,
    PriceSeries,
    ReasonCode,
    SalesKind,
    Severity,
    ShownVerdict,
    VatRegime,
    Verdict,
)
from discovery.scoring.marketplaces import has_vat, marketplace
from discovery.vat_basis import VatBasis

Params = Mapping[str, str]
Obstacle = FlagCode | ReasonCode


class FeeKind(StrEnum):
    """Who takes a line of the breakdown."""

    AMAZON = "amazon"
    OWN = "own"
    VAT = "vat"


class FeeCode(StrEnum):
    """The lines of a breakdown, in the order they are shown."""

    REFERRAL = "referral"
    CLOSING = "closing"
    FBA = "fba"
    FUEL_SURCHARGE = "fuel_surcharge"
    PEAK_SEASON = "peak_season"
    DIGITAL_SERVICES = "digital_services"
    PLACEMENT = "placement"
    STORAGE = "storage"
    INBOUND = "inbound"
    PREP = "prep"
    SHIPPING = "shipping"
    RETURNS = "returns"
    BUFFER = "buffer"
    VAT_ON_SALE = "vat_on_sale"
    VAT_ON_MARGIN = "vat_on_margin"
    VAT_ON_FEES = "vat_on_fees"
    VAT_ON_COSTS = "vat_on_costs"


class FeeSource(StrEnum):
    """Where a figure comes from."""

    TABLE = "table"
    KEEPA = "keepa"
    KEEPA_MOVED = "keepa_moved"  # Keepa's figure, moved to our price's band by the table
    PROFILE = "profile"
    ASSUMED = "assumed"  # nothing known: the profile's stand-in


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One thing taken from the price; ``to_check`` marks figures the seller must verify."""

    code: FeeCode
    kind: FeeKind
    amount: Decimal
    source: FeeSource
    effective_from: date | None
    to_check: bool
    params: Params


@dataclass(frozen=True, slots=True)
class FeeBreakdown:
    """What stands between the price and us.

    ``price = sum(lines) + net_proceeds`` to the cent, and ``net_proceeds = landed cost (net of
    recoverable VAT) + profit``.
    """

    price: Decimal
    lines: tuple[FeeLine, ...]
    amazon: Decimal
    own: Decimal
    vat: Decimal
    total: Decimal
    net_proceeds: Decimal
    category: str
    size_tier: str | None

    def amount(self, code: FeeCode) -> Decimal:
        """The amount of one line, zero when there is none."""
        return sum((line.amount for line in self.lines if line.code is code), Decimal(0))


@dataclass(frozen=True, slots=True)
class Flag:
    """A risk: how grave, what it was measured at, and the best verdict it leaves."""

    code: FlagCode
    severity: Severity
    cap: Verdict | None
    params: Params


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason behind the verdict; ``supports`` is True when it speaks for buying."""

    code: ReasonCode
    supports: bool
    params: Params


@dataclass(frozen=True, slots=True)
class Change:
    """Something that would change the verdict, or up to where it holds."""

    code: ChangeCode
    params: Params


@dataclass(frozen=True, slots=True)
class Cliff:
    """A price just above which profit falls: sell at ``price`` rather than a little more.

    ``drop`` is what one more cent costs; ``profit`` what is earned at ``price``.
    """

    price: Decimal
    profit: Decimal
    drop: Decimal


@dataclass(frozen=True, slots=True)
class BetterPrice:
    """A lower price that earns ``gain`` more than the sell price does."""

    price: Decimal
    profit: Decimal
    gain: Decimal


@dataclass(frozen=True, slots=True)
class Corridor:
    """Where the price usually stands: time-weighted quartiles of the sell-side series."""

    series: PriceSeries
    p25: Decimal
    median: Decimal
    p75: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The engine's whole answer about one product.

    Money is in ``currency``; percentages are percent (30 = 30 %). ``landed_cost`` is the price
    paid, VAT included (the one figure shown for the cost), ``landed_cost_net`` the same less
    recoverable VAT, ``cost_given`` an explicit cost as it was stated, on the basis ``cost_vat``;
    without one, ``cost_vat`` is the basis on which its reader states costs.
    ``purchase_vat_percent`` is the rate of VAT in the purchase price. ``grade`` is how good the
    used copy is that the figures are about, None for a new one.
    ``hypothetical`` is True when the cost is only assumed, and then ``max_cost``, the price to look
    for, is the number to show first; ``profit_at_max_cost`` and ``roi_at_max_cost`` are what is
    earned there (only given then, and where it is not zero). ``None`` means unknown, or that there
    is no sell price. ``pack_size`` is how many units the listing sells at once, ``cost_units`` for
    how many of them an explicit cost was given (None: nobody said); the landed cost is that of the
    whole listing. Shares are 0-100.

    ``max_cost`` is the most one may pay, in whole smallest units: at that cost the verdict is BUY
    or better, at one unit more it is not. Zero when no cost earns a BUY. ``buy_forbidden_by`` names
    what forbids a BUY at any cost (capping flags, VELOCITY_MISSED, CONFIDENCE_MISSED, NO_PRICE);
    when it is not empty, ``max_cost`` is the limit that money alone sets.
    """

    asin: str
    marketplace: str
    currency: str
    verdict: Verdict
    condition: Condition
    regime: VatRegime
    roi_percent: Decimal | None = None
    profit: Decimal | None = None
    margin_percent: Decimal | None = None
    sell_price: Decimal | None = None
    sell_price_series: PriceSeries | None = None
    sell_price_basis: PriceBasis
    landed_cost: Decimal | None = None
    landed_cost_net: Decimal | None = None
    cost_basis: CostBasis | None = None
    cost_source: str | None = None
    cost_given: Decimal | None = None
    cost_vat: VatBasis = VatBasis.INCLUDED
    grade: Grade | None = None
    purchase_vat_percent: Decimal | None = None
    hypothetical: bool = False
    max_cost: Decimal | None = None
    profit_at_max_cost: Decimal | None = None
    roi_at_max_cost: Decimal | None = None
    buy_forbidden_by: tuple[Obstacle, ...] = ()
    break_even: Decimal | None = None
    target_price: Decimal | None = None
    fees: FeeBreakdown | None = None
    velocity_score: float
    monthly_sales: float | None
    monthly_sales_kind: SalesKind
    expected_sales_per_month: float | None
    competitors: float | None
    days_to_sell: float | None
    confidence: float
    flags: tuple[Flag, ...]
    reasons: tuple[Reason, ...]
    what_would_change: tuple[Change, ...] = ()
    corridor: Corridor | None
    share_profitable_90: float | None = None
    share_profitable_180: float | None = None
    cliffs: tuple[Cliff, ...] = ()
    better_price: BetterPrice | None = None
    rank_score: float = 0.0
    pack_size: int | None = None
    cost_units: int | None = None
    scored_at: Annotated[datetime, PlainSerializer(datetime.isoformat, return_type=str)]
    engine_version: str
    profile_fingerprint: str

    @property
    def sourcing(self) -> bool:
        """Whether it is worth looking for at ``max_cost``, its purchase price being unknown."""
        return self.hypothetical and self.verdict is Verdict.CONSIDER and bool(self.max_cost)

    @property
    def shown_verdict(self) -> ShownVerdict:
        """The verdict as it is shown, counted and sorted."""
        return ShownVerdict.of(self.verdict, sourcing=self.sourcing)

    @property
    def shown_profit(self) -> Decimal | None:
        """The profit a row shows: at a known cost, or at ``max_cost`` for what is to be sourced.

        ``None`` where neither is: the profit of an assumed cost is nobody's.
        """
        if not self.hypothetical:
            return self.profit
        return self.profit_at_max_cost if self.sourcing else None

    @property
    def shown_roi(self) -> Decimal | None:
        """The ROI in percent, of the same purchase as ``shown_profit``."""
        if not self.hypothetical:
            return self.roi_percent
        return self.roi_at_max_cost if self.sourcing else None

    @property
    def fees_total(self) -> Decimal | None:
        """Everything taken from the price before the purchase, our own costs included."""
        return self.fees.total if self.fees else None

    @property
    def net_proceeds(self) -> Decimal | None:
        """What is left of the price for the purchase and the profit."""
        return self.fees.net_proceeds if self.fees else None

    @property
    def cost_without_vat(self) -> Decimal | None:
        """The cost as it was stated, where that was without VAT and the store has VAT."""
        return self.cost_given if self._states_without_vat else None

    @property
    def max_cost_without_vat(self) -> Decimal | None:
        """``max_cost`` less its VAT, in whole smallest units, for who states costs without VAT.

        Grossed up again it is never above ``max_cost``. None where costs are stated with VAT, the
        store has none, or the rate is not known.
        """
        rate, most = self.purchase_vat_percent, self.max_cost
        if most is None or rate is None or not self._states_without_vat:
            return None
        cent = marketplace(self.marketplace).cent
        return (most / (1 + rate / 100)).quantize(cent, ROUND_FLOOR)

    @property
    def recovered_vat(self) -> Decimal | None:
        """The VAT of the purchase that is deducted: ``landed_cost`` less ``landed_cost_net``."""
        if self.landed_cost is None or self.landed_cost_net is None:
            return None
        if self.regime is not VatRegime.REEL:
            return None
        return self.landed_cost - self.landed_cost_net or None

    @property
    def _states_without_vat(self) -> bool:
        return self.cost_vat is VatBasis.EXCLUDED and has_vat(self.marketplace)

    def has_flag(self, code: FlagCode) -> bool:
        """Whether the flag was raised."""
        return any(flag.code is code for flag in self.flags)
