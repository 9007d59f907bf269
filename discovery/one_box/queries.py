"""Products of one's own by the words of their titles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef, Q

from discovery.models import Favourite, KeepaProduct, RunLine

MOST_WORDS, MOST_FOUND = 6, 10


@dataclass(frozen=True, slots=True)
class Found:
    """A product that its user has met: among favourites, or on a line of an answer or a list."""

    marketplace: str
    asin: str
    title: str


def found_by_title(*, user: AbstractBaseUser, words: str) -> tuple[Found, ...]:
    """At most ``MOST_FOUND`` of the user's own products whose title holds every word.

    The favourites first, then what was met last; in two statements, for no token.
    """
    wanted = Q()
    for word in words.split()[:MOST_WORDS]:
        wanted &= Q(title__icontains=word)
    if not wanted:
        return ()
    kept = Favourite.objects.filter(
        user=user.pk, marketplace=OuterRef("marketplace"), asin=OuterRef("asin")
    )
    favourites = KeepaProduct.objects.filter(wanted, Exists(kept)).order_by("title", "pk")
    lines = RunLine.objects.filter(wanted, run__owner=user.pk).exclude(asin="").order_by("-pk")
    return _once(
        [
            *favourites.values_list("marketplace", "asin", "title")[:MOST_FOUND],
            # One product may stand on many lines.
            *lines.values_list("run__marketplace", "asin", "title")[: MOST_FOUND * 10],
        ]
    )


def _once(rows: Iterable[tuple[str, str, str]]) -> tuple[Found, ...]:
    by_product: dict[tuple[str, str], Found] = {}
    for row in rows:
        by_product.setdefault((row[0], row[1]), Found(*row))
    return tuple(by_product.values())[:MOST_FOUND]
