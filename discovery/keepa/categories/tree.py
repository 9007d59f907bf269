"""Keepa's tree of categories, as far as it is known: built in, bought, or met on products."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from discovery.keepa.categories.known import folded, known_categories
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import KeepaCategory

FOUND_AT_MOST = 40


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A category; ``children`` counts those known. ``path`` is in words, root first."""

    id: int
    name: str
    path: str
    children: int
    is_opened: bool


@dataclass(frozen=True, slots=True)
class TreeLevel:
    """A place in the tree: its ancestors, root first, and its children; or what was searched for.

    ``here`` is ``None`` above the departments and for a search.
    """

    marketplace: str
    words: str
    here: TreeNode | None
    ancestors: tuple[TreeNode, ...]
    nodes: tuple[TreeNode, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    parent: int | None
    is_opened: bool


def browse(*, marketplace: str, category_id: int | None = None, words: str = "") -> TreeLevel:
    """The known sub-categories of a category, the departments, or all whose name holds the words.

    One statement, no token. An unknown marketplace or category shows nothing.
    """
    if marketplace not in MARKETPLACES:
        return TreeLevel(marketplace, words, None, (), ())
    known = _known(marketplace)
    below: dict[int | None, list[int]] = defaultdict(list)
    for node, category in known.items():
        below[category.parent if category.parent in known else None].append(node)

    def node_of(number: int) -> TreeNode:
        return TreeNode(
            id=number,
            name=known[number].name,
            path=" › ".join(known[node].name for node in _path(number, known)),
            children=len(below[number]),
            is_opened=known[number].is_opened,
        )

    wanted = folded(words)
    if wanted:
        hits = [node for node, category in known.items() if wanted in folded(category.name)]
        hits.sort(key=lambda node: (folded(known[node].name) != wanted, known[node].name))
        found = tuple(node_of(node) for node in hits[:FOUND_AT_MOST])
        return TreeLevel(marketplace, words, None, (), found)
    here = category_id if category_id in known else None
    listed = sorted(below[here], key=lambda node: known[node].name.casefold())
    return TreeLevel(
        marketplace=marketplace,
        words=words,
        here=None if here is None else node_of(here),
        ancestors=() if here is None else tuple(map(node_of, _path(here, known)[:-1])),
        nodes=tuple(map(node_of, listed)),
    )


def _known(marketplace: str) -> dict[int, _Known]:
    found = {
        category.id: _Known(category.name, None if category.is_root else category.root, False)
        for category in known_categories(marketplace)
    }
    rows = KeepaCategory.objects.filter(marketplace=marketplace)
    for node, name, parent, opened_at in rows.values_list(
        "category_id", "name", "parent_id", "opened_at"
    ):
        by_heart = found.get(node)
        found[node] = _Known(
            by_heart.name if by_heart else name,
            parent or (by_heart.parent if by_heart else None),
            opened_at is not None,
        )
    return found


def _path(node: int, known: dict[int, _Known]) -> list[int]:
    """From the root down to the node; a circle in the data is cut."""
    path: list[int] = []
    at: int | None = node
    while at is not None and at in known and at not in path:
        path.append(at)
        at = known[at].parent
    return path[::-1]
