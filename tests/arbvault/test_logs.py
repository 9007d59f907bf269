"""Logs rotated while they are written to, by the real process."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from arbvault.logs import LARGEST, LogFile, Pipe, make_room, prepare_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 30.0


def copier(*pipes: Pipe) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "arbvault.logs", *(f"{it.read_end}={it.path}" for it in pipes)],
        pass_fds=[pipe.read_end for pipe in pipes],
        cwd=settings.BASE_DIR,
    )


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    pipe = Pipe.to(tmp_path / "web-1.log")
    yield pipe
    with suppress(OSError):
        pipe.close()


def lines_of(path: Path) -> list[bytes]:
    """What all files of the log hold, oldest first."""
    files = sorted(path.parent.glob(f"{path.name}*"), reverse=True)
    return b"".join(file.read_bytes() for file in files).splitlines()


def test_no_line_is_lost_while_a_busy_log_is_rotated(pipe: Pipe) -> None:
    process = copier(pipe)
    wanted = [f"line {number:06} ".encode() + b"." * 500 for number in range(30_000)]  # 15 MB
    with os.fdopen(os.dup(pipe.write_end), "wb") as writer:
        writer.write(b"\n".join(wanted) + b"\n")
    pipe.close()
    assert process.wait(PATIENCE) == 0  # with its last writer
    assert lines_of(pipe.path) == wanted
    assert len(list(pipe.path.parent.iterdir())) == 3
    longest = LARGEST + len(wanted[0])
    assert all(file.stat().st_size <= longest for file in pipe.path.parent.iterdir())


def test_what_is_written_while_nobody_copies_waits_for_the_next(pipe: Pipe) -> None:
    first = copier(pipe)
    os.write(pipe.write_end, b"before\n")
    while not pipe.path.exists() or not pipe.path.stat().st_size:
        assert first.poll() is None
    first.kill()
    first.wait()
    os.write(pipe.write_end, b"in between\n")
    second = copier(pipe)
    os.write(pipe.write_end, b"after\n")
    pipe.close()
    assert second.wait(PATIENCE) == 0
    assert lines_of(pipe.path) == [b"before", b"in between", b"after"]


def test_it_does_not_end_before_its_writers_do(pipe: Pipe) -> None:
    process = copier(pipe)
    os.write(pipe.write_end, b"working\n")
    while not pipe.path.exists():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    os.write(pipe.write_end, b"last words\n")
    pipe.close()
    assert process.wait(PATIENCE) == 0
    assert lines_of(pipe.path)[-1] == b"last words"


def test_a_supervisor_never_waits_for_a_log_that_nobody_reads(pipe: Pipe) -> None:
    for _ in range(100):
        pipe.say("x" * 4000)  # more than a pipe holds


def test_the_number_of_old_files_is_bounded(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "a.log", largest=100, kept=2)
    for number in range(50):
        file.write(f"{number:049}\n".encode())
    file.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log", "a.log.1", "a.log.2"]
    assert lines_of(tmp_path / "a.log")[-1] == b"%049d" % 49


def test_a_line_is_never_torn_between_two_files(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "a.log", largest=100)
    file.write(b"a" * 60)
    file.write(b"b" * 60 + b"\n")
    file.write(b"next\n")
    file.close()
    assert (tmp_path / "a.log.1").read_bytes() == b"a" * 60 + b"b" * 60 + b"\n"
    assert (tmp_path / "a.log").read_bytes() == b"next\n"


def test_a_disk_without_room_costs_the_lines_and_says_how_many(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "a.log")
    file.path.symlink_to("/dev/full")
    file.write(b"12345\n")
    file.write(b"6789\n")
    file.path.unlink()  # somebody has made room
    file.write(b"again\n")
    file.close()
    assert lines_of(file.path) == [b"[11 bytes were lost: no room]", b"again"]


def test_logs_are_not_for_everybody_old_ones_included(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    folder.mkdir(mode=0o755)
    old = folder / "web.log"
    old.write_text("from before\n")
    old.chmod(0o644)
    prepare_folder(folder)
    before = os.umask(0)
    try:
        file = LogFile(folder / "new.log")
        file.write(b"hello\n")
    finally:
        os.umask(before)
    file.close()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {"log": 0o750, "web.log": 0o640, "new.log": 0o640}


def test_older_files_move_up_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    for text in ("first", "second", "third"):
        path.write_text(text)
        make_room(path, kept=2)
    assert not path.exists()
    assert (tmp_path / "a.log.1").read_text() == "third"
    assert (tmp_path / "a.log.2").read_text() == "second"
    assert not (tmp_path / "a.log.3").exists()
