"""Business profiles as the services use them: resolved, validated, every change kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.models import BusinessProfile, BusinessProfileRevision
from discovery.scoring import Profile
from discovery.scoring.profiles import SHIPPED


class UnknownProfile(Exception):
    """No profile of that name is open to this user."""

    code = "unknown_profile"

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug

    def __str__(self) -> str:
        return _("There is no business profile “%(slug)s”.") % {"slug": self.slug}


@dataclass(frozen=True, slots=True)
class ActiveProfile:
    """A profile ready to score with."""

    pk: int
    slug: str
    name: str
    revision: int
    settings: Profile


@lru_cache(maxsize=256)
def _parsed(pk: int, revision: int, frozen: str) -> Profile:

    return Profile.from_settings(json.loads(frozen))


def activate(profile: BusinessProfile) -> ActiveProfile:
    """Make a stored profile ready to score with."""

    frozen = json.dumps(profile.settings, sort_keys=True)
    return ActiveProfile(
        pk=profile.pk,
        slug=profile.slug,
        name=profile.name,
        revision=profile.revision,
        settings=_parsed(profile.pk, profile.revision, frozen),
    )


def _open_to(user: AbstractBaseUser | None) -> Q:
    shipped = Q(owner__isnull=True)
    return shipped if user is None or user.pk is None else shipped | Q(owner_id=user.pk)


def active_profile(
    *, slug: str | None = None, user: AbstractBaseUser | None = None
) -> ActiveProfile:
    """Return the named profile, or the default one, in one statement.

    Raises ``UnknownProfile`` when the user may not use a profile of that name.
    """
    wanted = Q(slug=slug) if slug else Q(is_default=True)
    profile = BusinessProfile.objects.filter(_open_to(user) & wanted).first()
    if profile is None:
        raise UnknownProfile(slug or "")
    return activate(profile)


def all_profiles(*, user: AbstractBaseUser | None = None) -> list[ActiveProfile]:
    """Every profile the user may score with, the shipped ones first."""
    return [activate(profile) for profile in BusinessProfile.objects.filter(_open_to(user))]


@transaction.atomic
def save_profile(
    *,
    profile: BusinessProfile,
    settings: Mapping[str, Any],
    saved_by: AbstractBaseUser | None,
) -> BusinessProfile:
    """Save new settings as the next revision; the same settings again change nothing.

    Raises ``discovery.scoring.InvalidSetting`` when a value is out of its bounds.
    """
    normal = Profile.from_settings(settings).to_settings()
    locked = BusinessProfile.objects.select_for_update().get(pk=profile.pk)
    if locked.settings == normal and locked.history.exists():
        return locked
    locked.settings = normal
    locked.revision = (locked.history.values_list("number", flat=True).first() or 0) + 1
    locked.save(update_fields=["settings", "revision", "updated_at"])
    BusinessProfileRevision.objects.create(
        profile=locked,
        number=locked.revision,
        settings=normal,
        saved_by_id=getattr(saved_by, "pk", None),
    )
    return locked


SHIPPED_NAMES = {
    "prudent": ("Prudent", gettext_noop("Few bets: wide margins, proven prices.")),
    "equilibre": ("Équilibré", gettext_noop("The recommended starting point.")),
    "agressif": ("Agressif", gettext_noop("More purchases, more risk.")),
}


def ensure_shipped_profiles() -> int:
    """Create the three shipped profiles where there is no shared profile at all.

    Returns how many were created. A shipped profile that was edited or deleted stays so.
    """
    if BusinessProfile.objects.filter(owner__isnull=True).exists():
        return 0
    for slug, (name, description) in SHIPPED_NAMES.items():
        profile = BusinessProfile.objects.create(
            slug=slug, name=name, description=description, is_default=slug == "equilibre"
        )
        save_profile(profile=profile, settings=SHIPPED[slug].to_settings(), saved_by=None)
    return len(SHIPPED_NAMES)
