"""Rows of history that the web server gathers for a moment and writes in one statement.

Only searches that cost no token are gathered. A thread writes them ``settings.HISTORY_GATHERED``
seconds after the first of them; there is none while nothing is searched. The process does not end
before it: a server that is asked to stop loses none, one that is killed loses those of its last
moment. While the database is away they are kept.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from discovery.signals import CompletedSearch

logger = logging.getLogger(__name__)

TOGETHER = 200  # rows in one statement
MOST = 5000  # rows kept, at most; beyond, each search writes its own
LONGEST_PAUSE = 1.0  # seconds between two attempts while the database is away
# Seconds a process that ends waits for such a database; less than a web server is given to stop.
LAST_WAIT = 3.0


@dataclass(frozen=True, slots=True)
class Gathered:
    """A finished search, and the ``id`` of its row."""

    search: CompletedSearch
    id: str
    _at: float = field(default_factory=time.monotonic)

    @property
    def seconds_ago(self) -> float:
        """How long ago it was finished."""
        return time.monotonic() - self._at


class Gatherer:
    """The rows that wait in this process; ``write`` writes some, in one statement."""

    def __init__(self, write: Callable[[Sequence[Gathered]], None]) -> None:
        self._write = write
        self.begin_anew()

    def begin_anew(self) -> None:
        """Hold nothing: in a process just forked neither the thread nor the rows are its own."""
        self._rows: list[Gathered] = []
        self._lock = threading.Lock()  # of the rows and the thread
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failures = 0

    def put(self, row: Gathered) -> bool:
        """Keep the row for a moment; false when there are too many, or the process is ending."""
        with self._lock:
            if len(self._rows) >= MOST:
                return False
            if self._thread is None:
                if not threading.main_thread().is_alive():
                    return False
                self._thread = threading.Thread(target=self._work, name="history", daemon=False)
                self._thread.start()
            self._rows.append(row)
        return True

    def flush(self) -> bool:
        """Write what waits, in the calling thread; false when the database is away.

        When it returns, what another thread was about to write is written too.
        """
        with self._writing:
            while rows := self._take():
                try:
                    self._write(rows)
                except (OperationalError, InterfaceError) as error:
                    self._put_back(rows, error)
                    return False
                except Exception:  # noqa: BLE001 - told of each row that is refused
                    if not self._write_each(rows):
                        return False
            self._failures = 0
        return True

    def _take(self) -> list[Gathered]:
        with self._lock:
            rows, self._rows = self._rows[:TOGETHER], self._rows[TOGETHER:]
        return rows

    def _put_back(self, rows: Sequence[Gathered], error: Exception) -> None:
        with self._lock:
            self._rows[:0] = rows
            waiting = len(self._rows)
        if not self._failures:
            logger.warning("%d searches wait for the database to be noted: %s", waiting, error)
        self._failures += 1

    def _write_each(self, rows: Sequence[Gathered]) -> bool:
        """One that is refused takes no other with it, and never ends the thread that writes.

        False when the database is away: what is left waits.
        """
        for number, row in enumerate(rows):
            try:
                self._write([row])
            except (OperationalError, InterfaceError) as error:
                self._put_back(rows[number:], error)
                return False
            except Exception:
                logger.exception("A search of user %s could not be noted", row.search.user_id)
        return True

    def _work(self) -> None:
        """Write what waits, until nothing does."""
        pause = settings.HISTORY_GATHERED
        ending_since: float | None = None
        while True:
            time.sleep(pause)
            is_written = self.flush()
            pause = settings.HISTORY_GATHERED if is_written else LONGEST_PAUSE
            close_old_connections()
            with self._lock:
                if not self._rows:
                    self._thread = None
                    return
            if not is_written and not threading.main_thread().is_alive():
                ending_since = ending_since or time.monotonic()
                if time.monotonic() - ending_since > LAST_WAIT:
                    self._give_up()
                    return

    def _give_up(self) -> None:
        with self._lock:
            lost, self._rows, self._thread = len(self._rows), [], None
        logger.error("%d free searches were not noted: the database is away", lost)
