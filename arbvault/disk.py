"""Room on disk, and failures that come from having none: told apart, and told in words.

Imports no Django: the settings ask here too. The words are for a terminal; pages have their own.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEGABYTE = 1024 * 1024
# PostgreSQL takes 16 MB for the next file of its log of changes, and stops when it cannot have it.
LEAST_ROOM = 32 * MEGABYTE
LOW_ROOM = 256 * MEGABYTE  # a few days of a busy site: time for somebody to make room


class Trouble(Enum):
    """What is wrong with a disk."""

    FULL = "full"
    UNWRITABLE = "unwritable"


_OF_ERRNO = {
    errno.ENOSPC: Trouble.FULL,
    errno.EDQUOT: Trouble.FULL,
    errno.EFBIG: Trouble.FULL,
    errno.EROFS: Trouble.UNWRITABLE,
    errno.EACCES: Trouble.UNWRITABLE,
    errno.EPERM: Trouble.UNWRITABLE,
    errno.ENOTDIR: Trouble.UNWRITABLE,
    errno.EIO: Trouble.UNWRITABLE,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_OF_SQLSTATE = {
    "53100": Trouble.FULL,  # disk_full
    "25006": Trouble.UNWRITABLE,  # read_only_sql_transaction
    "58030": Trouble.UNWRITABLE,  # io_error
}
_READ_ONLY_FILES = os.strerror(errno.EROFS)  # PostgreSQL reports it as a lack of privilege


def trouble_of(error: BaseException | None) -> Trouble | None:
    """What an error, or what caused it, says about the disk; ``None``: nothing.

    Knows ``OSError`` and the errors of psycopg, Django's around them included.
    """
    while error is not None:
        if isinstance(error, OSError):
            return _OF_ERRNO.get(error.errno or 0)
        state = getattr(error, "sqlstate", None)
        if state == "42501" and _READ_ONLY_FILES in str(error):
            return Trouble.UNWRITABLE
        if state in _OF_SQLSTATE:
            return _OF_SQLSTATE[state]
        error = error.__cause__
    return None


def in_words(error: BaseException) -> str | None:
    """A sentence for a terminal, with what to do; ``None`` for what is no trouble of the disk."""
    trouble = trouble_of(error)
    if trouble is None:
        return None
    said = str(error).strip().split("\n", 1)[0]
    if trouble is Trouble.FULL:
        return f"The disk is full. Make room and try again. ({said})"
    return (
        "A file or folder cannot be used: is the disk read-only, or does it belong to somebody "
        f"else? ARBVAULT_VAR chooses another folder for the data. ({said})"
    )


@contextmanager
def spoken_as(kind: type[Exception], *, every: bool = False) -> Iterator[None]:
    """Raise a trouble of the disk as ``kind``, with its sentence.

    Other errors of the system stay as they are, unless ``every`` one can be blamed on the folder.
    """
    try:
        yield
    except OSError as error:
        if (sentence := in_words(error)) is None and not every:
            raise
        raise kind(sentence or f"ARBVAULT_VAR cannot be used: {error}") from error


@dataclass(frozen=True, slots=True)
class Room:
    """What is left for us on the disk of a folder."""

    free: int  # bytes
    total: int  # bytes; 0 when the file system does not tell
    has_names: bool = True  # inodes: a disk can be full of small files
    is_read_only: bool = False

    @property
    def trouble(self) -> Trouble | None:
        """Whether nothing more can be stored."""
        if self.is_read_only:
            return Trouble.UNWRITABLE
        if self.total and (self.free < LEAST_ROOM or not self.has_names):
            return Trouble.FULL
        return None

    @property
    def is_low(self) -> bool:
        """Whether somebody should make room soon."""
        return bool(self.total) and self.free < LOW_ROOM

    def __str__(self) -> str:
        return f"{self.free // MEGABYTE} MB left of {self.total // MEGABYTE}"


def room_at(folder: Path) -> Room:
    """The room on the disk of a folder that exists. Raises ``OSError``."""
    state = os.statvfs(folder)
    return Room(
        free=state.f_bavail * state.f_frsize,
        total=state.f_blocks * state.f_frsize,
        has_names=not state.f_files or state.f_favail > 0,
        is_read_only=bool(state.f_flag & os.ST_RDONLY),
    )
