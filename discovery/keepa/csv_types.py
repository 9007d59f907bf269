"""Keepa's table of series: what stands at which index of ``csv`` and of the statistics.

The rest of the program knows the names only. Source: ``Product.CsvType`` of the vendor's Java
client, February 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What the integers of a series are."""

    PRICE = "price"  # smallest currency unit
    RANK = "rank"
    COUNT = "count"
    RATING = "rating"  # ten times the stars
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CsvType:
    """One series. ``shipped``: its history holds (time, price, shipping) triplets."""

    index: int
    name: str
    kind: Kind = Kind.PRICE
    shipped: bool = False


def _shipped(index: int, name: str) -> CsvType:
    return CsvType(index, name, shipped=True)


CSV_TYPES: tuple[CsvType, ...] = (
    CsvType(0, "AMAZON"),
    CsvType(1, "NEW"),
    CsvType(2, "USED"),
    CsvType(3, "SALES", Kind.RANK),
    CsvType(4, "LISTPRICE"),
    CsvType(5, "COLLECTIBLE"),
    CsvType(6, "REFURBISHED"),
    _shipped(7, "NEW_FBM_SHIPPING"),
    CsvType(8, "LIGHTNING_DEAL"),
    CsvType(9, "WAREHOUSE"),
    CsvType(10, "NEW_FBA"),
    CsvType(11, "COUNT_NEW", Kind.COUNT),
    CsvType(12, "COUNT_USED", Kind.COUNT),
    CsvType(13, "COUNT_REFURBISHED", Kind.COUNT),
    CsvType(14, "COUNT_COLLECTIBLE", Kind.COUNT),
    CsvType(15, "EXTRA_INFO_UPDATES", Kind.OTHER),
    CsvType(16, "RATING", Kind.RATING),
    CsvType(17, "COUNT_REVIEWS", Kind.COUNT),
    _shipped(18, "BUY_BOX_SHIPPING"),
    _shipped(19, "USED_NEW_SHIPPING"),
    _shipped(20, "USED_VERY_GOOD_SHIPPING"),
    _shipped(21, "USED_GOOD_SHIPPING"),
    _shipped(22, "USED_ACCEPTABLE_SHIPPING"),
    _shipped(23, "COLLECTIBLE_NEW_SHIPPING"),
    _shipped(24, "COLLECTIBLE_VERY_GOOD_SHIPPING"),
    _shipped(25, "COLLECTIBLE_GOOD_SHIPPING"),
    _shipped(26, "COLLECTIBLE_ACCEPTABLE_SHIPPING"),
    _shipped(27, "REFURBISHED_SHIPPING"),
    _shipped(28, "EBAY_NEW_SHIPPING"),
    _shipped(29, "EBAY_USED_SHIPPING"),
    CsvType(30, "TRADE_IN"),
    CsvType(31, "RENT"),
    _shipped(32, "BUY_BOX_USED_SHIPPING"),
    CsvType(33, "PRIME_EXCL"),
    CsvType(34, "COUNT_NEW_FBA", Kind.COUNT),  # Amazon included
    CsvType(35, "COUNT_NEW_FBM", Kind.COUNT),
)

# Filled in only when a call asks for offers or the Buy Box: without them, an absent value is
# unknown rather than none.
DETAIL_ONLY = frozenset(
    csv_type.name
    for csv_type in CSV_TYPES
    if 18 <= csv_type.index <= 27 or csv_type.index in {7, 9, 10, 32, 33}
)
