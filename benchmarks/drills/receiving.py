"""A server of this machine's own that takes what a channel sends it: JSON over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Receiver:
    """What arrived, oldest first; it answers with ``status`` after ``seconds``."""

    port: int = 0
    status: int = 200
    seconds: float = 0
    location: str = ""
    asked: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook"


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""
    got = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.asked.append(self.path)
            length = int(self.headers.get("content-length") or 0)
            got.messages.append(json.loads(self.rfile.read(length) or b"{}"))
            time.sleep(got.seconds)
            self.send_response(got.status)
            if got.location:
                self.send_header("Location", got.location)
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_arguments: Any) -> None:
            """Nothing: the tests read what arrived."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    got.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
