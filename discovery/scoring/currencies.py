"""Money settings in each store's currency: what stands there for the profile's euros.

Orders of magnitude, November 2026, rounded to what a reseller would ask for: a profit of 3 € is one
of 450 ¥, never of 3 ¥. They are no exchange rates and convert no price: only the profile's amounts
(floors, own costs, stand-ins) are multiplied, unless an exception names an amount for the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from discovery.scoring.marketplaces import MARKETPLACES

BASE = "EUR"
ONE = Decimal(1)
# What is asked for in each currency where the profile says one euro.
FOR_ONE_EURO: Mapping[str, Decimal] = {
    "EUR": ONE,
    "USD": ONE,
    "GBP": ONE,
    "CAD": Decimal("1.5"),
    "BRL": Decimal(6),
    "MXN": Decimal(20),
    "INR": Decimal(100),
    "JPY": Decimal(150),
}


def currency_of(code: str) -> str:
    """The currency of a marketplace; the base one for a store the engine does not know."""
    market = MARKETPLACES.get(code)
    return market.currency if market else BASE


def local_amount(amount: Decimal, currency: str) -> Decimal:
    """An amount of the profile, in euros, as it is asked for in another currency."""
    return amount * FOR_ONE_EURO[currency]
