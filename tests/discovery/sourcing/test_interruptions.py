"""Looks of real processes that are killed outright, over a Keepa that has troubles of its own.

The long versions, of every source, are ``benchmarks/drill.py --only looks,troubles,restarts,due``.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import Sum
from django.db.models.functions import Now
from django.utils import timezone

from benchmarks.drills.due import have_run, make_jobs
from benchmarks.drills.mortal_queue import Queue
from discovery.keepa.client import KeepaClient, get_client, using_client
from discovery.models import (
    KeepaProduct,
    Pick,
    Run,
    ScoringCacheEntry,
    Sighting,
    SourcingJob,
    TokenLedgerEntry,
    TokenReservation,
)
from discovery.runs.heartbeat import SILENCE
from discovery.runs.queue import wake_runs
from discovery.sourcing.planning import plan_minute
from tests.discovery.sourcing.looking import State, begin, go_on, look, niche_job, times_paid, work
from tests.processes import database_away, environment

pytestmark = pytest.mark.django_db(transaction=True)

MOST_WAITS = 20
LOST = {"slow", "truncated", "garbage"}  # answers that never came, or said nothing


@pytest.fixture
def same_account(live_keepa: Any) -> Iterator[Any]:
    """The sandbox on a socket, asked by this process too: one account, one bucket for all."""
    live_keepa.app.bucket.set(6000)  # a full one hides what a lost call has cost
    client = KeepaClient(api_key="sandbox", base_url=live_keepa.url)
    with using_client(client):
        yield live_keepa
    client.close()


def worker_of(run: Run, url: str) -> subprocess.Popen[bytes]:
    """A process that works on the run in batches of 10."""
    script = (
        "import django; django.setup()\n"
        "from discovery.runs import worker\n"
        "from discovery.search import score_products\n"
        "worker.BATCH = score_products.BATCH = 10\n"
        "from discovery.sourcing.worker import work_on\n"
        "print('ready', flush=True)\n"
        f"work_on(run_id={str(run.pk)!r}, work_for=600)"
    )
    child = environment(KEEPA_BASE_URL=url)
    process = subprocess.Popen([sys.executable, "-c", script], env=child, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def woken(run: Run) -> Run:
    """The run once the silence of its worker was noticed, and it was worked on anew."""
    wake_runs(now=timezone.now() + SILENCE + (SILENCE / 5))
    run.refresh_from_db()
    while not run.is_finished:
        run = go_on(run) if run.state == State.WAITING else work(run)
    return run


def ledger() -> int:
    told: int = TokenLedgerEntry.objects.aggregate(sum=Sum("tokens_consumed"))["sum"] or 0
    return told


def settled_ledger() -> int:
    """What the ledger says once the lost calls have lapsed and two free balances were told."""
    TokenReservation.objects.update(expires_at=Now())
    for _ in range(2):
        get_client().token_status()
    return ledger()


def is_whole(run: Run) -> None:
    """Every line has its answer, and every pick one sighting of this look."""
    assert (run.state, run.done) == (State.DONE, run.total)
    assert Sighting.objects.filter(run=run).count() == Pick.objects.count() > 0
    assert set(Pick.objects.values_list("sightings_count", flat=True)) == {1}


def test_killed_outright_again_and_again_it_ends_whole_and_what_was_stored_is_paid_once(
    anne: User, same_account: Any
) -> None:
    keepa = same_account.app
    run = begin(niche_job(anne, most=40))
    chance = random.Random(11)
    kills = 2
    for _ in range(kills):
        with worker_of(run, same_account.url) as process:
            calls = len(keepa.calls) + chance.randint(1, 4)
            deadline = time.monotonic() + 60
            while len(keepa.calls) < calls and process.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.002)
            time.sleep(chance.random() * 0.05)
            process.kill()
        run.refresh_from_db()
        if run.state == State.DONE:
            break
        wake_runs(now=timezone.now() + SILENCE + (SILENCE / 5))
    run.refresh_from_db()
    if run.state != State.DONE:
        run = go_on(run) if run.state == State.WAITING else work(run)
    is_whole(run)
    paid = times_paid(keepa)
    # A call whose answer was under way dies with its process: one batch a kill, at most.
    again = Counter({bought: times - 1 for bought, times in paid.items() if times > 1})
    assert again.total() <= kills * 10
    assert settled_ledger() == keepa.charged_total


@pytest.mark.parametrize(
    "troubles",
    [
        ("429", "500", "reset_before"),
        ("502", "garbage", "429", "503"),
        ("slow", "429"),
        ("truncated", "500", "500", "500"),
        ("wrong_types", "reset_before"),
    ],
    ids=" ".join,
)
def test_whatever_keepa_answers_it_ends_whole_and_the_ledger_is_what_was_charged(
    anne: User, keepa: Any, troubles: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("runs.worker", "search.score_products"):
        monkeypatch.setattr(f"discovery.{module}.BATCH", 10)
    run = begin(niche_job(anne, most=30))
    run = work(run, work_for=0)
    for trouble in troubles:
        keepa.faults.push(trouble, endpoint="product", seconds=3600)
        run = go_on(run) if run.state == State.WAITING else work(run, work_for=0)
    for _ in range(MOST_WAITS):
        if run.state == State.DONE:
            break
        run = go_on(run) if run.state == State.WAITING else work(run)
    is_whole(run)
    assert ledger() == keepa.charged_total
    again = sum(times - 1 for times in times_paid(keepa).values())
    assert again == 10 * len(LOST.intersection(troubles))


def test_a_database_that_restarts_under_a_look_costs_it_nothing_but_time(
    anne: User, same_account: Any
) -> None:
    keepa = same_account.app
    run = begin(niche_job(anne, most=30))
    with worker_of(run, same_account.url) as process:
        calls = len(keepa.calls) + 3
        while len(keepa.calls) < calls and process.poll() is None:
            time.sleep(0.002)
        with database_away():
            time.sleep(0.5)
        process.wait(timeout=60)
    run = woken(run)
    is_whole(run)
    again = Counter({bought: times - 1 for bought, times in times_paid(keepa).items()})
    assert again.total() <= 10  # the answer that could not be stored
    assert settled_ledger() == keepa.charged_total


DEALS = {"price_type": "NEW", "drop_percent": 20, "range": 3, "pages": 1}
SHOP = "A0617743044000"


@pytest.mark.parametrize(
    ("source", "endpoint", "criteria"),
    [
        (SourcingJob.Source.DEALS, "deal", DEALS),
        (SourcingJob.Source.SELLERS, "seller", {"sellers": [SHOP]}),
        (SourcingJob.Source.NICHE, "query", {}),
    ],
)
def test_trouble_at_the_sources_own_question_is_waited_out(
    anne: User, keepa: Any, source: str, endpoint: str, criteria: dict[str, Any]
) -> None:
    job = niche_job(anne, most=5)
    job.source, job.criteria = source, criteria or job.criteria
    job.save()
    for trouble in ("429", "500", "garbage", "truncated", "503", "500", "reset_before"):
        keepa.faults.push(trouble, endpoint=endpoint)
    run = work(begin(job))
    waits = 0
    while run.state == State.WAITING:
        run, waits = go_on(run), waits + 1
    assert waits > 0
    assert keepa.faults.pending() == []
    assert (run.state, run.done) == (State.DONE, run.total)
    assert ledger() == keepa.charged_total == run.tokens_spent
    paid = [call for call in keepa.calls if call.endpoint == endpoint and call.tokens]
    assert len(paid) == 2  # the one that was cut, and the one that came


def test_broken_off_before_its_buy_boxes_it_buys_the_same_ones_later(
    anne: User, keepa: Any
) -> None:
    def looked_at_anew(*troubles: str) -> tuple[list[Any], int]:
        for table in (Run, Pick, SourcingJob, KeepaProduct, ScoringCacheEntry):
            table.objects.all().delete()
        before = keepa.charged_total
        for trouble in troubles:
            keepa.faults.push(trouble, endpoint="product")
        run = look(niche_job(anne, most=15, source=SourcingJob.Source.DEALS, criteria=DEALS))
        assert (run.state == State.WAITING) is bool(troubles)
        while run.state == State.WAITING:
            run = go_on(run)
        lines = run.lines.order_by("asin")
        told = list(lines.values_list("asin", "verdict", "landed_cost", "buy_box_known"))
        return told, keepa.charged_total - before

    undisturbed = looked_at_anew()
    assert any(buy_box_known for *_others, buy_box_known in undisturbed[0])
    assert looked_at_anew("slow", *["500"] * 6) == undisturbed


def test_forty_due_jobs_and_two_workers_make_each_look_exactly_once(
    anne: User, keepa: Any, live_keepa: Any, catalogue: Any
) -> None:
    found = look(niche_job(anne, most=20))
    picked = list(Pick.objects.values_list("asin", flat=True))
    SourcingJob.objects.all().delete()
    found.delete()
    others = [product.asin for product in catalogue.store(4).live[:4]]
    now = timezone.now()
    make_jobs([anne], [*picked, *others], jobs=40, now=now)
    plan_minute(now=now)
    queue = Queue(live_keepa.url, env=environment(), workers=2)
    try:
        _kills, faults = have_run(queue, kills=0, dice=random.Random(1))
    finally:
        queue.kill_all()
    assert faults == []
    assert Run.objects.count() == 40
    assert set(times_paid(keepa).values()) == {1}
    assert set(Pick.objects.values_list("sightings_count", flat=True)) == {41}
    assert ledger() == keepa.charged_total
