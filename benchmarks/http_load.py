"""A load generator, in a process of its own: keeps so many connections busy and counts the answers.

Reads one JSON object (the fields of ``Load``) and writes one (``Counted``). Standard library alone:
it starts in no time and takes little of the processor it shares with what it measures.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

AGAIN_IN = 0.05  # seconds before a connection that was refused or cut is made anew
END = b"\r\n\r\n"


@dataclass(slots=True)
class Load:
    """What to ask: the whole request, over ``connections``, for ``seconds``.

    A 200 whose body does not begin with ``expected`` is a wrong answer.
    """

    port: int
    request: str
    connections: int
    seconds: float
    expected: str = ""


@dataclass(slots=True)
class Counted:
    """What came back. Times are in seconds; ``at`` is when each 200 came, from the beginning."""

    statuses: dict[str, int] = field(default_factory=dict)
    wrong: int = 0  # 200 with another body
    rude: int = 0  # 503 that is no problem, or does not say when to come back
    cut: int = 0  # connections that ended without an answer
    seconds: float = 0.0
    waited: list[float] = field(default_factory=list)  # for each 200
    at: list[float] = field(default_factory=list)

    @property
    def good(self) -> int:
        """Answers that were right."""
        return self.statuses.get("200", 0) - self.wrong

    @property
    def failed(self) -> int:
        """All others, and connections that were cut."""
        return sum(self.statuses.values()) - self.good + self.cut


def run_load(load: Load) -> Counted:
    """Run it in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__))],
        input=json.dumps(asdict(load)), capture_output=True, text=True, check=True,
        timeout=load.seconds + 60,
    )  # fmt: skip
    return Counted(**json.loads(done.stdout))


class _Connection:
    """One connection: asks, waits for the whole answer, asks again."""

    def __init__(self, load: Load, counted: Counted, ready: selectors.DefaultSelector) -> None:
        self.load, self.counted, self.ready = load, counted, ready
        self.request = load.request.encode()
        self.expected = load.expected.encode()
        self.socket: socket.socket | None = None
        self.received = b""
        self.asked_at = 0.0
        self.not_before = 0.0

    def ask(self) -> None:
        """Send the request, over a new connection if need be."""
        try:
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.load.port), timeout=5)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.ready.register(self.socket, selectors.EVENT_READ, self)
            self.received, self.asked_at = b"", time.perf_counter()
            self.socket.sendall(self.request)
        except OSError:
            self.drop()

    def drop(self) -> None:
        """The connection is gone, and the answer with it."""
        self.counted.cut += 1
        self.close()
        self.not_before = time.perf_counter() + AGAIN_IN

    def close(self) -> None:
        """Hang up."""
        if self.socket is not None:
            with suppress(KeyError, ValueError):
                self.ready.unregister(self.socket)
            self.socket.close()
            self.socket = None

    def read(self, began: float) -> bool:
        """Take what has come; whether the answer is complete."""
        assert self.socket is not None
        try:
            part = self.socket.recv(1 << 18)
        except OSError:
            part = b""
        if not part:
            self.drop()
            return False
        self.received += part
        head, found, body = self.received.partition(END)
        if not found:
            return False
        fields = head.lower()
        at = fields.index(b"content-length:") + 15
        if len(body) < int(fields[at:].split(b"\r\n", 1)[0]):
            return False
        self._count(head.split(b" ", 2)[1].decode(), fields, body, began)
        return True

    def _count(self, status: str, fields: bytes, body: bytes, began: float) -> None:
        counted = self.counted
        counted.statuses[status] = counted.statuses.get(status, 0) + 1
        if status == "200":
            now = time.perf_counter()
            counted.waited.append(now - self.asked_at)
            counted.at.append(now - began)
            counted.wrong += not body.startswith(self.expected)
        elif status == "503":
            is_polite = b"application/problem+json" in fields and b"retry-after:" in fields
            counted.rude += not is_polite


def _run(load: Load) -> Counted:
    counted = Counted()
    began = time.perf_counter()
    until = began + load.seconds
    with selectors.DefaultSelector() as ready:
        connections = [_Connection(load, counted, ready) for _ in range(load.connections)]
        for connection in connections:
            connection.ask()
        while (now := time.perf_counter()) < until:
            for key, _events in ready.select(AGAIN_IN):
                connection = key.data
                if connection.read(began):
                    connection.ask()
            for connection in connections:
                if connection.socket is None and connection.not_before <= now:
                    connection.ask()
        counted.seconds = time.perf_counter() - began
        _take_the_last(connections, ready, began)
    return counted


def _take_the_last(connections: list[_Connection], ready: Any, began: float) -> None:
    """Wait for what was asked already: the server counts it too."""
    waiting = {id(connection) for connection in connections if connection.socket is not None}
    deadline = time.perf_counter() + 15
    while waiting and time.perf_counter() < deadline:
        for key, _events in ready.select(0.5):
            connection = key.data
            if connection.read(began):
                connection.close()
        waiting = {id(connection) for connection in connections if connection.socket is not None}


if __name__ == "__main__":
    json.dump(asdict(_run(Load(**json.load(sys.stdin)))), sys.stdout)
