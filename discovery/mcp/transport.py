"""One HTTP request through the library's own transport, without a process that stays.

The site runs on threads. Each request is served by a session manager of its own, in JSON and
without a session, on an event loop that ends with it: handshakes of earlier versions of the
protocol and requests of the present one alike. Tools run in the request's own thread.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from asgiref.sync import async_to_sync
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from discovery.api import api
from discovery.mcp.registry import Call
from discovery.mcp.server import CALL, make_server


@dataclass(slots=True)
class Reply:
    """What the transport answers."""

    status: int = 500
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


@cache
def _server() -> Server[Any]:
    return make_server(api.version)


def exchange(call: Call, *, headers: list[tuple[bytes, bytes]], body: bytes, path: str) -> Reply:
    """Answer one POST; ``headers`` in lower case."""
    return async_to_sync(_exchange)(call, headers, body, path)


async def _exchange(
    call: Call, headers: list[tuple[bytes, bytes]], body: bytes, path: str
) -> Reply:
    reply = Reply()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        CALL: call,
    }

    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not unread:
            # Who looks out for a client that hangs up is told nothing: it is cancelled at the end.
            await asyncio.Event().wait()
        return unread.pop()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in message["headers"]
            ]
        else:
            reply.body += message.get("body", b"")

    manager = StreamableHTTPSessionManager(_server(), json_response=True, stateless=True)
    async with manager.run():
        await manager.handle_request(scope, receive, send)
    return reply
