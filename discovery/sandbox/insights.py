"""The few figures of `stats=1` on a Product Finder query the sandbox gives: a niche at a glance."""

from __future__ import annotations

from typing import Any

from discovery.sandbox.figures import Figures
from discovery.sandbox.products import Product


def search_insights(found: list[Product], figures: Figures) -> dict[str, Any]:
    """Means in the smallest unit, -1 where nothing matched; shares in per cent."""
    boxes = _known(found, figures, "current_BUY_BOX_SHIPPING")
    offers = _known(found, figures, "current_COUNT_NEW")
    states = [state for product in found if (state := figures.new_side(product)) is not None]
    sellers = {state.seller for state in states}
    by_amazon = sum(
        1
        for product in found
        if (state := figures.new_side(product)) is not None
        and state.seller == product.market.amazon_seller
    )
    by_fba = sum(1 for state in states if state.is_fba)
    return {
        "productCount": len(found),
        "avgBuyBox": _mean(boxes),
        "avgOfferCountNew": _mean(offers),
        "brandCount": len({product.brand for product in found}),
        "sellerCount": len(sellers),
        "isFBAPercent": round(100 * by_fba / len(states), 1) if states else 0.0,
        "soldByAmazonPercent": round(100 * by_amazon / len(states), 1) if states else 0.0,
    }


def _known(found: list[Product], figures: Figures, name: str) -> list[int]:
    values = (figures.value(product, name) for product in found)
    return [value for value in values if value is not None]


def _mean(values: list[int]) -> int:
    return round(sum(values) / len(values)) if values else -1
