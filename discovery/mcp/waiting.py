"""Waiting a little for a run to end: an agent then asks once where it would ask ten times."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import connection

from discovery.models import Run

LONGEST = 20  # seconds
PAUSE = 0.5  # seconds between two looks


@cache
def _places() -> threading.BoundedSemaphore:
    # Whoever waits holds a thread of the web server: half of them stay for those who do not.
    return threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


def wait_for_end(
    run_id: UUID,
    *,
    seconds: int,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return once the run has ended, or after ``seconds``; at once where too many wait already."""
    if not seconds or _has_ended(run_id) or not _places().acquire(blocking=False):
        return
    try:
        until = clock() + min(seconds, LONGEST)
        while (left := until - clock()) > 0:
            if not connection.in_atomic_block:
                connection.close()  # others may use it meanwhile
            sleep(min(PAUSE, left))
            if _has_ended(run_id):
                return
    finally:
        _places().release()


def _has_ended(run_id: UUID) -> bool:
    return not Run.objects.filter(pk=run_id, state__in=Run.ACTIVE).exists()
