"""Waiting a little for a run to end: a program then asks once where it would ask ten times."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.db import connection

from discovery.models import Run

FIRST_PAUSE, LONGEST_PAUSE, SLOWER = 0.25, 1.0, 1.5  # seconds between two looks; a factor
AT_WORK = (Run.State.QUEUED, Run.State.RUNNING)


@cache
def _places() -> threading.BoundedSemaphore:
    # Whoever waits holds a thread of the web server: half of them stay for those who do not.
    return threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


def await_end(
    run: Run,
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until nobody works on the run any more: it ended, waits for tokens, or is deleted.

    At most ``seconds``, and not at all where too many wait already. One light statement a look;
    between two looks the connection is others'. The ``run`` itself stays as it was read.
    """
    if not seconds or run.state not in AT_WORK or not _places().acquire(blocking=False):
        return
    try:
        give_up, pause = clock() + seconds, FIRST_PAUSE
        while (left := give_up - clock()) > 0:
            if not connection.in_atomic_block:
                connection.close()
            sleep(min(pause, left))
            pause = min(pause * SLOWER, LONGEST_PAUSE)
            if not Run.objects.filter(pk=run.pk, state__in=AT_WORK).exists():
                return
    finally:
        _places().release()
