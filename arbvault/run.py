"""`make run`: everything the site needs, started in order, watched, and stopped together.

Asks no question. Exits 0 after Ctrl-C or SIGTERM, 1 when something cannot start or stay up, 2 when
a setting is wrong.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arbvault.settings")

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from arbvault import postgres
from arbvault.disk import Trouble, room_at, spoken_as
from arbvault.logs import Pipe, prepare_folder
from arbvault.ports import PortUnusable, address_of, answers, free_port, require_free_port
from arbvault.postgres_programs import PostgresError
from arbvault.processes import MARK, Child, die_with_parent, follow_parent, stop_all, sweep
from arbvault.supervision import Watched
from arbvault.web import GIVES_MEMORY_BACK, web_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

READY_SECONDS = 60.0
LAST_LINES = 15  # of a log, shown when its process does not start
LOGS_END_SECONDS = 5.0
PYTHON = sys.executable
SANDBOX = "sandbox"


class CannotRun(Exception):
    """Why the site is not up, in words for a terminal; ``log`` holds more about it."""

    def __init__(self, why: str, log: Path | None = None) -> None:
        super().__init__(why)
        self.log = log

    def __str__(self) -> str:
        """With the log's end, which is complete once every process has been stopped."""
        why = super().__str__()
        if self.log is None or not self.log.exists():
            return why
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join([f"{why} Its last words ({self.log}):", *(f"    {it}" for it in lines)])


class Stopped(BaseException):
    """Somebody asked us to stop; not an Exception, so that nothing on the way swallows it."""


def main() -> int:
    """Run the site until somebody stops it; returns the exit code."""
    try:
        var: Path = settings.ARBVAULT_VAR
    except ImproperlyConfigured as error:
        say(f"A setting is wrong. {error}")
        return 2
    try:
        with spoken_as(CannotRun), _signals_stop_us(), _only_one(var):
            _run(var)
    except Stopped:
        say("Stopped.")
    except (CannotRun, PortUnusable, PostgresError) as error:
        say(str(error))
        return 1
    return 0


def _run(var: Path) -> None:
    began = time.monotonic()
    if leftovers := sweep(str(var)):
        say(f"Ended {leftovers} processes that a killed run had left behind.")
    require_free_port(settings.HOST, settings.PORT)
    if settings.EMBEDDED_POSTGRES is not None and (room := room_at(var)).trouble is Trouble.FULL:
        raise CannotRun(f"The disk of {var} is full: {room}. Make room first.")
    prepare_folder(var / "log")
    shutil.rmtree(var / "metrics", ignore_errors=True)  # counts of processes that are no more
    site = Site(var)
    try:
        site.start()
        say(f"\nArbitrageVault is up: {site.url}   ({time.monotonic() - began:.1f} s)")
        if settings.KEEPA_SANDBOX:
            say("Demonstration data: set KEEPA_API_KEY to work with Keepa's.")
        say(f"Logs: {var / 'log'}. Ctrl-C stops everything.")
        site.watch()
    finally:
        # A second signal must not interrupt the cleaning up.
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, signal.SIG_IGN)
        site.stop()


