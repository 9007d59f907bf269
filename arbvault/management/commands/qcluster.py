"""The task queue's workers, under django-q's name for them and in the place of its pool."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from arbvault.queue_supervisor import QueueSupervisor


class Command(BaseCommand):
    help = "Works on the task queue with QUEUE_WORKERS processes, until it is asked to stop."

    # What could pay twice or betray the key; to check every address takes longer than to start.
    requires_system_checks = ("queue", "keepa")

    def handle(self, *args: Any, **options: Any) -> None:
        QueueSupervisor(workers=settings.Q_CLUSTER["workers"]).run()
