"""What Keepa calls cost in tokens, to quote and to reserve; what was paid is what Keepa says.

Source: Keepa's public documentation of its tokens, as mirrored in 2026. Token costs may change:
they stand here and nowhere else.
"""

from __future__ import annotations

import math

FINDER_CALL = 10
FINDER_PER_100_ASINS = 1
FINDER_INSIGHTS = 30

PRODUCT = 1  # with statistics and history
PRODUCT_BUYBOX = 2  # on top, per product
PRODUCT_OFFERS_PAGE = 6  # per 10 offers found, instead of PRODUCT and PRODUCT_BUYBOX

CATEGORY = 1
CATEGORY_SEARCH = 1
TOKEN_STATUS = 0

DEAL_PAGE = 5  # up to 150 rows
SELLER = 1
SELLER_STOREFRONT = 9  # on top, when Keepa knows one


def finder_cost(asins: int) -> int:
    """Tokens of one Product Finder call that returns this many ASINs: 10, and 1 per 100."""
    return FINDER_CALL + FINDER_PER_100_ASINS * math.ceil(max(asins, 0) / 100)


def product_cost(products: int, *, buybox: bool = False, offers: int = 0) -> int:
    """The most tokens a product call for this many ASINs can cost.

    ``offers`` is the number of live offers asked for per product (20-100), 0 for none.
    """
    if offers:
        return products * PRODUCT_OFFERS_PAGE * math.ceil(offers / 10)
    return products * (PRODUCT + (PRODUCT_BUYBOX if buybox else 0))


def seller_cost(sellers: int, *, storefront: bool = False) -> int:
    """The most tokens a call about this many sellers can cost; an unknown one is not charged."""
    return sellers * (SELLER + (SELLER_STOREFRONT if storefront else 0))
