"""The connection to Keepa: one exchange over HTTP, whatever comes of it.

Whatever was received is returned, however broken; the key is let out nowhere.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

import httpx

CONNECT_TIMEOUT = 10.0  # seconds
# A full answer of 100 products with ten years of history stays well below.
LARGEST_ANSWER = 512 * 1024 * 1024
LONGEST_WAIT = 86_400.0  # seconds; Keepa locks a key for a day at most
_KEY_IN_ADDRESS = re.compile(r"([?&]key=)[^&\s\"']*")
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
HIDDEN = "[hidden]"


class Failure(StrEnum):
    """How an exchange failed."""

    NOT_SENT = "not_sent"  # Keepa never saw the request: it cost nothing
    BROKEN = "broken"  # Keepa may have worked, and charged, for nothing
    TIMEOUT = "timeout"  # the same, and it may still be at it


@dataclass(frozen=True, slots=True)
class Exchange:
    """The status and body received; the body may be partial when there is a ``failure``.

    ``retry_after``: seconds, where the answer names them.
    """

    status: int | None
    text: str
    failure: Failure | None = None
    retry_after: float | None = None


class _HideKey(logging.Filter):
    """httpx logs every address it asks; Keepa's addresses hold the key."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if "key=" in text:
            record.msg = _KEY_IN_ADDRESS.sub(rf"\1{HIDDEN}", text)
            record.args = ()
        return True


_hide_key = _HideKey()
for _name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2"):
    logging.getLogger(_name).addFilter(_hide_key)


class KeepaTransport:
    """A pool of connections to Keepa, under one key."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        timeout: float,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._key = api_key
        self._http = httpx.Client(
            base_url=base_url,
            transport=transport,
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT)),
            headers={"Accept-Encoding": "gzip", "Accept": "application/json"},
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
            # A proxy set in the environment cannot reach a server on this machine.
            trust_env=not _is_local(base_url),
        )

    def __repr__(self) -> str:
        return f"KeepaTransport({self._http.base_url!s})"

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()

    def ask(
        self,
        endpoint: str,
        params: Mapping[str, str | int],
        json: Mapping[str, Any] | None = None,
    ) -> Exchange:
        """GET the endpoint, or POST ``json`` to it."""
        request = self._http.build_request(
            "GET" if json is None else "POST",
            f"/{endpoint}",
            params={"key": self._key, **params},
            json=json,
        )
        try:
            response = self._http.send(request, stream=True)
        except _NOT_SENT:
            return Exchange(None, "", Failure.NOT_SENT)
        except httpx.TimeoutException:
            return Exchange(None, "", Failure.TIMEOUT)
        except httpx.HTTPError:
            return Exchange(None, "", Failure.BROKEN)
        return self._receive(response)

    def scrub(self, text: str) -> str:
        """The text without the key, should Keepa have echoed it."""
        return text.replace(self._key, HIDDEN) if self._key else text

    @staticmethod
    def _receive(response: httpx.Response) -> Exchange:
        # What came before the connection broke may still hold what the call has cost.
        received = bytearray()
        failure = None
        try:
            for chunk in response.iter_bytes():
                received += chunk
                if len(received) > LARGEST_ANSWER:
                    failure = Failure.BROKEN
                    break
        except httpx.DecodingError:
            pass  # all of it arrived, and is garbage: the reader of the text will see
        except httpx.HTTPError as error:
            timed_out = isinstance(error, httpx.TimeoutException)
            failure = Failure.TIMEOUT if timed_out else Failure.BROKEN
        finally:
            response.close()
        return Exchange(
            response.status_code,
            received.decode("utf-8", errors="replace"),
            failure,
            _seconds(response.headers.get("Retry-After", ""), datetime.now(UTC)),
        )


def _is_local(base_url: str) -> bool:
    host = httpx.URL(base_url).host
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _seconds(header: str, now: datetime) -> float | None:
    """How long ``Retry-After`` asks to wait, which may be a number or a date (RFC 9110)."""
    if header.isdecimal():
        seconds = float(header)
    else:
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()
    return min(seconds, LONGEST_WAIT) if seconds > 0 else None
