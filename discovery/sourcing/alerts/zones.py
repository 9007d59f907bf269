"""In which time zone a user's hours are meant."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings

from discovery.models import Preferences


def zone_of(*, user_id: int) -> ZoneInfo:
    """The zone the user has chosen; the site's when none, or one this machine does not know."""
    chosen = Preferences.objects.filter(user=user_id).values_list("time_zone", flat=True).first()
    try:
        return ZoneInfo(chosen or settings.TIME_ZONE)
    except (ValueError, LookupError, OSError):
        return ZoneInfo(settings.TIME_ZONE)
