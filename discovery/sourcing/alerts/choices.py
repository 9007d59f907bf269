"""When a user wants to be told: read and kept."""

from __future__ import annotations

from datetime import time

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from discovery.accounts.preferences import keep_preferences
from discovery.models import AlertSettings


def settings_of(*, user: AbstractBaseUser) -> AlertSettings:
    """What the user has chosen; an unsaved row with the usual values when nothing was."""
    found = AlertSettings.objects.filter(user=user.pk).first()
    return found or AlertSettings(user_id=user.pk)


def keep_settings(
    *,
    user: AbstractBaseUser,
    by_email: bool,
    daily_cap: int,
    quiet_from: time | None,
    quiet_until: time | None,
    digest_at: time | None,
    time_zone: str,
) -> None:
    """Store them; hours are of the zone named, of the site's when it is empty."""
    with transaction.atomic():
        AlertSettings.objects.update_or_create(
            user_id=user.pk,
            defaults={
                "by_email": by_email,
                "daily_cap": daily_cap,
                "quiet_from": quiet_from,
                "quiet_until": quiet_until,
                "digest_at": digest_at,
            },
        )
        keep_preferences(user=user, time_zone=time_zone)
