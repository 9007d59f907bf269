"""`make run`'s supervisor, from outside: real processes, real signals."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from django.conf import settings

from arbvault.postgres import Cluster, is_alive
from arbvault.processes import MARK, Child, others_of
from arbvault.run import SANDBOX, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
                ours = process.environ().get(MARK) == str(self.var) or any(
                    f"{self.var}/" in part for part in process.cmdline()
                )
            except (psutil.Error, OSError):
                continue
            if ours:
                found.append(process)
        return found

    def those(self, word: str) -> list[psutil.Process]:
        """The supervisor's children with this word in their command, by age."""
        found = []
        for child in psutil.Process(self.process.pid).children() if self.process else ():
            with suppress(psutil.Error):
                if any(word in part for part in child.cmdline()):
                    found.append(child)
        return sorted(found, key=lambda child: child.create_time())

    def workers(self) -> list[psutil.Process]:
        """The processes that answer requests."""
        with suppress(psutil.NoSuchProcess):
            return [worker for server in self.those("granian") for worker in server.children()]
        return []

    def asks(self, path: str) -> int:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:
            return int(answer.status)

    def until(self, met: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not met():
            if time.monotonic() > deadline:
                pytest.fail(f"never:\n{self.terminal}")
            time.sleep(0.05)

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


def test_a_site_is_served_survives_kills_and_stops_leaving_no_process(run: Run) -> None:
    """One story, because a first start is dear: processes die, then the run; the next one stops."""
    process = run.start(WEB_WORKERS="2")
    run.await_up()
    assert "shown once" in run.terminal
    assert run.asks("/readyz") == 200

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

    # A web worker dies: the other serves on, and it has a successor of its own.
    before = run.workers()
    victim, sibling = before[0], before[1]
    victim.kill()
    victim.wait(PATIENCE)
    assert run.asks("/readyz") == 200
    run.until(lambda: len(run.workers()) == 2)
    assert victim not in run.workers()
    assert sibling in run.workers()
    run.until(lambda: "is started again in 1 s" in run.terminal)
    run.until(lambda: "is started again" in (run.var / "log" / "supervisor.log").read_text())

    # What copies the logs dies: the others do not notice, and logs are written again.
    (copier,) = run.those("arbvault.logs")
    copier.kill()
    run.until(lambda: bool(run.those("arbvault.logs")) and copier not in run.those("arbvault.logs"))
    assert sibling in run.workers()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (run.var / "log").iterdir()}
    assert modes == {0o640}

    # The supervisor dies: everything goes with it, and the next run finds the data.
    process.kill()
    process.wait()
    run.await_end()
    process = run.start()
    run.await_up()
    assert "shown once" not in run.terminal  # the administrator is still there
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    run.await_end()  # what copies the logs ends by itself, with what was said last


# Begins to use the database only when the run is dead, and is killed before it can stop it.
LATE = """
import os, time
run = os.getppid()
print("begun", flush=True)
while os.getppid() == run:
    time.sleep(0.05)
time.sleep(3)
from django.conf import settings
from arbvault.postgres import attach
attach(settings.EMBEDDED_POSTGRES)
os._exit(0)
"""
SUPERVISOR = f"""
import os, subprocess, sys, time
from django.conf import settings
from arbvault.postgres import attach
from arbvault.processes import Child
attach(settings.EMBEDDED_POSTGRES)
keeper = Child("keeper", [sys.executable, "-m", "arbvault.keeper"], os.environ)
keeper.start()
late = subprocess.Popen([sys.executable, "-c", {LATE!r}], stdout=subprocess.PIPE)
late.stdout.readline()
time.sleep(120)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Only Linux tells of the death.")
def test_who_only_begins_when_the_run_is_killed_leaves_no_server_behind(run: Run) -> None:
    environment = run.environment | {MARK: str(run.var)}
    command = [sys.executable, "-c", SUPERVISOR]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        assert b"waits" in supervisor.stdout.readline()  # the keeper, from now on
        cluster = Cluster(run.var / "postgres")
        assert is_alive(cluster)
        supervisor.kill()
    run.until(lambda: not others_of(str(run.var)))
    assert not is_alive(cluster)


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


def test_a_queue_that_does_not_start_keeps_no_page_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = Child("queue", [sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ))
    queue.start()
    monkeypatch.setattr("arbvault.run.answers", lambda _url: False)
    Site(tmp_path)._await_queue(queue)
    assert "not everything works" in capsys.readouterr().out
    assert queue.ended() == "ended with code 3"


def test_the_sandbox_outlives_whoever_waits_for_an_answer_it_has_charged_for(
    tmp_path: Path, settings: Any
) -> None:
    settings.EMBEDDED_POSTGRES = None
    ready, seen = tmp_path / "ready", tmp_path / "seen"
    sandbox = Child(
        SANDBOX, [sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ)
    )
    sandbox.start()
    asks = f"""
import pathlib, psutil, signal, sys, time
def stop(*_):
    time.sleep(0.3)
    alive = psutil.Process({pid_of(sandbox)}).status() != psutil.STATUS_ZOMBIE
    pathlib.Path({str(seen)!r}).write_text(str(alive))
    sys.exit()
signal.signal(signal.SIGTERM, stop)
pathlib.Path({str(ready)!r}).touch()
time.sleep(60)
"""
    queue = Child("queue", [sys.executable, "-c", asks], dict(os.environ))
    queue.start()
    deadline = time.monotonic() + PATIENCE
    while not ready.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    Site(tmp_path, [sandbox, queue]).stop()
    assert seen.read_text() == "True"
    assert (sandbox.exit_code, queue.exit_code) == (-signal.SIGTERM, 0)


def pid_of(child: Child) -> int:
    assert child._process is not None
    return child._process.pid
