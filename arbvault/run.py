"""`make run`: everything the site needs, started in order, watched, and stopped together.

Asks no question. Exits 0 after Ctrl-C or SIGTERM, 1 when something cannot start or stay up, 2 when
a setting is wrong.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arbvault.settings")

import httpx
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from arbvault import postgres
from arbvault.processes import MARK, Child, die_with_parent, follow_parent, stop_all, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

READY_SECONDS = 60.0
DATABASE_LOOK_SECONDS = 5.0
RAPID_DEATHS = 3
RAPID_SECONDS = 60.0
PYTHON = sys.executable


class CannotRun(Exception):
    """Why the site is not up, in words for a terminal."""


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
        with _signals_stop_us(), _only_one(var):
            _run(var)
    except Stopped:
        say("Stopped.")
    except (CannotRun, postgres.PostgresError) as error:
        say(str(error))
        return 1
    return 0


def _run(var: Path) -> None:
    began = time.monotonic()
    if leftovers := sweep(str(var)):
        say(f"Ended {leftovers} processes that a killed run had left behind.")
    _require_free_port(settings.HOST, settings.PORT)
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

    @property
    def url(self) -> str:
        """The site's address, for a browser on this machine."""
        return f"http://{_address(settings.HOST, settings.PORT)}/"

    def start(self) -> None:
        """Start every process and wait until the site answers. Raises ``CannotRun``."""
        self.environment = os.environ | {
            MARK: str(self.var),
            "ARBVAULT_VAR": str(self.var),
            "PYTHONUNBUFFERED": "1",
        }
        if settings.EMBEDDED_POSTGRES is not None:
            say("Starting PostgreSQL.")
            postgres.attach(settings.EMBEDDED_POSTGRES)
            self._child("keeper", PYTHON, "-m", "arbvault.keeper").start()
        self._prepare()
        if settings.SANDBOX_IS_OURS:
            self._start_sandbox()
        queue = self._child("queue", PYTHON, "manage.py", "qcluster")
        queue.start()
        web = self._child("web", *_web_command())
        web.start()
        self._await(web, f"{self.url}readyz")

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

    def _start_sandbox(self) -> None:
        port = _free_port(settings.SANDBOX_PORT)
        note = self.var / "sandbox-port"
        note.unlink(missing_ok=True)
        if port != settings.SANDBOX_PORT:
            note.write_text(f"{port}\n")
        self.environment["SANDBOX_PORT"] = str(port)
        say(f"Starting the Keepa sandbox on port {port}.")
        sandbox = self._child("sandbox", PYTHON, "manage.py", "keepa_sandbox", "--port", str(port))
        sandbox.start()
        self._await(sandbox, f"http://127.0.0.1:{port}/token?key=sandbox")

    def _child(self, name: str, *command: str) -> Child:
        log = self.var / "log" / f"{name}.log"
        child = Child(name, command, log, self.environment)
        self.children.append(child)
        return child

    def _await(self, child: Child, url: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(url):
            if child.exit_code is not None:
                _give_up(child, f"ended with code {child.exit_code} while starting")
            if time.monotonic() > deadline:
                _give_up(child, f"did not answer within {READY_SECONDS:.0f} seconds")
            time.sleep(0.1)

    def watch(self) -> NoReturn:
        """Restart what dies; give up on what dies three times in a minute. Ends by Stopped."""
        pause = threading.Event()
        looked_at = time.monotonic()
        while True:
            pause.wait(0.5)  # a signal handler raises out of here
            for child in self.children:
                if child.exit_code is not None:
                    self._revive(child)
            if time.monotonic() - looked_at > DATABASE_LOOK_SECONDS:
                if settings.EMBEDDED_POSTGRES is not None:
                    postgres.revive(settings.EMBEDDED_POSTGRES)
                looked_at = time.monotonic()

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        child.deaths.append(now)
        died = f"ended with code {child.exit_code}"
        if len(child.deaths) == RAPID_DEATHS and now - child.deaths[0] < RAPID_SECONDS:
            _give_up(child, f"{died}, {RAPID_DEATHS} times in a minute")
        say(f"The {child.name} process {died}; starting it again. See {child.log}.")
        child.wait(0)  # what it left behind in its group
        child.start()

    def stop(self) -> None:
        """Stop every process of the run; the last one to leave stops PostgreSQL."""
        if self.children:
            say("Stopping.")
        stop_all(self.children)
        sweep(str(self.var))
        if settings.EMBEDDED_POSTGRES is not None:
            postgres.release(settings.EMBEDDED_POSTGRES)
        (self.var / "sandbox-port").unlink(missing_ok=True)


def _web_command() -> list[str]:
    options = {
        "--interface": "wsgi",
        "--host": settings.HOST,
        "--port": str(settings.PORT),
        "--workers": str(settings.WEB_WORKERS),
        "--blocking-threads": str(settings.WEB_THREADS),
        "--workers-kill-timeout": "5",
        "--log-level": "warning",
    }
    flags = [part for option in options.items() for part in option]
    return [PYTHON, "-m", "granian", *flags, "--no-ws", "arbvault.wsgi:application"]


def _give_up(child: Child, why: str) -> NoReturn:
    raise CannotRun(
        f"The {child.name} process {why}. Its last words ({child.log}):\n{child.log_tail()}"
    )


# --- the machine ----------------------------------------------------------------------------------


def say(text: str) -> None:
    """Write a line to the terminal at once."""
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
        where = f" (process {known['pid']}): http://{_address(known['host'], known['port'])}/"
    except (ValueError, KeyError, TypeError):
        where = ""
    return f"ArbitrageVault already runs from this folder{where}\nStop it first."


def _require_free_port(host: str, port: int) -> None:
    """Raise CannotRun, with what to do, when the address cannot be served on."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        socket.create_server(address, family=family).close()
    except socket.gaierror:
        raise CannotRun(f"HOST={host}: this name is not an address of this machine.") from None
    except PermissionError:
        raise CannotRun(
            f"PORT={port}: not permitted to this user; choose one above 1023."
        ) from None
    except OSError as error:
        raise CannotRun(
            f"Port {port} of {host} cannot be used ({os.strerror(error.errno or 0)}).\n"
            f"Stop what uses it, or choose another: PORT={port + 1} make run"
        ) from None


def _free_port(wanted: int) -> int:
    """`wanted` on the loopback interface when it is free, else any that is."""
    for port in (wanted, 0):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)) as probe:
            return int(probe.getsockname()[1])
    raise CannotRun("No free port on 127.0.0.1 for the Keepa sandbox.")


def _address(host: str, port: int) -> str:
    """Where a browser on this machine finds what listens on `host`."""
    shown = {"0.0.0.0": "localhost", "::": "localhost", "": "localhost"}.get(host, host)  # noqa: S104 # nosec B104 # only compared with
    return f"[{shown}]:{port}" if ":" in shown else f"{shown}:{port}"


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    sys.exit(main())
