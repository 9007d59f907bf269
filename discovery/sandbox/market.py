"""The market of a product, step by step: when it moves, its going price, and who sells it new.

Every price and count of the new side is read off the same states, so the Buy Box, the lowest
offers and the counts always agree with one another. `used.py` does the same for the rest.
"""

from __future__ import annotations

import math
import zlib
from typing import Final, NamedTuple

from discovery.sandbox.marketplaces import MARKETPLACES
from discovery.sandbox.noise import MASK
from discovery.sandbox.products import EBOOK, INACCESSIBLE, VARIATION_PARENT, Product
from discovery.sandbox.times import DAY
from discovery.sandbox.world import NEW_INCLUDES_SHIPPING_FROM, World

NONE: Final = -1
"""No offer."""

NO_SELLER: Final = "-1"

_FBM_SHIPPING: Final = 399
_WITHOUT_OFFERS: Final = frozenset({INACCESSIBLE, VARIATION_PARENT, EBOOK})
_SELLERS: Final = 397
_DOMINANCE: Final = 0.93
"""The share of the steps in which a dominant seller has the Buy Box among its kind."""

# Strides through the noise, one a stream; odd, so that each walks the whole table.
_FBA, _AMAZON, _FBM, _SELLER, _FBA_COUNT, _FBM_COUNT = 1021, 3301, 557, 7577, 2333, 4447


def has_market(product: Product) -> bool:
    """Whether the product can have any offer or count."""
    return product.product_type not in _WITHOUT_OFFERS and not product.is_dead


def step_at(world: World, product: Product, minute: int) -> int:
    """The number of the market step that holds a Keepa minute."""
    return (minute - world.anchor - product.salt % product.plan.step) // product.plan.step


def step_start(world: World, product: Product, step: int) -> int:
    """The Keepa minute at which a product's market step begins."""
    return world.anchor + product.salt % product.plan.step + step * product.plan.step


def birth(world: World, product: Product) -> int:
    """The Keepa minute of the first market step."""
    listed = world.minutes(product.plan.listed_day)
    return step_start(world, product, step_at(world, product, listed) + 1)


def steps_since(world: World, product: Product, since: int | None) -> range:
    """The steps up to now, from the one in force at `since` (or from birth)."""
    first = step_at(world, product, birth(world, product))
    if since is not None:
        first = max(first, step_at(world, product, since))
    return range(first, step_at(world, product, world.now) + 1)


def charm(price: float) -> int:
    """A price as shops write them: ending in 9."""
    rounded = int(price)
    return rounded - rounded % 10 + 9 if rounded > 99 else 99


def bump(world: World, peak: int, day: float) -> float:
    """0 to 1: how near the season's peak a day is; felt about five weeks either side."""
    wave = math.cos((world.anchor_day_of_year + day - peak) * (2 * math.pi / 365.25))
    return wave**4 if wave > 0 else 0.0


def is_stocked_out(product: Product, day: float) -> bool:
    """No new offer at all."""
    return any(begin <= day < end for begin, end in product.plan.stockouts)


def going_price(world: World, product: Product, day: float) -> float:
    """What the product sells for new: its cycle, its season, its event."""
    plan = product.plan
    wave = math.sin(2 * math.pi * day / plan.period + plan.phase)
    price = plan.price * (1 + plan.amplitude * wave)
    if plan.peak >= 0:
        price *= 1 + 0.07 * bump(world, plan.peak, day)
    if day < plan.event_day:
        return price
    if plan.event == "spike":
        price *= 1.55 + plan.amplitude * 4
    elif plan.event == "crash":
        price *= max(0.55, 1 - 0.018 * (day - plan.event_day))
    return price


def postage(product: Product, total: int) -> int:
    """Half of the merchants ask for postage, the others hide it in the price."""
    if not product.salt & 1:
        return 0
    fee = int(_FBM_SHIPPING * product.market.price_scale)
    return fee if total > 3 * fee else 0


def seller_id(product: Product, place: int) -> str:
    """The id of a product's n-th seller; the same few hundred sellers trade everywhere.

    A private label has one seller, who sells nothing but the brand.
    """
    if product.dirt.private_label:
        return f"A{zlib.crc32(product.brand.encode()):010d}{product.domain:03d}"
    return _SELLER_IDS[product.domain][(product.salt + place * 37) % _SELLERS]


_SELLER_IDS: Final = {
    domain: [
        f"A{(domain * 1000 + number) * 2_654_435_761 % 10**13:013d}" for number in range(_SELLERS)
    ]
    for domain in MARKETPLACES
}


_KNOWN_SELLERS: Final = {domain: frozenset(ids) for domain, ids in _SELLER_IDS.items()}


def is_seller(domain: int, seller: str) -> bool:
    """Whether this is one of the sellers of the marketplace, with something on offer or not."""
    return seller in _KNOWN_SELLERS[domain] or seller == MARKETPLACES[domain].amazon_seller


