"""Category numbers before a search is paid for: of this marketplace, of another, or of none.

Asked on the wrong marketplace, a number finds nothing and still costs the search. What is known
(built in, stored) is settled for no token; a number nobody knows is looked up once, for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial

from discovery.keepa import costs
from discovery.keepa.budget import INTERACTIVE
from discovery.keepa.categories.known import (
    UNKNOWN,
    Category,
    built_in_elsewhere,
    known_categories,
    twins,
)
from discovery.keepa.categories.stored import keep_categories
from discovery.keepa.client import MOST_CATEGORIES, KeepaClient
from discovery.keepa.errors import FieldProblem, InvalidFilters, KeepaError
from discovery.keepa.finder import NicheFilters
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import KeepaCategory

CATEGORY_IDS = ("root_categories", "categories_include", "categories_exclude")
# A number Keepa did not know may be given to a category one day.
NONE_FOR = timedelta(days=30)

Found = Mapping[int, Category | None]
Problems = dict[str, list[FieldProblem]]
# Asks Keepa for these numbers and stores what it says; returns the tokens spent.
LookUp = Callable[[Sequence[int]], int]


@lru_cache(maxsize=64)
def _built_in(marketplace: str) -> Mapping[int, Category]:
    return {category.id: category for category in known_categories(marketplace)}


def whereabouts(numbers: Iterable[int], marketplace: str) -> Found:
    """The category of each number, on this marketplace if it is known there, else on another.

    ``None`` is a number Keepa has said to stand for nothing here; one nobody knows is left out.
    At most one statement, none when all are built in.
    """
    here = _built_in(marketplace)
    found: dict[int, Category | None] = {
        number: here[number] for number in numbers if number in here
    }
    asked = set(numbers) - found.keys()
    if not asked:
        return found
    for number in asked:
        if (foreign := built_in_elsewhere(number, marketplace)) is not None:
            found[number] = foreign
    rows = KeepaCategory.numbers.filter(category_id__in=asked).values_list(
        "marketplace", "category_id", "name", "is_root", "fetched_at"
    )
    for code, number, name, is_root, fetched_at in rows:
        is_here = code == marketplace
        if name and (is_here or number not in found):
            found[number] = Category(code, number, name, number if is_root else UNKNOWN)
        elif is_here and not name and fetched_at > datetime.now(UTC) - NONE_FOR:
            found.setdefault(number, None)
    return found


def problems_of(
    asked: Mapping[str, Sequence[int]], marketplace: str, *, found: Found | None = None
) -> Problems:
    """What is wrong with the numbers of each field, as far as is known; for no token.

    ``found`` is what ``whereabouts`` says of them all, where that has been asked already.
    """
    if found is None:
        found = whereabouts({n for numbers in asked.values() for n in numbers}, marketplace)
    problems: Problems = {}
    for name, numbers in asked.items():
        for number in numbers:
            problem = _problem(name, number, found, marketplace)
            if problem is not None:
                problems.setdefault(name, []).append(problem)
    return problems


def _problem(name: str, number: int, found: Found, marketplace: str) -> FieldProblem | None:
    if number not in found:
        return None
    category = found[number]
    if category is None:
        return FieldProblem("no_such_number", {"value": str(number), "here": _site(marketplace)})
    if category.marketplace != marketplace:
        here = _site(marketplace)
        told = {
            "value": str(number),
            "name": category.name,
            "elsewhere": _site(category.marketplace),
            "here": here,
        }
        same = tuple(f"{twin.id} ({twin.name})" for twin in twins(category, marketplace))
        if same:
            return FieldProblem("category_has_a_twin", {**told, "twins": same})
        return FieldProblem("category_elsewhere", told)
    if name == "root_categories" and not category.is_root:
        # Asked for as a department, a shelf silently finds nothing and still costs the search.
        return FieldProblem("not_a_root", {"value": category.name})
    return None


def _site(marketplace: str) -> str:
    return MARKETPLACES[marketplace].host.removeprefix("www.")


def _by_oneself(numbers: Sequence[int], look_up: LookUp) -> int:
    return look_up(numbers)


def settle_categories(
    filters: NicheFilters,
    *,
    client: KeepaClient,
    purpose: str = INTERACTIVE,
    once: Callable[[Sequence[int], LookUp], int] = _by_oneself,
) -> tuple[NicheFilters, int]:
    """The niche with every category where Keepa wants it, and the tokens spent on that.

    A number nobody knows is looked up, one token each, and kept: known or refused for the next
    30 days. ``once`` sees to it that no two askers look up the same at once. Raises
    ``InvalidFilters`` with ``tokens_spent``, and ``KeepaError``.
    """
    asked = {name: getattr(filters, name) for name in CATEGORY_IDS if getattr(filters, name)}
    numbers = {number for listed in asked.values() for number in listed}
    if not numbers:
        return filters, 0
    market, spent = filters.marketplace, 0
    found = whereabouts(numbers, market)
    if unknown := sorted(numbers - found.keys()):
        _refuse(asked, market, found)
        spent = once(unknown, partial(_look_up, marketplace=market, client=client, purpose=purpose))
        found = whereabouts(numbers, market)
    _refuse(asked, market, found, tokens_spent=spent)
    departments = {
        number
        for number in filters.categories_include
        if (category := found.get(number)) is not None and category.is_root
    }
    if not departments:
        return filters, spent
    below = set(filters.categories_include) - departments
    if below:
        mixed = {"categories": [FieldProblem("mixed_categories")]}
        raise InvalidFilters(mixed, tokens_spent=spent)
    roots = tuple(sorted(departments | set(filters.root_categories)))
    return replace(filters, root_categories=roots, categories_include=()), spent


def to_look_up(filters: NicheFilters) -> int:
    """The tokens ``settle_categories`` would spend on the niche."""
    numbers = {number for name in CATEGORY_IDS for number in getattr(filters, name)}
    return costs.CATEGORY * len(numbers - whereabouts(numbers, filters.marketplace).keys())


def _refuse(
    asked: Mapping[str, Sequence[int]], marketplace: str, found: Found, tokens_spent: int = 0
) -> None:
    errors: Problems = {}
    for name, problems in problems_of(asked, marketplace, found=found).items():
        # However they were given, those that are looked for are the search's categories.
        field = name if name == "categories_exclude" else "categories"
        errors.setdefault(field, []).extend(problems)
    if errors:
        raise InvalidFilters(errors, tokens_spent=tokens_spent)


def _look_up(numbers: Sequence[int], *, marketplace: str, client: KeepaClient, purpose: str) -> int:
    spent = 0
    for start in range(0, len(numbers), MOST_CATEGORIES):
        batch = numbers[start : start + MOST_CATEGORIES]
        try:
            answer = client.categories(batch, marketplace=marketplace, purpose=purpose)
        except KeepaError as error:
            error.tokens_spent += spent
            raise
        spent += answer.tokens_spent
        keep_categories(
            answer.categories.values(),
            marketplace=marketplace,
            none=[number for number in batch if number not in answer.categories],
        )
    return spent
