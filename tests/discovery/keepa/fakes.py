"""A Keepa of one file: an exact bucket, a clock to turn by hand, and trouble on demand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

KEY = "k3y-that-must-never-show"
PERIOD = timedelta(minutes=1)


class Clock:
    """Says what it is told to say; ``clock.pass_by(seconds=5)`` turns it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


class BrokenOff(httpx.SyncByteStream):
    """A body whose connection breaks after the bytes given."""

    def __init__(self, sent: bytes, error: Exception) -> None:
        self.sent = sent
        self.error = error

    def __iter__(self) -> Iterator[bytes]:
        yield self.sent
        raise self.error


Reply = Callable[["FakeKeepa", httpx.Request], httpx.Response]


@dataclass
class FakeKeepa:
    """Charges like Keepa. ``script`` holds the replies of the next calls that cost tokens."""

    clock: Clock
    rate: int = 20
    tokens: int = 1200
    cost: int = 11
    charged: int = 0
    body: dict[str, Any] = field(default_factory=lambda: {"asinList": [], "totalResults": 0})
    script: list[Reply] = field(default_factory=list)
    token_script: list[Reply] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.last_tick = self.clock()

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._handle)

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]

    def charge(self, tokens: int) -> None:
        self._refill()
        self.tokens -= tokens
        self.charged += tokens

    def envelope(self, consumed: int = 0) -> dict[str, Any]:
        self._refill()
        due = self.last_tick + PERIOD - self.clock()
        return {
            "timestamp": int(self.clock().timestamp() * 1000),
            "tokensLeft": self.tokens,
            "refillIn": int(due / timedelta(milliseconds=1)),
            "refillRate": self.rate,
            "tokenFlowReduction": 0.0,
            "tokensConsumed": consumed,
            "processingTimeInMs": 3,
            "error": None,
        }

    def _refill(self) -> None:
        while self.clock() - self.last_tick >= PERIOD:
            self.last_tick += PERIOD
            self.tokens = max(min(60 * self.rate, self.tokens + self.rate), self.tokens)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self._refill()
        if request.url.path == "/token":
            reply = self.token_script.pop(0) if self.token_script else _balance
            return reply(self, request)
        if self.tokens <= 0:
            return httpx.Response(429, json=self.envelope())
        reply = self.script.pop(0) if self.script else answered
        return reply(self, request)


def _balance(keepa: FakeKeepa, request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=keepa.envelope())


def answered(keepa: FakeKeepa, request: httpx.Request) -> httpx.Response:
    keepa.charge(keepa.cost)
    return httpx.Response(200, json={**keepa.envelope(keepa.cost), **keepa.body})


def status(code: int, **extra: Any) -> Reply:
    """Refused or failed, uncharged, with the envelope."""
    return lambda keepa, request: httpx.Response(code, json={**keepa.envelope(), **extra})


def page(code: int, text: str = "<html>Bad Gateway</html>") -> Reply:
    """An answer of some proxy's, that Keepa never saw."""
    return lambda keepa, request: httpx.Response(code, text=text)


def failing(error: type[httpx.TransportError], *, charged: bool) -> Reply:
    """The network fails before (or after) Keepa did, and charged for, the work."""

    def reply(keepa: FakeKeepa, request: httpx.Request) -> httpx.Response:
        if charged:
            keepa.charge(keepa.cost)
        raise error("failed", request=request)

    return reply


def charged_text(text: str) -> Reply:
    """Charged, and answered with something else than JSON."""

    def reply(keepa: FakeKeepa, request: httpx.Request) -> httpx.Response:
        keepa.charge(keepa.cost)
        return httpx.Response(200, text=text)

    return reply


def cut_off(keep: float, *, broken: bool = False) -> Reply:
    """Charged; only the given share of the JSON arrives, before a clean or a broken end."""

    def reply(keepa: FakeKeepa, request: httpx.Request) -> httpx.Response:
        keepa.charge(keepa.cost)
        text = json.dumps({**keepa.envelope(keepa.cost), **keepa.body, "padding": "x" * 500})
        sent = text[: int(len(text) * keep)].encode()
        if not broken:
            return httpx.Response(200, content=sent)
        error = httpx.RemoteProtocolError("peer closed connection", request=request)
        return httpx.Response(200, stream=BrokenOff(sent, error))

    return reply


def without(*fields: str) -> Reply:
    """Charged and answered, but for some fields."""

    def reply(keepa: FakeKeepa, request: httpx.Request) -> httpx.Response:
        keepa.charge(keepa.cost)
        told = {**keepa.envelope(keepa.cost), **keepa.body}
        return httpx.Response(200, json={k: v for k, v in told.items() if k not in fields})

    return reply
