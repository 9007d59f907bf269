"""One worker of the task queue: it takes a task, does it, keeps its result, and takes the next.

django-q hands the tasks of one process to its workers through queues whose locks die with whoever
holds them: a worker killed while it waited left every other waiting for ever. Here every worker
takes its tasks from the database itself, one at a time and by a conditional UPDATE, so nothing is
shared that a death could take along, and what dies with a worker is the task it was at. The doing
of a task (signals, time-outs, results, schedules) is django-q's own.

Asked to stop (SIGTERM), a worker takes no further task; the one under way is given
``PATIENCE`` seconds, then goes back into the queue.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
import time
import uuid
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from django.db import Error, connection
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.monitor import save_cached, save_task
from django_q.scheduler import scheduler
from django_q.signals import post_execute
from django_q.signing import BadSignature, SignedPackage
from django_q.worker import worker

from arbvault.processes import POLITE_SECONDS, follow_parent
from arbvault.request_ids import name_lines
from discovery.runs import pulse
from discovery.runs.stopping import StopNow, pause, stop_is_wanted, want_stop

if TYPE_CHECKING:
    from collections.abc import MutableSequence
    from types import FrameType

logger = logging.getLogger(__name__)

PATIENCE = POLITE_SECONDS - 3.0  # seconds that a task under way has to come to a good end
SCHEDULE_EVERY = 30.0  # seconds
DATABASE_AWAY = 1.0  # seconds until a database that does not answer is asked again
MOST_IDLE = 60.0  # seconds without a round in which the database said what is due
OVERTIME = 30.0  # seconds beyond a task's time-out, in which it should have ended itself


class Slot:
    """A worker's place, seen by its supervisor too; it outlives the worker.

    ``shared`` are ``SIZE`` doubles in shared memory, without a lock. Three are moments of the
    monotonic clock: the last sign of progress, until when a task may take (0: none under way), and
    the last look at the schedules; one is the key of the task under way. ``put_back`` is one double
    of all the places together: the key of the last task whose worker died at it.
    """

    SIZE = 4

    def __init__(self, shared: MutableSequence[float], put_back: MutableSequence[float]) -> None:
        self._shared, self._put_back = shared, put_back
        self.begin()

    def begin(self) -> None:
        """A new worker has the place."""
        self._shared[0], self._shared[1] = time.monotonic(), 0.0
        self._shared[2] = self._shared[2] or time.monotonic()

    def progress(self) -> None:
        """The database was asked what is due, and has answered."""
        self._shared[0] = time.monotonic()

    def busy(self, seconds: float | None) -> None:
        """A task that may take so long begins; ``None``: it has ended."""
        self.progress()
        self._shared[1] = 0.0 if seconds is None else time.monotonic() + seconds

    def is_stuck(self) -> bool:
        """Whether its worker neither works in time nor asks for work.

        A worker without a task shows progress only when the database has told it that no task
        is due: while this is fresh, no task that is past due is left lying.
        """
        now, until = time.monotonic(), self._shared[1]
        return now > until + OVERTIME if until else now - self._shared[0] > MOST_IDLE

    def took(self, key: int) -> None:
        """The task of this key is under way; 0: none."""
        self._shared[3] = key

    def left_behind(self) -> int:
        """The key of the task at which the last worker died; 0 for none, or when it was the second.

        What kills its worker each time must not kill them all.
        """
        key, before = int(self._shared[3]), int(self._put_back[0])
        self._shared[3] = 0
        if key:
            self._put_back[0] = key
        return 0 if key == before else key

    def wants_schedules(self) -> bool:
        """Whether it is time to look at the schedules; the next time is counted from now."""
        if time.monotonic() - self._shared[2] < SCHEDULE_EVERY:
            return False
        self._shared[2] = time.monotonic()
        return True


class _Tasks:
    """What django-q's worker takes for its queue of tasks: here, the database."""

    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self._broker = get_broker()
        self.task: dict[str, Any] | None = None

    def get(self) -> dict[str, Any] | Literal["STOP"]:
        """The next task, as soon as there is one; ``STOP`` once this process is to end."""
        while not stop_is_wanted():
            try:
                self.task = self._pull()
            except Error as error:
                logger.warning("the database cannot be asked for tasks: %s", error)
                connection.close()
                pause(DATABASE_AWAY)
                continue
            if self.task is not None and stop_is_wanted():
                self.put_back()
            elif self.task is not None:
                name_lines(f"task-{self.task['name']}")
                return self.task
        return "STOP"

    def _pull(self) -> dict[str, Any] | None:
        if self._slot.wants_schedules():
            scheduler(broker=self._broker)
        found = self._broker.dequeue()  # waits a little when there is none
        self._slot.progress()
        for key, payload in found or ():
            try:
                task: dict[str, Any] = SignedPackage.loads(payload)
            except (TypeError, BadSignature):
                logger.exception("a task that cannot be read is thrown away")
                self._broker.fail(key)
                continue
            self._slot.took(key)
            return task | {"cluster": Conf.CLUSTER_NAME, "ack_id": key}
        return None

    def put(self, task: dict[str, Any]) -> None:
        """Keep what a task has brought, and take it out of the queue."""
        (save_cached if task.get("cached") else save_task)(task, self._broker)
        key = task.pop("ack_id", None)
        if key and (task["success"] or task.get("ack_failure")):
            self._broker.acknowledge(key)
        self._slot.took(0)
        self.task = None
        post_execute.send(sender="django_q", task=task)
        if task["success"]:
            logger.info("done: %s (%s)", task["func"], task["name"])
        else:
            logger.error("failed: %s (%s): %s", task["func"], task["name"], task["result"])
        name_lines("")

    def put_back(self) -> None:
        """Let another worker have the task at once."""
        if self.task is not None:
            self._unlock(self.task["ack_id"])
            self._slot.took(0)
            self.task = None

    def take_over(self) -> None:
        """Let the task that the last worker of this place died at be done again, and at once."""
        if key := self._slot.left_behind():
            logger.warning("task %s is put back: its worker has died", key)
            self._unlock(key)

    @staticmethod
    def _unlock(key: int) -> None:
        OrmQ.objects.filter(pk=key).update(lock=timezone.now())


