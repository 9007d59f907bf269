"""What a product would bring if it were sold otherwise: at another price, or sent by ourselves.

Answers of this kind are looked at and thrown away: nothing made with a ``WhatIf`` is stored.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from discovery.scoring.fees.breakdown import OwnCosts
from discovery.scoring.fees.figures import Figure
from discovery.scoring.landed_cost import Deal
from discovery.scoring.prices import SELL_SIDE, SellPrice
from discovery.scoring.profile import Profile
from discovery.scoring.results import FeeSource

ZERO = Decimal(0)
# What Amazon's warehouse takes of a unit, and what getting it there costs: nothing of it is owed by
# whoever keeps the unit at home and sends it.
OF_THE_WAREHOUSE = (
    "fba_fee", "fuel_surcharge_percent", "peak_surcharge", "storage_per_m3", "inbound_per_kg",
    "prep_per_unit", "placement_fee",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WhatIf:
    """``price`` (store's currency) stands for the one expected; ``None``: that one.

    ``own_shipping`` is what sending a unit ourselves (FBM) costs, excl. VAT, packing included;
    ``None``: Amazon sends it (FBA). Raises ``ValueError`` for a price that is not positive and
    for shipping below zero.
    """

    price: Decimal | None = None
    own_shipping: Decimal | None = None

    def __post_init__(self) -> None:
        price, shipping = self.price, self.own_shipping
        if price is not None and not (price.is_finite() and price > 0):
            raise ValueError("a sell price must be positive")
        if shipping is not None and not (shipping.is_finite() and shipping >= 0):
            raise ValueError("shipping cannot cost less than nothing")

    def profile(self, resolved: Profile) -> Profile:
        """The profile with which it is reckoned: without the warehouse where we send it."""
        if self.own_shipping is None:
            return resolved
        nothing: dict[str, Any] = dict.fromkeys(OF_THE_WAREHOUSE, ZERO)
        return dataclasses.replace(resolved, **nothing)

    def deal(self, usual: Deal, profile: Profile) -> Deal:
        """The deal at the price that is tried; what the market does stays what it is."""
        if self.price is None:
            return usual
        nobody = SellPrice(ZERO, SELL_SIDE[profile.condition][0], None, None, used_average=False)
        sell = dataclasses.replace(usual.sell or nobody, amount=self.price)
        return dataclasses.replace(usual, sell=sell)

    def own(self, usual: OwnCosts) -> OwnCosts:
        """Our costs of a unit, shipping included; only a warehouse asks how large it is."""
        if self.own_shipping is None:
            return usual
        shipping = Figure(self.own_shipping, FeeSource.PROFILE)
        return dataclasses.replace(usual, shipping=shipping, size_known=True)


AS_EXPECTED = WhatIf()
