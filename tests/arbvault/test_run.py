"""`make run`'s supervisor, from outside: real processes, real signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING

import psutil
import pytest
from django.conf import settings

from arbvault.processes import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 90.0  # seconds; a bound on a broken run, not a measure of a sound one


class Run:
    """One data folder and port, run as often as a test likes."""

    def __init__(self, var: Path, port: int) -> None:
        self.var = var
        self.log = var.with_name("terminal.log")
        self.url = f"http://127.0.0.1:{port}"
        self.environment = os.environ | {
            "ARBVAULT_VAR": str(var),
            "DEBUG": "true",  # spares the collecting of static files
            "DJANGO_SETTINGS_MODULE": "arbvault.settings",
            "KEEPA_BASE_URL": "http://127.0.0.1:9",  # no sandbox: it has tests of its own
            "PORT": str(port),
            "WEB_WORKERS": "1",
            "QUEUE_WORKERS": "1",
        }
        self.environment.pop("DATABASE_URL", None)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "arbvault.run"],
                env=self.environment | environment,
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.process

    def await_up(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while "is up" not in self.terminal:
            if self.process is None or self.process.poll() is not None:
                pytest.fail(f"ended early:\n{self.terminal}")
            if time.monotonic() > deadline:
                pytest.fail(f"not up:\n{self.terminal}")
            time.sleep(0.05)

    @property
    def terminal(self) -> str:
        return self.log.read_text()

    def processes(self) -> list[psutil.Process]:
        """What belongs to this run; zombies, which wait for the machine's reaper, do not."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get(MARK) == str(self.var) or (
                    f"{self.var}/postgres" in process.cmdline()
                )
            except (psutil.Error, OSError):
                continue
            if ours:
                found.append(process)
        return found

    def await_end(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while left := self.processes():
            if time.monotonic() > deadline:
                pytest.fail(f"still there: {left}")
            time.sleep(0.05)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    run = Run(tmp_path / "var", port)
    yield run
    if run.process is not None and run.process.poll() is None:
        run.process.terminate()
        run.process.wait(PATIENCE)
    for process in run.processes():
        process.kill()


def test_a_run_serves_stops_on_sigterm_and_leaves_no_process(run: Run) -> None:
    process = run.start()
    run.await_up()
    with urllib.request.urlopen(f"{run.url}/readyz", timeout=10) as answer:
        assert answer.status == 200

    twin = subprocess.run(
        [sys.executable, "-m", "arbvault.run"],
        env=run.environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert twin.returncode == 1
    assert "already runs" in twin.stdout

    process.terminate()
    assert process.wait(PATIENCE) == 0
    assert run.processes() == []


def test_a_killed_run_takes_its_processes_along_and_the_next_one_finds_the_data(run: Run) -> None:
    process = run.start()
    run.await_up()
    assert "shown once" in run.terminal
    process.kill()
    process.wait()
    run.await_end()

    process = run.start()
    run.await_up()
    assert "shown once" not in run.terminal  # the administrator is still there
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    assert run.processes() == []


def test_a_port_in_use_is_said_before_anything_is_started(run: Run) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert run.start(PORT=str(port)).wait(PATIENCE) == 1
    assert f"Port {port}" in run.terminal
    assert f"PORT={port + 1} make run" in run.terminal
    assert not (run.var / "postgres").exists()


@pytest.mark.parametrize(("name", "value"), [("DISCOVERY_TTL", "soon"), ("SECRET_KEY", "short")])
def test_a_wrong_setting_is_named_without_a_traceback(run: Run, name: str, value: str) -> None:
    assert run.start(**{name: value}).wait(PATIENCE) == 2
    assert name in run.terminal
    assert "Traceback" not in run.terminal
