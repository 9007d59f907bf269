"""Every process of a running site killed with SIGKILL in turn: does it all come back by itself?

Runs the supervisor as ``make run`` does (two web workers, its own PostgreSQL, data folder and
ports), asks it for a page all the time, and kills: each web server's worker and its parent, the
sandbox, the queue, the keeper, what copies the logs, a connection's server process in PostgreSQL,
and PostgreSQL itself; then each of them four times in a row. Then the disk of another is filled.

Missed when the site does not answer again, the process has no successor, the supervisor has ended,
or a process that was not killed is another one afterwards. PostgreSQL closes every connection when
one dies; a queue that was just connecting may end with it, and is started again.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from benchmarks.drills.report import Row

ROOT = Path(__file__).resolve().parent.parent.parent
WITHIN = 60.0  # seconds until all is as before, the supervisor's pause included
UP_SECONDS = 180.0
IN_A_ROW = 4
SMALL_DISK = "200m"  # what a new site takes, and twice what it needs to go on
SETTLED = 30.0  # seconds of life after which the supervisor forgets earlier deaths
NO_INHERITANCE = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "KEEPA_BASE_URL", "KEEPA_API_KEY")


@dataclass(slots=True)
class Visitor:
    """Somebody who opens one connection after another; ``None`` stands for no answer."""

    url: str
    answers: list[tuple[float, int | None]] = field(default_factory=list)
    _gone: threading.Event = field(default_factory=threading.Event)

    def visit(self) -> None:
        while not self._gone.wait(0.05):
            self.answers.append((time.monotonic(), self.ask()))

    def ask(self) -> int | None:
        with suppress(httpx.HTTPError):
            return httpx.get(self.url, timeout=5, trust_env=False).status_code
        return None

    def leave(self) -> None:
        self._gone.set()


class Site:
    """A site of its own, and its processes by what they do."""

    def __init__(self, folder: Path) -> None:
        self.var = folder / "var"
        self.terminal = folder / "terminal.log"
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        environment = {k: v for k, v in os.environ.items() if k not in NO_INHERITANCE} | {
            "ARBVAULT_VAR": str(self.var),
            "DEBUG": "true",  # spares the collecting of static files
            "PORT": str(port),
            "WEB_WORKERS": "2",
            "QUEUE_WORKERS": "1",
        }
        with self.terminal.open("wb") as terminal:
            self.run = psutil.Popen(
                [sys.executable, "-m", "arbvault.run"],
                env=environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=terminal,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self.run.poll() is None

    def targets(self) -> dict[str, list[psutil.Process]]:
        """The processes that there are now, oldest first, by role."""
        found: dict[str, list[psutil.Process]] = {
            "web worker": [],
            "web server": [],
            "sandbox": [],
            "queue": [],
            "keeper": [],
            "logs": [],
            "connection": [],
            "PostgreSQL": [],
        }
        roles = (
            ("keepa_sandbox", "sandbox"),
            ("qcluster", "queue"),
            ("arbvault.keeper", "keeper"),
            ("arbvault.logs", "logs"),
            ("granian", "web server"),
        )
        with suppress(psutil.NoSuchProcess):
            for child in self.run.children():
                command = " ".join(_command(child))
                role = next((role for word, role in roles if word in command), None)
                if role is None:
                    continue
                found[role].append(child)
                if role == "web server":
                    found["web worker"] += child.children()
        with suppress(OSError, ValueError, psutil.NoSuchProcess):
            lock = (self.var / "postgres" / "postmaster.pid").read_text()
            server = psutil.Process(int(lock.split()[0]))
            found["PostgreSQL"].append(server)
            found["connection"] += [
                child
                for child in server.children()
                if " arbvault " in f" {' '.join(_command(child))} "
            ]
        return {role: sorted(those, key=_age) for role, those in found.items() if those}

    def stop(self) -> int | None:
        if self.is_running:
            self.run.terminate()
            with suppress(psutil.TimeoutExpired):
                self.run.wait(60)
        code: int | None = self.run.poll()
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if any(str(self.var) in word for word in process.cmdline()) or (
                    process.environ().get("ARBVAULT_RUN") == str(self.var)
                ):
                    process.kill()
        return code


def _command(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return list(process.cmdline())
    return []


def _age(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        return float(process.create_time())
    return 0.0


def _until(met: Callable[[], bool], seconds: float) -> float | None:
    """Seconds until it was met; ``None``: never."""
    began = time.monotonic()
    while not met():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(0.1)
    return time.monotonic() - began


@dataclass(slots=True)
class Tally:
    """The kills of one kind."""

    fault: str
    tries: int = 0
    survived: int = 0
    slowest: float = 0.0
    unanswered: int = 0

    def row(self, extra: str = "") -> Row:
        said = f"back after {self.slowest:.0f} s at most; {self.unanswered} visits unanswered"
        return Row(fault=self.fault, tries=self.tries, survived=self.survived, note=said + extra)


class Fire:
    """Kills one after another, and looks at what is left."""

    def __init__(self, site: Site, visitor: Visitor, dice: random.Random) -> None:
        self.site, self.visitor, self.dice = site, visitor, dice

    def kill(self, role: str, tally: Tally, *, youngest: bool = False) -> None:
        """One kill; ``youngest``: of the one started last, so that the same dies again."""
        tally.tries += 1
        before = self.site.targets()
        if not self.site.is_running or role not in before:
            print(f"  MISSED {role}: there is none to kill", flush=True)
            return
        victim = before[role][-1] if youngest else self.dice.choice(before[role])
        # The web server's parent has its worker with it.
        may_follow: set[int] = set()
        gone = {victim.pid, *(child.pid for child in victim.children(recursive=True))}
        if role == "web worker":
            gone.add(victim.ppid())
        if role in {"PostgreSQL", "connection"}:
            followers = (*before.get("connection", ()), *before.get("queue", ()))
            may_follow = {process.pid for process in followers}
        at, seen = time.monotonic(), len(self.visitor.answers)
        victim.kill()
        took = _until(lambda: self._is_whole(before, gone, at), WITHIN)
        tally.unanswered += sum(status is None for _, status in self.visitor.answers[seen:])
        if took is None or not self.site.is_running:
            print(f"  MISSED {role}: {self.site.terminal.read_text()[-400:]}", flush=True)
            return
        tally.slowest = max(tally.slowest, took)
        after = {process.pid for those in self.site.targets().values() for process in those}
        others = {p.pid: other for other, those in before.items() for p in those}
        if lost := {
            other
            for pid, other in others.items()
            if other != "connection" and pid not in gone | may_follow | after
        }:
            print(f"  MISSED {role}: took {lost} along", flush=True)
            return
        tally.survived += 1

    def _is_whole(self, before: dict[str, list[psutil.Process]], gone: set[int], at: float) -> bool:
        """Every role has as many processes as before, none of them killed, and a visitor is served.

        Connections come and go.
        """
        now = self.site.targets()
        for role, those in before.items():
            alive = [process for process in now.get(role, ()) if process.pid not in gone]
            if role != "connection" and len(alive) < len(those):
                return not self.site.is_running
        recent = [status for when, status in self.visitor.answers[-6:] if when > at]
        return (len(recent) == 6 and set(recent) == {200}) or not self.site.is_running


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A file system with little room in this folder; whether it is permitted here."""
    mount = ["/bin/mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK},mode=711", "tmpfs", str(folder)]
    permitted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield permitted
    finally:
        if permitted:
            subprocess.run(["/bin/umount", "-l", str(folder)], check=True)


