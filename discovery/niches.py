"""Niches a user keeps: the questions worth asking again."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.keepa.finder import NicheFilters
from discovery.models import BusinessProfile, Niche

# Three ways resellers start: name, categories and conditions as a user would type them.
EXAMPLES = (
    (
        gettext_noop("Books that turn fast"),
        {"marketplace": "us", "categories": ["Books"], "bsr_range": [10_000, 50_000]},
    ),
    (
        gettext_noop("Board games under 60 €, Amazon absent"),
        {
            "marketplace": "fr",
            "categories": ["Jeux et Jouets"],
            "bsr_range": [1_000, 40_000],
            "price_range": [15, 60],
            "amazon_absent": True,
        },
    ),
    (
        gettext_noop("Kitchen goods with few sellers"),
        {
            "marketplace": "fr",
            "categories": ["Cuisine et Maison"],
            "bsr_range": [1_000, 30_000],
            "price_range": [20, 80],
            "new_offers_max": 8,
        },
    ),
)


def create_niche(
    *,
    owner: AbstractBaseUser,
    name: str,
    filters: NicheFilters,
    profile_slug: str | None = None,
    max_results: int = 50,
) -> Niche:
    """Keep a niche for its owner."""
    profile = BusinessProfile.objects.filter(slug=profile_slug).first() if profile_slug else None
    return Niche.objects.create(
        owner_id=owner.pk,
        name=name,
        marketplace=filters.marketplace,
        filters=filters.canonical(),
        profile=profile,
        max_results=max_results,
    )


def create_example_niches(*, owner: AbstractBaseUser) -> int:
    """Give a user without any niche the three examples; returns how many were created."""
    if Niche.objects.filter(owner_id=owner.pk).exists():
        return 0
    for name, asked in EXAMPLES:
        create_niche(owner=owner, name=_(name), filters=NicheFilters.parse(asked))
    return len(EXAMPLES)


def niches_of(*, owner: AbstractBaseUser) -> QuerySet[Niche]:
    """The owner's niches, newest first, each with its profile."""
    return Niche.objects.filter(owner_id=owner.pk).select_related("profile")
