"""Signs of life of the process that holds a run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.db import Error, connection
from django.utils import timezone

from discovery.models import Run

logger = logging.getLogger(__name__)

BEAT = 5.0  # seconds between two signs of life
SILENCE = timedelta(seconds=25)  # five beats missed: the process is dead


@contextmanager
def heartbeat(*, run_id: UUID, holder: UUID) -> Iterator[None]:
    """Note every ``BEAT`` seconds that ``holder`` is still at work on the run.

    The beats come from a thread with a database connection of its own, opened at the first beat:
    a call to Keepa may take longer than ``SILENCE``.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(run_id, holder, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _beat(run_id: UUID, holder: UUID, ended: threading.Event) -> None:
    mine = Run.objects.filter(pk=run_id, holder=holder)
    try:
        while not ended.wait(BEAT):
            try:
                if not mine.update(progressed_at=timezone.now()):
                    return
            except Error as error:
                # A database that restarts is back in a moment, with the run still ours.
                logger.warning("no sign of life for run %s: %s", run_id, error)
                connection.close()
    finally:
        connection.close()
