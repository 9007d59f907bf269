"""Category names and ids to Keepa's ids: from memory, else from what was looked up before.

Resolving never spends a token: a name nobody knows is refused, with the close ones. Looking a
name up at Keepa is a step of its own (``look_up_categories``, 1 token), and what it finds is
kept for every later question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from discovery.keepa.answers import CategoryNode
from discovery.keepa.budget import INTERACTIVE
from discovery.keepa.categories.known import (
    UNKNOWN,
    Category,
    ResolvedCategories,
    folded,
    known_categories,
    known_parents,
    no_such_category,
    path_to,
    resolve_known,
)
from discovery.keepa.client import MOST_CATEGORIES, KeepaClient
from discovery.keepa.marketplaces import marketplace_of
from discovery.keepa.product import CategoryRef
from discovery.models import KeepaCategory

SHORTEST_TERM, LONGEST_TERM = 3, 60  # Keepa refuses shorter ones
NAMES_AT_MOST = 30  # bought at one opening


def resolve_categories(terms: Sequence[str], marketplace: str) -> ResolvedCategories:
    """Resolve names (in English, French or the marketplace's language) and ids, for no token.

    At most one statement, none when all are built in. What was looked up by name goes before
    what products happened to bring; a number nobody knows is ``pending``. Raises
    ``UnknownCategory`` for a name that stands for nothing or for several categories.
    """
    return resolve_known(terms, marketplace, more=lambda: _stored(marketplace))


def category_path(ids: Sequence[int], *, marketplace: str) -> list[tuple[int, ...]]:
    """The ids from the root down to each of these categories, itself last, as far as known.

    One statement, none when all are roots built in. A sub-category whose root is unknown
    has the empty path.
    """
    parents = known_parents(marketplace)
    if any(parents.get(node, UNKNOWN) is not None for node in ids):
        rows = KeepaCategory.objects.filter(marketplace=marketplace)
        parents |= dict(rows.values_list("category_id", "parent_id"))
    paths = [path_to(node, parents) for node in ids]
    return [tuple(path) if is_whole else () for path, is_whole in paths]


def _stored(marketplace: str) -> tuple[list[Category], list[Category]]:
    """The stored categories, in one statement: those looked up or opened, those of products."""
    rows = list(
        KeepaCategory.objects.filter(marketplace=marketplace).values_list(
            "category_id", "name", "parent_id", "is_learnt"
        )
    )
    parents = known_parents(marketplace) | {node: parent for node, _name, parent, _learnt in rows}
    looked_up: list[Category] = []
    learnt: list[Category] = []
    for node, name, _parent, is_learnt in rows:
        path, is_whole = path_to(node, parents)
        root = path[0] if is_whole else UNKNOWN
        (learnt if is_learnt else looked_up).append(Category(marketplace, node, name, root))
    return looked_up, learnt


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
    names = [category.name for category in known_categories(market.code)]
    if text.isdecimal() and len(text) <= 15 and int(text) > 0:
        answer = client.categories([int(text)], marketplace=market.code, purpose=purpose)
    elif is_plausible(text):
        answer = client.search_categories(text, marketplace=market.code, purpose=purpose)
    else:
        raise no_such_category(text, names)
    nodes = tuple(answer.categories.values())
    keep_categories(nodes, marketplace=market.code)
    if not nodes:
        raise no_such_category(text, names, tokens_spent=answer.tokens_spent)
    wanted = folded(text)
    return tuple(sorted(nodes, key=lambda node: (folded(node.name) != wanted, node.name)))


def is_plausible(term: str) -> bool:
    """Whether a category could bear this name; a look-up of anything else is a wasted token."""
    if not SHORTEST_TERM <= len(term) <= LONGEST_TERM or any(c in "<>{}[]\\;=" for c in term):
        return False
    return sum(character.isalpha() for character in term) >= SHORTEST_TERM


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
    spent = answer.tokens_spent
    keep_categories(answer.categories.values(), marketplace=market.code)
    children = [child for node in answer.categories.values() for child in node.children]
    known = {category.id for category in known_categories(market.code)} | set(
        KeepaCategory.objects.filter(marketplace=market.code, category_id__in=children).values_list(
            "category_id", flat=True
        )
    )
    unknown = [child for child in dict.fromkeys(children) if child not in known]
    bought = unknown[:NAMES_AT_MOST]
    for start in range(0, len(bought), MOST_CATEGORIES):
        batch = bought[start : start + MOST_CATEGORIES]
        named = client.categories(batch, marketplace=market.code, purpose=purpose)
        spent += named.tokens_spent
        keep_categories(named.categories.values(), marketplace=market.code)
    if len(bought) == len(unknown):
        opened.update(opened_at=datetime.now(UTC))
    return spent


def learn_categories(paths: Iterable[Sequence[CategoryRef]], *, marketplace: str) -> None:
    """Keep the categories that products came with, for no token; known ones stay as they are.

    Each path goes from the root category down.
    """
    met: dict[int, KeepaCategory] = {}
    for path in paths:
        parent = None
        for node in path:
            met[node.id] = _row(node, marketplace=marketplace, parent=parent, is_learnt=True)
            parent = node.id
    if met:
        KeepaCategory.objects.bulk_create(
            [met[node] for node in sorted(met)], ignore_conflicts=True
        )


def keep_categories(
    nodes: Iterable[CategoryNode], *, marketplace: str, none: Iterable[int] = ()
) -> None:
    """Store what was looked up, in one statement; a newer name replaces an older one.

    ``none`` are the numbers Keepa knows no category of.
    """
    found = [*nodes, *(CategoryNode(number, "", None) for number in none)]
    rows = [
        _row(node, marketplace=marketplace, parent=node.parent_id, is_learnt=False)
        for node in sorted(found, key=lambda node: node.id)
    ]
    if rows:
        KeepaCategory.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["marketplace", "category_id"],
            update_fields=["name", "parent_id", "is_root", "is_learnt", "fetched_at"],
        )


def _row(
    node: CategoryNode | CategoryRef, *, marketplace: str, parent: int | None, is_learnt: bool
) -> KeepaCategory:
    return KeepaCategory(
        marketplace=marketplace,
        category_id=node.id,
        name=node.name[:300],
        parent_id=parent,
        is_root=parent is None,
        is_learnt=is_learnt,
        fetched_at=datetime.now(UTC),
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
    rows = KeepaCategory.objects.filter(category_id__in=ids).values_list(
        "marketplace", "category_id", "name"
    )
    return {(marketplace, category_id): name for marketplace, category_id, name in rows}


def _integers(stored: Any) -> list[int]:
    # Another program's rows may hold anything here.
    return [value for value in stored if isinstance(value, int)] if isinstance(stored, list) else []
