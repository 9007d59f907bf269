"""The sales rank: it climbs between sales and drops at each one, at most twice a day.

The cap makes the count of drops saturate for fast sellers, as Keepa's sampling does.
"""

from __future__ import annotations

import math
from typing import Final

from discovery.sandbox.market import birth, bump, is_stocked_out
from discovery.sandbox.noise import MASK
from discovery.sandbox.products import VARIATION_PARENT, Product
from discovery.sandbox.times import DAY
from discovery.sandbox.world import World

_SALES, _DEPTH = 5413, 9241
_CLIMB_A_DAY: Final = 0.06
_CLIMB_LIMIT: Final = 6.0
_UNRANKED: Final = frozenset({VARIATION_PARENT})


def has_rank(product: Product) -> bool:
    """Whether Keepa gives the product a sales rank."""
    unranked = product.is_dead or product.product_type in _UNRANKED
    return product.plan.rank > 0 and not unranked


def demand(world: World, product: Product, day: float) -> float:
    """How much the product sells on a day, 1 being its usual."""
    plan = product.plan
    if is_stocked_out(product, day):
        return 0.0
    level = 1.0
    if plan.peak >= 0:
        level += plan.season * bump(world, plan.peak, day)
    if plan.event == "spike" and day >= plan.event_day:
        level *= 0.7
    elif plan.event == "worsening" and day >= plan.event_day:
        level *= max(0.25, 1 - 0.018 * (day - plan.event_day))
    return level


class _Sales:
    """Sales a day, 0 to 2; demand is looked at once a week because it moves slowly."""

    def __init__(self, world: World, product: Product) -> None:
        self.world = world
        self.product = product
        self.week: int | None = None
        self.none = self.one = 0.0
        self.level = 1.0

    def on(self, day: int) -> int:
        if day // 7 != self.week:
            self.week = day // 7
            self.level = demand(self.world, self.product, self.week * 7.0 + 3)
            rate = self.product.plan.sales / 30 * self.level
            self.none = math.exp(-rate)
            self.one = self.none * (1 + rate)
        luck = self.world.noise[(self.product.salt + _SALES * day) & MASK]
        if luck < self.none:
            return 0
        return 1 if luck < self.one else 2


def rank_points(world: World, product: Product, since: int | None = None) -> list[tuple[int, int]]:
    """`(minute, rank)` up to now, from the one in force at `since` (or from birth).

    The same minute always has the same rank, whatever window it is asked in.
    """
    if not has_rank(product):
        return []
    born = math.floor(world.days(birth(world, product)))
    sales = _Sales(world, product)
    first = born if since is None else max(born, math.floor(world.days(since)) - 1)
    while first > born and not sales.on(first):
        first -= 1
    points = _walk(world, product, sales, first, born)
    if world.today >= product.plan.rank_lost_day:
        lost = world.minutes(product.plan.rank_lost_day)
        points = [point for point in points if point[0] < lost]
        points.append((lost, -1))
    return points if since is None else _from(points, since)


def rank_now(world: World, product: Product) -> int:
    """The present sales rank; −1 when there is none."""
    points = rank_points(world, product, world.now)
    return points[-1][1] if points else -1


def _from(points: list[tuple[int, int]], since: int) -> list[tuple[int, int]]:
    """The point in force at `since` and those after it."""
    place = 0
    for number, (minute, _) in enumerate(points):
        if minute > since:
            break
        place = number
    return points[place:]


def _walk(
    world: World, product: Product, sales: _Sales, first: int, born: int
) -> list[tuple[int, int]]:
    """From a day of sale (or birth), the points up to now.

    The rank a sale leads to depends on its day alone, so a walk begun later agrees with this one.
    """
    noise, salt = world.noise, product.salt
    base = product.plan.rank
    time_of_day = 240 + salt % 360
    low = last = base
    quiet = 0
    points: list[tuple[int, int]] = []
    for day in range(first, int(world.today) + 1):
        minute = world.anchor + day * DAY + time_of_day
        count = sales.on(day)
        if count == 0 and day > born:
            quiet += 1
            if quiet < 4 or quiet % 3 == 0:
                rank = int(low * min(_CLIMB_LIMIT, 1 + _CLIMB_A_DAY * quiet)) + quiet
                if rank > last:
                    last = rank
                    points.append((minute, rank))
            continue
        depth = 0.78 + 0.24 * noise[(salt + _DEPTH * day) & MASK]
        low = max(1, int(base * depth / max(0.2, sales.level) ** 0.85))
        if day > first:
            points.append((minute - 180, max(int(last * 1.03) + 1, int(low * 1.05) + 2)))
        points.append((minute, low))
        if count == 2:
            points.append((minute + 420, int(low * 1.05) + 2))
            low = max(1, int(low * 0.98))
            points.append((minute + 720, low))
        last = low
        quiet = 0
    return [point for point in points if point[0] <= world.now]
