"""Category names and ids to Keepa's ids: from memory, else from what was looked up before.

Resolving never spends a token: a name nobody knows is refused, with the close ones. Looking a
name up at Keepa is a step of its own (``look_up_categories``, 1 token), and what it finds is
kept for every later question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from discovery.keepa.answers import CategoryNode
from discovery.keepa.budget import INTERACTIVE
from discovery.keepa.categories.known import (
    Category,
    ResolvedCategories,
    ambiguous,
    find,
    folded,
    join,
    known_categories,
    no_such_category,
)
from discovery.keepa.client import KeepaClient
from discovery.keepa.marketplaces import marketplace_of
from discovery.keepa.product import CategoryRef
from discovery.models import KeepaCategory

SHORTEST_TERM, LONGEST_TERM = 3, 60  # Keepa refuses shorter ones
UNKNOWN_ROOT = 0
AT_ONCE = 10  # categories in one call, Keepa's limit
NAMES_AT_MOST = 30  # bought at one opening


def resolve_categories(terms: Sequence[str], marketplace: str) -> ResolvedCategories:
    """Resolve names (in English, French or the marketplace's language) and ids, for no token.

    At most one statement, none when all are built in. Raises ``UnknownCategory`` for what
    stands for nothing or for several categories.
    """
    built_in = known_categories(marketplace)
    stored: StoredCategories | None = None
    found = []
    for term in terms:
        same = find(term, built_in)
        if not same:
            stored = stored_categories(marketplace) if stored is None else stored
            # What somebody asked for by name goes before what products happened to bring.
            same = find(term, stored.asked) or find(term, stored.learnt)
        if not same:
            listed = (*built_in, *stored.asked, *stored.learnt) if stored else built_in
            names = [category.name for category in listed]
            raise no_such_category(term, names)
        if len(same) > 1:
            raise ambiguous(term, same)
        found.append(same[0])
    return join(found)


@dataclass(frozen=True, slots=True)
class StoredCategories:
    """``asked`` were looked up or opened; ``learnt`` came with products."""

    asked: tuple[Category, ...]
    learnt: tuple[Category, ...]


def stored_categories(marketplace: str) -> StoredCategories:
    """Every category of a marketplace that is stored, in one statement."""
    rows = list(
        KeepaCategory.objects.filter(marketplace=marketplace).values_list(
            "category_id", "name", "parent_id", "is_learnt"
        )
    )
    parents: dict[int, int | None] = {
        category.id: None if category.is_root else category.root
        for category in known_categories(marketplace)
    }
    parents |= {node: parent for node, _name, parent, _learnt in rows}
    found: dict[bool, list[Category]] = {False: [], True: []}
    for node, name, _parent, is_learnt in rows:
        found[is_learnt].append(Category(marketplace, node, name, _root_of(node, parents)))
    return StoredCategories(asked=tuple(found[False]), learnt=tuple(found[True]))


def category_path(ids: Sequence[int], *, marketplace: str) -> list[tuple[int, ...]]:
    """The way from the root down to each of these categories, itself last, as far as known.

    One statement, none when all are roots built in. A sub-category whose root is unknown
    has the empty way.
    """
    built_in = {category.id: category for category in known_categories(marketplace)}
    parents: dict[int, int | None] = {
        category.id: None if category.is_root else category.root for category in built_in.values()
    }
    if any(node not in built_in or not built_in[node].is_root for node in ids):
        rows = KeepaCategory.objects.filter(marketplace=marketplace)
        parents |= dict(rows.values_list("category_id", "parent_id"))
    ways = []
    for node in ids:
        way, at = [node], parents.get(node)
        while at is not None and at not in way:
            way.append(at)
            at = parents.get(at)
        ways.append(tuple(way[::-1]) if parents.get(way[-1], UNKNOWN_ROOT) is None else ())
    return ways


def _root_of(node: int, parents: dict[int, int | None]) -> int:
    seen: set[int] = set()
    while node in parents and node not in seen:
        seen.add(node)
        parent = parents[node]
        if parent is None:
            return node
        node = parent
    return UNKNOWN_ROOT


def look_up_categories(
    term: str, *, marketplace: str, client: KeepaClient, purpose: str = INTERACTIVE
) -> tuple[CategoryNode, ...]:
    """Ask Keepa which categories a name, or one id, stands for, and keep them: 1 token.

    Raises ``UnknownCategory`` without asking when no category can be called that (shorter than
    3 characters, longer than 60, no letter) and, with what it has cost, when Keepa knows none;
    ``KeepaError`` when Keepa cannot answer.
    """
    market = marketplace_of(marketplace)
    text = " ".join(term.split())
    if text.isdecimal() and len(text) <= 15 and int(text) > 0:
        answer = client.categories([int(text)], marketplace=market.code, purpose=purpose)
    elif is_plausible(text):
        answer = client.search_categories(text, marketplace=market.code, purpose=purpose)
    else:
        raise no_such_category(text, (category.name for category in known_categories(market.code)))
    nodes = tuple(answer.categories.values())
    keep_categories(nodes, marketplace=market.code)
    if not nodes:
        raise no_such_category(
            text,
            (category.name for category in known_categories(market.code)),
            tokens_spent=answer.receipt.tokens_consumed,
        )
    wanted = folded(text)
    return tuple(sorted(nodes, key=lambda node: (folded(node.name) != wanted, node.name)))


def is_plausible(term: str) -> bool:
    """Whether a category could bear this name; a look-up of anything else is a wasted token."""
    if not SHORTEST_TERM <= len(term) <= LONGEST_TERM or any(c in "<>{}[]\\;=" for c in term):
        return False
    return sum(character.isalpha() for character in term) >= SHORTEST_TERM


def fetch_root_categories(
    *, marketplace: str, client: KeepaClient, purpose: str = INTERACTIVE
) -> tuple[CategoryNode, ...]:
    """Ask Keepa for the departments of a marketplace and keep them: 1 token.

    Raises ``KeepaError``.
    """
    answer = client.root_categories(marketplace=marketplace, purpose=purpose)
    nodes = tuple(answer.categories.values())
    keep_categories(nodes, marketplace=marketplace_of(marketplace).code)
    return nodes


def open_category(
    category_id: int, *, marketplace: str, client: KeepaClient, purpose: str = INTERACTIVE
) -> int:
    """Ask Keepa for a category's sub-categories and keep them; returns what it has cost.

    At most one token for the category, and one for each sub-category whose name is not known
    yet, ``NAMES_AT_MOST`` of them at once: what is left is for another time. Nothing is asked of a
    category that was opened to the end. What was bought is stored call by call.

    Raises ``KeepaError``.
    """
    market = marketplace_of(marketplace)
    opened = KeepaCategory.objects.filter(marketplace=market.code, category_id=category_id)
    if opened.filter(opened_at__isnull=False).exists():
        return 0
    answer = client.categories([category_id], marketplace=market.code, purpose=purpose)
    spent = answer.receipt.tokens_consumed
    keep_categories(answer.categories.values(), marketplace=market.code)
    children = [child for node in answer.categories.values() for child in node.children]
    known = {category.id for category in known_categories(market.code)} | set(
        KeepaCategory.objects.filter(marketplace=market.code, category_id__in=children).values_list(
            "category_id", flat=True
        )
    )
    unknown = [child for child in dict.fromkeys(children) if child not in known]
    bought = unknown[:NAMES_AT_MOST]
    for start in range(0, len(bought), AT_ONCE):
        batch = bought[start : start + AT_ONCE]
        named = client.categories(batch, marketplace=market.code, purpose=purpose)
        spent += named.receipt.tokens_consumed
        keep_categories(named.categories.values(), marketplace=market.code)
    if len(bought) == len(unknown):
        opened.update(opened_at=datetime.now(UTC))
    return spent


def learn_categories(paths: Iterable[Sequence[CategoryRef]], *, marketplace: str) -> None:
    """Keep the categories that products came with, for no token; known ones stay as they are.

    Each path goes from the root category down.
    """
    now = datetime.now(UTC)
    met: dict[int, KeepaCategory] = {}
    for path in paths:
        parent = None
        for node in path:
            met[node.id] = KeepaCategory(
                marketplace=marketplace,
                category_id=node.id,
                name=node.name[:300],
                parent_id=parent,
                is_root=parent is None,
                is_learnt=True,
                fetched_at=now,
            )
            parent = node.id
    if met:
        KeepaCategory.objects.bulk_create(
            [met[node] for node in sorted(met)], ignore_conflicts=True
        )


def keep_categories(nodes: Iterable[CategoryNode], *, marketplace: str) -> None:
    """Store what was looked up, in one statement; a newer name replaces an older one."""
    now = datetime.now(UTC)
    rows = [
        KeepaCategory(
            marketplace=marketplace,
            category_id=node.id,
            name=node.name[:300],
            parent_id=node.parent_id,
            is_root=node.is_root,
            fetched_at=now,
        )
        for node in sorted(nodes, key=lambda node: node.id)
    ]
    if rows:
        KeepaCategory.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["marketplace", "category_id"],
            update_fields=["name", "parent_id", "is_root", "is_learnt", "fetched_at"],
        )


def category_names(*, filters: Iterable[Mapping[str, Any]]) -> dict[tuple[str, int], str]:
    """The names of categories we have paid to look up, for all these niches in one statement."""
    ids = {
        category_id
        for stored in filters
        for name in ("root_categories", "categories_include", "categories_exclude")
        for category_id in _integers(stored.get(name))
    }
    if not ids:
        return {}
    rows = KeepaCategory.objects.filter(category_id__in=ids)
    return {
        (row[0], row[1]): row[2] for row in rows.values_list("marketplace", "category_id", "name")
    }


def _integers(stored: Any) -> list[int]:
    # Another program's rows may hold anything here.
    return [value for value in stored if isinstance(value, int)] if isinstance(stored, list) else []
