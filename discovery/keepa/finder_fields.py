"""The conditions of a niche, one line each: our name, Keepa's selection field, what it may be."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from discovery.keepa.csv_types import DETAIL_ONLY
from discovery.keepa.marketplaces import Marketplace

LARGEST_INTEGER = 2_000_000_000
LARGEST_AMOUNT = Decimal(10_000_000)
# Keepa takes at most 50 values in an array of the selection.
MOST_VALUES = 50
LONGEST_TEXT = 200
MOST_RESULTS = 10_000
SMALLEST_PAGE = 50  # Keepa answers 400 below

# The price series a niche may be described in. NEW is the default because Keepa delivers it
# with every product, which lets a narrower price range be answered from what we hold.
DEFAULT_PRICE_TYPE = "NEW"
PRICE_TYPES = (
    "NEW",
    "BUY_BOX_SHIPPING",
    "NEW_FBA",
    "NEW_FBM_SHIPPING",
    "USED",
    "BUY_BOX_USED_SHIPPING",
    "AMAZON",
    "LISTPRICE",
)


class Unit(StrEnum):
    """What the number of a condition counts."""

    INTEGER = "integer"
    MONEY = "money"  # Decimal of the marketplace's currency; smallest units on the wire
    STARS = "stars"  # 0 to 5; ten times that on the wire


@dataclass(frozen=True, slots=True)
class Range:
    """A pair of filters ``{name}_min`` and ``{name}_max`` on one field of the selection.

    ``low`` and ``high`` are the limits of what may be asked, in the filter's own unit; those of
    an amount depend on the currency, see ``limits``.
    """

    name: str
    field: str
    unit: Unit = Unit.INTEGER
    low: int = 0
    high: int = LARGEST_INTEGER
    ends: tuple[str, str] = dataclasses.field(
        init=False, compare=False
    )  # the names of its two filters

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", (f"{self.name}_min", f"{self.name}_max"))

    @property
    def uses_price_type(self) -> bool:
        """Whether the field is that of the price series asked about."""
        return "{price_type}" in self.field

    def limits(self, market: Marketplace) -> tuple[Decimal, Decimal]:
        """The smallest and largest value that may be asked, both included."""
        if self.unit is Unit.MONEY:
            return market.decimal(1), LARGEST_AMOUNT
        return Decimal(self.low), Decimal(self.high)

    def key(self, price_type: str) -> str:
        """The selection field, without ``_gte`` or ``_lte``."""
        return self.field.format(price_type=price_type)


RANGES: tuple[Range, ...] = (
    Range("bsr", "current_SALES", low=1),
    Range("bsr_avg90", "avg90_SALES", low=1),
    Range("price", "current_{price_type}", Unit.MONEY),
    Range("price_avg90", "avg90_{price_type}", Unit.MONEY),
    Range("new_offers", "current_COUNT_NEW"),
    # The Finder has no ``current_COUNT_NEW_FBA``; this count comes with every product as well.
    Range("fba_offers", "buyBoxEligibleOfferCountsNewFBA"),
    Range("used_offers", "current_COUNT_USED"),
    Range("monthly_sold", "monthlySold", low=1),
    Range("drops30", "salesRankDrops30"),
    Range("drops90", "salesRankDrops90"),
    Range("drops180", "salesRankDrops180"),
    Range("drops365", "salesRankDrops365"),
    Range("rating", "current_RATING", Unit.STARS, high=5),
    Range("reviews", "current_COUNT_REVIEWS"),
    Range("weight", "packageWeight", low=1),  # grams
    Range("amazon_out_of_stock90", "outOfStockPercentage90", high=100),
    Range("amazon_buy_box_share90", "buyBoxStatsAmazon90", high=100),
    Range("buy_box_sellers90", "buyBoxStatsSellerCount90", low=1),
)


@dataclass(frozen=True, slots=True)
class Flag:
    """A yes-or-no filter: when on, ``field`` of the selection is ``asked``.

    ``testable``: whether a product's own data show if it passes.
    """

    name: str
    field: str
    asked: bool | list[int]
    testable: bool = True


FLAGS: tuple[Flag, ...] = (
    Flag("amazon_absent", "availabilityAmazon", [-1]),
    Flag("exclude_adult", "isAdultProduct", asked=False),
    Flag("exclude_hazmat", "isHazMat", asked=False),
    Flag("exclude_heat_sensitive", "isHeatSensitive", asked=False),
    # Which variation Keepa keeps of a family cannot be seen from one product.
    Flag("single_variation", "singleVariation", asked=True, testable=False),
)

DEFAULT_SORT = "bsr"
SORTS: dict[str, tuple[str, str]] = {
    "bsr": ("current_SALES", "asc"),
    "-bsr": ("current_SALES", "desc"),
    "bsr_avg90": ("avg90_SALES", "asc"),
    "price": ("current_{price_type}", "asc"),
    "-price": ("current_{price_type}", "desc"),
    "-monthly_sold": ("monthlySold", "desc"),
    "-drops90": ("salesRankDrops90", "desc"),
    "new_offers": ("current_COUNT_NEW", "asc"),
}

# Not in a product call without Buy Box and rating: absent there means unknown.
_DETAIL_FIELDS = frozenset(
    {
        "current_RATING",
        "current_COUNT_REVIEWS",
        "buyBoxStatsAmazon90",
        "buyBoxStatsSellerCount90",
    }
)


def is_always_known(key: str) -> bool:
    """Whether every product call returns the value of this selection field."""
    return key not in _DETAIL_FIELDS and key.partition("_")[2] not in DETAIL_ONLY
