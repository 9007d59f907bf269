"""What AutoSourcing and idle tokens may take: never the floor, a tenth of the bucket at once."""

from __future__ import annotations

import pytest

from discovery.keepa.budget import AUTOSOURCING, IDLE, INTERACTIVE
from discovery.keepa.client import KeepaClient
from discovery.keepa.errors import TokensExhausted
from tests.discovery.keepa.fakes import Clock, FakeKeepa

pytestmark = pytest.mark.django_db
SPARING = pytest.mark.parametrize("purpose", [AUTOSOURCING, IDLE])
PLANS = pytest.mark.parametrize(("rate", "tenth"), [(5, 30), (20, 120), (60, 360)])


def full(keepa: FakeKeepa, rate: int, *, share: float = 1.0) -> None:
    keepa.rate, keepa.tokens = rate, int(60 * rate * share)


@SPARING
@PLANS
def test_no_batch_is_larger_than_a_tenth_of_the_bucket(
    keepa: FakeKeepa, client: KeepaClient, purpose: str, rate: int, tenth: int
) -> None:
    full(keepa, rate)
    assert client.batch_size(100, purpose=purpose) == min(tenth, 100)
    assert client.batch_size(100, buybox=True, purpose=purpose) == min(tenth // 3, 100)
    assert client.batch_size(20, offers=20, purpose=purpose) == min(max(tenth // 12, 1), 20)


@PLANS
def test_a_person_may_ask_for_more(
    keepa: FakeKeepa, client: KeepaClient, rate: int, tenth: int
) -> None:
    full(keepa, rate)
    assert client.batch_size(100, buybox=True, purpose=INTERACTIVE) == 100


@SPARING
@PLANS
def test_the_floor_is_left_to_people(
    keepa: FakeKeepa, client: KeepaClient, purpose: str, rate: int, tenth: int
) -> None:
    full(keepa, rate, share=0.2)  # the floor, and not a token above
    with pytest.raises(TokensExhausted) as caught:
        client.find({"perPage": 50}, marketplace="fr", purpose=purpose)
    assert not caught.value.permanent
    assert caught.value.retry_after is not None
    client.find({"perPage": 50}, marketplace="fr", purpose=INTERACTIVE)


@SPARING
def test_a_list_of_a_thousand_fits_in_the_smallest_plan(
    keepa: FakeKeepa, client: KeepaClient, purpose: str
) -> None:
    full(keepa, 5, share=0.3)
    keepa.cost = 20
    client.find({"perPage": 1000}, marketplace="fr", purpose=purpose)
    assert keepa.charged == 20


def test_one_call_beyond_a_tenth_waits_for_a_full_bucket(
    keepa: FakeKeepa, client: KeepaClient, clock: Clock
) -> None:
    full(keepa, 5, share=0.9)
    with pytest.raises(TokensExhausted) as caught:
        client.find({"perPage": 5000}, marketplace="fr", purpose=AUTOSOURCING)
    assert not caught.value.permanent
    clock.pass_by(minutes=6)
    client.find({"perPage": 5000}, marketplace="fr", purpose=AUTOSOURCING)
    assert keepa.charged > 0
