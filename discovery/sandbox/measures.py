"""The ranges of the Product Finder that are no series: sizes, counts, dates, coupons, fees.

Each is read off the product in the state shown; `None` and negative figures are "no value".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from discovery.sandbox.availability import availability_of_amazon, delay_of_amazon
from discovery.sandbox.fees import delivered_fees
from discovery.sandbox.goods import (
    assumed_price,
    coupon_of,
    eligible_offers,
    number_of_items,
    package_quantity,
)
from discovery.sandbox.market import NewSide, birth, has_market
from discovery.sandbox.monthly import monthly_sold
from discovery.sandbox.products import Product
from discovery.sandbox.used import UsedMarket, UsedSide
from discovery.sandbox.world import World

Measure = Callable[[World, Product, NewSide | None], int | None]


def _used(world: World, product: Product) -> UsedSide | None:
    return UsedMarket(world, product).now() if has_market(product) else None


def _eligible(place: int) -> Measure:
    def count(world: World, product: Product, state: NewSide | None) -> int | None:
        if not product.dirt.counts_offers:
            return None
        return eligible_offers(product, state, _used(world, product))[place]

    return count


def _coupon(place: int, sign: int) -> Measure:
    """Amounts are positive and shares negative in a coupon; both are asked for as positive."""

    def worth(_world: World, product: Product, _state: NewSide | None) -> int | None:
        coupon = coupon_of(product)
        return coupon[place] * sign if coupon and coupon[place] * sign > 0 else None

    return worth


def _offers(world: World, product: Product, state: NewSide | None) -> int:
    used = _used(world, product)
    new = state.fba_count + state.fbm_count if state is not None else 0
    return new + (used.copies if used is not None else 0)


def _fee(_world: World, product: Product, state: NewSide | None) -> int | None:
    fees = delivered_fees(product, assumed_price(product, state), looked_up=0)
    return fees["pickAndPackFee"] if fees else None


def _delay(_world: World, product: Product, state: NewSide | None) -> int | None:
    delay = delay_of_amazon(availability_of_amazon(product, state))
    return delay[0] // 24 if delay else None


MEASURES: Final[dict[str, Measure]] = {
    "monthlySold": lambda world, product, _: monthly_sold(world, product),
    "packageWeight": lambda _, product, __: product.body.weight,
    "packageLength": lambda _, product, __: product.body.length,
    "packageWidth": lambda _, product, __: product.body.width,
    "packageHeight": lambda _, product, __: product.body.height,
    "packageQuantity": lambda _, product, __: package_quantity(product),
    "numberOfItems": lambda _, product, __: number_of_items(product),
    "lastUpdate": lambda world, _, __: world.now,
    "trackingSince": lambda world, product, _: birth(world, product),
    "listedSince": lambda world, product, _: birth(world, product),
    "offerCountFBA": lambda _, __, state: state.fba_count if state is not None else None,
    "offerCountFBM": lambda _, __, state: state.fbm_count if state is not None else None,
    "totalOfferCount": _offers,
    "buyBoxEligibleOfferCountsNewFBA": _eligible(0),
    "buyBoxEligibleOfferCountsNewFBM": _eligible(1),
    "buyBoxEligibleOfferCountsUsedFBA": _eligible(2),
    "buyBoxEligibleOfferCountsUsedFBM": _eligible(3),
    "couponOneTimeAbsolute": _coupon(0, 1),
    "couponOneTimePercent": _coupon(0, -1),
    "couponSNSPercent": _coupon(1, -1),
    "fbaFees": _fee,
    "availabilityAmazonMinDelayInDays": _delay,
    "imageCount": lambda _, product, __: int(product.has_image),
}
