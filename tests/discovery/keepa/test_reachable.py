"""Whether Keepa answers: what the last call tells, asked again where there was none lately."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from discovery.keepa.client import using_client
from discovery.keepa.reachable import LOOK_EVERY, Reach, last_reach, look
from discovery.models import TokenLedgerEntry

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_known_before_the_first_call() -> None:
    assert last_reach(now=timezone.now()) == Reach(None, None)
    assert Reach(None, None).is_reachable is None


def test_a_look_costs_no_token_and_is_not_repeated_soon(keepa_client: Any) -> None:
    with using_client(keepa_client):
        first = look(now=timezone.now())
        again = look(now=timezone.now() + LOOK_EVERY / 2)
    assert first.is_reachable
    assert again == first
    assert [entry.tokens_consumed for entry in TokenLedgerEntry.objects.all()] == [0]


def test_after_a_while_it_looks_again(keepa_client: Any) -> None:
    with using_client(keepa_client):
        look(now=timezone.now())
        TokenLedgerEntry.objects.update(created_at=timezone.now() - 2 * LOOK_EVERY)
        look(now=timezone.now())
    assert TokenLedgerEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("outcome", "is_reachable"),
    [
        ("ok", True),
        ("refused", True),
        ("exhausted", True),
        ("unreachable", False),
        ("timeout", False),
        ("server_error", False),
        ("garbled", False),
        ("estimated", False),
    ],
)
def test_a_refusal_is_an_answer_and_silence_is_none(outcome: str, is_reachable: bool) -> None:
    ledger(outcome=outcome, seconds_ago=5)
    assert last_reach(now=timezone.now()).is_reachable is is_reachable


def test_the_newest_call_counts(django_assert_num_queries: Any) -> None:
    ledger(outcome="timeout", seconds_ago=60)
    ledger(outcome="ok", seconds_ago=5)
    with django_assert_num_queries(1):
        assert last_reach(now=timezone.now()).is_reachable


def ledger(*, outcome: str, seconds_ago: int) -> None:
    TokenLedgerEntry.objects.create(
        call_id=TokenLedgerEntry.objects.count() + 1,
        account="x",
        endpoint="token",
        purpose="background",
        tokens_consumed=0,
        duration_ms=1,
        outcome=outcome,
        created_at=timezone.now() - timedelta(seconds=seconds_ago),
    )
