"""Whether what is offered can be sent: Amazon's own state, and that of the Buy Box offer."""

from __future__ import annotations

from typing import Final

from discovery.sandbox.market import NewSide
from discovery.sandbox.products import Product

NO_OFFER: Final = -1
IN_STOCK, PRE_ORDER, UNKNOWN, BACK_ORDER, DELAYED = range(5)

_EVERY: Final = ((61, 0, BACK_ORDER), (97, 1, DELAYED), (149, 2, UNKNOWN), (211, 3, PRE_ORDER))
"""Every so many products, by the rest of their salt, are in this state."""


def availability_of_amazon(product: Product, state: NewSide | None) -> int:
    """`availabilityAmazon`, by what Amazon offers in this state of the market."""
    if state is None or state.amazon < 0:
        return NO_OFFER
    return next((value for each, rest, value in _EVERY if product.salt % each == rest), IN_STOCK)


def delay_of_amazon(availability: int) -> list[int] | None:
    """`availabilityAmazonDelay`: the hours until Amazon ships, at least and at most."""
    return {BACK_ORDER: [336, 504], DELAYED: [48, 120]}.get(availability)


def box_state(product: Product, state: NewSide) -> str:
    """Empty when the Buy Box offer ships at once; else backorder, preorder or unshippable."""
    if state.buy_box < 0:
        return ""
    if state.seller != product.market.amazon_seller:
        return product.dirt.box
    availability = availability_of_amazon(product, state)
    return {BACK_ORDER: "backorder", PRE_ORDER: "preorder"}.get(availability, "")
