"""The real task queue in a process of its own, to be killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from arbvault.processes import POLITE_SECONDS

MANAGE = Path(__file__).resolve().parent.parent.parent / "manage.py"
KEEPA_TIMEOUT = 10  # seconds; a call is taken for lost after twice that, and 10


class Queue:
    """``manage.py qcluster`` whose workers, one as a rule, can be shot, alone or with all the rest.

    ``env`` replaces the environment of this process, ``arguments`` those of the interpreter;
    ``timeout`` is that of a call to Keepa, in seconds. It ``starts`` at once, or when told to.
    """

    def __init__(
        self,
        keepa_url: str,
        *,
        env: Mapping[str, str] = os.environ,
        arguments: Sequence[str] = (str(MANAGE), "qcluster"),
        timeout: int = KEEPA_TIMEOUT,
        workers: int = 1,
        starts: bool = True,
    ) -> None:
        self._arguments = arguments
        self._env = {
            **env,
            "KEEPA_BASE_URL": keepa_url,
            "KEEPA_TIMEOUT": str(timeout),
            "QUEUE_WORKERS": str(workers),
            "LOG_LEVEL": "CRITICAL",
        }
        if starts:
            self.start()

    def start(self) -> None:
        """Start it, and wait until all of it is there."""
        self._cluster = subprocess.Popen(
            [sys.executable, *self._arguments], env=self._env, start_new_session=True
        )
        _until(self.workers, "the queue did not start")

    def workers(self) -> list[psutil.Process]:
        """The workers there are now."""
        try:
            return list(psutil.Process(self._cluster.pid).children())
        except psutil.NoSuchProcess:
            return []

    def kill_worker(self) -> bool:
        """Shoot the workers; whether there were any."""
        workers = self.workers()
        for worker in workers:
            worker.kill()
        return bool(workers)

    def stop(self) -> float:
        """Stop it as the supervisor does, by force in the end; seconds until it has."""
        began = time.monotonic()
        self._cluster.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._cluster.wait(POLITE_SECONDS)
        self.kill_all()
        return time.monotonic() - began

    def kill_all(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._cluster.pid, signal.SIGKILL)
        self._cluster.wait()


def _until(found: Any, failure: str, *, seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > deadline:
            raise TimeoutError(failure)
        time.sleep(0.02)
    return answer
