"""When Keepa looked at a product: what it tells is the market as it was at that moment.

The world moves in steps, and of every step Keepa looks at some products only. Between two looks
nothing of a product's answer changes, and `lastUpdate` is the moment of the look: whatever differs
from an earlier answer has a `lastUpdate` after it. At the anchor everything has just been looked
at.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Final

from discovery.sandbox.market import birth
from discovery.sandbox.products import Product
from discovery.sandbox.world import STEP_MINUTES, World

_EVERY: Final = (8, 8, 8, 10, 12)
"""Steps between two looks, one entry for each fifth of the products: two to three days."""


def looked_at(world: World, product: Product) -> int:
    """The Keepa minute of the last look, never after the present of the world."""
    if product.stale_days:  # lost from sight, and not found again
        return world.minutes(-product.stale_days)
    return _look(world, product, (world.now - world.anchor) // STEP_MINUTES)


def as_seen(world: World, product: Product) -> World:
    """The world as Keepa last saw it for this product."""
    looked = looked_at(world, product)
    return world if looked == world.now else replace(world, now=looked)


def is_known(world: World, product: Product) -> bool:
    """Whether Keepa has met it: what is listed after the anchor is met at its first look."""
    return _first_step(world, product) * STEP_MINUTES <= world.now - world.anchor


def noticed_at(world: World, product: Product, minute: int) -> int:
    """The look that first saw what happened at a Keepa minute; before the anchor the minute."""
    if minute <= world.anchor:
        return minute
    every, phase = _rhythm(product)
    step = -(-(minute - world.anchor) // STEP_MINUTES)
    step += (phase - step) % every
    return world.anchor + max(step, _first_step(world, product)) * STEP_MINUTES


def _look(world: World, product: Product, step: int) -> int:
    every, phase = _rhythm(product)
    looked = step - (step - phase) % every
    return world.anchor + max(0, looked, _first_step(world, product)) * STEP_MINUTES


def _first_step(world: World, product: Product) -> int:
    """The step in which a product that was listed after the anchor is first looked at."""
    if product.plan.listed_day <= 0:
        return 0
    return -(-(birth(world, product) - world.anchor) // STEP_MINUTES)


def _rhythm(product: Product) -> tuple[int, int]:
    """Every how many steps it is looked at, and in which of them; drawn from the ASIN."""
    luck = zlib.crc32(product.asin.encode()) + product.domain
    every = _EVERY[luck % len(_EVERY)]
    return every, luck // len(_EVERY) % every
