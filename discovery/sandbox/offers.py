"""The marketplace offers of a product now, and a few that are gone but still listed.

Only `liveOffersOrder` says which offers are live: a reader that takes them all is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from discovery.sandbox.availability import box_state
from discovery.sandbox.market import NONE, NewSide, charm, seller_id
from discovery.sandbox.products import Product
from discovery.sandbox.stats import Asked
from discovery.sandbox.times import DAY
from discovery.sandbox.used import UsedSide
from discovery.sandbox.world import World

PAGE: Final = 10
"""Offers on one page, which is what Keepa charges by."""

_NEW, _LIKE_NEW, _VERY_GOOD = 1, 2, 3
_USED_CHANGES: Final = 6
"""Steps of the market between two changes of hand of the used Buy Box."""
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
    held_up = box_state(product, state)
    if held_up:
        for offer in offers:
            if offer["sellerId"] == state.seller:
                offer |= {"isShippable": False, "isPreorder": held_up == "preorder"}
    offers += _used_offers(product, used, now)
    return sorted(offers, key=lambda offer: (sum(offer["offerCSV"][-2:]), offer["offerId"]))


def sellers_of(product: Product, state: NewSide, used: UsedSide) -> Iterator[tuple[str, bool]]:
    """Who has a live offer, and whether Amazon ships it: the sellers of `live_offers`, cheaply."""
    if state.amazon > 0:
        yield product.market.amazon_seller, True
    for place in range(state.fba_count - (state.amazon > 0) if state.fba > 0 else 0):
        yield seller_id(product, place), True
    for place in range(state.fbm_count if state.fbm > 0 else 0):
        yield seller_id(product, 50 + place), False
    has_copies = any(total > 0 for total in used.by_condition)
    for place in range(used.copies if has_copies else 0):
        yield seller_id(product, 200 + place), used.is_fba and place == 0


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
        fba = used.is_fba and place == 0
        offers.append(_offer(300 + place, seller, condition, total, shipping, now, fba=fba))
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


def offers_of(
    world: World,
    product: Product,
    state: NewSide | None,
    used: UsedSide | None,
    asked: Asked,
    *,
    only_live: bool,
) -> dict[str, Any]:
    """`offers` and what goes with them, at most as many live ones as were asked for."""
    if product.dirt.offers_fail:
        # Nothing may be concluded from the absence: Amazon could not be read this time.
        return {"offers": None, "liveOffersOrder": None, "offersSuccessful": False}
    if state is None or used is None:
        return {"offers": None, "liveOffersOrder": None, "offersSuccessful": True}
    live = live_offers(product, state, used, world.now)[: asked.offers]
    gone = [] if only_live else gone_offers(product, state, world.now)
    offers = gone + live
    if asked.stock:
        offers = with_stock(offers, product.salt, world.now)
    if product.dirt.no_stock:
        _empty_the_cheapest(offers, len(gone), world.now)
    if product.dirt.unknown_shipping:
        for offer in offers[1::3]:
            offer["offerCSV"] = [offer["offerCSV"][0] - 9 * DAY, NONE, NONE, *offer["offerCSV"]]
    return {
        "offers": offers or None,
        "liveOffersOrder": list(range(len(gone), len(offers))) or None,
        "offersSuccessful": True,
    }


def _empty_the_cheapest(offers: list[dict[str, Any]], first: int, now: int) -> None:
    """The cheapest live new offer of a third party is on the listing and has nothing left."""
    for offer in offers[first:]:
        if offer["condition"] == _NEW and not offer["isAmazon"]:
            offer["stockCSV"] = [now - 3 * DAY, 4, now - DAY, 0]
            return


def seller_history(steps: list[tuple[int, NewSide]]) -> list[str]:
    """`buyBoxSellerIdHistory`: `[time, seller, ...]` in text, "-1" while nobody has it."""
    history: list[str] = []
    for minute, state in steps:
        if not history or history[-1] != state.seller:
            history += (str(minute), state.seller)
    return history


def used_box_history(product: Product, copies: list[tuple[int, UsedSide]]) -> list[str] | None:
    """`buyBoxUsedHistory`: `[time, seller, condition, whether FBA, ...]` in text."""
    history: list[str] = []
    for place, (minute, used) in enumerate(copies[::_USED_CHANGES]):
        if used.buy_box >= 0:
            seller = seller_id(product, 200 + place % 3)
            history += (str(minute), seller, str(_VERY_GOOD), str(int(used.is_fba)))
    return history or None


def with_stock(offers: list[dict[str, Any]], salt: int, now: int) -> list[dict[str, Any]]:
    """The same offers with the stock `stock=1` pays for."""
    return [
        {**offer, "stockCSV": [now - DAY, 1 + (salt + offer["offerId"] * 7) % 40]}
        for offer in offers
    ]
