"""What a user has chosen about the site, read and kept."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from discovery.models import Preferences


def preferences_of(*, user: AbstractBaseUser) -> Preferences:
    """What the user has chosen, in one statement; an unsaved empty row where nothing was."""
    found = Preferences.objects.select_related("profile").filter(user=user.pk).first()
    return found or Preferences(user_id=user.pk)


def keep_preferences(*, user: AbstractBaseUser, **changes: Any) -> None:
    """Write down these columns of ``Preferences``; the others stay as they are."""
    Preferences.objects.update_or_create(user_id=user.pk, defaults=changes)


def zone_of(*, user: AbstractBaseUser) -> ZoneInfo:
    """The time zone in which the user's times of day are meant; the site's where none is chosen."""
    chosen = Preferences.objects.filter(user=user.pk).values_list("time_zone", flat=True).first()
    return zone_named(chosen)


def zone_named(name: str | None) -> ZoneInfo:
    """The time zone of that name; the site's for an empty one, or one this machine lacks."""
    try:
        return ZoneInfo(name or settings.TIME_ZONE)
    except (ValueError, ZoneInfoNotFoundError):
        return ZoneInfo(settings.TIME_ZONE)
