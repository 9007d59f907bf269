"""The series of a Keepa product, by their place in `csv` and in the arrays of `stats`."""

from __future__ import annotations

from typing import Final

NAMES: Final = (
    "AMAZON", "NEW", "USED", "SALES", "LISTPRICE", "COLLECTIBLE", "REFURBISHED",
    "NEW_FBM_SHIPPING", "LIGHTNING_DEAL", "WAREHOUSE", "NEW_FBA", "COUNT_NEW", "COUNT_USED",
    "COUNT_REFURBISHED", "COUNT_COLLECTIBLE", "EXTRA_INFO_UPDATES", "RATING", "COUNT_REVIEWS",
    "BUY_BOX_SHIPPING", "USED_NEW_SHIPPING", "USED_VERY_GOOD_SHIPPING", "USED_GOOD_SHIPPING",
    "USED_ACCEPTABLE_SHIPPING", "COLLECTIBLE_NEW_SHIPPING", "COLLECTIBLE_VERY_GOOD_SHIPPING",
    "COLLECTIBLE_GOOD_SHIPPING", "COLLECTIBLE_ACCEPTABLE_SHIPPING", "REFURBISHED_SHIPPING",
    "EBAY_NEW_SHIPPING", "EBAY_USED_SHIPPING", "TRADE_IN", "RENT", "BUY_BOX_USED_SHIPPING",
    "PRIME_EXCL", "COUNT_NEW_FBA", "COUNT_NEW_FBM",
)  # fmt: skip
INDEX: Final = {name: place for place, name in enumerate(NAMES)}
COUNT: Final = len(NAMES)

(AMAZON, NEW, USED, SALES, LISTPRICE, COLLECTIBLE, REFURBISHED, NEW_FBM_SHIPPING) = range(8)
LIGHTNING_DEAL: Final = 8
(WAREHOUSE, NEW_FBA, COUNT_NEW, COUNT_USED, COUNT_REFURBISHED, COUNT_COLLECTIBLE) = range(9, 15)
(RATING, COUNT_REVIEWS, BUY_BOX_SHIPPING, USED_NEW_SHIPPING, USED_VERY_GOOD_SHIPPING) = range(
    16, 21
)
(USED_GOOD_SHIPPING, USED_ACCEPTABLE_SHIPPING) = (21, 22)
REFURBISHED_SHIPPING: Final = 27
(BUY_BOX_USED_SHIPPING, COUNT_NEW_FBA, COUNT_NEW_FBM) = (32, 34, 35)

WITH_SHIPPING: Final = frozenset(
    place for name, place in INDEX.items() if name.endswith("_SHIPPING")
)
"""Triplets `[time, price, shipping, ...]`."""

OFFERS_ONLY: Final = frozenset({7, 9, 10, *range(18, 28), 32, 33})
"""Null unless `buybox=1` or `offers=` was asked."""

RATING_ONLY: Final = frozenset({RATING, COUNT_REVIEWS})
"""Null unless `rating=1` or `offers=` was asked."""

PRICES: Final = frozenset({0, 1, 2, *range(4, 11), *range(18, 34)})
"""Money, for which -1 means out of stock and an out-of-stock share makes sense."""