@dataclass(slots=True)
class Site:
    """The processes of one run."""

    var: Path
    children: list[Child] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    _pipes: list[Pipe] = field(default_factory=list)
    _copier: Child | None = None

    @property
    def url(self) -> str:
        """The site's address, for a browser on this machine."""
        return f"http://{address_of(settings.HOST, settings.PORT)}/"

    def start(self) -> None:
        """Start every process and wait until the site answers. Raises ``CannotRun``."""
        self.environment |= (
            GIVES_MEMORY_BACK
            | os.environ
            | {
                MARK: str(self.var),
                "ARBVAULT_VAR": str(self.var),
                "PYTHONUNBUFFERED": "1",
            }
        )
        self._pipe("supervisor")
        cluster = settings.EMBEDDED_POSTGRES
        keeper = self._child("keeper", PYTHON, "-m", "arbvault.keeper") if cluster else None
        queue = self._child("queue", PYTHON, "manage.py", "qcluster")
        webs = [self._child(name, *web_command(workers)) for name, workers in _web_servers()]
        sandbox = self._sandbox() if settings.SANDBOX_IS_OURS else None
        self._copy_logs()
        if cluster is not None and keeper is not None:
            say("Starting PostgreSQL.")
            postgres.attach(cluster)
            keeper.start()
        self._prepare()
        if sandbox is not None:
            sandbox.start()
            address = f"http://127.0.0.1:{self.environment['SANDBOX_PORT']}/token?key=sandbox"
            self._await(address, sandbox)
        queue.start()
        for web in webs:
            web.start()
        self._await(f"{self.url}healthz", *webs)
        self._await_queue(queue)

    def _prepare(self) -> None:
        """Migrations, static files, the first administrator: in the foreground, on the terminal."""
        with subprocess.Popen(
            [PYTHON, "manage.py", "prepare_site"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        ) as process:
            try:
                code = process.wait()
            except Stopped:
                process.terminate()
                raise
        if code != 0:
            raise CannotRun("The site could not be prepared; see above.")

    def _sandbox(self) -> Child:
        port = free_port(settings.SANDBOX_PORT)
        note = self.var / "sandbox-port"
        note.unlink(missing_ok=True)
        if port != settings.SANDBOX_PORT:
            note.write_text(f"{port}\n")
        self.environment["SANDBOX_PORT"] = str(port)
        say(f"The Keepa sandbox has port {port}.")
        return self._child(SANDBOX, PYTHON, "manage.py", "keepa_sandbox", "--port", str(port))

    def _pipe(self, name: str) -> Pipe:
        self._pipes.append(Pipe.to(self.var / "log" / f"{name}.log"))
        return self._pipes[-1]

    def _child(self, name: str, *command: str) -> Child:
        child = Child(name, command, self.environment, self._pipe(name))
        self.children.append(child)
        return child

    def _copy_logs(self) -> None:
        """Start what takes every log from its pipe to its file; pipes made later have no file."""
        files = [f"{pipe.read_end}={pipe.path}" for pipe in self._pipes]
        self._copier = Child(
            "logs",
            [PYTHON, "-m", "arbvault.logs", *files],
            self.environment,
            inherits=[pipe.read_end for pipe in self._pipes],
            outlives_us=True,
        )
        self._copier.start()

    def _await(self, url: str, *children: Child) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(url):
            for child in children:
                if (how := child.ended()) is not None:
                    raise CannotRun(
                        f"The {child.name} process {how} while starting.", child.log_path
                    )
            if time.monotonic() > deadline:
                names = " and ".join(child.name for child in children)
                raise CannotRun(
                    f"{names}: no answer within {READY_SECONDS:.0f} seconds.", children[0].log_path
                )
            time.sleep(0.1)

    def _await_queue(self, queue: Child) -> None:
        """Wait until the queue works too; a queue that does not is told, and keeps no page away."""
        deadline = time.monotonic() + READY_SECONDS
        while not answers(f"{self.url}readyz"):
            if queue.ended() is not None or time.monotonic() > deadline:
                say(f"The site answers, but not everything works: see {self.url}readyz")
                return
            time.sleep(0.1)

    def watch(self) -> NoReturn:
        """Start again what dies, each by itself and later each time. Ends by Stopped."""
        watched = [self._watched(child) for child in (*self.children, self._copier) if child]
        if (cluster := settings.EMBEDDED_POSTGRES) is not None:
            watched.append(
                Watched(
                    name="PostgreSQL",
                    ended=lambda: None if postgres.is_alive(cluster) else "has ended",
                    start=lambda: postgres.revive(cluster),
                    say=self._tell,
                    failures=(OSError, PostgresError),
                    advice=f"See {cluster.log}.",
                )
            )
        pause = threading.Event()
        while True:
            pause.wait(0.5)  # a signal handler raises out of here
            for one in watched:
                one.look(time.monotonic())
            if cluster is not None:
                with suppress(OSError, PostgresError):
                    postgres.keep_short(cluster)

    def _watched(self, child: Child) -> Watched:
        advice = f"See {child.log.path}." if child.log else ""
        name = f"The {child.name} process"
        failures = (OSError, subprocess.SubprocessError)
        return Watched(name, child.ended, child.start, self._tell, failures, advice)

    def _tell(self, text: str) -> None:
        """Say it on the terminal and in the log."""
        say(text)
        self._pipes[0].say(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {text}")

    def stop(self) -> None:
        """Stop every process of the run; the last one to leave stops PostgreSQL."""
        if self._copier is not None:
            say("Stopping: answers of Keepa that are on their way are stored first.")
        # The sandbox last: it has charged for what it is about to answer.
        stop_all([child for child in self.children if child.name != SANDBOX])
        stop_all([child for child in self.children if child.name == SANDBOX])
        sweep(str(self.var))
        if settings.EMBEDDED_POSTGRES is not None:
            postgres.release(settings.EMBEDDED_POSTGRES)
        for pipe in self._pipes:
            pipe.close()
        if self._copier is not None:
            self._copier.wait(LOGS_END_SECONDS)  # it ends by itself, with what was said last
        with suppress(OSError):
            (self.var / "sandbox-port").unlink()


def _web_servers() -> Iterator[tuple[str, int]]:
    """Name and workers of each web server.

    On Linux the kernel spreads connections over all who listen on a port: one server a worker,
    so that none stops with another. Elsewhere one server shares its socket out.
    """
    servers = settings.WEB_WORKERS if sys.platform.startswith("linux") else 1
    for number in range(1, servers + 1):
        yield f"web-{number}", settings.WEB_WORKERS // servers


# --- the machine ----------------------------------------------------------------------------------


def say(text: str) -> None:
    """Write a line to the terminal at once, unless it is gone."""
    with suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


@contextmanager
def _signals_stop_us() -> Iterator[None]:
    def stop(signum: int, frame: FrameType | None) -> NoReturn:
        raise Stopped

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, stop)
    if "MAKELEVEL" in os.environ:  # should make itself be killed, we would never hear of it
        follow_parent(signal.SIGTERM)
    yield


@contextmanager
def _only_one(var: Path) -> Iterator[None]:
    """Hold the data folder's lock, which the kernel frees whatever happens to us."""
    with spoken_as(CannotRun, every=True):
        var.mkdir(parents=True, exist_ok=True)
    path = var / "run.lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotRun(_already_running(lock.read())) from None
        lock.truncate(0)
        json.dump({"pid": os.getpid(), "host": settings.HOST, "port": settings.PORT}, lock)
        lock.flush()
        yield


def _already_running(note: str) -> str:
    try:
        known = json.loads(note)
        where = f" (process {known['pid']}): http://{address_of(known['host'], known['port'])}/"
    except (ValueError, KeyError, TypeError):
        where = ""
    return f"ArbitrageVault already runs from this folder{where}\nStop it first."


if __name__ == "__main__":
    sys.exit(main())
