"""Whatever happens on the way, the ledger's sum is what Keepa says it charged, to the token."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from discovery.keepa.budget import TokenBudget
from discovery.keepa.client import KeepaClient, account_of
from discovery.keepa.errors import KeepaError
from discovery.models import TokenLedgerEntry, TokenReservation
from discovery.sandbox.bucket import TokenBucket
from discovery.sandbox.faults import KINDS
from discovery.sandbox.server import SandboxApp
from discovery.sandbox.transport import SandboxTransport
from discovery.search.request import read_filters
from tests.discovery.keepa.fakes import KEY, Clock

BASE_URL = "http://sandbox.test"
NICHE = read_filters({"categories": ["Books"], "bsr_range": [20_000, 22_000]})
SELECTION = NICHE.to_selection(per_page=200)

Step = Callable[[KeepaClient, random.Random], Any]
STEPS: tuple[Step, ...] = (
    lambda client, dice: client.find(SELECTION, marketplace="us"),
    lambda client, dice: client.find(
        SELECTION | {"perPage": dice.choice([50, 100, 300])}, marketplace="us"
    ),
    lambda client, dice: client.find({"perPage": 50, "hasAPlus": True}, marketplace="us"),
    lambda client, dice: client.products(
        [f"B0NONE{dice.randrange(10_000):04}" for _ in range(dice.randrange(1, 9))],
        marketplace="us",
        buybox=dice.random() < 0.5,
        purpose=dice.choice(["interactive", "background"]),
    ),
    lambda client, dice: client.search_categories("Programming", marketplace="us"),
    lambda client, dice: client.categories([3839], marketplace="us"),
    lambda client, dice: client.token_status(),
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keepa(catalogue: Any, clock: Clock) -> SandboxApp:
    return SandboxApp(
        catalogue=catalogue,
        bucket=TokenBucket(refill_rate=20, tokens=500, clock=clock),
        clock=clock,
        sleep=lambda _seconds: None,
        key=None,
    )


def made(keepa: SandboxApp, clock: Clock) -> KeepaClient:
    return KeepaClient(
        api_key=KEY,
        base_url=BASE_URL,
        transport=SandboxTransport(keepa),
        timeout=5.0,
        sleep=lambda _seconds: None,
        budget=TokenBudget(account=account_of(api_key=KEY, base_url=BASE_URL), clock=clock),
    )


def ledger_sum() -> int:
    return TokenLedgerEntry.objects.aggregate(total=Sum("tokens_consumed"))["total"] or 0


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(8))
def test_over_any_sequence_of_searches_faults_and_retries(
    keepa: SandboxApp, clock: Clock, seed: int
) -> None:
    dice = random.Random(seed)
    client = made(keepa, clock)
    for _ in range(30):
        for _ in range(dice.choice([0, 0, 1, 1, 2, 4])):
            endpoint = dice.choice([None, None, None, "token"])
            kinds = sorted(KINDS - {"slow"} if endpoint else KINDS)
            keepa.faults.push(dice.choice(kinds), endpoint=endpoint, seconds=dice.choice([1, 60]))
        with suppress(KeepaError):
            dice.choice(STEPS)(client, dice)
        clock.pass_by(seconds=dice.choice([0, 0.25, 1, 9, 45]))
    keepa.faults.clear()
    clock.pass_by(minutes=3)  # what is still open was given up by now
    client.token_status()
    client.token_status()
    assert keepa.charged_total > 0
    assert ledger_sum() == keepa.charged_total
    assert TokenReservation.objects.count() == 0
    assert not TokenLedgerEntry.objects.filter(outcome="estimated").exists()


@pytest.mark.django_db
def test_what_a_call_says_it_spent_adds_up_too(keepa: SandboxApp, clock: Clock) -> None:
    dice = random.Random(99)
    client = made(keepa, clock)
    said = 0
    for _ in range(25):
        # Nothing slow: what a call that timed out has cost may only show later.
        keepa.faults.push(dice.choice(sorted(KINDS - {"slow"})))
        try:
            said += client.find(SELECTION, marketplace="us").tokens_spent
        except KeepaError as error:
            said += error.tokens_spent
        clock.pass_by(seconds=40)
    assert said == ledger_sum() == keepa.charged_total


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first_seed", range(0, 48, 6))
def test_with_many_at_once(keepa: SandboxApp, clock: Clock, first_seed: int) -> None:
    client = made(keepa, clock)
    client.token_status()

    def run(seed: int) -> None:
        dice = random.Random(seed)
        try:
            for _ in range(6):
                if dice.random() < 0.5:
                    keepa.faults.push(dice.choice(["reset", "truncated", "502", "reset_before"]))
                with suppress(KeepaError):
                    dice.choice(STEPS[3:])(client, dice)
        finally:
            connection.close()

    seeds = range(first_seed, first_seed + 6)
    threads = [threading.Thread(target=run, args=(seed,)) for seed in seeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keepa.faults.clear()
    client.token_status()
    assert keepa.charged_total > 0
    assert ledger_sum() == keepa.charged_total
    assert TokenReservation.objects.count() == 0
