"""Wiring only: listen to finished searches, declare what runs every hour."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def declare_schedules(**_signal: Any) -> None:
    """Bring the schedules of analytics into the queue, after each ``migrate``."""
    from django_q.models import Schedule

    from discovery.schedules import Declared, sync_schedules

    sync_schedules(
        (
            Declared("purge-caches", "analytics.tasks.purge_caches"),
            Declared("watch-cache-health", "analytics.tasks.watch_cache_health"),
            Declared(
                "roll-up", "analytics.tasks.roll_up", Schedule.MINUTES, minutes=15, is_silent=True
            ),
        )
    )


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = _("Analytics")

    def ready(self) -> None:
        from analytics import receivers

        receivers.connect()
        post_migrate.connect(declare_schedules, sender=self, dispatch_uid="analytics.schedules")
