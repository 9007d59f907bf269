"""Which products each seller has an offer on now: the offers of `/product`, the other way round."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from discovery.sandbox.figures import Figures
from discovery.sandbox.market import NewMarket, has_market
from discovery.sandbox.offers import sellers_of
from discovery.sandbox.products import Product
from discovery.sandbox.used import UsedMarket


class Offered(NamedTuple):
    """A product somebody sells; `seen_at` is when Keepa last saw the offer, in Keepa minutes."""

    product: Product
    seen_at: int
    is_fba: bool
    """Whether Amazon ships one of its offers."""


class Storefronts:
    """The sellers of one marketplace, and what each offers."""

    def __init__(self, products: Iterable[Product], figures: Figures) -> None:
        self._of: dict[str, list[Offered]] = defaultdict(list)
        self._sellers: dict[str, tuple[str, ...]] = {}
        for product in products:
            if not has_market(product):
                continue
            seen = figures.seen(product)
            state, used = NewMarket(seen, product).now(), UsedMarket(seen, product).now()
            shipped: dict[str, bool] = {}
            for seller, is_fba in sellers_of(product, state, used):
                shipped[seller] = shipped.get(seller, False) or is_fba
            self._sellers[product.asin] = tuple(shipped)
            for seller, is_fba in shipped.items():
                self._of[seller].append(Offered(product, seen.now, is_fba))
        for offered in self._of.values():
            offered.sort(key=lambda each: (-each.seen_at, each.product.asin))

    def of(self, seller: str) -> list[Offered]:
        """What a seller offers, freshest first; empty when nothing."""
        return self._of.get(seller, [])

    def competitors(self, seller: str, most: int) -> list[tuple[str, int]]:
        """Who else sells the same products, the most frequent first, and on how many of them."""
        met = Counter(
            other
            for offered in self.of(seller)
            for other in self._sellers[offered.product.asin]
            if other != seller
        )
        return sorted(met.items(), key=lambda pair: (-pair[1], pair[0]))[:most]

    def mean_sellers(self, seller: str) -> float:
        """How many sellers a product of this one has on average, this one included."""
        counts = [len(self._sellers[offered.product.asin]) for offered in self.of(seller)]
        return sum(counts) / len(counts) if counts else 0.0
