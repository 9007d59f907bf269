"""A sandbox whose clock the test holds, and a client that speaks to it in process."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from discovery.sandbox.server import SandboxApp, create_app
from discovery.sandbox.transport import SandboxTransport

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class Clock:
    """Aware time that passes only when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Keepa:
    """Just enough of a client to speak to the sandbox; answers are decoded JSON."""

    def __init__(self, app: SandboxApp) -> None:
        self.app = app
        self.http = httpx.Client(transport=SandboxTransport(app), base_url="http://sandbox.test")

    def response(self, endpoint: str, **params: Any) -> httpx.Response:
        return self.http.get(f"/{endpoint}", params={"key": "any", **params})

    def get(self, endpoint: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.response(endpoint, **params).json()
        return answer

    def find(self, selection: dict[str, Any], domain: int = 1, **params: Any) -> dict[str, Any]:
        return self.get("query", domain=domain, selection=json.dumps(selection), **params)

    def products(self, asins: list[str], domain: int = 1, **params: Any) -> list[dict[str, Any]]:
        answer = self.get("product", domain=domain, asin=",".join(asins), **params)
        # Where nothing is known, Keepa leaves `products` out or null.
        found: list[dict[str, Any]] = answer.get("products") or []
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_sandbox(clock: Clock) -> Callable[..., Keepa]:
    """`new_sandbox(tokens=3)` makes one and a client for it."""

    def make(**options: Any) -> Keepa:
        return Keepa(create_app(clock=clock, sleep=lambda _: None, **options))

    return make


@pytest.fixture
def keepa(new_sandbox: Callable[..., Keepa]) -> Keepa:
    """A sandbox with more tokens than any test spends."""
    return new_sandbox(refill_rate=1000)


@pytest.fixture(scope="session")
def observed() -> Keepa:
    """One sandbox for all tests that only look, so that figures are worked out once."""
    return Keepa(create_app(clock=Clock(), refill_rate=100_000))
