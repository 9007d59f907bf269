"""What Product Finder tests besides figures: flags, texts, numbers and sellers of a product."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from discovery.sandbox import kinds
from discovery.sandbox.availability import availability_of_amazon, box_state
from discovery.sandbox.figures import Figures
from discovery.sandbox.goods import brand_store, is_launchpad, rank_reference
from discovery.sandbox.market import NO_SELLER
from discovery.sandbox.names import FLAG, NUMBERS, form_of
from discovery.sandbox.offers import sellers_of
from discovery.sandbox.products import Product
from discovery.sandbox.reading import flag, texts, whole, whole_numbers
from discovery.sandbox.series import SIMULATED

Attribute = Callable[[Figures, Product], Any]


def _of(read: Callable[[Product], Any]) -> Attribute:
    return lambda _figures, product: read(product)


def _box(read: Callable[[Figures, Product], bool]) -> Attribute:
    """Of the Buy Box: false where nobody has it."""

    def has(figures: Figures, product: Product) -> bool:
        state = figures.new_side(product)
        return state is not None and state.seller != NO_SELLER and read(figures, product)

    return has


def _held_up(how: str) -> Attribute:
    def is_held_up(figures: Figures, product: Product) -> bool:
        state = figures.new_side(product)
        return state is not None and box_state(product, state) == how

    return is_held_up


def _box_seller(figures: Figures, product: Product) -> str:
    state = figures.new_side(product)
    return state.seller if state is not None else NO_SELLER


def _is_fba(figures: Figures, product: Product) -> bool:
    state = figures.new_side(product)
    return state is not None and state.is_fba


def _sellers(wanted: Callable[[bool], bool]) -> Attribute:
    """The ids of those who sell now, in small letters; `wanted` is told whether Amazon ships."""

    def sellers(figures: Figures, product: Product) -> set[str]:
        state, used = figures.new_side(product), figures.used_side(product)
        if state is None or used is None:
            return set()
        found = sellers_of(product, state, used)
        return {seller.casefold() for seller, is_fba in found if wanted(is_fba)}

    return sellers


def _top_seller(days: int) -> Attribute:
    def top(figures: Figures, product: Product) -> str:
        return next(iter(figures.shares(product, days)), NO_SELLER)

    return top


def _availability(figures: Figures, product: Product) -> int:
    return availability_of_amazon(product, figures.new_side(product))


FLAGS: Final[Mapping[str, Attribute]] = {
    "isAdultProduct": _of(lambda product: product.is_adult),
    "hasReviews": _of(lambda product: product.plan.rating > 0),
    "isHazMat": _of(lambda product: product.is_hazmat),
    "isHeatSensitive": _of(lambda product: product.is_heat_sensitive),
    "newPriceIsMAP": _of(lambda product: product.is_map),
    "hasParentASIN": _of(lambda product: bool(product.parent_asin)),
    "launchpad": _of(is_launchpad),
    "isSNS": _of(lambda _product: False),
    "buyBoxIsAmazon": _box(
        lambda f, product: _box_seller(f, product) == product.market.amazon_seller
    ),
    "buyBoxIsFBA": _box(_is_fba),
    "buyBoxIsUnqualified": lambda f, product: _box_seller(f, product) == NO_SELLER,
    "buyBoxIsBackorder": _held_up("backorder"),
    "buyBoxIsPreorder": _held_up("preorder"),
}
NUMBERS_OF: Final[Mapping[str, Attribute]] = {
    "productType": _of(lambda product: product.product_type),
    "returnRate": _of(lambda product: (None, None, 1, 2)[product.salt % 4]),
    "availabilityAmazon": _availability,
    "salesRankReference": lambda f, product: rank_reference(f.seen(product), product),
}
TEXTS_OF: Final[Mapping[str, Attribute]] = {
    "brand": _of(lambda product: product.brand),
    "manufacturer": _of(lambda product: product.brand),
    "brandStoreName": _of(brand_store),
    "binding": _of(lambda product: product.binding),
    "color": _of(lambda product: product.tint),
    "productGroup": _of(lambda product: product.category.shelf.group),
    "type": _of(lambda product: product.category.shelf.item_type),
    "buyBoxSellerId": _box_seller,
    **{f"buyBoxStatsTopSellerId{days}": _top_seller(days) for days in (30, 90, 180, 365)},
}
SELLERS_OF: Final[Mapping[str, Attribute]] = {
    "sellerIds": _sellers(lambda _is_fba: True),
    "sellerIdsFBA": _sellers(lambda is_fba: is_fba),
    "sellerIdsFBM": _sellers(lambda is_fba: not is_fba),
}
WORDS_OF: Final[Mapping[str, Callable[[Product], str]]] = {
    "title": lambda product: product.title,
    "author": lambda product: product.author,
}
Test = Callable[[Figures, Product], bool]
_DEAR: Final = ("isLowest_", "backInStock_", "sellerIds", "buyBoxStatsTopSellerId")


def is_dear(name: str) -> bool:
    """Whether testing the field takes a whole history or all offers of a product."""
    return name.startswith(_DEAR)


def test_of(name: str, value: object) -> Test | None:
    """The test a field of the selection asks for; None when the sandbox has no data for it.

    Raises ``Refused`` (400) when the value is not of the field's form.
    """
    if form_of(name) == FLAG:
        return _flag_test(name, value)
    if name in NUMBERS_OF:
        wanted = whole_numbers(value, name) if form_of(name) == NUMBERS else {whole(value, name)}
        number = NUMBERS_OF[name]
        return lambda figures, product: number(figures, product) in wanted
    if name in WORDS_OF:
        phrases = [phrase.split() for phrase in texts(value, name)]
        text = WORDS_OF[name]
        return lambda _, product: _holds_any(text(product).casefold(), phrases)
    if name in TEXTS_OF:
        options, attribute = texts(value, name), TEXTS_OF[name]
        return lambda figures, product: attribute(figures, product).casefold() in options
    if name in SELLERS_OF:
        sellers, offered = texts(value, name), SELLERS_OF[name]
        return lambda figures, product: not sellers.isdisjoint(offered(figures, product))
    return None


def _flag_test(name: str, value: object) -> Test | None:
    wanted = flag(value, name)
    if name in FLAGS:
        attribute = FLAGS[name]
        return lambda figures, product: bool(attribute(figures, product)) is wanted
    family, _, kind_name = name.partition("_")
    kind = kinds.INDEX.get(kind_name)
    if kind not in SIMULATED:
        return None
    if family == "isLowest":
        return lambda figures, product: figures.is_lowest(product, kind) is wanted
    return lambda figures, product: figures.is_back(product, kind) is wanted


def _holds_any(text: str, phrases: Iterable[list[str]]) -> bool:
    return any(all(word in text for word in phrase) for phrase in phrases)
