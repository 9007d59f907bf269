"""Hostile files, four at once, through the real web server: what do they take, who notices?

Every file is given by four members at the same moment, while a fifth reads a page again and again.
Missed when an answer takes more than 10 s or is no sentence with its status, when a process that
reads a list ever held more than 150 MB, when all of the server grew by more than that for each
file, or when the page was not answered. Memory is what the kernel calls the high-water mark of a
process (``VmHWM``), watched ten times a second; ``Pss`` of the whole tree for the server. On a
machine that is busy with something else sound lists are missed: their time is up.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.drills.hostile_files import HOSTILE, every_sheet_full
from benchmarks.drills.report import Row

ROOT = Path(__file__).resolve().parent.parent.parent
AT_ONCE = 4
THREADS = 8  # of the web server, as it has them by default
MOST_SECONDS = 10.0
MOST_MEMORY = 150.0  # MB
REFUSED = {413, 422, 503}  # 503: four at once were too much for the machine
SENTENCE = re.compile(r'class="errorlist|role="alert"')


@dataclass(slots=True)
class Watch:
    """What was seen of the server's processes: the largest reader, the server above its start."""

    server: psutil.Process
    reader: float = 0.0
    grown: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        before = self._pss()
        while not self._ended.wait(0.1):
            for child in self._readers():
                with suppress(OSError, psutil.Error, IndexError):
                    self.reader = max(self.reader, _status(child.pid, "VmHWM"))
            self.grown = max(self.grown, self._pss() - before)

    def end(self) -> None:
        self._ended.set()

    def _tree(self) -> list[psutil.Process]:
        return [self.server, *self.server.children(recursive=True)]

    def _readers(self) -> list[psutil.Process]:
        found = []
        for process in self._tree():
            with suppress(psutil.Error):
                if "discovery.lists.reading" in process.cmdline():
                    found.append(process)
        return found

    def _pss(self) -> float:
        total = 0.0
        for process in self._tree():
            with suppress(OSError, psutil.Error, IndexError):
                total += _rollup(process.pid)
        return total


def _status(pid: int, name: str) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split(f"{name}:")[1].split()[0]) / 1024


def _rollup(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.split("Pss:")[1].split()[0]) / 1024


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    seconds: float
    text: str

    def is_sound(self, *, must_be_read: bool) -> bool:
        """Whether it came in time, as a list to confirm or else as a sentence with its status."""
        is_told = self.status in REFUSED and bool(SENTENCE.search(self.text))
        is_right = self.status == 302 or (is_told and not must_be_read)
        return is_right and self.seconds <= MOST_SECONDS


class Member:
    """Somebody signed in to the site on a socket."""

    def __init__(self, url: str, name: str) -> None:
        from django.contrib.auth import get_user_model
        from django.test import Client

        user = get_user_model().objects.create_user(name)
        browser = Client()
        browser.force_login(user)
        cookies = {key: morsel.value for key, morsel in browser.cookies.items()}
        self._client = httpx.Client(base_url=url, cookies=cookies, timeout=120, trust_env=False)
        self._client.get("/listes/").raise_for_status()

    def give(self, content: bytes) -> Answer:
        began = time.monotonic()
        answer = self._client.post(
            "/listes/ajouter/",
            files={"file": ("stock.xlsx", content)},
            data={"csrfmiddlewaretoken": self._client.cookies["csrftoken"]},
            headers={"Referer": str(self._client.base_url)},
        )
        return Answer(answer.status_code, time.monotonic() - began, answer.text)

    def read_pages(self, ended: threading.Event) -> tuple[int, float]:
        """Read a page until told to stop: how often it failed, and the longest wait for it."""
        failed, slowest = 0, 0.0
        while not ended.wait(0.2):
            began = time.monotonic()
            try:
                failed += self._client.get("/listes/").status_code != 200
            except httpx.HTTPError:
                failed += 1
            slowest = max(slowest, time.monotonic() - began)
        return failed, slowest


@dataclass(frozen=True, slots=True)
class Seen:
    """One file given by four at once; a sound one ``must_be_read``."""

    name: str
    must_be_read: bool
    answers: list[Answer]
    reader: float
    grown: float
    failed_pages: int
    slowest_page: float

    @property
    def is_survived(self) -> bool:
        return (
            all(answer.is_sound(must_be_read=self.must_be_read) for answer in self.answers)
            and self.reader <= MOST_MEMORY
            and self.grown <= AT_ONCE * MOST_MEMORY
            and not self.failed_pages
            and self.slowest_page <= MOST_SECONDS
        )

    def line(self) -> str:
        statuses = " ".join(str(answer.status) for answer in self.answers)
        longest = max(answer.seconds for answer in self.answers)
        return (
            f"{'' if self.is_survived else 'MISSED '}{self.name:<38} {statuses}  {longest:5.1f} s  "
            f"reader {self.reader:4.0f} MB  server +{self.grown:5.0f} MB  "
            f"page {self.slowest_page:4.1f} s, {self.failed_pages} failed"
        )


