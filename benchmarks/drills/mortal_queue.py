"""The real task queue in a process of its own, to be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

MANAGE = Path(__file__).resolve().parent.parent.parent / "manage.py"
KEEPA_TIMEOUT = 10  # seconds; a call is taken for lost after twice that, and 10


class Queue:
    """``manage.py qcluster`` with one worker, which can be shot alone or with all the rest.

    ``env`` replaces the environment of this process, ``arguments`` those of the interpreter.
    """

    def __init__(
        self,
        keepa_url: str,
        *,
        env: Mapping[str, str] = os.environ,
        arguments: Sequence[str] = (str(MANAGE), "qcluster"),
    ) -> None:
        self._arguments = arguments
        self._env = {
            **env,
            "KEEPA_BASE_URL": keepa_url,
            "KEEPA_TIMEOUT": str(KEEPA_TIMEOUT),
            "QUEUE_WORKERS": "1",
            "LOG_LEVEL": "CRITICAL",
        }
        self.start()

    def start(self) -> None:
        """Start it, and wait until all of it is there."""
        self._cluster = subprocess.Popen(
            [sys.executable, *self._arguments], env=self._env, start_new_session=True
        )
        # The sentinel starts the worker, then the two that bring tasks and keep results.
        self._helpers = _until(lambda: self._children(3), "the queue did not start")[1:]

    def _children(self, wanted: int) -> list[psutil.Process]:
        try:
            sentinel = psutil.Process(self._cluster.pid).children()[0]
            children = sorted(sentinel.children(), key=lambda child: child.create_time())
        except (IndexError, psutil.NoSuchProcess):
            return []
        return children if len(children) >= wanted else []

    def kill_worker(self) -> bool:
        """Shoot the worker; whether there was one."""
        for child in self._children(1):
            if child not in self._helpers:
                child.kill()
                return True
        return False

    def kill_all(self) -> None:
        os.killpg(self._cluster.pid, signal.SIGKILL)
        self._cluster.wait()


def _until(found: Any, failure: str, *, seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > deadline:
            raise TimeoutError(failure)
        time.sleep(0.02)
    return answer
