"""A real Redis of a test's own, which keeps nothing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis
from redis.exceptions import ConnectionError as NotYet

PROGRAM = shutil.which(os.environ.get("REDIS_SERVER") or "redis-server")
needs_redis = pytest.mark.skipif(
    PROGRAM is None, reason="No Redis on this machine (PATH or REDIS_SERVER)."
)
START_SECONDS = 20


@contextmanager
def redis_server(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Its address and its process, which a test may kill."""
    assert PROGRAM is not None
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    told = {"port": port, "bind": "127.0.0.1", "dir": folder, "save": "", "loglevel": "warning"}
    command = [PROGRAM, *(part for key, it in told.items() for part in (f"--{key}", str(it)))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            address = f"redis://127.0.0.1:{port}/0"
            _await(address, process)
            yield address, process
        finally:
            process.kill()


def _await(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    with redis.Redis.from_url(address) as client:
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(NotYet):
                client.ping()
                return
            time.sleep(0.02)
    raise TimeoutError("Redis did not start")
