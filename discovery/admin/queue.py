"""The admin of the task queue: who works on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from discovery.admin.inspect import InspectAdmin
from discovery.models import QueueWorker
from discovery.runs.pulse import queue_pulse
from discovery.runs.text import pulse_text


@admin.register(QueueWorker)
class QueueWorkerAdmin(InspectAdmin):
    """Above the rows, the pulse of the whole queue."""

    list_display = ("host", "pid", "up_since", "beat_at", "task")
    list_filter = ("host",)
    fields = ("host", "pid", "up_since", "beat_at", "task")

    @admin.display(description=_("up since"), ordering="started_at")
    def up_since(self, worker: QueueWorker) -> datetime:
        return worker.started_at

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        pulse = queue_pulse(now=timezone.now())
        is_ill = pulse.has_stopped or pulse.is_late
        level = messages.ERROR if is_ill else messages.INFO
        self.message_user(request, pulse_text(pulse), level)
        answer: HttpResponse = super().changelist_view(request, extra_context)
        return answer
