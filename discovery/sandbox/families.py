"""One code on several pages: the unit, a lot of twelve of it, and a page that nobody sells on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from discovery.sandbox.market import has_market
from discovery.sandbox.products import STANDARD, Product

LOT: Final = 12
_NUMBERED_FROM: Final = 1_000_000_000  # beyond any other product of the store
_LOT_PRICE: Final = 10
"""What the lot costs, in prices of the unit."""


def families_of(products: Sequence[Product]) -> Iterator[Product]:
    """The lot and the dead page of one well-sold product of the store; none in an empty one."""
    unit = next((product for product in products if _is_sold_well(product)), None)
    if unit is None:
        return
    plan = unit.plan
    yield replace(
        unit,
        number=unit.number + _NUMBERED_FROM,
        asin=f"B000{unit.asin[4:]}",  # before the unit, wherever ASINs are sorted
        title=f"{unit.title} - Pack of {LOT}",
        pack=LOT,
        parent_asin="",
        body=replace(unit.body, height=unit.body.height * 3, weight=unit.body.weight * LOT),
        plan=replace(
            plan,
            price=plan.price * _LOT_PRICE,
            list_price=plan.list_price * _LOT_PRICE,
            rank=plan.rank * 3,
            sales=plan.sales / 3,
        ),
    )
    yield replace(
        unit,
        number=unit.number + 2 * _NUMBERED_FROM,
        asin=f"BZZZ{unit.asin[4:]}",
        title=f"{unit.title} (2019)",
        parent_asin="",
        plan=replace(
            plan,
            amazon="never",
            fba_sellers=0,
            fbm_sellers=0,
            fbm_cheap_ratio=0.0,
            used_ratio=0.0,
            refurbished=False,
            warehouse=False,
            collectible=False,
            list_price=0,
            rank=0,
            shows_monthly_sold=False,
        ),
    )


def _is_sold_well(product: Product) -> bool:
    return (
        product.product_type == STANDARD
        and not product.author
        and not product.children
        and product.pack == 1
        and product.salt % 10 < 4  # Keepa counts one item
        and product.plan.fba_sellers > 2
        and 0 < product.plan.rank < 50_000
        and product.plan.rank_lost_day > 0
        and product.plan.listed_day < -365
        and not product.stale_days
        and has_market(product)
    )
