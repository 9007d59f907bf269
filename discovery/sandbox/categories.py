"""The category tree of each marketplace, read from `shelves.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from discovery.sandbox.marketplaces import MARKETPLACES

OWN_IDS_FROM: Final = 990_000_000_000
"""Sub-categories whose Amazon id is not known here are numbered from this figure up."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """How the goods of one root category behave; units stand at the top of `shelves.toml`."""

    key: str
    group: str
    item_type: str
    price: int
    spread: float
    weight: int
    referral: float
    reach: float
    peak: int
    used: float
    refurbished: float
    hazmat: float
    oversize: float
    adult: float
    heat: float
    media: bool


@dataclass(frozen=True, slots=True)
class Category:
    """One node of a marketplace's tree.

    `key` is its name in `shelves.toml`; `path` goes from the root to the node itself.
    """

    key: str
    id: int
    name: str
    domain: int
    parent: int
    path: tuple[int, ...]
    shelf: Shelf
    goods: tuple[str, ...]
    price: int
    peak: int
    children: list[int] = field(default_factory=list)

    @property
    def root(self) -> int:
        """The id of the root category above it, its own for a root."""
        return self.path[0]


def _shelf(row: dict[str, Any]) -> Shelf:
    return Shelf(
        key=row["key"],
        group=row["group"],
        item_type=row["type"],
        price=row["price"],
        spread=row["spread"],
        weight=row["weight"],
        referral=row["referral"],
        reach=row["reach"],
        peak=row.get("peak", -1),
        used=row.get("used", 0.08),
        refurbished=row.get("refurbished", 0.0),
        hazmat=row.get("hazmat", 0.02),
        oversize=row.get("oversize", 0.03),
        adult=row.get("adult", 0.0),
        heat=row.get("heat", 0.0),
        media=row.get("media", False),
    )


@cache
def _rows() -> list[dict[str, Any]]:
    text = Path(__file__).with_name("shelves.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["shelf"]
    return rows


@cache
def category_tree(domain: int) -> dict[int, Category]:
    """Every category of a marketplace by id, roots before their children; empty if unknown."""
    market = MARKETPLACES.get(domain)
    if market is None:
        return {}
    tree: dict[int, Category] = {}
    for order, row in enumerate(_rows()):
        root_id = row["ids"].get(str(domain))
        if root_id is not None:
            _plant(tree, row, root_id, order, market.domain, market.language)
    return tree


def _plant(
    tree: dict[int, Category],
    row: dict[str, Any],
    root_id: int,
    order: int,
    domain: int,
    language: str,
) -> None:
    shelf = _shelf(row)
    root = Category(
        key=shelf.key,
        id=root_id,
        name=row["names"][language],
        domain=domain,
        parent=0,
        path=(root_id,),
        shelf=shelf,
        goods=(),
        price=shelf.price,
        peak=shelf.peak,
    )
    tree[root_id] = root
    planted = {"": root}
    for place, leaf in enumerate(row["leaves"]):
        if language not in leaf:
            continue
        parent = planted[leaf.get("parent", "")]
        own = OWN_IDS_FROM + domain * 1_000_000 + order * 1_000 + place
        number = leaf.get("id", own) if domain == 1 else own
        node = Category(
            key=leaf["key"],
            id=number,
            name=leaf[language],
            domain=domain,
            parent=parent.id,
            path=(*parent.path, number),
            shelf=shelf,
            goods=tuple(leaf.get(f"goods_{language}", ())),
            price=leaf.get("price", shelf.price),
            peak=leaf.get("peak", shelf.peak),
        )
        tree[number] = planted[leaf["key"]] = node
        parent.children.append(number)


def roots(domain: int) -> list[Category]:
    """The root categories of a marketplace, by Keepa's domain number."""
    return [node for node in category_tree(domain).values() if node.parent == 0]


def shelves_with_goods(root: Category) -> list[Category]:
    """The nodes under `root` that hold products."""
    tree = category_tree(root.domain)
    return [node for node in tree.values() if node.root == root.id and node.goods]
