"""What a product earns at a cost, a price, a quantity of one's own: for no token, nothing kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from discovery.products.store import StoredProduct
from discovery.profiles.service import ActiveProfile
from discovery.scoring import Score, SoldCopy, VatBasis, WhatIf, score
from discovery.scoring.pack_size import cost_of_listing
from discovery.scoring.quantities import SELL_WITHIN, fewer_than, sellable_in

SOON = SELL_WITHIN // 2  # days


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """What is tried: ``cost`` for ``units`` of what the listing sells, ``None`` for all of it.

    ``sold`` is the copy that the figures are about, where used ones are sold; ``what_if`` another
    sale than the one expected.
    """

    profile: ActiveProfile
    cost: Decimal | None
    cost_vat: VatBasis
    units: int | None
    sold: SoldCopy
    what_if: WhatIf
    quantity: int | None = None

    def score(self, stored: StoredProduct, *, now: datetime) -> Score:
        """The verdict with all that is tried."""
        return score(
            stored.facts,
            self.profile.settings,
            now=now,
            cost=self.cost,
            cost_vat=self.cost_vat,
            cost_units=self.units,
            sold=self.sold,
            what_if=self.what_if,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a purchase of so many brings, in the score's currency.

    ``soon`` and ``in_time`` are the units that sell in 30 and in 60 days, ``too_many`` the latter
    where the quantity is more; ``None`` where nothing is known or nothing was typed.
    """

    quantity: int | None
    profit: Decimal | None
    paid: Decimal | None
    soon: int | None
    in_time: int | None
    too_many: int | None


def outcome_of(score: Score, *, quantity: int | None) -> Outcome:
    """What the quantity brings at the profit shown, and how much of it sells in time."""
    sales = score.expected_sales_per_month
    profit, paid = score.shown_profit, score.landed_cost
    if score.hypothetical:
        paid = score.max_cost if score.sourcing else None
    return Outcome(
        quantity=quantity,
        profit=None if quantity is None or profit is None else quantity * profit,
        paid=None if quantity is None or paid is None else quantity * paid,
        soon=sellable_in(SOON, sales),
        in_time=sellable_in(SELL_WITHIN, sales),
        too_many=fewer_than(quantity, sales),
    )


def whole_cost(cost: Decimal | None, units: int | None, stored: StoredProduct) -> Decimal | None:
    """The cost of all that the listing sells at once, given for so many units."""
    if cost is None:
        return None
    return cost_of_listing(cost, units=units, pack_size=stored.facts.pack_size)
