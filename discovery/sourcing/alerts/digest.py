"""Once a day, at the hour its owner chose: what the daily limit has kept back, with its count."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from discovery.accounts.preferences import zone_of
from discovery.models import Alert, AlertSettings
from discovery.sourcing.alerts.hours import end_of_quiet, last_time
from discovery.sourcing.alerts.service import send_over, ways_of


def send_digests(*, now: datetime) -> int:
    """Put every digest whose hour has come into the outbox; returns how many users get one.

    Each hour counts once, however often this is called and by how many. What was missed while the
    site was down is made up for by one digest, not by one a day.
    """
    waiting = AlertSettings.objects.exclude(digest_at=None).values_list("pk", flat=True)
    return sum(_send_digest(user_id, now=now) for user_id in waiting.order_by("pk"))


def kept_back(chosen: AlertSettings) -> QuerySet[Alert]:
    """What no message and no digest has told the user yet, oldest first."""
    return Alert.objects.filter(
        owner=chosen.user_id, way=Alert.Way.DIGEST, deliveries=None
    ).order_by("created_at", "pk")


def _send_digest(user_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        rows = AlertSettings.objects.select_for_update(of=("self",)).select_related("user")
        chosen = rows.filter(pk=user_id).exclude(digest_at=None).first()
        if chosen is None or chosen.digest_at is None:
            return False
        zone = zone_of(user=chosen.user)
        hour = last_time(chosen.digest_at, now=now, zone=zone)
        if chosen.digested_at is not None and chosen.digested_at >= hour:
            return False
        ways, alerts = ways_of(chosen), list(kept_back(chosen).filter(created_at__lte=hour))
        AlertSettings.objects.filter(pk=user_id).update(digested_at=now)
        if not ways or not alerts:
            return False
        ends = end_of_quiet(
            now, quiet_from=chosen.quiet_from, quiet_until=chosen.quiet_until, zone=zone
        )
        send_over(ways, owner_id=user_id, alerts=alerts, due_at=ends or now, is_digest=True)
        return True
