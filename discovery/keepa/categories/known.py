"""Categories that are built in: a name among them is resolved without a token.

US ids were verified against the live service in December 2025, except where marked; those of
other marketplaces are Amazon's public browse nodes, to be confirmed with ``/category``.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from discovery.keepa.categories.departments import departments
from discovery.keepa.errors import FieldProblem, UnknownCategory

LARGEST_ID = 10**15
UNKNOWN = 0  # the id of no category

NUMBERED = re.compile(r".*\((\d{1,15})\)", re.DOTALL)  # as the tree and our suggestions write it


@dataclass(frozen=True, slots=True)
class Category:
    """A browse node. ``name`` is the marketplace's own; ``aliases`` are other names for it.

    ``root`` is the id of its root category: its own id for a root.
    """

    marketplace: str
    id: int
    name: str
    root: int
    aliases: tuple[str, ...] = ()

    @property
    def is_root(self) -> bool:
        """Whether it is a department, above which there is nothing."""
        return self.id == self.root


@dataclass(frozen=True, slots=True)
class ResolvedCategories:
    """Ids ready for the selection: roots for ``rootCategory``, the rest to include.

    ``pending`` are numbers nobody knows yet: Keepa must be asked which they are.
    """

    root_categories: tuple[int, ...] = ()
    categories_include: tuple[int, ...] = ()
    pending: tuple[int, ...] = ()


def _roots(marketplace: str, *rows: tuple[int, str, tuple[str, ...]]) -> tuple[Category, ...]:
    return tuple(Category(marketplace, node, name, node, names) for node, name, names in rows)


_BOOKS_US = 283155
KNOWN: tuple[Category, ...] = (
    *_roots(
        "us",
        (_BOOKS_US, "Books", ("Livres",)),
        (165793011, "Toys & Games", ("Toys", "Jeux et Jouets", "Jouets")),
        (1055398, "Home & Kitchen", ("Cuisine et Maison", "Maison")),
        (172282, "Electronics", ("High-Tech", "Électronique")),
        (3375251, "Sports & Outdoors", ("Sports et Loisirs", "Sports")),
        (1064954, "Office Products", ("Fournitures de bureau", "Office")),
        (468642, "Video Games", ("Jeux vidéo",)),
        (3760901, "Health & Household", ("Hygiène et Santé", "Health", "Santé")),
        (3760911, "Beauty & Personal Care", ("Beauté et Parfum", "Beauty", "Beauté")),
        (2619533011, "Pet Supplies", ("Animalerie", "Pets")),
        (228013, "Tools & Home Improvement", ("Bricolage", "Tools")),
        (165796011, "Baby Products", ("Bébé & Puériculture", "Baby", "Bébé")),
        (11091801, "Musical Instruments", ("Instruments de musique",)),
        # Public browse nodes, seen in real answers or listings of 2021-2026.
        (16310091, "Industrial & Scientific", ("Commerce, industrie et science",)),
        (5174, "CDs & Vinyl", ("CD et Vinyles",)),
    ),
    Category("us", 3839, "Programming", _BOOKS_US, ("Computer Programming", "Programmation")),
    Category("us", 5, "Computers & Technology", _BOOKS_US, ("Informatique",)),
    Category("us", 3508, "Computer Science", _BOOKS_US),
    Category("us", 173514, "Medical Books", _BOOKS_US, ("Livres de médecine",)),
    Category("us", 173515, "Engineering", _BOOKS_US, ("Ingénierie",)),
    Category("us", 266117, "Accounting", _BOOKS_US, ("Comptabilité",)),
    Category("us", 3, "Business & Money", _BOOKS_US, ("Business",)),
    Category("us", 8975347011, "Education & Teaching", _BOOKS_US, ("Enseignement",)),
    Category("us", 166225011, "Board Games", 165793011, ("Jeux de société",)),
    Category("us", 75, "Science & Math", _BOOKS_US, ("Sciences",)),
    *_roots(
        "fr",
        (301061, "Livres", ("Books", "Livres en français")),
        (322086011, "Jeux et Jouets", ("Toys & Games", "Toys", "Jouets")),
        (57004031, "Cuisine et Maison", ("Home & Kitchen", "Cuisine & Maison", "Maison")),
        (13921051, "High-Tech", ("Electronics", "Électronique")),
        (192420031, "Fournitures de bureau", ("Office Products", "Office")),
        (530490, "Jeux vidéo", ("Video Games",)),
        (325614031, "Sports et Loisirs", ("Sports & Outdoors", "Sports")),
        (590748031, "Bricolage", ("Tools & Home Improvement", "Tools")),
        (197861031, "Hygiène et Santé", ("Health & Household", "Health", "Santé")),
        (197858031, "Beauté et Parfum", ("Beauty & Personal Care", "Beauty", "Beauté")),
        (206617031, "Bébé & Puériculture", ("Baby Products", "Baby", "Bébé", "Bébés")),
        (1571268031, "Animalerie", ("Pet Supplies", "Pets")),
    ),
    *(Category(store, node, name, node, names) for store, node, name, names in departments()),
)


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """A name as it is compared: no case, accents, punctuation, or "and"."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(word for word in letters.split() if word not in {"and", "et", "und", "e", "y"})


