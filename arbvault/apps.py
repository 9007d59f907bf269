from __future__ import annotations

import gc
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

# A search makes tens of thousands of small objects at once and next to no cycles. At Python's
# defaults the collector walks them all over and over: a third of the time of re-scoring.
GC_THRESHOLDS = (50_000, 20, 50)


def declare_schedules(**_signal: Any) -> None:
    """Bring the nightly backup and its weekly trial into the queue, after each ``migrate``."""
    from django_q.models import Schedule

    from discovery.schedules import Declared, sync_schedules

    sync_schedules(
        (
            Declared("back-up", "arbvault.backup.tasks.nightly", Schedule.DAILY, hour=1),
            Declared("try-backup", "arbvault.backup.tasks.weekly", Schedule.WEEKLY, hour=2),
        )
    )


class ArbvaultConfig(AppConfig):
    name = "arbvault"

    def ready(self) -> None:
        from arbvault import checks  # noqa: F401 - registers the system checks

        gc.set_threshold(*GC_THRESHOLDS)
        post_migrate.connect(declare_schedules, sender=self, dispatch_uid="arbvault.schedules")
