"""Keepa's tree of categories, as far as it is known: built in, bought, or met on products."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from discovery.keepa.categories.known import folded, known_categories, known_parents, path_to
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


def browse(*, marketplace: str, category_id: int | None = None, words: str = "") -> TreeLevel:
    """The known sub-categories of a category, the departments, or all whose name holds the words.

    One statement, no token. An unknown marketplace or category shows nothing.
    """
    if marketplace not in MARKETPLACES:
        return TreeLevel(marketplace, words, None, (), ())
    names = {category.id: category.name for category in known_categories(marketplace)}
    parents = known_parents(marketplace)
    opened = set()
    rows = KeepaCategory.objects.filter(marketplace=marketplace)
    for node, name, parent, opened_at in rows.values_list(
        "category_id", "name", "parent_id", "opened_at"
    ):
        names.setdefault(node, name)
        parents[node] = parent or parents.get(node)
        if opened_at is not None:
            opened.add(node)
    below: dict[int | None, list[int]] = defaultdict(list)
    for node, above in parents.items():
        below[above if above in parents else None].append(node)

    def path_of(number: int) -> list[int]:
        return [node for node in path_to(number, parents)[0] if node in names]

    def node_of(number: int) -> TreeNode:
        return TreeNode(
            id=number,
            name=names[number],
            path=" › ".join(names[node] for node in path_of(number)),
            children=len(below[number]),
            is_opened=number in opened,
        )

    wanted = folded(words)
    if wanted:
        hits = [node for node, name in names.items() if wanted in folded(name)]
        hits.sort(key=lambda node: (folded(names[node]) != wanted, names[node]))
        found = tuple(node_of(node) for node in hits[:FOUND_AT_MOST])
        return TreeLevel(marketplace, words, None, (), found)
    here = category_id if category_id in names else None
    listed = sorted(below[here], key=lambda node: names[node].casefold())
    return TreeLevel(
        marketplace=marketplace,
        words=words,
        here=None if here is None else node_of(here),
        ancestors=() if here is None else tuple(map(node_of, path_of(here)[:-1])),
        nodes=tuple(map(node_of, listed)),
    )
