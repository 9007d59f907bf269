"""An httpx transport into a sandbox in the same process, with network trouble as httpx tells it.

httpx's own WSGI transport lets the application's exceptions through and knows no timeout; here a
cut connection is a ReadError and a slow answer a ReadTimeout, without waiting for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from discovery.sandbox.server import SandboxApp


class _Stream(httpx.SyncByteStream):
    def __init__(self, body: Any, request: httpx.Request) -> None:
        self._body = body
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._body
        except ConnectionResetError as error:
            raise httpx.RemoteProtocolError(str(error), request=self._request) from error

    def close(self) -> None:
        self._body.close()


class SandboxTransport(httpx.BaseTransport):
    """`httpx.Client(transport=SandboxTransport(app))`. Give the app `sleep=lambda _: None`."""

    def __init__(self, app: SandboxApp) -> None:
        self.app = app
        self._wsgi = httpx.WSGITransport(app=app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the server would, its delays and broken connections included."""
        try:
            response = self._wsgi.handle_request(request)
        except ConnectionResetError as error:
            raise httpx.ReadError(str(error), request=request) from error
        response.stream = _Stream(response.stream, request)
        patience = request.extensions.get("timeout", {}).get("read")
        delay = float(response.headers.get("X-Sandbox-Delay", 0))
        if patience is not None and delay > patience:
            response.close()
            raise httpx.ReadTimeout("The sandbox answers too slowly.", request=request)
        return response
