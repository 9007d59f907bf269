"""The stores and their present: which products exist, and what each one's figures are now.

A catalogue is anchored at the moment it was made: the same seed gives the same present on any
day, with two years of history behind it, and the world then moves on with the clock in steps.
Within one step nothing changes, so that a Finder answer and a product answer always agree;
`looks.py` tells which products Keepa looks at in a step.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from functools import cache, lru_cache
from typing import Final

from discovery.sandbox.categories import category_tree
from discovery.sandbox.families import families_of
from discovery.sandbox.figures import Figures
from discovery.sandbox.guests import guests_of
from discovery.sandbox.looks import is_known
from discovery.sandbox.marketplaces import KNOWN_DOMAINS
from discovery.sandbox.newcomers import newcomers_of
from discovery.sandbox.noise import noise_table
from discovery.sandbox.products import Product, generate_store
from discovery.sandbox.twins import ABROAD, HOME, twins_of
from discovery.sandbox.world import STEP_MINUTES, World

DEFAULT_SEED: Final = 20_260_223

_STOCKING: Final = threading.Lock()
_KEPT_WORLDS: Final = 12


class Store:
    """The products of one marketplace, by ASIN, by code and by category."""

    def __init__(self, products: list[Product]) -> None:
        self.products = products
        self.live = [product for product in products if not product.is_dead]
        """The products Keepa has data for."""
        self.by_asin = {product.asin: product for product in products}
        self.by_code: dict[str, list[Product]] = defaultdict(list)
        self.by_category: dict[int, list[Product]] = defaultdict(list)
        for product in self.live:
            for code in {product.ean, product.ean.lstrip("0"), product.ean[1:]}:
                self.by_code[code].append(product)
            for category in product.category.path:
                self.by_category[category].append(product)


@cache
def stocked(seed: int, domain: int) -> Store:
    """The store of a seed: the same for every catalogue of a process, for it never changes."""
    products = _generated(seed, domain)
    twins = twins_of(_generated(seed, HOME), domain) if domain in ABROAD else ()
    return Store([*products, *families_of(products), *guests_of(domain), *twins])


@cache
def _generated(seed: int, domain: int) -> list[Product]:
    return generate_store(seed, domain)


@lru_cache(maxsize=4)
def catalogue_of(seed: int, anchor: int) -> Catalogue:
    """The catalogue all sandboxes of a process with this seed and anchor share."""
    return Catalogue(seed=seed, anchor=anchor)


class Catalogue:
    """Stores are generated when first asked for; safe to share between threads."""

    def __init__(self, *, seed: int, anchor: int) -> None:
        self.seed = seed
        self.anchor = anchor
        self._noise = noise_table(seed)
        self._grown: dict[int, tuple[int, Store]] = {}
        self._met: dict[tuple[int, int], Store] = {}
        self._figures: OrderedDict[int, Figures] = OrderedDict()
        self._lock = threading.Lock()

    def store(self, domain: int) -> Store:
        """A marketplace as it was at the anchor, by Keepa's domain number."""
        with _STOCKING:
            return stocked(self.seed, domain)

    def store_at(self, domain: int, world: World) -> Store:
        """The same with what was listed since, as far as Keepa has met it."""
        store = self.store(domain)
        if world.now <= world.anchor:
            return store
        with _STOCKING:
            key = (domain, world.now)
            if key not in self._met:
                met = [each for each in newcomers_of(self.seed, domain) if is_known(world, each)]
                count, grown = self._grown.get(domain, (0, store))
                if count != len(met):
                    grown = Store([*store.products, *met])
                    self._grown[domain] = len(met), grown
                if len(self._met) >= _KEPT_WORLDS:
                    self._met.clear()
                self._met[key] = grown
            return self._met[key]

    def figures(self, now: int) -> Figures:
        """Those of the world at Keepa minute `now`; the worlds asked for last are kept."""
        world = self.world(now)
        with self._lock:
            known = self._figures.pop(world.now, None)
            self._figures[world.now] = known or Figures(world)
            if len(self._figures) > _KEPT_WORLDS:
                self._figures.popitem(last=False)
            return self._figures[world.now]

    def world(self, now: int) -> World:
        """The world as it stands at Keepa minute `now`; before the anchor it has not begun."""
        steps = max(0, now - self.anchor) // STEP_MINUTES
        return World.at(self._noise, anchor=self.anchor, now=self.anchor + steps * STEP_MINUTES)

    def product_count(self) -> int:
        """Products of all the marketplaces."""
        return sum(len(self.store(domain).products) for domain in KNOWN_DOMAINS)

    @staticmethod
    def is_root(domain: int, category: int) -> bool:
        """Whether the id is that of a root category of the marketplace."""
        node = category_tree(domain).get(category)
        return node is not None and node.parent == 0
