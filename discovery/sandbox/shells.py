"""The near-empty answer for an ASIN that is gone or never was."""

from __future__ import annotations

from typing import Any, Final

_ALWAYS_NULL: Final = (
    "color", "coupon", "description", "edition", "features", "format", "frequentlyBoughtTogether",
    "languages", "model", "partNumber", "promotions", "size", "formats", "couponHistory",
    "competitivePriceThreshold", "suggestedLowerPrice", "ebayListingIds",
)  # fmt: skip


def dead_payload(
    asin: str, domain: int, now: int, *, length: int, with_stats: bool
) -> dict[str, Any]:
    """What Keepa sends for an ASIN that is gone or never was; `length` is that of `csv`."""
    shell = shell_of(asin, domain)
    shell |= {
        "productType": 4,
        "availabilityAmazon": -1,
        "rootCategory": 0,
        "salesRankReference": -1,
        "csv": [None] * length,
        "lastUpdate": now,
        "listedSince": 0,
        "stats": None,
        **dict.fromkeys(_SIZES, -1),
    }
    if with_stats:
        empty = [-1] * length
        names = ("current", "avg", "avg30", "avg90", "avg180", "avg365", "atIntervalStart")
        shell["stats"] = {
            **{name: list(empty) for name in names},
            **{f"salesRankDrops{days}": -1 for days in (30, 90, 180, 365)},
            **{f"outOfStockPercentage{days}": list(empty) for days in (30, 90, 180, 365)},
            **{name: [None] * length for name in ("min", "max")},
            **{name: [None] * length for name in ("minInInterval", "maxInInterval")},
            "totalOfferCount": 0,
            "buyBoxPrice": -2,
            "buyBoxShipping": -2,
            "offerCountFBA": -2,
            "offerCountFBM": -2,
        }
    return shell


_SIZES: Final = (
    "packageLength", "packageWidth", "packageHeight", "packageWeight", "packageQuantity",
    "itemLength", "itemWidth", "itemHeight", "itemWeight", "numberOfItems", "numberOfPages",
    "publicationDate", "releaseDate",
)  # fmt: skip


def shell_of(asin: str, domain: int) -> dict[str, Any]:
    """The fields every answer has, with nothing in them."""
    nothing = (
        "author", "binding", "brand", "buyBoxSellerIdHistory", "categories", "categoryTree",
        "eanList", "fbaFees", "gtinList", "imagesCSV", "liveOffersOrder", "manufacturer",
        "parentAsin", "productGroup", "salesRanks", "salesRankReferenceHistory", "title", "type",
        "upcList", "variationCSV", "variations", "offers", "hazardousMaterials",
    )  # fmt: skip
    return {
        "asin": asin,
        "domainId": domain,
        **dict.fromkeys(nothing),
        **dict.fromkeys(_ALWAYS_NULL),
        "hasReviews": False,
        "isAdultProduct": False,
        "isHeatSensitive": False,
        "isB2B": False,
        "isRedirectASIN": False,
        "isSNS": False,
        "launchpad": False,
        "newPriceIsMAP": False,
        "offersSuccessful": False,
    }