def at_once(
    name: str,
    content: bytes,
    *,
    by: list[Member],
    reader: Member,
    server: psutil.Process,
    must_be_read: bool = False,
) -> Seen:
    """Give the content with every member of ``by`` while ``reader`` reads pages."""
    watch, ended = Watch(server), threading.Event()
    with ThreadPoolExecutor(len(by) + 2) as pool:
        pool.submit(watch.look)
        pages = pool.submit(reader.read_pages, ended)
        answers = [future.result() for future in [pool.submit(m.give, content) for m in by]]
        ended.set()
        watch.end()
        failed, slowest = pages.result()
    seen = Seen(name, must_be_read, answers, watch.reader, watch.grown, failed, slowest)
    print(seen.line(), flush=True)
    return seen


@contextmanager
def web_server() -> Iterator[tuple[str, psutil.Process]]:
    """The site as it is run for real, on this drill's database: its address and its process."""
    from django.conf import settings

    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as var:
        environment = os.environ | {
            "ARBVAULT_VAR": var,
            "SECRET_KEY": settings.SECRET_KEY,
            "LOG_LEVEL": "CRITICAL",
        }
        manage = [sys.executable, str(ROOT / "manage.py"), "collectstatic", "--noinput", "-v0"]
        subprocess.run(manage, check=True, env=environment)
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
            "--port", str(port), "--workers", "1", "--blocking-threads", str(THREADS),
            "--log-level", "warning", "--no-ws", "arbvault.wsgi:application",
        ]  # fmt: skip
        with subprocess.Popen(command, cwd=ROOT, env=environment) as server:
            try:
                url = f"http://127.0.0.1:{port}"
                _await(f"{url}/healthz")
                yield url, psutil.Process(server.pid)
            finally:
                server.terminate()
                server.wait(20)


def _await(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            httpx.get(url, trust_env=False)
            return
        time.sleep(0.1)
    raise TimeoutError(url)


def row_of(fault: str, seen: list[Seen]) -> Row:
    """All the files of a kind in one row."""
    return Row(
        fault=fault,
        tries=sum(len(found.answers) for found in seen),
        survived=sum(len(found.answers) for found in seen if found.is_survived),
        note=(
            f"reader {max(found.reader for found in seen):.0f} MB, "
            f"{max(answer.seconds for found in seen for answer in found.answers):.1f} s, "
            f"another page {max(found.slowest_page for found in seen):.1f} s at most"
        ),
    )


def drill(*, tries: int, seed: int) -> list[Row]:
    """Give every hostile file, then a sound one of 5 000 lines; ``tries`` and ``seed`` say nothing
    here: every file is as hostile each time.
    """
    from benchmarks.reading import SHAPES

    with web_server() as (url, server):
        members = [Member(url, f"member{number}") for number in range(AT_ONCE)]
        reader = Member(url, "reader")

        def given(files: dict[str, Callable[[], Any]], *, must_be_read: bool) -> list[Seen]:
            return [
                at_once(
                    name,
                    make(),
                    by=members,
                    reader=reader,
                    server=server,
                    must_be_read=must_be_read,
                )
                for name, make in files.items()
            ]

        given({"warm-up": lambda: b"B00000000A;1"}, must_be_read=True)
        hostile = given(HOSTILE, must_be_read=False)
        files = {name: make for name, make in SHAPES.items() if name != "pasted"}
        sound = given(files, must_be_read=True)
        everybody_alone = members[:1] * AT_ONCE
        mine = at_once(
            "by one member", every_sheet_full(), by=everybody_alone, reader=reader, server=server
        )
    turned_away = sum(answer.status == 429 for answer in mine.answers)
    return [
        row_of(f"{len(HOSTILE)} hostile files, {AT_ONCE} at once", hostile),
        row_of(f"sound lists of 5 000 lines, {AT_ONCE} at once", sound),
        Row(
            fault=f"{AT_ONCE} files of one member at once: one is read",
            tries=AT_ONCE - 1,
            survived=turned_away,
            note="the others are told to wait (429)",
        ),
    ]
