"""What the queue runs for analytics, hourly or oftener: one service call each."""

from __future__ import annotations

from django.utils import timezone


def purge_caches(**_later: object) -> int:
    """Delete cache entries past their grace; returns how many rows went."""
    from discovery.cache import purge

    return purge(now=timezone.now()).total


def watch_cache_health(**_later: object) -> bool:
    """Raise the alert when the caches save too little; returns whether it was raised."""
    from analytics.alerts import raise_alert_if_due

    return raise_alert_if_due(now=timezone.now())


def roll_up(**_later: object) -> int:
    """Bring the sums of history and ledger up to date; returns how many steps that took."""
    from analytics import rollup

    return rollup.roll_up(now=timezone.now()).steps
