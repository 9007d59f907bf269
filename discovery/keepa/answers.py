"""What the client's calls return, and how they are read out of Keepa's JSON.

A part of an answer that is not of the promised type raises ``Unreadable``: the client makes an
error of it that knows what the call has cost.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from discovery.keepa.decode import asin_of, clean_text, decode_product, is_asin
from discovery.keepa.marketplaces import Marketplace
from discovery.keepa.product import ProductSnapshot
from discovery.keepa.raw_fields import Undecodable, as_integer, integers, known, positive

logger = logging.getLogger(__name__)


class Unreadable(Exception):
    """``what`` of the answer is missing or of a wrong type."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class FinderAnswer:
    """ASINs in the order asked for. ``total_results`` is Keepa's estimate of all that match."""

    asins: tuple[str, ...]
    total_results: int
    tokens_spent: int


@dataclass(frozen=True, slots=True)
class ProductAnswer:
    """Products by ASIN, and what became of every other one asked for.

    ``missing``: Keepa has no data for them, or sent nothing about them. ``undecodable``: it sent
    something that cannot be read; ``problems`` holds which field, by ASIN. ``missing_codes`` is
    for calls by code, and empty when a product of the answer may be any of theirs.
    """

    snapshots: Mapping[str, ProductSnapshot]
    tokens_spent: int
    missing: tuple[str, ...] = ()
    undecodable: tuple[str, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    missing_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryNode:
    """A browse node; ``parent_id`` is ``None`` for a root."""

    id: int
    name: str
    parent_id: int | None
    children: tuple[int, ...] = ()
    product_count: int | None = None

    @property
    def is_root(self) -> bool:
        """Whether it is a department, above which there is nothing."""
        return self.parent_id is None


@dataclass(frozen=True, slots=True)
class CategoryAnswer:
    """Categories by id."""

    categories: Mapping[int, CategoryNode]
    tokens_spent: int


def read_finder(body: Mapping[str, Any], tokens_spent: int) -> FinderAnswer:
    """The ASINs of a ``/query`` answer, repeated ones once and what is no ASIN left out.

    Raises ``Unreadable``.
    """
    listed = body.get("asinList")
    listed = [] if listed is None and body.get("totalResults") == 0 else listed
    if not isinstance(listed, list) or not all(isinstance(asin, str) for asin in listed):
        raise Unreadable("asinList")
    told = body.get("totalResults")
    total = as_integer(told)
    if told is not None and total is None:
        raise Unreadable("totalResults")
    asins = tuple(dict.fromkeys(asin for asin in listed if is_asin(asin)))
    if listed and not asins:
        raise Unreadable("asinList")
    return FinderAnswer(asins, max(total or 0, len(asins)), tokens_spent)


def read_products(
    body: Mapping[str, Any],
    tokens_spent: int,
    *,
    asked: Sequence[str],
    marketplace: Marketplace,
    detail: bool,
) -> ProductAnswer:
    """Match products to the ASINs asked for, in the order asked. Raises ``Unreadable``."""
    read = _read_each(body, marketplace, detail)
    alive = read.alive
    absent = [asin for asin in asked if asin not in read.snapshots and asin not in read.problems]
    if read.nameless:
        # A product too broken to hold its ASIN may be any of those that did not come.
        read.problems.update(dict.fromkeys(absent, "asin"))
    return ProductAnswer(
        snapshots={asin: alive[asin] for asin in asked if asin in alive},
        tokens_spent=tokens_spent,
        missing=tuple(a for a in asked if a not in alive and a not in read.problems),
        undecodable=tuple(asin for asin in asked if asin in read.problems),
        problems=read.problems,
    )


def read_products_by_code(
    body: Mapping[str, Any],
    tokens_spent: int,
    *,
    codes: Sequence[str],
    marketplace: Marketplace,
) -> ProductAnswer:
    """Products of the codes asked for; a code may stand for several. Raises ``Unreadable``."""
    read = _read_each(body, marketplace, detail=False)
    asked = {code.lstrip("0") for code in codes}
    borne = [{code.lstrip("0") for code in each.codes} & asked for each in read.alive.values()]
    # Broken, or without its codes, a product may be that of any code that brought none.
    is_sure = all(borne) and not read.problems and not read.nameless
    found: set[str] = set().union(*borne)
    return ProductAnswer(
        snapshots=read.alive,
        tokens_spent=tokens_spent,
        undecodable=tuple(read.problems),
        problems=read.problems,
        missing_codes=tuple(code for code in codes if is_sure and code.lstrip("0") not in found),
    )


@dataclass(slots=True)
class _Read:
    snapshots: dict[str, ProductSnapshot] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    nameless: int = 0

    @property
    def alive(self) -> dict[str, ProductSnapshot]:
        return {asin: found for asin, found in self.snapshots.items() if not found.is_dead}


def _read_each(body: Mapping[str, Any], marketplace: Marketplace, detail: bool) -> _Read:
    products = body.get("products")
    if products is None and body.get("tokensConsumed") is not None:
        products = []  # Keepa knows none of them, and has charged what it says
    if not isinstance(products, list):
        raise Unreadable("products")
    read = _Read()
    for raw in products:
        if raw is None:
            continue
        try:
            asin = asin_of(raw)
        except Undecodable:
            read.nameless += 1
            continue
        try:
            read.snapshots[asin] = decode_product(raw, marketplace=marketplace, detail=detail)
        except Undecodable as error:
            read.problems[asin] = error.field
    if read.problems or read.nameless:
        logger.warning(
            "%d products could not be decoded (%s), %d of them without an ASIN",
            len(read.problems) + read.nameless,
            ", ".join(f"{asin}: {what}" for asin, what in sorted(read.problems.items())[:5]),
            read.nameless,
        )
    return read


def read_categories(body: Mapping[str, Any], tokens_spent: int) -> CategoryAnswer:
    """The categories of a ``/category`` or ``/search`` answer; none when it names none.

    Raises ``Unreadable``.
    """
    listed = body.get("categories")
    if listed is None:
        return CategoryAnswer({}, tokens_spent)
    if not isinstance(listed, Mapping):
        raise Unreadable("categories")
    nodes = [_node(raw) for raw in listed.values() if raw is not None]
    return CategoryAnswer({node.id: node for node in nodes}, tokens_spent)


def _node(raw: Any) -> CategoryNode:
    if not isinstance(raw, Mapping):
        raise Unreadable("categories")
    node, name = positive(raw, "catId"), raw.get("name")
    if node is None or not isinstance(name, str):
        raise Unreadable("categories")
    return CategoryNode(
        id=node,
        name=clean_text(name) or str(node),
        parent_id=positive(raw, "parent"),
        children=tuple(child for child in integers(raw, "children") if child > 0),
        product_count=known(raw, "productCount"),
    )
