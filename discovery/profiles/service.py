"""Business profiles as the services use them: resolved, validated, every change kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, QuerySet, When
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.accounts.roles import is_viewer
from discovery.models import BusinessProfile, BusinessProfileRevision, Preferences
from discovery.scoring import InvalidSetting, Profile
from discovery.scoring.profile import SPECS
from discovery.scoring.shipped_profiles import SHIPPED


class UnknownProfile(Exception):
    """No profile of that name is open to this user."""

    code = "unknown_profile"

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug

    def __str__(self) -> str:
        return _("There is no business profile “%(slug)s”.") % {"slug": self.slug}


class ProfileChangedMeanwhile(Exception):
    """Somebody saved the profile after its form was opened; nothing was overwritten."""

    code = "profile_changed"

    def __str__(self) -> str:
        return _(
            "This profile was saved by somebody else in the meantime. Nothing was overwritten: "
            "look at the last revision below, then save again if you still want to."
        )


class ProfileInUse(Exception):
    """The default profile, or a shared one, cannot be deleted here."""

    code = "profile_in_use"

    def __str__(self) -> str:
        return _("Only your own profiles can be deleted, and never the default one.")


class ProfileNotYours(Exception):
    """The profile is shared by the site, and the caller is no administrator."""

    code = "profile_not_yours"

    def __str__(self) -> str:
        return _("Shared profiles are changed by administrators. Copy it: your copy is yours.")


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that differs; ``scope`` is empty, a marketplace, or a category of one.

    ``old`` or ``new`` is ``ABSENT`` when an override appears or goes.
    """

    scope: str
    name: str
    old: Any
    new: Any


ABSENT = object()


@dataclass(frozen=True, slots=True)
class ActiveProfile:
    """A profile ready to score with: its stored settings, validated and in their own types."""

    pk: int
    slug: str
    name: str
    revision: int
    settings: Profile


@lru_cache(maxsize=256)
def _parsed(settings: str) -> Profile:
    return Profile.from_settings(json.loads(settings))


def activate(profile: BusinessProfile) -> ActiveProfile:
    """Make a stored profile ready to score with."""
    return ActiveProfile(
        pk=profile.pk,
        slug=profile.slug,
        name=profile.name,
        revision=profile.revision,
        settings=_parsed(json.dumps(profile.settings, sort_keys=True)),
    )


def _open_to(user: AbstractBaseUser | None) -> Q:
    shipped = Q(owner__isnull=True)
    return shipped if user is None or user.pk is None else shipped | Q(owner_id=user.pk)


def active_profile(
    *, slug: str | None = None, user: AbstractBaseUser | None = None
) -> ActiveProfile:
    """Return the named profile, else the user's own choice, else the site's default one: in one
    statement.

    Raises ``UnknownProfile`` when the user may not use a profile of that name.
    """
    return activate(profile_named(slug=slug, user=user))


def all_profiles(*, user: AbstractBaseUser | None = None) -> list[ActiveProfile]:
    """Every profile the user may score with, the shipped ones first."""
    return [activate(profile) for profile in BusinessProfile.objects.filter(_open_to(user))]


@transaction.atomic
def save_profile(
    *,
    profile: BusinessProfile,
    settings: Mapping[str, Any],
    saved_by: AbstractBaseUser | None,
    expected_revision: int | None = None,
) -> BusinessProfile:
    """Save new settings as the next revision; the same settings again change nothing.

    Raises ``discovery.scoring.InvalidSetting`` when a value is out of its bounds, and
    ``ProfileChangedMeanwhile`` when the revision is no longer the expected one.
    """
    normal = Profile.from_settings(settings).to_settings()
    locked = BusinessProfile.objects.select_for_update().get(pk=profile.pk)
    if expected_revision is not None and locked.revision != expected_revision:
        raise ProfileChangedMeanwhile
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


def profile_named(*, slug: str | None, user: AbstractBaseUser | None) -> BusinessProfile:
    """The stored profile of that name, else the user's own choice, else the site's default one: in
    one statement.

    Raises ``UnknownProfile`` when no profile of that name is open to the user.
    """
    # PostgreSQL takes no NUL; no slug holds a question mark.
    if slug:
        profiles = BusinessProfile.objects.filter(slug=slug.replace("\x00", "?"))
    else:
        chosen = Preferences.objects.filter(user=user.pk if user else None).values("profile")
        profiles = BusinessProfile.objects.filter(Q(is_default=True) | Q(pk__in=chosen))
        profiles = profiles.order_by(Case(When(pk__in=chosen, then=0), default=1))
    profile = profiles.filter(_open_to(user)).first()
    if profile is None:
        raise UnknownProfile(slug or "")
    return profile


def open_profiles(*, user: AbstractBaseUser) -> QuerySet[BusinessProfile]:
    """Every profile open to the user: those of the site, and their own."""
    return BusinessProfile.objects.filter(_open_to(user))


def stored_profiles(*, user: AbstractBaseUser) -> list[BusinessProfile]:
    """Every profile open to the user, the shared ones first; shipped descriptions in English."""
    first = F("owner_id").asc(nulls_first=True)
    return list(open_profiles(user=user).order_by(first, "pk"))


