"""The option `days`: every history of an answer is cut to the last days, none of the statistics.

As at Keepa a history keeps the point in force when the window opens, so its first point may be
older than the window; an offer is kept when it was seen within it.
"""

from __future__ import annotations

from typing import Any, Final

from discovery.sandbox import kinds
from discovery.sandbox.times import DAY

_WIDTHS: Final = {
    "monthlySoldHistory": 2,
    "salesRankReferenceHistory": 2,
    "couponHistory": 3,
    "buyBoxSellerIdHistory": 2,
    "buyBoxUsedHistory": 4,
}
"""The histories at the top of a product, and how many values make a point."""


def trim(product: dict[str, Any], now: int, days: int) -> None:
    """Cut the histories of an answer, in place, to those of the last `days` before `now`."""
    start = now - days * DAY
    for name, width in _WIDTHS.items():
        if product.get(name):
            product[name] = recent(product[name], width, start)
    if product.get("csv"):
        product["csv"] = [
            recent(flat, 3 if kind in kinds.WITH_SHIPPING else 2, start) if flat else flat
            for kind, flat in enumerate(product["csv"])
        ]
    if product.get("salesRanks"):
        product["salesRanks"] = {
            category: recent(flat, 2, start) for category, flat in product["salesRanks"].items()
        }
    if product.get("offers"):
        _trim_offers(product, start)


def recent(flat: list[Any], width: int, start: int) -> list[Any]:
    """The points of a flat history from the one in force at `start` on."""
    first = 0
    for place in range(0, len(flat), width):
        if int(flat[place]) > start:
            break
        first = place
    return flat[first:]


def _trim_offers(product: dict[str, Any], start: int) -> None:
    kept: list[dict[str, Any]] = []
    places: dict[int, int] = {}
    for place, offer in enumerate(product["offers"]):
        if offer["lastSeen"] >= start:
            places[place] = len(kept)
            stock = offer["stockCSV"]
            kept.append(
                {
                    **offer,
                    "offerCSV": recent(offer["offerCSV"], 3, start),
                    "stockCSV": recent(stock, 2, start) if stock else stock,
                }
            )
    order = product["liveOffersOrder"] or []
    product["offers"] = kept or None
    product["liveOffersOrder"] = [places[each] for each in order if each in places] or None
