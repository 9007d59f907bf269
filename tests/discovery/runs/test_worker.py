"""Runs that are interrupted, through the real client against the sandbox: they resume, once."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from analytics.models import SearchHistory
from discovery import cache
from discovery.models import (
    DiscoveryLease,
    KeepaProduct,
    Run,
    RunLine,
    TokenLedgerEntry,
)
from discovery.products import store
from discovery.runs import heartbeat, kinds
from discovery.runs.heartbeat import SILENCE
from discovery.runs.queue import AT_ONCE, MOST_PAUSES, enqueue, wake_runs
from discovery.runs.service import delete_run
from discovery.runs.worker import work_on
from discovery.search.score_products import run_funnel
from discovery.tasks import wake_runs as wake_runs_task
from tests.discovery.runs.working import (
    BATCH,
    SOMEBODY,
    Begin,
    Kind,
    LineState,
    State,
    account_of,
    answer_of,
    both_kinds,
    forget,
    killed,
    niche,
    states,
    work,
)
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)


class TestInterruptions:
    @both_kinds
    def test_work_is_shared_batch_by_batch_and_queued_again(
        self, begin: Begin, kind: Run.Kind
    ) -> None:
        run = begin(kind, 30)
        assert OrmQ.objects.count() == 1
        work(run, work_for=0)
        assert (run.state, run.done) == (State.QUEUED, 20)
        assert OrmQ.objects.count() == 2
        assert work(run).state == State.DONE
        assert run.done == 30

    @both_kinds
    @pytest.mark.parametrize("stage", ["before the answer", "after the answer"])
    def test_killed_at_any_point_it_goes_on_and_pays_nothing_twice(
        self, begin: Begin, kind: Run.Kind, keepa: Any, stage: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        run = begin(kind, 46)
        work(run, work_for=0)
        settle = "settle_what_is_known" if kind == Kind.SEARCH else "settle_what_is_final"
        killed_at = f"kinds.{settle}" if stage == "after the answer" else "worker.waves"
        with killed(f"runs.{killed_at}", monkeypatch):
            work_on(run_id=run.pk)
        run.refresh_from_db()
        assert run.state == State.WAITING
        assert run.failure is not None
        assert run.failure["code"] == "interrupted"
        assert states(run) == {LineState.SCORED: 20, LineState.PENDING: 26}

        assert wake_runs(now=timezone.now() + timedelta(minutes=2)) == 1
        assert work(run).state == State.DONE
        assert run.failure is None
        assert states(run) == {LineState.SCORED: 46}
        assert run.tokens_spent == keepa.charged_total
        calls = TokenLedgerEntry.objects.filter(endpoint="product")
        bought = [(row.items, row.tokens_consumed) for row in calls]
        statistics = [items for items, tokens in bought if tokens == items]
        details = [items for items, tokens in bought if tokens == 3 * items]
        assert len(statistics) + len(details) == len(bought)
        assert sum(statistics) == 46
        asins = run.lines.values_list("asin", flat=True)
        detailed = KeepaProduct.objects.filter(asin__in=asins, has_buy_box=True)
        assert sum(details) == detailed.count() > 0

    @pytest.mark.parametrize(
        ("at", "call"),
        [
            ("runs.kinds.find_asins", 1),
            ("runs.kinds.first_outcome", 1),  # the list is bought and stored, no more
            *(("turn.on_progress", call) for call in (1, 2, 3, 4, 5, 6)),
            ("cache.fill_scores", 1),  # the statistics are stored, and not scored
            ("cache.fill_scores", 2),  # the same with the details
            ("runs.kinds.with_batch", 1),
            ("runs.worker.store_lines", 1),
            ("runs.worker.store_lines", 2),
            ("runs.endings.close_search", 1),
            ("runs.endings.announce", 1),
        ],
    )
    def test_an_interrupted_search_ends_like_an_undisturbed_one(
        self, begin: Begin, keepa: Any, at: str, call: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("runs.worker", "search.score_products"):
            monkeypatch.setattr(f"discovery.{module}.BATCH", 5)  # two batches, as with more
        undisturbed = work(begin(Kind.SEARCH, 8))
        price, answer, account = (
            keepa.charged_total, answer_of(undisturbed), account_of(undisturbed),
        )  # fmt: skip
        forget(keepa)

        run = begin(Kind.SEARCH, 8)
        with killed(at, monkeypatch, call=call):
            work_on(run_id=run.pk)
        run.refresh_from_db()
        # Stopped while it was ending, it has not ended, and is noticed by its silence.
        is_ending = at.startswith("runs.endings")
        assert run.state == (State.RUNNING if is_ending else State.WAITING)
        assert not SearchHistory.objects.exists()
        assert wake_runs(now=timezone.now() + timedelta(minutes=2)) == 1
        assert work(run).state == State.DONE
        assert keepa.charged_total == price
        assert answer_of(run) == answer
        assert account_of(run) == account
        told = SearchHistory.objects.get()
        assert (told.tokens_spent, told.cache_hit) == (price, False)

    def test_a_process_killed_outright_loses_one_call_at_most(
        self, begin: Begin, keepa: Any, live_keepa: Any
    ) -> None:
        listed = begin(Kind.LIST, 60)
        asins = list(listed.lines.values_list("asin", flat=True))
        script = (
            "import django; django.setup()\n"
            "from discovery.runs import worker\n"
            "from discovery.search import score_products\n"
            f"worker.BATCH = score_products.BATCH = {BATCH}\n"
            "from discovery.runs.worker import work_on\n"
            f"work_on(run_id={str(listed.pk)!r}, work_for=600)"
        )
        child = environment(KEEPA_BASE_URL=live_keepa.url)
        with subprocess.Popen([sys.executable, "-c", script], env=child) as process:
            while listed.done < 12 and process.poll() is None:
                time.sleep(0.01)
                listed.refresh_from_db()
            process.kill()
        listed.refresh_from_db()
        assert listed.state == State.RUNNING
        assert states(listed)[LineState.SCORED] == listed.done < 60

        assert wake_runs(now=timezone.now() + SILENCE + timedelta(seconds=1)) == 1
        assert work(listed, work_for=600).state == State.DONE
        assert states(listed) == {LineState.SCORED: 60}
        detailed = KeepaProduct.objects.filter(asin__in=asins, has_buy_box=True).count()
        once = 60 + 3 * detailed
        assert once <= keepa.charged_total <= once + 3 * BATCH

    @both_kinds
    def test_a_worker_that_died_without_a_word_is_noticed(
        self, begin: Begin, kind: Run.Kind, keepa: Any
    ) -> None:
        run = begin(kind, 24)
        work(run, work_for=0)
        spent = keepa.charged_total
        long_ago = timezone.now() - SILENCE - timedelta(seconds=1)
        Run.objects.update(state=State.RUNNING, holder=SOMEBODY, progressed_at=long_ago)
        assert wake_runs_task() == 1
        assert wake_runs_task() == 0
        assert work(run).state == State.DONE
        assert run.attempts == 0
        assert keepa.charged_total - spent <= 4 * 4

    def test_the_dead_do_not_keep_others_waiting_for_the_list_they_were_asking_for(
        self, begin: Begin
    ) -> None:
        run = begin(Kind.SEARCH, 5)
        lease = {"expires_at": Now() + timedelta(minutes=1)}
        DiscoveryLease.objects.create(pk=niche().cache_key, holder=SOMEBODY, **lease)
        DiscoveryLease.objects.create(pk="of the living", holder=run.pk, **lease)
        Run.objects.update(
            state=State.RUNNING, holder=SOMEBODY, progressed_at=timezone.now() - 2 * SILENCE
        )
        assert wake_runs_task() == 1
        assert DiscoveryLease.objects.get().pk == "of the living"
        began = time.monotonic()
        assert work(run).state == State.DONE
        assert time.monotonic() - began < 20

    def test_while_it_asks_for_the_list_the_lease_names_the_holder(
        self, begin: Begin, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begin(Kind.SEARCH, 5)
        seen: list[bool] = []
        fill = cache.fill_discovery

        def look(**named: Any) -> Any:
            run.refresh_from_db()
            seen.append(DiscoveryLease.objects.get().holder == run.holder)
            return fill(**named)

        monkeypatch.setattr("discovery.cache.fill_discovery", look)
        assert work(run).state == State.DONE
        assert seen == [True]

    @both_kinds
    def test_while_it_buys_products_their_leases_name_the_holder(
        self, begin: Begin, monkeypatch: pytest.MonkeyPatch, kind: Run.Kind
    ) -> None:
        run = begin(kind, 5)
        seen: list[bool] = []
        keep = store.store

        def look(*answer: Any, **named: Any) -> Any:
            run.refresh_from_db()
            holders = set(DiscoveryLease.objects.values_list("holder", flat=True))
            seen.append(holders == {run.holder})
            return keep(*answer, **named)

        monkeypatch.setattr("discovery.products.store.store", look)
        assert work(run).state == State.DONE
        assert seen == [True] * len(seen) != []
        assert not DiscoveryLease.objects.exists()

    @both_kinds
    def test_what_a_killed_queue_had_already_taken_out_of_its_table_is_queued_again(
        self, begin: Begin, kind: Run.Kind
    ) -> None:
        run = begin(kind, 5)
        later = timezone.now() + SILENCE + timedelta(seconds=1)
        assert wake_runs(now=later) == 0  # its task waits for its turn
        OrmQ.objects.update(lock=timezone.now() + timedelta(minutes=20))
        assert wake_runs(now=timezone.now()) == 0  # a queue may be about to start it
        assert wake_runs(now=later) == 1
        assert OrmQ.objects.count() == 2
        run.refresh_from_db()
        assert (run.state, run.attempts) == (State.QUEUED, 0)

    @both_kinds
    def test_a_run_whose_worker_always_dies_waits_longer_each_time_and_is_given_up_in_the_end(
        self, begin: Begin, kind: Run.Kind
    ) -> None:
        run = begin(kind, 5)
        now, waited = timezone.now(), []
        for _death in range(MOST_PAUSES + 1):
            Run.objects.update(state=State.RUNNING, progressed_at=now - timedelta(hours=1))
            wake_runs(now=now)
            run.refresh_from_db()
            waited.append((run.resume_at - now).total_seconds() if run.resume_at else 0)
            if run.state == State.WAITING:
                assert wake_runs(now=run.resume_at or now) == 1
        assert run.state == State.FAILED
        assert (run.failure or {})["code"] == "interrupted"
        assert waited[: AT_ONCE + 4] == [0.0] * AT_ONCE + [60.0, 120.0, 240.0, 480.0]
        assert max(waited) == 3600
        assert run.is_resumable

    @both_kinds
    def test_deaths_with_progress_between_them_do_not_add_up(
        self, begin: Begin, kind: Run.Kind
    ) -> None:
        run = begin(kind, 30)
        Run.objects.update(attempts=MOST_PAUSES)
        assert work(run, work_for=0).attempts == 0

    @both_kinds
    def test_two_workers_never_work_on_the_same_run(
        self, begin: Begin, kind: Run.Kind, keepa: Any
    ) -> None:
        run = begin(kind, 5)
        enqueue(run_id=run.pk)

        def second() -> None:
            work_on(run_id=run.pk)
            connection.close()

        rival = threading.Thread(target=second)
        rival.start()
        work_on(run_id=run.pk)
        rival.join()
        run.refresh_from_db()
        assert run.state == State.DONE
        assert run.tokens_spent == keepa.charged_total
        asked = [call.params.get("asin") for call in keepa.calls if call.endpoint == "product"]
        assert len(asked) <= 2  # statistics, then details
        assert SearchHistory.objects.count() == 1

    @both_kinds
    def test_a_run_that_somebody_holds_is_left_alone(
        self, begin: Begin, kind: Run.Kind, keepa: Any
    ) -> None:
        run = begin(kind, 5)
        Run.objects.update(state=State.RUNNING, progressed_at=timezone.now())
        work(run)
        assert (run.state, run.done, keepa.charged_total) == (State.RUNNING, 0, 0)

    @both_kinds
    def test_a_worker_that_lost_the_run_stores_nothing_more(
        self, begin: Begin, kind: Run.Kind, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begin(kind, 5)
        name = "settle_what_is_known" if kind == Kind.SEARCH else "settle_what_is_final"
        settle = getattr(kinds, name)

        def lose(*arguments: Any, **named: Any) -> bool:
            Run.objects.update(holder=SOMEBODY)
            settled: bool = settle(*arguments, **named)
            return settled

        monkeypatch.setattr(f"discovery.runs.kinds.{name}", lose)
        work(run)
        assert run.state == State.RUNNING
        assert states(run) == {LineState.PENDING: 5}
        assert not SearchHistory.objects.exists()

    @both_kinds
    def test_a_run_deleted_under_way_stays_deleted(
        self, begin: Begin, kind: Run.Kind, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begin(kind, 5)
        key = run.pk

        def remove(*arguments: Any, **named: Any) -> None:
            delete_run(run=Run.objects.get(pk=key))
            run_funnel(*arguments, **named)

        monkeypatch.setattr("discovery.runs.worker.run_funnel", remove)
        work_on(run_id=key)
        work_on(run_id=key)
        assert not Run.objects.exists()
        assert not RunLine.objects.exists()


class TestSignsOfLife:
    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch, keepa: Any) -> None:
        """A call to Keepa that takes four times as long as a process may be silent."""
        monkeypatch.setattr("discovery.runs.queue.SILENCE", timedelta(seconds=0.5))
        monkeypatch.setattr(keepa, "_sleep", time.sleep)

    @contextmanager
    def look_out(self) -> Iterator[list[int]]:
        """Another process that looks for silent runs all the time."""
        woken: list[int] = []
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(0.05):
                woken.append(wake_runs(now=timezone.now()))
            connection.close()

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield woken
        finally:
            ended.set()
            thread.join()

    @both_kinds
    def test_a_slow_run_is_not_taken_for_dead(
        self, begin: Begin, kind: Run.Kind, keepa: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(heartbeat, "BEAT", 0.1)
        run = begin(kind, 5)
        keepa.faults.push("slow", endpoint="product", seconds=2.0)
        with self.look_out() as woken:
            work_on(run_id=run.pk)
        run.refresh_from_db()
        assert run.state == State.DONE
        assert len(woken) > 10
        assert sum(woken) == 0

    @both_kinds
    def test_without_signs_of_life_it_is_and_whoever_took_it_over_is_not_disturbed(
        self, begin: Begin, kind: Run.Kind, keepa: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(heartbeat, "BEAT", 60.0)
        run = begin(kind, 5)
        keepa.faults.push("slow", endpoint="product", seconds=2.0)
        with self.look_out() as woken:
            work_on(run_id=run.pk)
        run.refresh_from_db()
        assert sum(woken) >= 1
        assert (run.state, run.holder) == (State.QUEUED, None)
        keepa.faults.clear()
        assert work(run).state == State.DONE

    def test_a_database_that_was_away_for_a_moment_does_not_end_the_signs(
        self, begin: Begin, keepa: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begin(Kind.SEARCH, 5)
        beats: list[bool] = []

        class Flaky:
            def update(self, **_changes: Any) -> int:
                beats.append(True)
                if len(beats) == 1:
                    raise OperationalError("the server is starting up")
                return 1

        class Runs:
            class objects:
                @staticmethod
                def filter(**_which: Any) -> Flaky:
                    return Flaky()

        monkeypatch.setattr(heartbeat, "BEAT", 0.05)
        monkeypatch.setattr(heartbeat, "Run", Runs)
        with heartbeat.heartbeat(run_id=run.pk, holder=run.pk):
            time.sleep(0.5)
        assert len(beats) > 1


def test_runs_are_woken_every_minute_and_the_queue_does_not_keep_a_record_of_it(db: None) -> None:
    schedule = Schedule.objects.get(name="wake-runs")
    assert (schedule.schedule_type, schedule.minutes) == (Schedule.MINUTES, 1)
    assert "'save': False" in (schedule.kwargs or "")
