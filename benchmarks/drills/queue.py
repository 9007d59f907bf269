"""Processes of the task queue killed with SIGKILL, idle and busy: does the work go on?

The queue is started as the supervisor starts it (``manage.py qcluster``, two workers), and started
again, as the supervisor does, should its first process die. Three kinds of victims: a worker
with nothing to do, a worker in the middle of a task, and every other process of the queue, its
first one included. Missed when a task queued after the kill is not done within 90 seconds, or when
the queue does not get back both its workers within 90 more.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.drills.report import Row

MANAGE = Path(__file__).resolve().parent.parent.parent / "manage.py"
WORKERS = 2
WITHIN = 90.0  # seconds
BUSY = 1.5  # seconds that a task of ours takes


# --- the tasks, run by the queue ------------------------------------------------------------------


def note(folder: str, name: str, seconds: float = 0.0) -> None:
    """Leave a file with this process's number, after having been at work for a while."""
    (Path(folder) / f"{name}.begun").write_text(str(os.getpid()))
    time.sleep(seconds)
    (Path(folder) / f"{name}.done").write_text(str(os.getpid()))


# --- the queue ------------------------------------------------------------------------------------


class Supervised:
    """``manage.py qcluster``, started again whenever its first process has died."""

    def __init__(self) -> None:
        self._env = {**os.environ, "QUEUE_WORKERS": str(WORKERS), "LOG_LEVEL": "CRITICAL"}
        self._wanted = True
        self._start()
        self._watch = threading.Thread(target=self._revive, daemon=True)
        self._watch.start()

    def _start(self) -> None:
        self._top = subprocess.Popen(
            [sys.executable, str(MANAGE), "qcluster"], env=self._env, start_new_session=True
        )

    def _revive(self) -> None:
        while self._wanted:
            if self._top.poll() is not None:
                self._kill_group()
                self._start()
            time.sleep(0.5)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._top.pid, signal.SIGKILL)

    def processes(self) -> list[psutil.Process]:
        """The first process, then all below it."""
        try:
            top = psutil.Process(self._top.pid)
            return [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def end(self) -> None:
        self._wanted = False
        self._watch.join()
        self._kill_group()
        self._top.wait()


@dataclass(slots=True)
class Fire:
    """Kills of one kind after the other, each with what came of it."""

    folder: Path
    dice: random.Random
    queue: Supervised = field(default_factory=Supervised)
    workers: set[int] = field(default_factory=set)
    count: int = 0

    def ask(self, seconds: float = 0.0) -> str:
        """Queue a task; its name."""
        from django_q.tasks import async_task

        self.count += 1
        name = f"task-{self.count}"
        async_task("benchmarks.drills.queue.note", str(self.folder), name, seconds)
        return name

    def pid(self, name: str, mark: str) -> int:
        """The process that began, or has done, the task; 0 when none has."""
        path = self.folder / f"{name}.{mark}"
        return int(path.read_text() or 0) if path.exists() else 0

    def learn(self) -> bool:
        """Learn which processes are workers, from tasks done at once; whether all are there."""
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            names = [self.ask(BUSY) for _ in range(WORKERS)]
            if not self.all_done(names, deadline):
                return False
            self.workers = {self.pid(name, "done") for name in names}
            if len(self.workers) == WORKERS:
                return True
        return False

    def all_done(self, names: list[str], deadline: float) -> bool:
        return self.until(lambda: all(self.pid(name, "done") for name in names), deadline)

    @staticmethod
    def until(holds: Callable[[], object], deadline: float) -> bool:
        while not holds():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def kill(self, kind: str) -> str:
        """Kill one process of the kind; says which."""
        if kind == "busy":
            names = [self.ask(BUSY * 2) for _ in range(self.dice.randint(1, WORKERS))]
            self.until(lambda: self.pid(names[-1], "begun"), time.monotonic() + WITHIN)
            victims = [psutil.Process(self.pid(name, "begun")) for name in names]
        else:
            everything = self.queue.processes()
            is_worker = kind == "idle"
            victims = [found for found in everything if (found.pid in self.workers) == is_worker]
        victim = self.dice.choice(victims)
        time.sleep(self.dice.uniform(0.0, 1.0))
        victim.kill()
        return kind

    def recovered(self) -> float | None:
        """Seconds until tasks queued after the kill were done; ``None``: not in time."""
        began = time.monotonic()
        names = [self.ask() for _ in range(WORKERS + 1)]
        return time.monotonic() - began if self.all_done(names, began + WITHIN) else None

    def anew(self) -> None:
        """Another queue, and nothing left to do."""
        from django_q.models import OrmQ

        self.queue.end()
        OrmQ.objects.all().delete()
        self.queue = Supervised()


def _row(kind: str, fault: str, fire: Fire, *, tries: int) -> Row:
    seconds: list[float] = []
    if not fire.learn():
        return Row(fault=fault, tries=1, survived=0, note="the queue did not start")
    for number in range(tries):
        fire.kill(kind)
        after = fire.recovered()
        is_whole = after is not None and fire.learn()
        told = "dead" if after is None else f"{after:.1f} s{'' if is_whole else ', not all back'}"
        print(f"{kind} {number + 1}: {told}", flush=True)
        if after is not None and is_whole:
            seconds.append(after)
            continue
        fire.anew()
        if not fire.learn():
            break
    slowest = f"{max(seconds):.1f}" if seconds else "-"
    mean = f"{sum(seconds) / len(seconds):.1f}" if seconds else "-"
    return Row(
        fault=fault,
        tries=tries,
        survived=len(seconds),
        note=f"the next task is done after {mean} s, {slowest} s at most",
    )


KINDS: Iterable[tuple[str, str]] = (
    ("idle", "SIGKILL of an idle worker of the queue"),
    ("busy", "SIGKILL of a worker of the queue during a task"),
    ("other", "SIGKILL of any other process of the queue"),
)


def drill(*, tries: int, seed: int) -> list[Row]:
    """Kill ``tries`` processes of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        fire = Fire(Path(folder), random.Random(seed))
        try:
            return [_row(kind, fault, fire, tries=tries) for kind, fault in KINDS]
        finally:
            fire.queue.end()
