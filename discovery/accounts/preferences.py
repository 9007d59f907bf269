"""What a user has chosen about the site, read and kept."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from discovery.models import Preferences


def preferences_of(*, user: AbstractBaseUser) -> Preferences:
    """What the user has chosen, in one statement; an unsaved empty row where nothing was."""
    found = Preferences.objects.select_related("profile").filter(user=user.pk).first()
    return found or Preferences(user_id=user.pk)


def keep_preferences(*, user: AbstractBaseUser, **changes: Any) -> None:
    """Write down these columns of ``Preferences``; the others stay as they are."""
    Preferences.objects.update_or_create(user_id=user.pk, defaults=changes)