@lru_cache(maxsize=64)
def known_categories(marketplace: str) -> tuple[Category, ...]:
    """The built-in categories of a marketplace, roots first."""
    here = [category for category in KNOWN if category.marketplace == marketplace]
    return tuple(sorted(here, key=lambda category: (not category.is_root, category.name)))


def known_parents(marketplace: str) -> dict[int, int | None]:
    """The parent of each category built in, ``None`` for a root."""
    return {
        category.id: None if category.is_root else category.root
        for category in known_categories(marketplace)
    }


def built_in_elsewhere(node: int, marketplace: str) -> Category | None:
    """The category of that number built in for another marketplace."""
    return next((c for c in KNOWN if c.id == node and c.marketplace != marketplace), None)


def twins(category: Category, marketplace: str) -> tuple[Category, ...]:
    """What is built in for a marketplace under one of a category's names."""
    names = {folded(name) for name in (category.name, *category.aliases)}
    return tuple(
        other
        for other in known_categories(marketplace)
        if other.is_root == category.is_root
        and names & {folded(name) for name in (other.name, *other.aliases)}
    )


def path_to(node: int, parents: Mapping[int, int | None]) -> tuple[list[int], bool]:
    """The ids from as far up as known down to the node, and whether that begins at a root.

    A circle in the data is cut.
    """
    path = [node]
    while (parent := parents.get(path[0], UNKNOWN)) is not None:
        if parent == UNKNOWN or parent in path:
            return path, False
        path.insert(0, parent)
    return path, True


def find(term: str, categories: Iterable[Category]) -> tuple[Category, ...]:
    """Every category an id, ``Name (id)`` or a name stands for.

    A category's own name beats another's alias.
    """
    text = term.strip()
    listed = tuple(categories)
    if numbered := NUMBERED.fullmatch(text):
        text = numbered[1]
    if text.isdecimal() and len(text) <= 15:
        return tuple(category for category in listed if category.id == int(text))
    wanted = folded(text)
    own = tuple(category for category in listed if folded(category.name) == wanted)
    return own or tuple(
        category
        for category in listed
        if any(folded(alias) == wanted for alias in category.aliases)
    )


def close_names(term: str, names: Iterable[str], *, limit: int = 5) -> tuple[str, ...]:
    """Names a person may have meant, the closest first."""
    by_folded: dict[str, str] = {}
    for name in names:
        by_folded.setdefault(folded(name), name)
    wanted = folded(term)
    close = difflib.get_close_matches(wanted, by_folded, n=limit, cutoff=0.6)
    close += [key for key in by_folded if wanted and wanted in key and key not in close]
    return tuple(by_folded[key] for key in close[:limit])


def no_such_category(term: str, names: Iterable[str], *, tokens_spent: int = 0) -> UnknownCategory:
    """The error for a name that stands for nothing, with what may have been meant."""
    close = close_names(term, names)
    code = "did_you_mean" if close else "unknown_category"
    problem = FieldProblem(code, {"value": term[:60], "close": close})
    return UnknownCategory([problem], suggestions=close, tokens_spent=tokens_spent)


def ambiguous(term: str, found: Iterable[Category], *, tokens_spent: int = 0) -> UnknownCategory:
    """The error for a name several categories have; each is named with its id."""
    close = tuple(f"{category.name} ({category.id})" for category in found)[:8]
    problem = FieldProblem("ambiguous_category", {"value": term[:60], "close": close})
    return UnknownCategory([problem], suggestions=close, tokens_spent=tokens_spent)


def join(found: Sequence[Category], *, pending: Sequence[int] = ()) -> ResolvedCategories:
    """Put what was found where the selection wants it.

    Roots and sub-categories are AND-ed by Keepa, so a sub-category named with its own root is
    just the sub-category, and any other mixture would silently lose a part.

    Raises ``UnknownCategory`` (``mixed_categories``).
    """
    roots = {category.id for category in found if category.is_root}
    below = [category for category in found if not category.is_root]
    if roots and below:
        if {category.root for category in below} != roots:
            raise UnknownCategory([FieldProblem("mixed_categories")])
        roots = set()
    return ResolvedCategories(
        root_categories=tuple(sorted(roots)),
        categories_include=tuple(sorted({category.id for category in below})),
        pending=tuple(sorted(set(pending))),
    )


def resolve_known(
    terms: Sequence[str],
    marketplace: str,
    *,
    more: Callable[[], Iterable[Sequence[Category]]] = tuple,
) -> ResolvedCategories:
    """Resolve names and ids from the built-in list, then from ``more``: lists of other categories,
    the first that knows a term wins. ``more`` is called once at most, for the first term that the
    built-in list does not know.

    A bare number that none of them knows is ``pending``. Raises ``UnknownCategory`` for a name
    that stands for nothing or for several categories.
    """
    lists: list[Sequence[Category]] = [known_categories(marketplace)]
    found, pending = [], []
    for term in terms:
        if not find(term, lists[0]) and len(lists) == 1:
            lists += more()
        same = next((hits for listed in lists if (hits := find(term, listed))), ())
        if not same and (number := _number(term)):
            pending.append(number)
            continue
        if not same:
            raise no_such_category(term, (category.name for listed in lists for category in listed))
        if len(same) > 1:
            raise ambiguous(term, same)
        found.append(same[0])
    return join(found, pending=pending)


def _number(term: str) -> int | None:
    text = term.strip()
    return int(text) if text.isdecimal() and len(text) <= 15 else None