class _Timer:
    """What django-q's worker takes for its time-out, which a supervisor of its own would watch."""

    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self._value = -1.0

    @property
    def value(self) -> float:
        """Seconds a task may take; -1 between two tasks, 0 and -2 when the process is to end."""
        return self._value

    @value.setter
    def value(self, seconds: float) -> None:
        self._value = seconds
        self._slot.busy(seconds if seconds > 0 else None)

    def get_lock(self) -> AbstractContextManager[None]:
        """No lock is needed: nobody else reads it."""
        return contextlib.nullcontext()


def work(slot: Slot, supervisor: int) -> None:
    """Work on the queue until asked to stop, or to be replaced by a fresh process.

    ``supervisor`` is the process that started this one, and takes it along when it dies.
    """
    follow_parent(signal.SIGTERM)
    for signum in (signal.SIGTERM, signal.SIGINT):  # Ctrl-C reaches all of a terminal's processes
        signal.signal(signum, _stop)
    if os.getppid() != supervisor:
        return
    tasks = _Tasks(slot)
    threading.Thread(target=_show_pulse, args=(slot, tasks), daemon=True).start()
    try:
        with contextlib.suppress(Error):  # then it comes again when its lock has run out
            tasks.take_over()
        worker(tasks, tasks, _Timer(slot), Conf.TIMEOUT)
    except StopNow:
        tasks.put_back()


def _stop(_signum: int, _frame: FrameType | None) -> None:
    if stop_is_wanted():
        return
    want_stop()
    signal.signal(signal.SIGALRM, _stop_now)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)


def _stop_now(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise StopNow


def _show_pulse(slot: Slot, tasks: _Tasks) -> None:
    me, began = uuid.uuid4(), timezone.now()
    clock = threading.Event()
    while not stop_is_wanted():
        try:
            if not slot.is_stuck():
                pulse.beat(
                    worker=me,
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    started_at=began,
                    task=str((tasks.task or {}).get("name", "")),
                    now=timezone.now(),
                )
        except Error as error:
            logger.warning("no sign of life could be given: %s", error)
            connection.close()
        clock.wait(pulse.BEAT)
