"""When a user wants to be told: read and kept."""

from __future__ import annotations

from datetime import datetime, time

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from discovery.accounts.preferences import keep_preferences, zone_of
from discovery.models import AlertSettings
from discovery.sourcing.scheduling import reschedule


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
    now: datetime,
) -> None:
    """Store them; hours are of the zone named, of the site's when it is empty.

    The user's jobs run by the clock of that zone from now on.
    """
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
        before = zone_of(user=user)
        keep_preferences(user=user, time_zone=time_zone)
        if zone_of(user=user) != before:
            reschedule(user=user, now=now)
