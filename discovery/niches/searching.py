"""Searching a niche as it stands: one's own, or one that somebody shares."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser

from discovery.keepa.finder import NicheFilters
from discovery.models import Niche, Run
from discovery.profiles.service import active_profile, may_use
from discovery.runs.service import start_search


def search_niche(
    *, niche: Niche, user: AbstractBaseUser, asked_on: str = Run.AskedOn.FRONTEND
) -> Run:
    """Queue a search of the niche for the user; a free one is answered at once.

    Of somebody else's niche it is a search of one's own, under the niche's name. A profile of its
    owner's own is nobody else's: the user's default one stands for it. Raises as ``start_search``
    and ``active_profile``.
    """
    is_own = niche.owner_id == user.pk
    named = niche.profile if is_own or may_use(profile=niche.profile, user=user) else None
    return start_search(
        owner=user,
        filters=NicheFilters.from_canonical(niche.filters),
        profile=active_profile(slug=named.slug if named else None, user=user),
        max_results=niche.max_results,
        niche=niche if is_own else None,
        name="" if is_own else niche.name,
        asked_on=asked_on,
    )
