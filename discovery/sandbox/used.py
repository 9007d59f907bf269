"""What is not sold as new by shops: used copies by condition, returns, refurbished, collectible."""

from __future__ import annotations

from typing import Final, NamedTuple

from discovery.sandbox.market import (
    NONE,
    charm,
    going_price,
    postage,
    step_at,
    step_start,
    steps_since,
)
from discovery.sandbox.noise import MASK
from discovery.sandbox.products import Product
from discovery.sandbox.world import NEW_INCLUDES_SHIPPING_FROM, World

_USED, _EXTRA = 6113, 8837
_GAPS: Final = (1.0, 0.6, 0.25, 0.0)
"""Where each condition's price stands between the lowest used offer and the used Buy Box."""


class UsedSide(NamedTuple):
    """Prices in the smallest unit, -1 for none."""

    used: int
    """The lowest; its shipping counts only since February 2026, as at Keepa."""
    by_condition: tuple[int, int, int, int]
    """Totals with shipping: like new, very good, good, acceptable."""
    shipping: int
    copies: int
    buy_box: int
    warehouse: int
    refurbished: int
    collectible: int
    is_fba: bool
    """Whether Amazon ships the used Buy Box offer."""


class UsedMarket:
    """The used side of one product; a state depends on the product and the step alone."""

    __slots__ = ("product", "world")

    def __init__(self, world: World, product: Product) -> None:
        self.world = world
        self.product = product

    def now(self) -> UsedSide:
        """The state in force now."""
        return self.at(step_at(self.world, self.product, self.world.now))

    def since(self, since: int | None = None) -> list[tuple[int, UsedSide]]:
        """`(minute, state)` of every step up to now, from the one in force at `since`."""
        return [
            (step_start(self.world, self.product, step), self.at(step))
            for step in steps_since(self.world, self.product, since)
        ]

    def at(self, step: int) -> UsedSide:
        """The state during one step, by its number."""
        product = self.product
        plan = product.plan
        start = step_start(self.world, product, step)
        price = going_price(self.world, product, self.world.days(start))
        extra = self.world.noise[(product.salt + _EXTRA * (step // 4)) & MASK]
        warehouse = charm(price * 0.72) if plan.warehouse and extra < 0.4 else NONE
        refurbished = charm(price * 0.8) if plan.refurbished and extra < 0.9 else NONE
        collectible = charm(price * 1.8) if plan.collectible and extra < 0.8 else NONE
        if not plan.used_ratio:
            nothing = (NONE, NONE, NONE, NONE)
            return UsedSide(NONE, nothing, 0, 0, NONE, warehouse, refurbished, collectible, False)
        wobble = self.world.noise[(product.salt + _USED * (step // 2)) & MASK]
        box = charm(price * plan.used_ratio * (0.95 + 0.1 * wobble))
        low = box * plan.used_low_ratio * (0.96 + 0.08 * wobble)
        best = max(box * 1.02, low)
        totals = [charm(low + (best - low) * gap) for gap in _GAPS]
        conditions = (
            totals[0] if wobble < 0.85 else NONE,
            totals[1],
            totals[2],
            totals[3] if wobble > 0.1 else NONE,
        )
        lowest = conditions[3] if conditions[3] > 0 else conditions[2]
        shipping = postage(product, lowest)
        return UsedSide(
            lowest - shipping if start < NEW_INCLUDES_SHIPPING_FROM else lowest,
            conditions,
            shipping,
            2 + int((3 + product.salt % 17) * wobble),
            box,
            warehouse,
            refurbished,
            collectible,
            bool(product.salt & 2),
        )
