"""When a user wants to be told: read and kept."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from discovery.accounts.preferences import keep_preferences, zone_of
from discovery.models import AlertSettings
from discovery.sourcing.alerts.hours import end_of_quiet
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
        choose_zone(user=user, time_zone=time_zone, now=now)


@transaction.atomic
def choose_zone(*, user: AbstractBaseUser, time_zone: str, now: datetime) -> None:
    """Keep the time zone the user lives in, empty for the site's: their jobs run by its clock."""
    before = zone_of(user=user)
    keep_preferences(user=user, time_zone=time_zone)
    if zone_of(user=user) != before:
        reschedule(user=user, now=now)


def hours_problem(
    *, quiet_from: time | None, quiet_until: time | None, digest_at: time | None
) -> tuple[str, str] | None:
    """Which field of the hours is wrong and why, in a sentence; ``None`` where none is.

    Quiet hours have both ends; a digest within them would never come at its hour.
    """
    if (quiet_from is None) != (quiet_until is None):
        missing = "quiet_from" if quiet_from is None else "quiet_until"
        return missing, _("Quiet hours need a beginning and an end.")
    if quiet_from is not None and quiet_from == quiet_until:
        return "quiet_until", _("Quiet hours that end as they begin are none.")
    if digest_at is not None and end_of_quiet(
        datetime.combine(datetime(2026, 1, 15, tzinfo=UTC), digest_at, tzinfo=UTC),
        quiet_from=quiet_from,
        quiet_until=quiet_until,
        zone=ZoneInfo("UTC"),
    ):
        return "digest_at", _("The digest lies within your quiet hours.")
    return None
