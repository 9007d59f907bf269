"""Niches a user keeps: the questions worth asking again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from discovery.accounts.preferences import preferences_of
from discovery.keepa.finder import NicheFilters
from discovery.models import BusinessProfile, Niche
from discovery.niches.templates import templates_for
from discovery.profiles.service import may_use

UNDO_FOR = timedelta(days=7)


class Place(StrEnum):
    """Where a niche stands: among the saved ones, the archived ones or the deleted ones."""

    SAVED = "saved"
    ARCHIVED = "archived"
    DELETED = "deleted"


# Three ways resellers start, by the names of their templates.
EXAMPLES = ("manuels-universitaires", "jeux-de-societe", "cuisine-peu-de-vendeurs")
HOME = "fr"  # of a user who has not said where he sells


def create_niche(
    *,
    owner: AbstractBaseUser,
    name: str,
    filters: NicheFilters,
    profile_slug: str | None = None,
    max_results: int = 50,
) -> Niche:
    """Keep a niche for its owner."""
    return save_niche(
        niche=Niche(owner_id=owner.pk),
        name=name,
        filters=filters,
        profile_slug=profile_slug,
        max_results=max_results,
    )


def create_example_niches(
    *, owner: AbstractBaseUser, marketplace: str = "", slugs: Sequence[str] = EXAMPLES
) -> int:
    """Give a user without any niche these templates as niches; returns how many were created.

    They are of the marketplace, by default the one the user has chosen; what cannot be asked
    there is left out.
    """
    if Niche.objects.filter(owner_id=owner.pk).exists():
        return 0
    place = marketplace or preferences_of(user=owner).marketplace or HOME
    wanted = {template.slug: template for template in templates_for(place)}
    found = [wanted[slug] for slug in slugs if slug in wanted]
    for template in found:
        create_niche(
            owner=owner,
            name=_(template.name),
            filters=template.filters,
            profile_slug=template.profile or None,
        )
    return len(found)


def save_niche(
    *, niche: Niche, name: str, filters: NicheFilters, profile_slug: str | None, max_results: int
) -> Niche:
    """Set what a niche asks; the searches made before stay its searches.

    ``max_results`` is the number of products to score; an unknown profile is none.
    """
    niche.name, niche.max_results = name, max_results
    niche.marketplace, niche.filters = filters.marketplace, filters.canonical()
    niche.profile = BusinessProfile.objects.filter(slug=profile_slug or "").first()
    niche.save()
    return niche


def duplicate_niche(*, niche: Niche, owner: AbstractBaseUser) -> Niche:
    """Keep the same question once more, private and under a name that says so.

    A copy of somebody else's niche has its profile only where the new owner may use it.
    """
    name = _("%(name)s (copy)") % {"name": niche.name}
    copy = Niche(name=name[: Niche._meta.get_field("name").max_length], owner_id=owner.pk)
    for field in ("marketplace", "filters", "max_results"):
        setattr(copy, field, getattr(niche, field))
    if niche.owner_id == owner.pk or may_use(profile=niche.profile, user=owner):
        copy.profile_id = niche.profile_id
    copy.save()
    return copy


def move_niche(*, niche: Niche, to: Place, now: datetime) -> None:
    """Archive a niche, delete it or bring it back; its searches stay.

    A deleted one can be brought back until ``forget_deleted_niches``.
    """
    Niche.objects.filter(pk=niche.pk).update(
        archived_at=now if to is Place.ARCHIVED else None,
        deleted_at=now if to is Place.DELETED else None,
    )


def forget_deleted_niches(*, now: datetime) -> int:
    """Remove for good what was deleted more than a week ago; returns how many niches went.

    Searches made on them stay, as searches of no niche.
    """
    gone = Niche.objects.filter(deleted_at__lt=now - UNDO_FOR)
    return gone.delete()[1].get("discovery.Niche", 0)
