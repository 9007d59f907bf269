"""The supervisor of the task queue's workers: whoever dies or gets stuck is replaced at once.

It does nothing else: no database, no lock, no thread, so that there is nothing for it to wait for.
It watches the workers it has started and no others: several machines may work on one database.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from dataclasses import dataclass
from multiprocessing import connection as pipes
from multiprocessing import get_context
from multiprocessing.sharedctypes import RawArray
from typing import TYPE_CHECKING

from django.db import connections

from arbvault.processes import POLITE_SECONDS
from arbvault.queue_worker import Slot, work

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess
    from types import FrameType

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
GRACE = POLITE_SECONDS - 1.0  # seconds the workers have to end; a worker takes less by itself
YOUNG = 5.0  # seconds: whoever dies younger is replaced after a pause that doubles each time
LONGEST_PAUSE = 60.0  # seconds


@dataclass(slots=True)
class _Place:
    """One worker after the other."""

    slot: Slot
    process: ForkProcess | None = None
    started: float = 0.0
    pause: float = 0.0
    start_at: float = 0.0

    def start(self) -> None:
        connections.close_all()  # none may be shared with a child
        self.slot.begin()
        self.started = time.monotonic()
        self.process = get_context("fork").Process(
            target=work, args=(self.slot, os.getpid()), name="queue-worker", daemon=True
        )
        self.process.start()

    def look(self) -> None:
        """Start the worker when it is time to, kill it when it is stuck, bury it when it is dead.

        The death of the first of a series is made good at once.
        """
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_at:
                self.start()
        elif self.process.exitcode is None:
            if self.slot.is_stuck():
                logger.error("queue worker %s is stuck: it is killed", self.process.pid)
                self.process.kill()
        else:
            died_young = now - self.started < YOUNG
            self.pause = min(max(1.0, 2 * self.pause), LONGEST_PAUSE) if died_young else 0.0
            if self.process.exitcode != 0:
                logger.error(
                    "queue worker %s ended with code %s; another starts in %.0f s",
                    self.process.pid, self.process.exitcode, self.pause,
                )  # fmt: skip
            self.process.close()
            self.process, self.start_at = None, now + self.pause


class QueueSupervisor:
    """``workers`` processes that work on the queue, until SIGTERM or SIGINT."""

    def __init__(self, *, workers: int) -> None:
        put_back = RawArray("d", 1)
        self._places = [_Place(Slot(RawArray("d", Slot.SIZE), put_back)) for _ in range(workers)]
        self._stop = False

    def run(self) -> None:
        """Start the workers and keep them up; returns once asked to stop, and they have ended."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._asked_to_stop)
        while not self._stop:
            for place in self._places:
                place.look()
            running = [place.process.sentinel for place in self._places if place.process]
            pipes.wait(running, timeout=LOOK_SECONDS)
        self._end()

    def _asked_to_stop(self, _signum: int, _frame: FrameType | None) -> None:
        self._stop = True

    def _end(self) -> None:
        running = [place.process for place in self._places if place.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE
        for process in running:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.exitcode is None:
                logger.error("queue worker %s does not stop: it is killed", process.pid)
                process.kill()
                process.join()
