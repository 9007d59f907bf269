"""A server that channels lead to, and leave to lead there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.drills.receiving import Receiver, receiver


@pytest.fixture
def received(settings: Any) -> Iterator[Receiver]:
    """A receiver inside, which the site allows."""
    settings.ALERTS_ALLOW_PRIVATE_ADDRESSES = True
    with receiver() as got:
        yield got
