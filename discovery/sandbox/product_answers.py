"""`/product`: which products come back, in which shape, and what they cost."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any, Final

from discovery.sandbox.answer import Answer
from discovery.sandbox.catalogue import Catalogue, Store
from discovery.sandbox.dirt import dirt_of
from discovery.sandbox.errors import out_of_range
from discovery.sandbox.kept import Kept
from discovery.sandbox.looks import as_seen
from discovery.sandbox.market import NewMarket, has_market
from discovery.sandbox.offers import PAGE, live_offers
from discovery.sandbox.payload import Shape, product_payload
from discovery.sandbox.products import Product
from discovery.sandbox.requests import Request
from discovery.sandbox.shells import dead_payload
from discovery.sandbox.stats import Asked
from discovery.sandbox.used import UsedMarket
from discovery.sandbox.world import World

PRODUCT: Final = 1
BUY_BOX: Final = 2
OFFER_PAGE: Final = 6
STOCK: Final = 2
LIVE_UPDATE: Final = 1

NEVER_REFRESH: Final = -1
"""The value of `update` with which an ASIN that is missing costs nothing."""

_KEPT_BYTES: Final = 48 * 1024 * 1024
_ENCODED: Final = Kept(_KEPT_BYTES)
"""Shared by all the sandboxes of a process: those of one seed give the same answers."""

_MOST_PER_CODE: Final = 10
_MOST_WITH_OFFERS: Final = 20
_EXTRAS: Final = {"videos": "videos", "aplus": "aPlus"}


class ProductAnswers:
    """Products of one catalogue; `world` and `store` tell the present one."""

    def __init__(
        self, catalogue: Catalogue, world: Callable[[], World], store: Callable[[int], Store]
    ) -> None:
        self.catalogue = catalogue
        self._store = store
        self._world = world

    def answer(self, request: Request) -> Answer:
        """1 a product asked for, known or not; see the table in docs/sandbox.md for the rest."""
        domain = request.domain()
        store = self._store(domain)
        if request.text("code"):
            asked_for, unknown = _by_codes(store, request)
        else:
            asins = request.asins()
            asked_for = [store.by_asin[asin] for asin in asins if asin in store.by_asin]
            unknown = [asin for asin in asins if asin not in store.by_asin]
        is_free = request.text("update") and request.whole("update", 0) == NEVER_REFRESH
        cost = PRODUCT * (len(asked_for) + (0 if is_free else len(unknown)))
        products, extra = self.encode(request, domain, asked_for)
        products += self._shells(request, domain, unknown)
        if products:
            return Answer(cost + extra, products=products)
        # Where nothing is known, `products` is now null, now not there at all.
        is_null = zlib.crc32(",".join(unknown).encode()) % 3 == 0
        return Answer(cost + extra, {"products": None} if is_null else {})

    def _shells(self, request: Request, domain: int, unknown: list[str]) -> list[bytes]:
        """Keepa drops most of what it does not know, and answers an empty shell for the rest."""
        wants_stats = bool(request.text("stats"))
        return [
            _encoded(
                dead_payload(
                    asin,
                    domain,
                    self._world().now,
                    length=min(36, dirt_of(asin).series),
                    with_stats=wants_stats,
                )
            )
            for asin in unknown
            if asin.startswith("B0") and sum(asin.encode()) % 2 == 0
        ]

    def encode(
        self, request: Request, domain: int, asked_for: list[Product]
    ) -> tuple[list[bytes], int]:
        """The encoded products, in no promised order, and what their options cost on top."""
        asked = Asked(
            buy_box=request.flag("buybox"),
            offers=request.offers(),
            stock=request.flag("stock"),
            rating=request.flag("rating"),
        )
        if asked.offers and len(asked_for) > _MOST_WITH_OFFERS:
            raise out_of_range(
                "At most 20 products can be asked for with offers.", str(len(asked_for))
            )
        world = self._world()
        raw_interval = request.text("stats")
        request.interval(world.now)  # refused before anything is worked out
        shape = Shape(
            with_history=request.flag("history", default=True),
            days=request.days(),
            only_live_offers=request.flag("only-live-offers"),
            extras=tuple(key for name, key in _EXTRAS.items() if request.flag(name)),
        )
        update = request.whole("update", NEVER_REFRESH)
        encoded = []
        cost = 0
        for product in sorted(asked_for, key=lambda each: each.asin):
            seen = as_seen(world, product)
            cost += _option_cost(product, asked, seen, update, age=world.now - seen.now)
            where = (self.catalogue.seed, world.anchor, domain)
            key = (where, product.asin, seen.now, asked, raw_interval, shape)

            def make(product: Product = product, seen: World = seen) -> bytes:
                wanted = Shape(
                    interval=request.interval(seen.now),
                    with_history=shape.with_history,
                    days=shape.days,
                    only_live_offers=shape.only_live_offers,
                    extras=shape.extras,
                )
                return _encoded(product_payload(seen, product, asked=asked, shape=wanted))

            encoded.append(_ENCODED.get(key, make))
        return encoded, cost


def _by_codes(store: Store, request: Request) -> tuple[list[Product], list[str]]:
    """Products by UPC, EAN or ISBN-13, at most `code-limit` for one code."""
    limit = request.whole("code-limit", _MOST_PER_CODE)
    found: dict[str, Product] = {}
    unknown = []
    for code in request.codes():
        matches = store.by_code.get(code.lstrip("0")) or store.by_code.get(code) or []
        found |= {product.asin: product for product in matches[: max(1, limit)]}
        if not matches:
            unknown.append(code)
    return list(found.values()), unknown


def _option_cost(product: Product, asked: Asked, world: World, update: int, *, age: int) -> int:
    """What is charged on top of the product itself; `age` of what is known, in minutes."""
    cost = 0
    if asked.offers:
        # Six tokens a page of ten offers found, in place of the product's own token.
        found = 0 if product.dirt.offers_fail else min(asked.offers, _live_count(product, world))
        cost += max(0, OFFER_PAGE * -(-found // PAGE) - PRODUCT)
        if asked.stock:
            cost += STOCK
    elif asked.buy_box:
        cost += BUY_BOX
    if update == 0 or (update > 0 and age > update * 60):
        cost += LIVE_UPDATE
    return cost


def _live_count(product: Product, world: World) -> int:
    if not has_market(product):
        return 0
    return len(
        live_offers(
            product, NewMarket(world, product).now(), UsedMarket(world, product).now(), world.now
        )
    )


def _encoded(payload: dict[str, Any]) -> bytes:
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair has no bytes of its own
        return json.dumps(payload, separators=(",", ":")).encode()
