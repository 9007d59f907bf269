"""The sandbox behind the site's own client: in process, or on a socket for other processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine


@pytest.fixture
def keepa(sandbox_app: Any) -> Iterator[Any]:
    """The site's client speaks to a sandbox of this test's own; the fixture is that sandbox."""
    from discovery.keepa.client import KeepaClient, using_client
    from discovery.sandbox.transport import SandboxTransport

    client = KeepaClient(
        api_key="sandbox",
        base_url="http://sandbox.test",
        transport=SandboxTransport(sandbox_app),
        sleep=lambda _seconds: None,
    )
    with using_client(client):
        yield sandbox_app
    client.close()


@pytest.fixture
def season_of_the_answers() -> Iterator[None]:
    """The day of the builders' answers: scored again in another season, storage costs otherwise."""
    from tests.discovery.builders import NOW

    with time_machine.travel(NOW):
        yield
