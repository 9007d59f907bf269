"""Amazon.fr's goods on amazon.de, .it and .es: the same ASINs with a market of their own.

Most are the same goods under the same code, at much the same price; some are far cheaper there,
and a few are traps: another pack under the same ASIN, or neither code nor title in common. All is
drawn from the ASIN and the marketplace, so that nothing else in any store moves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from discovery.sandbox import identifiers, wording
from discovery.sandbox.categories import Category, category_tree
from discovery.sandbox.marketplaces import MARKETPLACES, Marketplace
from discovery.sandbox.plans import Plan
from discovery.sandbox.products import STANDARD, Product

HOME: Final = 4
ABROAD: Final = frozenset({3, 8, 9})

SHARE: Final = 0.62
"""Of the goods of amazon.fr sold alone (no book, no family), those another one sells too."""
_CHEAP: Final = 0.07
_CHEAP_WHERE_WORTH_IT: Final = 0.25
"""Of dear goods that sell well; about a tenth of all goods then."""
_DEAR: Final = 4000
_WELL_RANKED: Final = 40_000
_OTHER_PACK: Final = 0.04
_OTHER_CODE: Final = 0.12
_PACK: Final = 3
"""What the pack of a single article holds, where it is a trap."""
_NUMBERED_FROM: Final = 3_000_000_000  # beyond any other product of the store
_ELSEWHERE: Final = {"video-games": "electronics"}
"""Where a shelf stands that the other marketplace has none of; else with the home goods."""


@dataclass(frozen=True, slots=True)
class Twin:
    """How the listing abroad differs; drawn once for an ASIN and a marketplace."""

    price: float
    """Its going price over that of amazon.fr."""
    is_cheap: bool
    pack: str
    """Nothing when it holds as much; else fewer or more."""
    shares_code: bool
    shares_title: bool
    rank: float
    luck: float
    salt: int


def twin_of(product: Product, domain: int) -> Twin | None:
    """How a product of amazon.fr is sold on another marketplace; None when it is not."""
    plan = product.plan
    is_worth_it = plan.price >= _DEAR and 0 < plan.rank < _WELL_RANKED
    digest = hashlib.blake2b(f"{product.asin} on {domain}".encode(), digest_size=64).digest()
    draws = (int.from_bytes(digest[place : place + 4]) / 2**32 for place in range(0, 64, 4))
    if next(draws) >= SHARE:
        return None
    is_cheap = next(draws) < (_CHEAP_WHERE_WORTH_IT if is_worth_it else _CHEAP)
    level = next(draws)
    fate = next(draws)
    pack = "" if fate >= _OTHER_PACK else "other"
    shares_code = next(draws) >= _OTHER_CODE
    title = next(draws)
    return Twin(
        price=0.40 + 0.20 * level if is_cheap else 0.80 + 0.45 * level,
        is_cheap=is_cheap,
        pack=pack,
        shares_code=shares_code,
        # Where no code is shared, a title like ours is all that proves the identity.
        shares_title=title < 0.5,
        rank=0.4 + 1.8 * next(draws),
        luck=next(draws),
        salt=int(next(draws) * 2**32),
    )


def twins_of(products: Iterable[Product], domain: int) -> Iterator[Product]:
    """The goods of amazon.fr another marketplace sells under the same ASINs."""
    market = MARKETPLACES[domain]
    for product in products:
        if not _is_alone(product):
            continue
        twin = twin_of(product, domain)
        if twin is not None:
            yield _abroad(product, twin, market)


def _is_alone(product: Product) -> bool:
    return (
        product.product_type == STANDARD
        and not product.author
        and not product.parent_asin
        and not product.dirt.private_label
    )


def _abroad(product: Product, twin: Twin, market: Marketplace) -> Product:
    pack, salt, price = product.pack, twin.salt, twin.price
    if twin.pack:
        if product.pack > 1:
            pack, price = 1, max(0.3, 1 / product.pack)
        else:
            # An odd salt and no multiple of 3: the listing itself counts what the pack holds.
            pack, price, salt = _PACK, 1.7, salt - salt % 6 + 1
    number = product.number + _NUMBERED_FROM
    leaf = _leaf(product.category, market.domain)
    title = product.title
    if twin.pack or not twin.shares_title:
        words = leaf.goods if leaf.key == product.category.key else ()
        title = wording.translated(
            title, product.brand, product.category.goods, words, market.language
        )
    own_code = identifiers.ean_of(number, market.ean_prefix, market.domain)
    return replace(
        product,
        number=number,
        domain=market.domain,
        category=leaf,
        title=wording.with_pack(title, pack, market.language) if twin.pack else title,
        pack=pack,
        ean=product.ean if twin.shares_code else own_code,
        plan=_plan(product.plan, twin, price),
        salt=salt,
        stale_days=0.0,
        dip=None,
    )


def _plan(plan: Plan, twin: Twin, price: float) -> Plan:
    """The market of the same article abroad: Amazon itself sells what is cheap there."""
    by_amazon = twin.is_cheap or twin.luck < 0.35
    return replace(
        plan,
        price=int(plan.price * price),
        list_price=int(plan.list_price * price),
        phase=plan.phase + 6 * twin.luck,
        event="",
        event_day=-1e9,
        amazon="always" if by_amazon else plan.amazon,
        amazon_ratio=min(plan.amazon_ratio, 1.0),
        fba_sellers=max(1, plan.fba_sellers),
        fbm_cheap_ratio=0.0,
        stockouts=() if by_amazon else plan.stockouts,
        rank=int(plan.rank * twin.rank),
        sales=plan.sales / twin.rank,
    )


@cache
def _leaves(domain: int) -> dict[tuple[str, str], Category]:
    """The nodes of a marketplace that hold goods, by the names of their shelf and their own."""
    tree = category_tree(domain)
    return {(node.shelf.key, node.key): node for node in tree.values() if node.goods}


@cache
def _first_leaf(shelf: str, domain: int) -> Category | None:
    return next((node for (key, _), node in _leaves(domain).items() if key == shelf), None)


def _leaf(category: Category, domain: int) -> Category:
    """The place of a category of amazon.fr in the tree of another marketplace."""
    shelf = category.shelf.key
    found = _leaves(domain).get((shelf, category.key)) or _first_leaf(shelf, domain)
    found = found or _first_leaf(_ELSEWHERE.get(shelf, "home"), domain)
    if found is None:
        raise LookupError(f"No place for {category.key} on domain {domain}.")
    return found