def filled_disk() -> list[Row]:
    """The disk is filled to its last byte while the site runs, and emptied again."""
    with tempfile.TemporaryDirectory() as name, small_disk(folder := Path(name)) as permitted:
        if not permitted:
            print("  no file system may be mounted here: left out", flush=True)
            return []
        with running_site(folder) as (site, _):
            filling = folder / "filling"
            with suppress(OSError), filling.open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 4096)
            told = httpx.get(f"{site.url}/readyz", timeout=10, trust_env=False)
            alive = httpx.get(f"{site.url}/healthz", timeout=10, trust_env=False)
            filling.unlink()
            ask = Visitor(f"{site.url}/readyz").ask
            took = _until(lambda: ask() == 200, WITHIN)
            well = told.status_code == 503 and "disk is full" in told.text and took is not None
            survived = well and alive.status_code == 200 and site.is_running
    note = f"/readyz: {told.status_code} {told.text.strip()}"
    return [Row("the disk filled while the site runs", tries=1, survived=int(survived), note=note)]


@contextmanager
def running_site(folder: Path) -> Iterator[tuple[Site, Visitor]]:
    folder.chmod(0o711)  # PostgreSQL's user passes through
    site = Site(folder)
    visitor = Visitor(f"{site.url}/readyz")
    thread = threading.Thread(target=visitor.visit)
    try:
        if _until(lambda: visitor.ask() == 200 or not site.is_running, UP_SECONDS) is None:
            raise RuntimeError(site.terminal.read_text())
        _until(lambda: "is up" in site.terminal.read_text(), 30)
        thread.start()
        yield site, visitor
    finally:
        visitor.leave()
        if thread.ident is not None:
            thread.join()
        site.stop()


def drill(*, tries: int, seed: int) -> list[Row]:
    """``tries`` kills in turn, then four in a row of each kind, then an orderly stop."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as name, running_site(Path(name)) as (site, visitor):
        fire = Fire(site, visitor, dice)
        roles = list(site.targets())
        tallies = {role: Tally(f"SIGKILL of the site's {role}") for role in roles}
        order = [roles[number % len(roles)] for number in range(max(tries, len(roles)))]
        dice.shuffle(order)
        for role in order:
            print(f"  {role}", flush=True)
            fire.kill(role, tallies[role])
        row = Tally("the same process of the site killed four times in a row")
        for role in roles:
            print(f"  {role}, {IN_A_ROW} times", flush=True)
            for _ in range(IN_A_ROW):
                fire.kill(role, row, youngest=True)
            if site.is_running:
                time.sleep(SETTLED + 1)  # the next series begins with the first pause again
        rows = [tally.row() for tally in tallies.values()]
        rows.append(row.row())
        asked = len(visitor.answers)
        with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            site.run.send_signal(signal.SIGTERM)
            site.run.wait(60)
        code = site.run.poll()
        rows.append(
            Row(
                fault="an orderly stop after all that",
                tries=1,
                survived=int(code == 0),
                note=f"exit code {code}; {asked} visits in all",
            )
        )
    return rows + filled_disk()
