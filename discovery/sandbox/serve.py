"""The sandbox on real sockets: a threaded HTTP/1.1 server with kept-alive connections."""

from __future__ import annotations

import argparse
import io
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final
from urllib.parse import unquote, urlsplit

from discovery.sandbox.catalogue import DEFAULT_SEED
from discovery.sandbox.server import ConnectionCut, SandboxApp, create_app

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8899

_CLOSE_AT_ONCE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: the peer sees a reset, not an orderly end."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "KeepaSandbox"
    timeout = 75
    wbufsize = -1
    disable_nagle_algorithm = True
    app: ClassVar[SandboxApp]

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        posted = self.rfile.read(length) if length else b""
        try:
            answer = self.app(self._environ(posted), self._start)
        except ConnectionResetError:
            self._cut()
            return
        self.end_headers()
        try:
            for part in answer:
                self.wfile.write(part)
        except ConnectionCut:  # what was sent so far arrives
            self.close_connection = True
        self.wfile.flush()

    do_GET = do_POST = do_DELETE = _handle

    def _environ(self, posted: bytes) -> dict[str, Any]:
        parts = urlsplit(self.path)
        return {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote(parts.path),
            "QUERY_STRING": parts.query,
            "CONTENT_LENGTH": str(len(posted)),
            "HTTP_ACCEPT_ENCODING": self.headers.get("Accept-Encoding") or "",
            "wsgi.input": io.BytesIO(posted),
        }

    def _start(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None, /
    ) -> Callable[[bytes], object]:
        del exc_info
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        return self.wfile.write

    def _cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_AT_ONCE)
            self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the query string holds the key."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle is its own affair."""
        if isinstance(sys.exception(), ConnectionError | TimeoutError | ValueError):
            return
        super().handle_error(request, client_address)


class SandboxServer:
    """Serves `app` in a thread of its own; `url` says where. Usable as a context manager."""

    def __init__(self, app: SandboxApp, *, host: str = DEFAULT_HOST, port: int = 0) -> None:
        """`port` 0 takes a free one. OSError when the port is taken."""
        handler = type("Handler", (_Handler,), {"app": app})
        self.app = app
        self._server = _Server((host, port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def url(self) -> str:
        """The address of the server, without a final slash."""
        host, port = self._server.server_address[:2]
        name = host.decode() if isinstance(host, bytes | bytearray) else host
        return f"http://{name}:{port}"

    def __enter__(self) -> SandboxServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the server to a command line."""
    parser.add_argument("--host", default=DEFAULT_HOST)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--refill-rate", type=int, default=20, help="tokens a minute")
    parser.add_argument("--tokens", type=int, default=None, help="the balance to begin with")
    parser.add_argument("--key", default=None, help="the only key to accept; default: any")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="ENDPOINT",
        help="an endpoint the plan does not hold (404), such as deal; may be repeated",
    )


def serve_until_stopped(options: argparse.Namespace, *, say: Callable[[str], object]) -> None:
    """Serve until SIGTERM or Ctrl-C; `say` is told the URL once requests are answered.

    OSError when the address cannot be bound. Must run in the main thread.
    """
    app = create_app(
        seed=options.seed,
        refill_rate=options.refill_rate,
        tokens=options.tokens,
        key=options.key,
        without=options.without,
    )
    stopped = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stopped.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        with SandboxServer(app, host=options.host, port=options.port) as server:
            say(f"Keepa sandbox on {server.url} (demonstration data)")
            stopped.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m discovery.sandbox",
        description="A Keepa-compatible server with made-up data.",
    )
    add_arguments(parser)
    options = parser.parse_args(arguments)
    try:
        serve_until_stopped(options, say=lambda line: print(line, flush=True))  # noqa: T201
    except OSError as error:
        print(f"Cannot serve on {options.host}:{options.port}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0
