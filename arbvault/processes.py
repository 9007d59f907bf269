"""Child processes that never outlive the one who started them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from arbvault.logs import Pipe

# Every process of a run carries this variable with the run's data folder, grandchildren included:
# what a killed run left behind can be distinguished from everything else on the machine.
MARK = "ARBVAULT_RUN"
PR_SET_PDEATHSIG = 1
# A worker of the queue may have a call to Keepa under way, whose answer is paid for.
POLITE_SECONDS = 15.0


def follow_parent(signum: int) -> None:
    """Let the kernel send us `signum` when our parent dies (Linux; nothing elsewhere)."""
    if sys.platform.startswith("linux"):
        _libc().prctl(PR_SET_PDEATHSIG, signum, 0, 0, 0)


def die_with_parent(signum: int) -> Callable[[], None]:
    """What a child calls between fork and exec, so that it never outlives us (Linux).

    Elsewhere the next run's `sweep` does the work.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = _libc()  # loaded now: loading is not safe after a fork
    parent = os.getpid()

    def prepare() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signum, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return prepare


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True)
class Child:
    """One long-running program; what it says goes into its log, or where we say things ourselves.

    ``outlives_us``: it gets neither the mark nor the signal of our death, and must end by itself.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Pipe | None = None
    inherits: Sequence[int] = ()
    outlives_us: bool = False
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program, in a process group of its own. Raises ``OSError``."""
        output = self.log.write_end if self.log else None
        environment = dict(self.environment)
        if self.outlives_us:
            environment.pop(MARK, None)
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            pass_fds=self.inherits,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops us
            preexec_fn=None if self.outlives_us else die_with_parent(signal.SIGTERM),
        )

    @property
    def log_path(self) -> Path | None:
        """The file in which its log ends up."""
        return self.log.path if self.log else None

    @property
    def exit_code(self) -> int | None:
        """The exit code; ``None`` while it runs, and before its start."""
        return self._process.poll() if self._process else None

    def ask_to_stop(self) -> None:
        """Send SIGTERM, without waiting."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for the end; what has not ended by then, or left children behind, is killed."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, seconds))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def ended(self) -> str | None:
        """How it ended, in words, once what it left behind is killed; ``None`` while it runs."""
        if (code := self.exit_code) is None:
            return None
        self.wait(0)
        return f"ended with code {code}"


def stop_all(children: Sequence[Child]) -> None:
    """Stop them at once, and wait for all of them."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + POLITE_SECONDS
    for child in children:
        child.wait(deadline - time.monotonic())


def sweep(mark: str) -> int:
    """End every process of a run with this mark but ourselves; returns how many there were."""
    found = others_of(mark)
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(found, timeout=POLITE_SECONDS)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=2)
    return len(found)


def others_of(mark: str) -> list[psutil.Process]:
    """Every process of a run with this mark but ourselves, children of children included."""
    return [process for process in psutil.process_iter() if _is_marked(process, mark)]


def _is_marked(process: psutil.Process, mark: str) -> bool:
    try:
        return process.pid != os.getpid() and bool(process.environ().get(MARK) == mark)
    except (psutil.Error, OSError):
        return False
