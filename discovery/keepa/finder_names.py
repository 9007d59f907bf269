"""Every name the Product Finder's selection knows; Keepa ignores or refuses any other.

Source: ``ProductFinderRequest`` of the vendor's Java client, February 2026: 757 fields. Facts
only, nothing else of the client: no import, so that whoever plays Keepa's part may read them too.

A *range* field is asked as ``name_gte`` and ``name_lte`` and sorted by as ``name``; a *plain* one
is asked as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

# The series that can be asked about: those of ``csv`` but for the collectibles by condition, the
# split of new offers by fulfilment, and the updates of extra information.
_SERIES: Final = """
    AMAZON NEW USED SALES LISTPRICE COLLECTIBLE REFURBISHED NEW_FBM_SHIPPING LIGHTNING_DEAL
    WAREHOUSE NEW_FBA COUNT_NEW COUNT_USED COUNT_REFURBISHED COUNT_COLLECTIBLE RATING
    COUNT_REVIEWS BUY_BOX_SHIPPING USED_NEW_SHIPPING USED_VERY_GOOD_SHIPPING USED_GOOD_SHIPPING
    USED_ACCEPTABLE_SHIPPING REFURBISHED_SHIPPING EBAY_NEW_SHIPPING EBAY_USED_SHIPPING TRADE_IN
    RENT BUY_BOX_USED_SHIPPING PRIME_EXCL
"""

_RANGE_FAMILIES: Final = """
    current avg1 avg7 avg30 avg90 avg180 avg365 delta1 delta7 delta30 delta90 deltaPercent1
    deltaPercent7 deltaPercent30 deltaPercent90 deltaLast lastPriceChange
"""
_FLAG_FAMILIES: Final = ("backInStock", "isLowest")

_RANGES: Final = """
    availabilityAmazonMinDelayInDays businessDiscount buyBoxEligibleOfferCountsNewFBA
    buyBoxEligibleOfferCountsNewFBM buyBoxEligibleOfferCountsUsedFBA
    buyBoxEligibleOfferCountsUsedFBM buyBoxStandardDeviation30 buyBoxStandardDeviation365
    buyBoxStandardDeviation90 buyBoxStatsAmazon180 buyBoxStatsAmazon30 buyBoxStatsAmazon365
    buyBoxStatsAmazon90 buyBoxStatsSellerCount180 buyBoxStatsSellerCount30
    buyBoxStatsSellerCount365 buyBoxStatsSellerCount90 buyBoxStatsTopSeller180
    buyBoxStatsTopSeller30 buyBoxStatsTopSeller365 buyBoxStatsTopSeller90 couponOneTimeAbsolute
    couponOneTimePercent couponSNSPercent deltaPercent90_monthlySold fbaFees flipability30
    flipability365 flipability90 imageCount itemDimension itemHeight itemLength itemWeight
    itemWidth lastBusinessDiscountUpdate lastOffersUpdate lastPriceChange lastRatingUpdate
    lastUpdate lightningEnd lightningStart listedSince monthlySold nextUpdate numberOfItems
    numberOfPages numberOfTrackings offerCountFBA offerCountFBM outOfStockCountAmazon30
    outOfStockCountAmazon90 outOfStockPercentage90 outOfStockPercentage90_BB
    outOfStockPercentage90_BB_USED outOfStockPercentage90_NEW outOfStockPercentage90_USED
    outOfStockPercentageInInterval packageDimension packageHeight packageLength packageQuantity
    packageWeight packageWidth publicationDate releaseDate salesRankDrops180 salesRankDrops30
    salesRankDrops365 salesRankDrops90 salesRankTopPct totalOfferCount trackingSince unitValue
    variationCount variationRatingCount variationReviewCount videoCount
"""
_FLAGS: Final = """
    batteriesIncluded batteriesRequired buyBoxIsAmazon buyBoxIsBackorder buyBoxIsFBA
    buyBoxIsPreorder buyBoxIsPrimeEligible buyBoxIsPrimeExclusive buyBoxIsUnqualified
    buyBoxUsedIsFBA hasAPlus hasAPlusFromManufacturer hasMainVideo hasParentASIN hasReviews
    isAdultProduct isDeal isEligibleForSuperSaverShipping isEligibleForTradeIn isHazMat
    isHeatSensitive isHighestOffer isLowestOffer isMerchOnDemand isPrimeExclusive isSNS
    launchpad newPriceIsMAP singleVariation
"""
_INTEGER_LISTS: Final = """
    availabilityAmazon blackList buyBoxUsedCondition categories_exclude categories_include
    productType returnRate warehouseCondition
"""
_TEXT_LISTS: Final = """
    activeIngredients author binding brand brandStoreName brandStoreUrlName buyBoxSellerId
    buyBoxShippingCountry buyBoxStatsTopSellerId180 buyBoxStatsTopSellerId30
    buyBoxStatsTopSellerId365 buyBoxStatsTopSellerId90 color dealType edition format genre
    historicalSellerIds itemForm itemTypeKeyword label languages manufacturer model partNumber
    platform productGroup publisher rootCategory sellerIds sellerIdsFBA sellerIdsFBM
    sellerIdsLowestFBA sellerIdsLowestFBM size specialIngredients studio targetAudienceKeyword
    type websiteDisplayGroup websiteDisplayGroupName
"""
_TEXTS: Final = """
    buyBoxUsedSellerId historicalParentASIN material pattern scent style title title_flag
    unitType
"""
# Which digit of these stands for what is not documented.
_MONTHLY_RANKS: Final = tuple(f"srAvg{year}{month:02}" for year in range(3) for month in range(12))

SERIES: Final = tuple(_SERIES.split())
RANGE_NAMES: Final = frozenset(
    (
        *_RANGES.split(),
        *_MONTHLY_RANKS,
        *(f"{family}_{series}" for family in _RANGE_FAMILIES.split() for series in SERIES),
    )
)
"""Fields asked as ``name_gte`` and ``name_lte``; integers, but for ``unitValue``."""

PLAIN_NAMES: Final[Mapping[str, str]] = {
    **dict.fromkeys(_FLAGS.split(), "flag"),
    **{f"{family}_{series}": "flag" for family in _FLAG_FAMILIES for series in SERIES},
    **dict.fromkeys(_INTEGER_LISTS.split(), "integers"),
    **dict.fromkeys(_TEXT_LISTS.split(), "texts"),
    **dict.fromkeys(_TEXTS.split(), "text"),
    "salesRankReference": "integer",
    "page": "integer",
    "perPage": "integer",
    "sort": "pairs",
    "minMatch": "counts",
}
"""Fields asked by their own name, with the shape of the value: flag (true or false), integer,
integers or texts (a list), text, pairs ([[field, "asc" or "desc"]]), counts (an object of
integers). ``rootCategory``, texts there, takes integers as well."""

FINDER_NAMES: Final = RANGE_NAMES | PLAIN_NAMES.keys()


def unknown_keys(keys: Iterable[str]) -> tuple[str, ...]:
    """Those keys of a selection that Keepa does not have, in order: ``current_NEW`` needs its end.

    >>> unknown_keys(["current_NEW_lte", "title", "current_COUNT_NEW_FBA_gte"])
    ('current_COUNT_NEW_FBA_gte',)
    """
    return tuple(
        key
        for key in keys
        if key not in PLAIN_NAMES
        and not (key.endswith(("_gte", "_lte")) and key[: -len("_gte")] in RANGE_NAMES)
    )
