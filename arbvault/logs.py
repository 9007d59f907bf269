"""Log files that are rotated while they are written to, and lose no line by it.

Whoever logs writes into a pipe; one process, ``python -m arbvault.logs FD=PATH ...``, copies every
pipe into its file. It ends with the last writer, so it outlives a killed supervisor; and the
supervisor keeps the pipes open, so what is written while it is down waits there for its successor.
Needs no Django and no settings, and never ends because of a full disk: what finds no room is
dropped, and counted in the log once there is room again.
"""

from __future__ import annotations

import os
import selectors
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

LARGEST = 5 * 1024 * 1024  # bytes of one file
KEPT = 4  # older files of each log, besides the one that is written to
FILE_MODE = 0o640
FOLDER_MODE = 0o750
CHUNK = 64 * 1024  # bytes; what a pipe holds


def prepare_folder(folder: Path) -> None:
    """Make the folder of logs; closes it, and what lies in it, to others. Raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(FOLDER_MODE)
    for path in folder.iterdir():
        if path.is_file() and not path.is_symlink():
            path.chmod(FILE_MODE)


def make_room(path: Path, *, kept: int = KEPT) -> None:
    """Rename ``server.log`` to ``server.log.1``, that to ``server.log.2``; the oldest goes.

    Raises ``OSError``; nothing happens when there is no such file.
    """
    names = [path, *(path.with_name(f"{path.name}.{age}") for age in range(1, kept + 1))]
    for younger, older in reversed(list(pairwise(names))):
        with suppress(FileNotFoundError):
            younger.replace(older)


@dataclass(slots=True)
class LogFile:
    """A file of ``largest`` bytes and ``kept`` older ones; a line begun ends in the same file."""

    path: Path
    largest: int = LARGEST
    kept: int = KEPT
    _descriptor: int | None = None
    _size: int = 0
    _lost: int = 0  # bytes that found no room
    _ends_a_line: bool = True

    def write(self, text: bytes) -> None:
        """Append; drops what the disk does not take, without raising."""
        for line in text.splitlines(keepends=True):
            try:
                self._append(line)
            except OSError:
                self._lost += len(line)
                self.close()  # perhaps it can be opened anew

    def _append(self, line: bytes) -> None:
        if self._size and self._ends_a_line and self._size + len(line) > self.largest:
            self.close()
            make_room(self.path, kept=self.kept)
        descriptor = self._open()
        if self._lost:
            self._put(descriptor, f"[{self._lost} bytes were lost: no room]\n".encode())
            self._lost = 0
        self._put(descriptor, line)
        self._ends_a_line = line.endswith(b"\n")

    def _open(self) -> int:
        if self._descriptor is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(self.path, flags, FILE_MODE)
            os.fchmod(self._descriptor, FILE_MODE)  # whatever it was, and whatever the umask
            self._size = os.fstat(self._descriptor).st_size
        return self._descriptor

    def _put(self, descriptor: int, text: bytes) -> None:
        while text:
            written = os.write(descriptor, text)
            self._size += written
            text = text[written:]

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with suppress(OSError):
                os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Pipe:
    """What one log is written into, held open by the supervisor at both ends."""

    path: Path
    read_end: int
    write_end: int

    @classmethod
    def to(cls, path: Path) -> Pipe:
        """A new pipe that leads to this file. Raises ``OSError``."""
        return cls(path, *os.pipe())

    def close(self) -> None:
        """Close both ends; what is still in it reaches its reader."""
        os.close(self.write_end)
        os.close(self.read_end)

    def say(self, text: str) -> None:
        """Write a line, unless the pipe is full: its writer must never wait for its reader."""
        os.set_blocking(self.write_end, False)
        with suppress(OSError):
            os.write(self.write_end, f"{text}\n".encode())


@dataclass(slots=True)
class LogCopier:
    """The process's work: from every pipe to its file, until all pipes are closed."""

    files: dict[int, LogFile] = field(default_factory=dict)

    def run(self) -> None:
        """Copy until the last writer is gone."""
        with selectors.DefaultSelector() as selector:
            for descriptor in self.files:
                selector.register(descriptor, selectors.EVENT_READ)
            while selector.get_map():
                for key, _events in selector.select():
                    if text := os.read(key.fd, CHUNK):
                        self.files[key.fd].write(text)
                    else:
                        selector.unregister(key.fd)
        for file in self.files.values():
            file.close()


def main(arguments: list[str]) -> int:
    """Copy each ``FD=PATH``; deaf to the signals that stop the writers, and so ends after them."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    pairs = (argument.partition("=") for argument in arguments)
    LogCopier({int(descriptor): LogFile(Path(path)) for descriptor, _, path in pairs}).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
