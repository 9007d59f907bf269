"""A full or read-only disk is said in a sentence: by every program, and by the site."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.conf import settings
from django.db import InternalError, OperationalError, connection
from django.db.utils import DatabaseError

from arbvault.disk import LEAST_ROOM, LOW_ROOM, Room, Trouble, in_words, room_at, trouble_of
from arbvault.file_cache import FileCache
from arbvault.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

GIGABYTE = 1024**3


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small file system of its own; skips where that is not permitted."""
    folder.mkdir()
    done = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip("Not permitted to mount a file system here.")
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", "-l", str(folder)], check=True)


def filled(folder: Path) -> None:
    with (folder / "filling").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017 - the loop ends no other way


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "full", "size=256k") as folder:
        filled(folder)
        yield folder


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "read-only", "size=256k,ro") as folder:
        yield folder


def below_a_file(tmp_path: Path) -> Path:
    """A folder that nobody can make, root included."""
    (tmp_path / "file").touch()
    return tmp_path / "file"


def run(var: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={"PATH": os.environ["PATH"], "ARBVAULT_VAR": str(var / "var"), **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_a_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Traceback" not in said
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (("-m", "arbvault.run"), {}),
        (("-m", "arbvault.run"), {"SECRET_KEY": "s" * 50}),
        (("manage.py", "check"), {}),
        (("manage.py", "migrate"), {"SECRET_KEY": "s" * 50}),
    ],
)
def test_a_folder_of_data_that_cannot_be_made_is_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    done = run(below_a_file(tmp_path), *arguments, **environment)
    assert_a_sentence(done, "ARBVAULT_VAR", "Not a directory")


def test_a_full_disk_is_a_sentence(full: Path) -> None:
    assert_a_sentence(run(full, "-m", "arbvault.run"), "The disk is full")
    assert_a_sentence(run(full, "manage.py", "migrate"), "The disk is full")


def test_a_read_only_disk_is_a_sentence(read_only: Path) -> None:
    assert_a_sentence(run(read_only, "-m", "arbvault.run", SECRET_KEY="s" * 50), "read-only")


def test_a_site_is_not_started_where_its_database_would_stop_at_once(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "size=8m") as folder:
        done = run(folder, "-m", "arbvault.run", PORT=str(free_port(0)))
    assert_a_sentence(done, "is full: 7 MB left of 8")


def assert_forgetful(cache: FileCache) -> None:
    assert cache.get("a") is None
    assert not cache.has_key("a")
    assert not cache.touch("a")
    with pytest.raises(OSError, match=r"No space|Not a directory"):
        cache.add("a", 1)  # what must not be done twice is not done


def test_the_cache_without_a_folder_forgets_and_does_not_fail(tmp_path: Path) -> None:
    assert_forgetful(FileCache(str(below_a_file(tmp_path) / "cache"), {}))


def test_the_cache_on_a_full_disk_forgets_and_does_not_fail(full: Path) -> None:
    assert_forgetful(FileCache(str(full / "cache"), {}))


def test_the_room_of_a_full_disk_is_none(full: Path, read_only: Path) -> None:
    assert room_at(full).trouble is Trouble.FULL
    assert room_at(read_only).trouble is Trouble.UNWRITABLE


def test_a_disk_is_full_when_the_database_could_not_go_on() -> None:
    assert Room(free=LEAST_ROOM, total=GIGABYTE).trouble is None
    assert Room(free=LEAST_ROOM - 1, total=GIGABYTE).trouble is Trouble.FULL
    assert Room(free=GIGABYTE, total=GIGABYTE, has_names=False).trouble is Trouble.FULL
    assert Room(free=LOW_ROOM, total=GIGABYTE).is_low is False
    assert Room(free=LOW_ROOM - 1, total=GIGABYTE).is_low is True
    assert Room(free=0, total=0).trouble is None  # a file system that does not tell


def caused_by(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), Trouble.FULL),
        (OSError(errno.EDQUOT, "Quota exceeded"), Trouble.FULL),
        (OSError(errno.EROFS, "Read-only file system"), Trouble.UNWRITABLE),
        (OSError(errno.ECONNREFUSED, "Connection refused"), None),
        (FileNotFoundError(errno.ENOENT, "No such file"), None),
        (caused_by(OperationalError(), psycopg.errors.DiskFull()), Trouble.FULL),
        (
            caused_by(InternalError(), psycopg.errors.ReadOnlySqlTransaction()),
            Trouble.UNWRITABLE,
        ),
        (
            psycopg.errors.InsufficientPrivilege("could not open file: Read-only file system"),
            Trouble.UNWRITABLE,
        ),
        (psycopg.errors.InsufficientPrivilege("permission denied for table x"), None),
        (caused_by(OperationalError(), psycopg.errors.DeadlockDetected()), None),
        (ValueError("something else"), None),
    ],
    ids=repr,
)
def test_what_an_error_says_about_the_disk(error: Exception, trouble: Trouble | None) -> None:
    assert trouble_of(error) is trouble
    assert (in_words(error) is None) == (trouble is None)


@pytest.mark.django_db
def test_a_database_that_takes_no_changes_is_told_from_one_that_is_gone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
        with pytest.raises(DatabaseError) as refused:
            cursor.execute("CREATE TABLE nothing ()")
    assert trouble_of(refused.value) is Trouble.UNWRITABLE
