"""`/seller`: who a seller is, and with `storefront=1` what it has on offer.

The names, addresses and numbers are plainly invented, and are here because real answers hold
those of people: whoever reads them can prove not to keep them.
"""

from __future__ import annotations

import threading
import zlib
from collections import Counter
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

from discovery.sandbox.answer import Answer
from discovery.sandbox.catalogue import Store
from discovery.sandbox.errors import Refused, bad_parameter
from discovery.sandbox.figures import Figures
from discovery.sandbox.guests import guest_sellers
from discovery.sandbox.market import is_seller
from discovery.sandbox.marketplaces import MARKETPLACES
from discovery.sandbox.requests import Request
from discovery.sandbox.storefronts import Offered, Storefronts
from discovery.sandbox.times import DAY

SELLER: Final = 1
STOREFRONT: Final = 9
"""Charged on top of the seller, where a storefront is known."""

MOST_SELLERS: Final = 100
_MOST_STOREFRONT_ASINS: Final = 100_000
_COMPETITORS: Final = 5
_STATISTICS: Final = 10
_LOOKED_EVERY: Final = 6 * 60

_LOOKING: Final = threading.Lock()
_KNOWN: Final[WeakKeyDictionary[Figures, dict[int, Storefronts]]] = WeakKeyDictionary()
"""Shared by all the sandboxes of a process, as long as the figures they are of."""


class Sellers:
    """The sellers of one catalogue; `store` and `figures` tell the present one."""

    def __init__(self, store: Callable[[int], Store], figures: Callable[[], Figures]) -> None:
        self._store = store
        self._figures = figures

    def answer(self, request: Request) -> Answer:
        """1 a seller that is known, 9 more for a storefront that is."""
        domain = request.domain()
        asked = list(
            dict.fromkeys(s.strip() for s in request.text("seller").split(",") if s.strip())
        )
        with_storefront = request.flag("storefront")
        if not asked:
            raise bad_parameter("seller is missing.")
        if len(asked) > (1 if with_storefront else MOST_SELLERS):
            raise bad_parameter(
                "At most 100 sellers can be asked for at once, one with its storefront.",
                str(len(asked)),
            )
        if request.text("update"):
            raise Refused(400, "notSimulated", "The sandbox does not simulate update of a seller.")
        figures = self._figures()
        storefronts = self._storefronts(domain, figures)
        told: dict[str, dict[str, Any]] = {}
        cost = 0
        for seller in asked:
            offered = storefronts.of(seller)
            is_known = is_seller(domain, seller) or seller in guest_sellers(domain)
            if not offered and not is_known:
                continue
            told[seller] = _seller(domain, seller, storefronts, figures)
            cost += SELLER
            if with_storefront and offered:
                cost += STOREFRONT
                told[seller] |= _storefront(offered)
        return Answer(cost, {"sellers": told})

    def _storefronts(self, domain: int, figures: Figures) -> Storefronts:
        with _LOOKING:
            known = _KNOWN.setdefault(figures, {})
            if domain not in known:
                known[domain] = Storefronts(self._store(domain).live, figures)
            return known[domain]


def _storefront(offered: list[Offered]) -> dict[str, Any]:
    fresh = offered[:_MOST_STOREFRONT_ASINS]
    return {
        "asinList": [each.product.asin for each in fresh],
        "asinListLastSeen": [each.seen_at for each in fresh],
        "totalStorefrontAsinsCSV": [offered[0].seen_at, len(offered)],
    }


def _seller(domain: int, seller: str, storefronts: Storefronts, figures: Figures) -> dict[str, Any]:
    luck = zlib.crc32(seller.encode())
    offered = storefronts.of(seller)
    now = figures.world.now
    anchor = figures.world.anchor
    looked = now - luck % _LOOKED_EVERY
    since = anchor - (400 + luck % 2000) * DAY
    rating = 70 + luck % 31
    negative = (100 - rating) * 2 // 3
    count = 20 + luck % 5000
    is_amazon = seller == MARKETPLACES[domain].amazon_seller
    return {
        "sellerId": seller,
        "domainId": domain,
        "trackedSince": since,
        "lastUpdate": looked,
        "lastRatingUpdate": looked,
        "sellerName": "Amazon" if is_amazon else f"Invented Shop {luck % 100_000:05d}",
        "csv": [
            [since, 90, anchor - 30 * DAY, rating],
            [since, count // 2, anchor - 30 * DAY, count],
        ],
        "currentRating": rating,
        "currentRatingCount": count,
        "ratingsLast30Days": count // 40,
        "positiveRating": [rating] * 4,
        "neutralRating": [100 - rating - negative] * 4,
        "negativeRating": [negative] * 4,
        "ratingCount": [count // 40, count // 12, count // 3, count],
        "shipsFromChina": not is_amazon and luck % 9 == 0,
        "hasFBA": any(each.is_fba for each in offered),
        "totalStorefrontAsins": [offered[0].seen_at, len(offered)] if offered else None,
        "sellerBrandStatistics": _statistics(
            offered, figures, "brand", lambda each: each.product.brand.casefold()
        ),
        "sellerCategoryStatistics": _statistics(
            offered, figures, "catId", lambda each: each.product.category.id
        ),
        "avgBuyBoxCompetitors": round(storefronts.mean_sellers(seller), 1),
        "competitors": [
            {"sellerId": other, "percent": round(100 * shared / len(offered))}
            for other, shared in storefronts.competitors(seller, _COMPETITORS)
        ],
        "recentFeedback": None,
        **_person(luck),
    }


def _statistics(
    offered: list[Offered], figures: Figures, name: str, of: Callable[[Offered], Any]
) -> list[dict[str, Any]] | None:
    """Per brand or category, the most frequent first."""
    counts = Counter(of(each) for each in offered)
    rows = []
    for value, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_STATISTICS]:
        products = [each.product for each in offered if of(each) == value]
        ranks = [
            rank
            for product in products
            if (rank := figures.value(product, "avg30_SALES")) is not None
        ]
        by_amazon = sum(figures.value(each, "current_AMAZON") is not None for each in products)
        rows.append(
            {
                name: value,
                "productCount": count,
                "avg30SalesRank": round(sum(ranks) / len(ranks)) if ranks else -1,
                "productCountWithAmazonOffer": by_amazon,
            }
        )
    return rows or None


def _person(luck: int) -> dict[str, Any]:
    number = f"{luck % 100_000:05d}"
    address = [f"{luck % 200} Street That Is Not", f"{number} Nowhere", "XX"]
    return {
        "businessName": f"Not A Company No. {number}",
        "address": address,
        "customerServicesAddress": address,
        "tradeNumber": f"INVENTED {number}",
        "vatID": f"XX000{number}",
        "phoneNumber": f"+00 000 {number}",
        "businessType": "Invented",
        "shareCapital": "0",
        "representative": f"Nobody Invented {number}",
        "email": f"nobody{number}@sandbox.invalid",
    }
