"""The processes that work on the task queue, each with its last sign of life."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class QueueWorker(models.Model):
    """A process of the queue, on whichever machine; a row whose ``beat_at`` is old is of the dead.

    In the database and not in a cache: machines that share the one need not share the other.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(_("machine"), max_length=255)
    pid = models.PositiveIntegerField(_("process"))
    started_at = models.DateTimeField(_("started"))
    beat_at = models.DateTimeField(_("last sign of life"))
    task = models.CharField(
        _("task"), max_length=100, blank=True, help_text=_("Empty: it waits for one.")
    )

    class Meta:
        db_table = "queue_worker"
        verbose_name = _("queue worker")
        verbose_name_plural = _("queue workers")
        ordering = ("-beat_at",)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
