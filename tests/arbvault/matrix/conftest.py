"""Two users with one of everything, and a Keepa that has nothing to give."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from discovery.keepa.client import KeepaClient, using_client
from discovery.profiles.service import ensure_shipped_profiles
from tests.arbvault.matrix.belongings import Belongings, belongings


@pytest.fixture
def paul(db: None) -> Belongings:
    ensure_shipped_profiles()
    return belongings("paul", asin="B00000PAUL")


@pytest.fixture
def anne(paul: Belongings) -> Belongings:
    return belongings("anne", asin="B00000ANNE")


@pytest.fixture
def asked_of_keepa() -> Iterator[list[str]]:
    """What Keepa was asked for in this test; it answers 402, and no token is spent."""
    asked: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(402)

    transport = httpx.MockTransport(refuse)
    client = KeepaClient(api_key="k", base_url="http://keepa.test", transport=transport)
    with using_client(client):
        yield asked
    client.close()


@pytest.fixture
def _walked(settings: Any) -> Iterator[None]:
    """A walk over all addresses asks more often than anybody may, and would log it all."""
    settings.API_RATE_PER_TOKEN = settings.API_RATE_PER_ADDRESS = settings.API_RATE_REFUSED = 0
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