def may_use(*, profile: BusinessProfile | None, user: AbstractBaseUser) -> bool:
    """Whether the profile is one that the user may score with: shipped, or their own."""
    return profile is not None and profile.owner_id in {None, user.pk}


def may_change(*, profile: BusinessProfile, user: AbstractBaseUser) -> bool:
    """One's own profiles; the shared ones are an administrator's; a viewer changes none."""
    if is_viewer(user):
        return False
    is_staff = bool(getattr(user, "is_staff", False))
    return is_staff if profile.owner_id is None else bool(profile.owner_id == user.pk)


def copy_profile(
    *, profile: BusinessProfile, name: str, owner: AbstractBaseUser
) -> BusinessProfile:
    """Make a profile of one's own out of another; its first revision is the other's last."""
    while True:
        copy = BusinessProfile(
            slug=_free_slug(name), name=name, description=profile.description, owner_id=owner.pk
        )
        # A second click may take the same free address between our look and our row.
        with suppress(IntegrityError), transaction.atomic():
            copy.save(force_insert=True)
            return save_profile(profile=copy, settings=profile.settings, saved_by=owner)


def describe_profile(*, profile: BusinessProfile, name: str, description: str) -> None:
    """Change what a profile is called; its address and its revisions stay."""
    BusinessProfile.objects.filter(pk=profile.pk).update(name=name, description=description)


def delete_profile(*, profile: BusinessProfile) -> None:
    """Delete a profile of somebody's own: niches and runs that used it take the default one.

    Raises ``ProfileInUse``.
    """
    if profile.owner_id is None or profile.is_default:
        raise ProfileInUse
    profile.delete()


@transaction.atomic
def make_default(*, profile: BusinessProfile) -> None:
    """Let every search without a profile use this one. Raises ``ProfileInUse`` for an own one."""
    if profile.owner_id is not None:
        raise ProfileInUse
    BusinessProfile.objects.filter(is_default=True).update(is_default=False)
    BusinessProfile.objects.filter(pk=profile.pk).update(is_default=True)


def restore_revision(
    *, profile: BusinessProfile, number: int, saved_by: AbstractBaseUser
) -> BusinessProfile:
    """Save an earlier revision's settings as the next one, so that restoring can be undone.

    Raises ``BusinessProfileRevision.DoesNotExist``.
    """
    revision = profile.history.get(number=number)
    return save_profile(profile=profile, settings=revision.settings, saved_by=saved_by)


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What changed between two stored settings, in the order the settings are declared.

    A setting that one of them does not name has its default there. Raises
    ``discovery.scoring.InvalidSetting`` when one of them is outside today's bounds.
    """
    before, after = Profile.from_settings(old), Profile.from_settings(new)
    found = [
        Difference("", name, getattr(before, name), getattr(after, name))
        for name in SPECS
        if getattr(before, name) != getattr(after, name)
    ]
    was, now = _overrides(before), _overrides(after)
    for scope, name in sorted(was.keys() | now.keys()):
        values = was.get((scope, name), ABSENT), now.get((scope, name), ABSENT)
        if values[0] != values[1]:
            found.append(Difference(scope, name, *values))
    return tuple(found)


def _overrides(profile: Profile) -> dict[tuple[str, str], Any]:
    return {(scope, name): value for scope, changes in profile.overrides for name, value in changes}


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "profil"
    alike = BusinessProfile.objects.filter(slug__startswith=base)
    taken = set(alike.values_list("slug", flat=True))
    candidates = chain([base], (f"{base}-{number}" for number in count(2)))
    return next(slug for slug in candidates if slug not in taken)


SHIPPED_NAMES = {
    "prudent": ("Prudent", gettext_noop("Few bets: wide margins, proven prices.")),
    "equilibre": ("Équilibré", gettext_noop("The recommended starting point.")),
    "agressif": ("Agressif", gettext_noop("More purchases, more risk.")),
    "occasion": (
        "Occasion",
        gettext_noop(
            "Used copies bought on the listing, VAT on the margin: put your own regime if you are "
            "exempt."
        ),
    ),
}


def ensure_shipped_profiles() -> int:
    """Create the shipped profiles where there is no shared profile at all.

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


def revisions_of(
    *, profile: BusinessProfile, limit: int
) -> list[tuple[BusinessProfileRevision, tuple[Difference, ...] | None]]:
    """The profile's newest revisions, newest first, with who saved them and what each changed:
    ``None`` where the profile began, nothing when either side is outside today's bounds.
    """
    kept = list(profile.history.select_related("saved_by")[: limit + 1])
    found = []
    for revision, before in zip(kept, [*kept[1:], None], strict=True):
        found.append((revision, changes_of(revision, before)))
    return found[:limit]


def changes_of(
    revision: BusinessProfileRevision, before: BusinessProfileRevision | None
) -> tuple[Difference, ...] | None:
    """What a revision changed of the one before it, as in ``revisions_of``."""
    if before is None:
        return None
    with suppress(InvalidSetting):
        return differences(before.settings, revision.settings)
    return ()


def default_profile_slug(user: AbstractBaseUser | None = None) -> str | None:
    """The slug of the profile that the user's searches without one use; ``None``: there is none."""
    try:
        return profile_named(slug=None, user=user).slug
    except UnknownProfile:
        return None
