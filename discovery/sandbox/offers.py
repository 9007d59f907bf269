"""The marketplace offers of a product now, and a few that are gone but still listed.

Only `liveOffersOrder` says which offers are live: a reader that takes them all is wrong.
"""

from __future__ import annotations

from typing import Any, Final

from discovery.sandbox.market import NewSide, charm, seller_id
from discovery.sandbox.products import Product
from discovery.sandbox.times import DAY
from discovery.sandbox.used import UsedSide

PAGE: Final = 10
"""Offers on one page, which is what Keepa charges by."""

_NEW, _LIKE_NEW = 1, 2
_GONE: Final = 3


def live_offers(product: Product, state: NewSide, used: UsedSide, now: int) -> list[dict[str, Any]]:
    """Every live offer, cheapest first; the lowest of each kind is the price in the series."""
    offers = []
    if state.amazon > 0:
        seller = product.market.amazon_seller
        offers.append(_offer(0, seller, _NEW, state.amazon, 0, now, fba=True, amazon=True))
    third_party_fba = state.fba_count - (state.amazon > 0)
    for place in range(third_party_fba if state.fba > 0 else 0):
        total = charm(state.fba * (1 + 0.025 * place)) if place else state.fba
        offers.append(_offer(10 + place, seller_id(product, place), _NEW, total, 0, now, fba=True))
    for place in range(state.fbm_count if state.fbm > 0 else 0):
        total = charm(state.fbm * (1 + 0.03 * place)) if place else state.fbm
        seller = seller_id(product, 50 + place)
        offers.append(_offer(100 + place, seller, _NEW, total, state.fbm_shipping, now))
    offers += _used_offers(product, used, now)
    return sorted(offers, key=lambda offer: (sum(offer["offerCSV"][-2:]), offer["offerId"]))


def _used_offers(product: Product, used: UsedSide, now: int) -> list[dict[str, Any]]:
    known = [
        (_LIKE_NEW + place, total) for place, total in enumerate(used.by_condition) if total > 0
    ]
    offers = []
    for place in range(used.copies if known else 0):
        condition, total = known[place % len(known)]
        if place >= len(known):
            total = charm(total * (1 + 0.04 * (place // len(known))))
        seller = seller_id(product, 200 + place)
        shipping = min(used.shipping, total - 1)
        offers.append(_offer(300 + place, seller, condition, total, shipping, now))
    return offers


def gone_offers(product: Product, state: NewSide, now: int) -> list[dict[str, Any]]:
    """Offers last seen weeks ago, cheaper than any live one: bait for careless readers."""
    base = next((price for price in (state.fba, state.amazon, state.fbm) if price > 0), 0)
    if not base:
        return []
    return [
        _offer(
            700 + place,
            seller_id(product, 300 + place),
            _NEW,
            charm(base * (0.4 + 0.1 * place)),
            0,
            now - (12 + 9 * place) * DAY,
        )
        for place in range(_GONE)
    ]


def _offer(
    number: int,
    seller: str,
    condition: int,
    total: int,
    shipping: int,
    seen: int,
    *,
    fba: bool = False,
    amazon: bool = False,
) -> dict[str, Any]:
    price = total - shipping
    return {
        "offerId": number,
        "lastSeen": seen,
        "sellerId": seller,
        "isPrime": fba,
        "isFBA": fba,
        "isAmazon": amazon,
        "isMAP": False,
        "isShippable": True,
        "isPreorder": False,
        "isWarehouseDeal": False,
        "isPrimeExcl": False,
        "shipsFromChina": False,
        "condition": condition,
        "conditionComment": None if condition == _NEW else "Light wear, ships the same day.",
        "minOrderQty": 1,
        "offerCSV": [
            seen - 21 * DAY, int(price * 1.04), shipping, seen - 2 * DAY, price, shipping,
        ],
        "stockCSV": None,
    }  # fmt: skip


def with_stock(offers: list[dict[str, Any]], salt: int, now: int) -> list[dict[str, Any]]:
    """The same offers with the stock `stock=1` pays for."""
    return [
        {**offer, "stockCSV": [now - DAY, 1 + (salt + offer["offerId"] * 7) % 40]}
        for offer in offers
    ]
