"""Products that are listed after the anchor: as the clock goes on, every store gets new ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Final

from discovery.sandbox.categories import roots, shelves_with_goods
from discovery.sandbox.products import Product, generate, is_in_family

DAYS: Final = 180
"""How long after the anchor new products keep coming."""

_PLACED_FROM: Final = 50_000  # beyond any product of the store, within its root category
_EVERY: Final = {1: 3.0, 4: 4.0}
"""Days between two new products of a root category; elsewhere the days below."""
_EVERY_ELSEWHERE: Final = 12.0


@cache
def newcomers_of(seed: int, domain: int) -> tuple[Product, ...]:
    """Every product to come of a marketplace, the same for the same seed."""
    return tuple(_newcomers(seed, domain))


def _newcomers(seed: int, domain: int) -> Iterator[Product]:
    every = _EVERY.get(domain, _EVERY_ELSEWHERE)
    for order, root in enumerate(roots(domain)):
        leaves = shelves_with_goods(root)
        for number in range(int(DAYS / every)):
            place = _PLACED_FROM + number
            if is_in_family(root, place):
                continue
            product = generate(seed, root, leaves, order * 100_000, place)
            if product.is_dead:
                continue
            # A moment after the anchor, however the roots are ordered.
            listed = 0.01 + every * (number + (order % 7) / 7)
            plan = replace(product.plan, listed_day=listed, event="", event_day=-1e9)
            yield replace(product, plan=plan, stale_days=0.0, dip=None)
