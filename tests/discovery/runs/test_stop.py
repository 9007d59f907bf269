"""A run whose process is asked to stop: what it paid for is stored, and it goes on elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django_q.models import OrmQ

from benchmarks.drills.mortal_queue import Queue
from discovery.keepa.errors import KeepaUnavailable
from discovery.models import DiscoveryLease, KeepaProduct, Run
from discovery.runs.stopping import StopNow, take_it_back, want_stop
from discovery.runs.turn import Turn
from discovery.runs.worker import work_on
from tests.discovery.runs.working import (
    Begin,
    Kind,
    State,
    account_of,
    answer_of,
    both_kinds,
    forget,
    work,
)
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)

# The queue, whose workers have a moment only for the answer under way.
HURRIED_QUEUE = """
import django
django.setup()
from arbvault import queue_worker
queue_worker.PATIENCE = 0.3
from django.core.management import call_command
call_command("qcluster")
"""


@pytest.fixture(autouse=True)
def nobody_wants_it_to_stop() -> Iterator[None]:
    yield
    take_it_back()


def stop_at(progress: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is asked to stop just before the given sign of progress."""
    on_progress, seen = Turn.on_progress, []

    def told(turn: Any, news: Any) -> None:
        seen.append(news)
        if len(seen) == progress:
            want_stop()
        on_progress(turn, news)

    monkeypatch.setattr(Turn, "on_progress", told)


@pytest.mark.parametrize(
    ("kind", "progress"),
    [(Kind.SEARCH, 2), (Kind.SEARCH, 3), (Kind.SEARCH, 5), (Kind.LIST, 2), (Kind.LIST, 4)],
)
def test_stopped_at_any_step_it_is_queued_again_and_ends_like_an_undisturbed_one(
    begin: Begin, kind: Run.Kind, keepa: Any, progress: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = work(begin(kind, 24), work_for=600)
    price, answer = keepa.charged_total, answer_of(undisturbed)
    account = account_of(undisturbed) if kind == Kind.SEARCH else None
    forget(keepa)

    run = begin(kind, 24)
    OrmQ.objects.all().delete()
    stop_at(progress, monkeypatch)
    work(run, work_for=600)
    assert (run.state, run.holder, run.attempts, run.failure) == (State.QUEUED, None, 0, None)
    assert OrmQ.objects.count() == 1
    assert run.tokens_spent == keepa.charged_total
    calls = len(keepa.calls)
    work(run, work_for=600)  # the process has not ended yet: it starts nothing
    assert (run.state, len(keepa.calls)) == (State.QUEUED, calls)

    take_it_back()
    assert work(run, work_for=600).state == State.DONE
    assert keepa.charged_total == run.tokens_spent == price
    assert answer_of(run) == answer
    if account is not None:
        assert account_of(run) == account


@both_kinds
def test_when_the_answer_does_not_come_in_time_only_that_answer_is_lost(
    begin: Begin, kind: Run.Kind, keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(kind, 15)
    DiscoveryLease.objects.all().delete()

    def too_late(*_arguments: Any, **_named: Any) -> None:
        want_stop()
        raise StopNow

    with monkeypatch.context() as patch:
        patch.setattr("discovery.products.store.store", too_late)
        work_on(run_id=run.pk)  # raises nothing: the task has ended
    run.refresh_from_db()
    assert (run.state, run.attempts, run.interrupted) == (State.QUEUED, 0, True)
    lost = keepa.charged_total
    take_it_back()
    assert work(run).state == State.DONE
    detailed = KeepaProduct.objects.filter(has_buy_box=True).count()
    list_price = lost - 15
    assert keepa.charged_total == list_price + 15 + 15 + 3 * detailed


@pytest.mark.parametrize(("in_vain", "state"), [(0, State.QUEUED), (1, State.WAITING)])
def test_a_keepa_that_goes_away_with_the_process_is_no_attempt_unless_it_was_paid(
    begin: Begin, keepa: Any, monkeypatch: pytest.MonkeyPatch, in_vain: int, state: State
) -> None:
    run = begin(Kind.SEARCH, 5)

    def gone(**_named: Any) -> None:
        want_stop()
        error = KeepaUnavailable()
        error.in_vain = in_vain
        raise error

    monkeypatch.setattr("discovery.runs.kinds.find_asins", gone)
    work(run)
    assert (run.state, run.attempts, bool(run.failure)) == (state, in_vain, bool(in_vain))


@pytest.fixture
def slow_keepa(live_keepa: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(live_keepa.app, "_sleep", time.sleep)
    return live_keepa


def until(holds: Callable[[], object], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_real_queue_asked_to_stop_waits_for_the_answer_and_another_goes_on(
    begin: Begin, keepa: Any, slow_keepa: Any
) -> None:
    """``keepa`` is the sandbox of ``slow_keepa``, which the queue meets on a socket."""
    run = begin(Kind.LIST, 15)
    slow_keepa.app.faults.push("slow", endpoint="product", seconds=1.0)
    queue = Queue(slow_keepa.url, env=environment())
    try:
        until(lambda: any(call.endpoint == "product" for call in slow_keepa.app.calls))
        assert queue.stop() < 12
        run.refresh_from_db()
        assert (run.state, run.attempts) == (State.QUEUED, 0)
        assert KeepaProduct.objects.count() == 15  # the answer that was under way
        assert run.tokens_spent == slow_keepa.app.charged_total
        queue.start()
        until(lambda: Run.objects.get(pk=run.pk).is_finished)
    finally:
        queue.kill_all()
    run.refresh_from_db()
    assert run.state == State.DONE
    assert run.tokens_spent == slow_keepa.app.charged_total


def test_a_real_queue_does_not_wait_for_ever_for_an_answer(
    begin: Begin, keepa: Any, slow_keepa: Any
) -> None:
    run = begin(Kind.SEARCH, 5)
    slow_keepa.app.faults.push("slow", endpoint="query", seconds=9.0)
    queue = Queue(slow_keepa.url, env=environment(), arguments=("-c", HURRIED_QUEUE))
    try:
        until(lambda: slow_keepa.app.calls)
        assert queue.stop() < 4
    finally:
        queue.kill_all()
    run.refresh_from_db()
    assert (run.state, run.attempts, run.interrupted) == (State.QUEUED, 0, True)
    assert not DiscoveryLease.objects.exists()
    assert OrmQ.objects.exists()
