from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from discovery.keepa.budget import TokenBudget
from discovery.keepa.client import KeepaClient, account_of
from tests.discovery.keepa.fakes import KEY, Clock, FakeKeepa

BASE_URL = "http://keepa.test"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keepa(clock: Clock) -> FakeKeepa:
    return FakeKeepa(clock)


@pytest.fixture
def budget(clock: Clock, db: None) -> TokenBudget:
    return TokenBudget(
        account=account_of(api_key=KEY, base_url=BASE_URL), clock=clock, floor_percent=20
    )


@pytest.fixture
def pauses() -> list[float]:
    """How long the client has waited before each retry."""
    return []


@pytest.fixture
def client(keepa: FakeKeepa, budget: TokenBudget, pauses: list[float]) -> Iterator[KeepaClient]:
    made = KeepaClient(
        api_key=KEY,
        base_url=BASE_URL,
        transport=keepa.transport,
        sleep=pauses.append,
        jitter=lambda: 0.5,
        budget=budget,
    )
    yield made
    made.close()


Find = Callable[..., object]


@pytest.fixture
def find(client: KeepaClient) -> Find:
    """``find()`` is a search that costs at most 20 tokens, 11 unless told otherwise."""

    def ask(purpose: str = "interactive", per_page: int = 1000) -> object:
        return client.find({"perPage": per_page}, marketplace="us", purpose=purpose)

    return ask
