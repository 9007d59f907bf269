"""What a product *is* for good: identity, size, and the plan its two years of history follow.

Everything here is drawn once from the seed and small enough to hold for the whole store; prices
and ranks at a given moment are worked out from it by `market.py` and `ranks.py`. Days are
counted from the catalogue's anchor: negative is the past.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from discovery.sandbox import identifiers, wording
from discovery.sandbox.categories import Category, roots, shelves_with_goods
from discovery.sandbox.dips import Dip, dip_of
from discovery.sandbox.dirt import Dirt, dirt_of
from discovery.sandbox.marketplaces import MARKETPLACES, Marketplace
from discovery.sandbox.plans import Body, Plan, by_one_seller, draw_body, draw_plan

STANDARD: Final = 0
DOWNLOADABLE: Final = 1
EBOOK: Final = 2
INACCESSIBLE: Final = 3
INVALID: Final = 4
VARIATION_PARENT: Final = 5

_FAMILY_EVERY: Final = 88
_FAMILY_AT: Final = 40
_FAMILY_SIZE: Final = 4


@dataclass(frozen=True, slots=True)
class Product:
    """One made-up product and the plan its prices and ranks follow."""

    number: int
    domain: int
    category: Category
    asin: str
    product_type: int
    title: str
    brand: str
    author: str
    binding: str
    ean: str
    parent_asin: str
    children: tuple[str, ...]
    tint: str
    body: Body
    plan: Plan
    salt: int
    is_hazmat: bool
    is_adult: bool
    is_heat_sensitive: bool
    is_map: bool
    has_image: bool
    pack: int
    """How many pieces the title says it holds; 1 when it says nothing."""
    fee_quirk: str
    """Nothing when fees are delivered as tabled; else "missing", or "off" (a fifth too high)."""
    stale_days: float
    """How long ago Keepa last managed to look; 0 for nearly all."""
    dirt: Dirt
    """What is odd about its answer."""
    dip: Dip | None = None
    """When Amazon's own price drops; None for nearly all."""

    @property
    def market(self) -> Marketplace:
        """The marketplace it is sold on."""
        return MARKETPLACES[self.domain]

    @property
    def is_dead(self) -> bool:
        """Whether Keepa has no data for it any more."""
        return self.product_type == INVALID


def store_size(root: Category) -> int:
    """How many products the sandbox keeps under a root category."""
    books = root.shelf.key == "books"
    if root.domain == 1:
        return 3000 if books else 850
    if root.domain == 4:
        return 1500 if books else 520
    return 300 if books else 250


def generate_store(seed: int, domain: int) -> list[Product]:
    """Every product of a marketplace, always the same for the same seed."""
    products = []
    for order, root in enumerate(roots(domain)):
        leaves = shelves_with_goods(root)
        for place in range(store_size(root)):
            products.append(generate(seed, root, leaves, order * 100_000, place))  # noqa: PERF401
    return products


def is_in_family(root: Category, place: int) -> bool:
    """Whether the product at this place is a variation or the parent of some."""
    return _family_place(root, place) >= 0


def _family_place(root: Category, place: int) -> int:
    """0 for a variation parent, 1.. for its children, -1 for a product on its own."""
    if root.shelf.media:
        return -1
    offset = place % _FAMILY_EVERY - _FAMILY_AT
    return offset if 0 <= offset < _FAMILY_SIZE else -1


def _draw_for(seed: int, domain: int, number: int) -> Random:
    return Random((seed * 100 + domain) * 10_000_000 + number)  # noqa: S311 # nosec B311 # demonstration data


