"""How much a product sells a month by Amazon's own word: a floor, which it shows for some."""

from __future__ import annotations

from typing import Final

from discovery.sandbox.market import birth, has_market
from discovery.sandbox.products import Product
from discovery.sandbox.ranks import demand
from discovery.sandbox.times import DAY
from discovery.sandbox.world import World

_MONTHLY_FLOORS: Final = (
    50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 2000, 3000, 4000, 5000, 10_000, 20_000,
)  # fmt: skip


def monthly_sold_history(world: World, product: Product) -> list[int]:
    """`[time, at least so many a month, ...]` over the last year; empty when Amazon shows none."""
    if not has_market(product) or not product.plan.shows_monthly_sold or not product.plan.rank:
        return []
    history: list[int] = []
    for month in range(12, -1, -1):
        minute = world.now - month * 30 * DAY - product.salt % 600
        if minute < birth(world, product):
            continue
        floor = _floor(product.plan.sales * demand(world, product, world.days(minute)))
        if not history or history[-1] != floor:
            history += (minute, floor)
    return history if any(value > 0 for value in history[1::2]) else []


def monthly_sold(world: World, product: Product) -> int:
    """Amazon's own figure, a floor; -1 when it shows none."""
    history = monthly_sold_history(world, product)
    return history[-1] if history else -1


def _floor(sales: float) -> int:
    return max((step for step in _MONTHLY_FLOORS if step <= sales), default=-1)