class NewSide(NamedTuple):
    """Prices in the smallest unit, -1 for none; totals hold the shipping named beside them."""

    amazon: int
    fba: int
    fbm: int
    fbm_shipping: int
    new: int
    """The lowest of all; its shipping counts only since February 2026, as at Keepa."""
    fba_count: int
    """Amazon included, as Keepa counts."""
    fbm_count: int
    buy_box: int
    buy_box_shipping: int
    seller: str
    is_fba: bool


NOBODY: Final = NewSide(NONE, NONE, NONE, 0, NONE, 0, 0, NONE, NONE, NO_SELLER, False)


class NewMarket:
    """The new side of one product; a state depends on the product and the step alone."""

    __slots__ = ("noise", "plan", "product", "salt", "world")

    def __init__(self, world: World, product: Product) -> None:
        self.world = world
        self.product = product
        self.plan = product.plan
        self.noise = world.noise
        self.salt = product.salt

    def now(self) -> NewSide:
        """The state in force now."""
        return self.at(step_at(self.world, self.product, self.world.now))

    def since(self, since: int | None = None) -> list[tuple[int, NewSide]]:
        """`(minute, state)` of every step up to now, from the one in force at `since`."""
        start = step_start(self.world, self.product, 0)
        length = self.plan.step
        return [
            (start + step * length, self.at(step))
            for step in steps_since(self.world, self.product, since)
        ]

    def at(self, step: int) -> NewSide:
        """The state during one step, by its number."""
        start = step_start(self.world, self.product, step)
        day = (start - self.world.anchor) / DAY
        if self.plan.stockouts and is_stocked_out(self.product, day):
            return NOBODY
        plan, noise, salt = self.plan, self.noise, self.salt
        price = going_price(self.world, self.product, day)
        surge = 2.8 if plan.event == "surge" and day >= plan.event_day else 1.0
        pace = 0.6 + 0.8 * noise[(salt + _FBA_COUNT * (step // 2)) & MASK]
        fba_count = int(plan.fba_sellers * surge * pace + 0.5)
        pace = 0.6 + 0.8 * noise[(salt + _FBM_COUNT * (step // 3)) & MASK]
        fbm_count = int(plan.fbm_sellers * surge * pace + 0.5)
        cheap = plan.fbm_cheap_ratio > 0 and day >= plan.fbm_cheap_day

        amazon = fba = fbm = NONE
        if plan.amazon != "never" and self._amazon_sells(day):
            wobble = 0.98 + 0.04 * noise[(salt + _AMAZON * (step // 3)) & MASK]
            dip = self.product.dip
            ratio = plan.amazon_ratio if dip is None else dip.level(day)
            amazon = charm(price * ratio * wobble)
        if fba_count:
            fba = charm(price * (0.965 + 0.07 * noise[(salt + _FBA * (step // 2)) & MASK]))
        shipping = 0
        if fbm_count or cheap:
            fbm_count = fbm_count or 1
            wobble = 0.97 + 0.06 * noise[(salt + _FBM * (step // 2)) & MASK]
            fbm = charm(price * wobble * (plan.fbm_cheap_ratio if cheap else plan.fbm_ratio))
            shipping = postage(self.product, fbm)
        return NewSide(
            amazon,
            fba,
            fbm,
            shipping,
            _lowest(start, amazon, fba, fbm, shipping),
            fba_count + (amazon > 0),
            fbm_count,
            *self._buy_box(step, amazon, fba, fbm, shipping, cheap=cheap),
        )

    def _amazon_sells(self, day: float) -> bool:
        plan = self.plan
        if plan.amazon == "always" or self.product.dip is not None:
            return True
        if plan.amazon == "left":
            return day < plan.amazon_day
        if plan.amazon == "back":
            return day >= plan.amazon_day
        return (day + plan.phase * plan.amazon_day) % plan.amazon_day < 0.55 * plan.amazon_day

    def _buy_box(
        self, step: int, amazon: int, fba: int, fbm: int, shipping: int, *, cheap: bool
    ) -> tuple[int, int, str, bool]:
        """Price with shipping, shipping, seller and whether Amazon ships it.

        A bargain offer does not take the Buy Box: its seller is new and not eligible yet, which
        is why it can be bought under the price the others sell at.
        """
        luck = self.noise[(self.salt + _SELLER * step) & MASK]
        if amazon > 0 and (fba < 0 or amazon <= fba * (1.0 + 0.05 * luck)):
            return amazon, 0, self.product.market.amazon_seller, True
        if fba > 0 and (fbm < 0 or cheap or fba <= fbm * 1.08):
            holds = self.product.dirt.dominant and luck < _DOMINANCE
            place = 0 if holds else int(luck * (self.plan.fba_sellers or 1))
            return fba, 0, seller_id(self.product, place), True
        if fbm > 0 and not cheap:
            place = 50 + int(luck * (self.plan.fbm_sellers or 1))
            return fbm, shipping, seller_id(self.product, place), False
        return NONE, NONE, NO_SELLER, False


def _lowest(start: int, amazon: int, fba: int, fbm: int, shipping: int) -> int:
    if fbm > 0 and start < NEW_INCLUDES_SHIPPING_FROM:
        fbm -= shipping
    lowest = NONE
    for price in (amazon, fba, fbm):
        if price > 0 and (lowest < 0 or price < lowest):
            lowest = price
    return lowest