def generate(seed: int, root: Category, leaves: list[Category], base: int, place: int) -> Product:
    """The product at a place among those of a root category, numbered from `base`."""
    market = MARKETPLACES[root.domain]
    family = _family_place(root, place)
    number = base + place
    draw = _draw_for(seed, root.domain, number)
    shared = draw if family < 1 else _draw_for(seed, root.domain, number - family)
    leaf = shared.choice(leaves)
    good = shared.choice(leaf.goods)
    books = root.shelf.key == "books"
    made_by = wording.publisher(shared) if books else wording.brand(shared)

    kind = VARIATION_PARENT if family == 0 else _product_type(draw, leaf)
    is_isbn = books and kind != EBOOK
    # Stores that share a group of ISBNs or a prefix of codes must not share the codes.
    salt = seed * 7919 + (root.domain if root.domain > 5 else 0)
    asin = _asin(number, market, salt, is_isbn=is_isbn)
    tint = "" if books else wording.colour(max(family, place), market.language)
    title, pack = (
        (wording.book_title(draw, good, market.language), 1)
        if books
        else wording.goods_title(draw, made_by, good, market.language, tint)
    )
    parent = children = ""
    if family > 0:
        parent = _asin(number - family, market, salt, is_isbn=False)
    elif family == 0:
        children = ",".join(
            _asin(number + step, market, salt, is_isbn=False) for step in range(1, _FAMILY_SIZE)
        )
    plan = draw_plan(draw, leaf, market, unsold=kind in {EBOOK, DOWNLOADABLE})
    is_stale = draw.random() < 0.014 and plan.listed_day < -150
    dirt = _dirt(asin, plan, has_own_brand=not books and family < 0 and kind == STANDARD)
    return Product(
        number=number,
        domain=root.domain,
        category=leaf,
        asin=asin,
        product_type=kind,
        title=title,
        brand=made_by,
        author=wording.author(draw, market.language) if books else "",
        binding=_binding(draw, kind, market, books=books),
        ean=identifiers.isbn13(asin)
        if is_isbn
        else identifiers.ean_of(number, market.ean_prefix, salt),
        parent_asin=parent,
        children=tuple(children.split(",")) if children else (),
        tint=tint,
        body=draw_body(draw, leaf),
        plan=by_one_seller(plan) if dirt.private_label else plan,
        salt=draw.getrandbits(40),
        is_hazmat=draw.random() < leaf.shelf.hazmat,
        is_adult=draw.random() < leaf.shelf.adult,
        is_heat_sensitive=draw.random() < leaf.shelf.heat,
        is_map=draw.random() < 0.004,
        has_image=draw.random() < 0.05,
        pack=pack,
        fee_quirk=_fee_quirk(draw.random()),
        stale_days=draw.uniform(10, 60) if is_stale else dirt.stale_days,
        dirt=dirt,
        dip=None
        if books or kind != STANDARD or dirt.private_label
        else dip_of(asin, plan, scale=market.price_scale),
    )


def _dirt(asin: str, plan: Plan, *, has_own_brand: bool) -> Dirt:
    """The dirt of the ASIN, without what cannot be on this product."""
    dirt = dirt_of(asin)
    return replace(
        dirt,
        private_label=dirt.private_label and has_own_brand and plan.rank > 0,
        stale_days=dirt.stale_days if plan.listed_day < -150 else 0.0,
    )


def _asin(number: int, market: Marketplace, salt: int, *, is_isbn: bool) -> str:
    if is_isbn:
        return identifiers.isbn10(number, market.isbn_group, salt)
    return identifiers.plain_asin(number + market.domain * 10_000_000, salt)


def _product_type(draw: Random, leaf: Category) -> int:
    fate = draw.random()
    if fate < 0.008:
        return INVALID
    if fate < 0.012:
        return INACCESSIBLE
    if fate < 0.020 and leaf.shelf.key == "books":
        return EBOOK
    if fate < 0.035 and leaf.shelf.key == "video-games":
        return DOWNLOADABLE
    return STANDARD


def _binding(draw: Random, kind: int, market: Marketplace, *, books: bool) -> str:
    if kind == EBOOK:
        return "kindle_edition"
    return wording.binding(draw, market.language) if books else ""


def _fee_quirk(fate: float) -> str:
    if fate < 0.05:
        return "missing"
    return "off" if fate < 0.065 else ""
