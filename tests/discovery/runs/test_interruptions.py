"""A search in the real task queue, whose processes are killed with SIGKILL at random moments.

The long version, with twenty kills and the queue's own sense of time, is ``benchmarks/drill.py``.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Sum
from django.db.models.functions import Now

from benchmarks.drills.mortal_queue import KEEPA_TIMEOUT, Queue
from benchmarks.drills.searches import Case, UnderFire, undisturbed
from discovery.keepa.client import KeepaClient, get_client, using_client
from discovery.models import TokenLedgerEntry, TokenReservation
from tests.processes import environment

KILLS = 2
SEED = 8  # the first shot is at the worker, the second at the whole queue
ANSWER_SECONDS = 0.5  # how late the sandbox answers
# The queue, which notices a death within three seconds instead of thirty.
QUICK_QUEUE = """
import django
django.setup()
from datetime import timedelta
from discovery.runs import heartbeat, queue
heartbeat.BEAT, queue.SILENCE, queue.LOOK_OUT = 0.4, timedelta(seconds=2), 0.5
from django.core.management import call_command
call_command("qcluster")
"""


@pytest.fixture
def slow_keepa(live_keepa: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A sandbox that can be slow, whose bucket has room: a full one hides what a call cost."""
    monkeypatch.setattr(live_keepa.app, "_sleep", time.sleep)
    monkeypatch.setattr("benchmarks.drills.searches.ANSWER_SECONDS", ANSWER_SECONDS)
    live_keepa.app.bucket.set(6000)
    client = KeepaClient(api_key="sandbox", base_url=live_keepa.url, timeout=KEEPA_TIMEOUT)
    with using_client(client):
        yield live_keepa
    client.close()


@pytest.mark.django_db(transaction=True)
def test_a_search_killed_at_random_moments_ends_by_itself_and_pays_nothing_stored_twice(
    slow_keepa: Any, django_user_model: Any
) -> None:
    owner = django_user_model.objects.create_user("anne")
    app = slow_keepa.app
    case = Case({"marketplace": "us", "categories": ["Books"], "bsr_range": [10_000, 80_000]})
    undisturbed(owner, case, app)
    queue = Queue(slow_keepa.url, env=environment(), arguments=("-c", QUICK_QUEUE))
    try:
        fire = UnderFire(case, queue=queue, app=app, dice=random.Random(SEED))
        fire.go(owner, kills=KILLS)
    finally:
        queue.kill_all()
    fire.check_calls()
    assert case.faults == []
    assert 1 <= len(case.shots) <= KILLS  # one that comes after the end hits nothing
    assert max(shot.resumed for shot in case.shots) < 30

    # The calls that were lost have lapsed; two balances, told for free, say what they have cost.
    TokenReservation.objects.update(expires_at=Now())
    for _ in range(2):
        get_client().token_status()
    ledger = TokenLedgerEntry.objects.aggregate(spent=Sum("tokens_consumed"))["spent"]
    assert ledger == app.charged_total == case.charged + case.price
