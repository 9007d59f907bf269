"""Runs through the real client against the sandbox: what resumes, what is kept, what it costs."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.db.models import F, Model
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from analytics.models import SearchHistory
from discovery import cache
from discovery.keepa import NicheFilters
from discovery.lists.reading.lines import read_lines
from discovery.lists.reading.tables import read_pasted
from discovery.lists.service import create_list, start_list
from discovery.models import (
    DiscoveryCacheEntry,
    DiscoveryLease,
    KeepaProduct,
    Run,
    RunLine,
    ScoringCacheEntry,
    TokenBucket,
    TokenLedgerEntry,
)
from discovery.profiles.service import ActiveProfile, active_profile
from discovery.runs import heartbeat, worker
from discovery.runs.heartbeat import SILENCE
from discovery.runs.queue import MOST_ATTEMPTS, enqueue, wake_runs
from discovery.runs.service import cancel_run, delete_run, resume_run, start_search, time_left
from discovery.runs.worker import work_on
from discovery.search.discover import discover
from discovery.search.results import Asker
from discovery.search.score_products import run_funnel
from discovery.tasks import wake_runs as wake_runs_task
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)

Kind = Run.Kind
State = Run.State
LineState = RunLine.State
Begin = Callable[..., Run]
ASKER = Asker(source="manual")
BATCH = 20
SOMEBODY = "12345678123456781234567812345678"

both_kinds = pytest.mark.parametrize("kind", [Kind.SEARCH, Kind.LIST])


@pytest.fixture
def profile() -> ActiveProfile:
    return active_profile()


@pytest.fixture
def anne(django_user_model: Any) -> User:
    user: User = django_user_model.objects.create_user("anne")
    return user


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of 20 tell the same story as Keepa's 100, sooner."""
    for module in ("lists.service", "runs.worker", "search.score_products"):
        monkeypatch.setattr(f"discovery.{module}.BATCH", BATCH)


def niche() -> NicheFilters:
    return NicheFilters.parse({"marketplace": "us", "categories": ["Books"]})


def forget(keepa: Any) -> None:
    """As if nothing had ever been asked, told or spent."""
    tables: tuple[type[Model], ...] = (
        DiscoveryCacheEntry, ScoringCacheEntry, KeepaProduct, TokenLedgerEntry, SearchHistory, OrmQ,
    )  # fmt: skip
    for table in tables:
        table._default_manager.all().delete()
    keepa.charged_total = 0
    keepa.calls.clear()


@pytest.fixture
def begin(anne: User, keepa: Any, profile: ActiveProfile) -> Begin:
    """``begin(kind, 24)`` is a queued run of so many books, of which nothing is known yet."""

    def start(kind: Run.Kind, count: int) -> Run:
        if kind == Kind.SEARCH:
            return start_search(owner=anne, filters=niche(), profile=profile, max_results=count)
        found = discover(filters=niche(), max_results=count, asker=ASKER).asins
        assert len(found) == count
        forget(keepa)
        read = read_lines(read_pasted("\n".join(f"{asin};3" for asin in found)))
        listed = create_list(owner=anne, name="A list", read=read, marketplace="us")
        return start_list(run=listed, profile=profile, marketplace="us")

    return start


def work(run: Run, **options: Any) -> Run:
    work_on(run_id=run.pk, **options)
    run.refresh_from_db()
    return run


def states(run: Run) -> dict[str, int]:
    return dict(Counter(run.lines.values_list("state", flat=True)))


def answer_of(run: Run) -> list[Any]:
    columns = ("position", "state", "asin", "verdict", "price", "max_cost", "profit", "roi_percent")
    return list(run.lines.order_by("position").values_list(*columns))


def account_of(run: Run) -> dict[str, Any]:
    """What a search says of itself, less what differs with the clock."""
    outcome = dict(run.outcome or {})
    for name in ("duration_ms", "discovered_at"):
        outcome.pop(name)
    return outcome | {
        "stages": {stage["name"]: stage for stage in outcome["stages"]},
        "counters": (run.done, run.total, run.found, run.tokens_spent, run.tokens_saved),
        "failure": run.failure,
    }


def told_by(run: Run) -> dict[str, Any]:
    assert run.outcome is not None
    return dict(run.outcome)


def is_ranked(run: Run) -> bool:
    scored = run.lines.filter(state=LineState.SCORED).order_by("position")
    return list(scored.values_list("position", flat=True)) == list(range(1, scored.count() + 1))


def products_shown(client_of: Callable[..., Any], run: Run) -> int:
    answer = client_of("anne").get(f"/niches/recherche/{run.pk}/")
    assert answer.status_code == 200
    count: int = answer.content.decode().count("main-row")
    return count


@contextmanager
def killed(at: str, monkeypatch: pytest.MonkeyPatch, *, call: int = 1) -> Iterator[None]:
    """The queue's process is told to stop at the given call of the function ``at``."""
    left = call
    module, name = at.rsplit(".", 1)
    owner: Any = worker._Turn if module == "turn" else import_module(f"discovery.{module}")
    original = getattr(owner, name)

    def stop(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            raise SystemExit
        return original(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, stop)
        with pytest.raises(SystemExit):
            yield


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
        killed_at = settle if stage == "after the answer" else "waves"
        with killed(f"runs.worker.{killed_at}", monkeypatch):
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
            ("runs.worker.find_asins", 1),
            ("runs.worker.first_outcome", 1),  # the list is bought and stored, no more
            *(("turn.on_progress", call) for call in (1, 2, 3, 4, 5, 6)),
            ("cache.fill_scores", 2),  # the statistics are stored, and not scored
            ("cache.fill_scores", 3),  # the same with the details
            ("runs.worker.with_batch", 1),
            ("runs.worker._store", 1),
            ("runs.worker._store", 2),
            ("runs.endings.close_search", 1),
            ("runs.endings.announce", 1),
        ],
    )
    def test_an_interrupted_search_ends_like_an_undisturbed_one(
        self, begin: Begin, keepa: Any, at: str, call: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        undisturbed = work(begin(Kind.SEARCH, 24))
        price, answer, account = (
            keepa.charged_total, answer_of(undisturbed), account_of(undisturbed),
        )  # fmt: skip
        forget(keepa)

        run = begin(Kind.SEARCH, 24)
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
        listed = begin(Kind.LIST, 100)
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
            while listed.done < 20 and process.poll() is None:
                time.sleep(0.01)
                listed.refresh_from_db()
            process.kill()
        listed.refresh_from_db()
        assert listed.state == State.RUNNING
        assert states(listed)[LineState.SCORED] == listed.done < 100

        assert wake_runs(now=timezone.now() + SILENCE + timedelta(seconds=1)) == 1
        assert work(listed, work_for=600).state == State.DONE
        assert states(listed) == {LineState.SCORED: 100}
        detailed = KeepaProduct.objects.filter(asin__in=asins, has_buy_box=True).count()
        once = 100 + 3 * detailed
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
    def test_a_worker_that_always_dies_is_not_revived_for_ever(
        self, begin: Begin, kind: Run.Kind
    ) -> None:
        run = begin(kind, 5)
        for _attempt in range(MOST_ATTEMPTS + 1):
            Run.objects.update(
                state=State.RUNNING, progressed_at=timezone.now() - timedelta(hours=1)
            )
            wake_runs_task()
        run.refresh_from_db()
        assert run.state == State.FAILED
        assert run.finished_at is not None

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
        settle = getattr(worker, name)

        def lose(*arguments: Any, **named: Any) -> bool:
            Run.objects.update(holder=SOMEBODY)
            settled: bool = settle(*arguments, **named)
            return settled

        monkeypatch.setattr(f"discovery.runs.worker.{name}", lose)
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


class TestTokens:
    def test_without_tokens_a_list_waits_says_until_when_and_goes_on_by_itself(
        self, begin: Begin, keepa: Any
    ) -> None:
        listed = begin(Kind.LIST, 30)
        keepa.faults.push("429", endpoint="product", times=3)
        work(listed)
        assert listed.state == State.WAITING
        assert listed.failure is not None
        assert listed.failure["code"] == "tokens_exhausted"
        assert listed.resume_at is not None
        assert listed.resume_at > timezone.now()
        assert wake_runs(now=timezone.now()) == 0
        keepa.faults.clear()
        assert wake_runs(now=listed.resume_at) == 1
        assert work(listed).state == State.DONE
        assert listed.failure is None
        assert listed.tokens_spent == keepa.charged_total

    def test_a_lack_of_tokens_for_the_details_keeps_what_is_final_on_a_list(
        self, begin: Begin, keepa: Any
    ) -> None:
        listed = begin(Kind.LIST, 20)
        listed.lines.update(cost=1)
        keepa.faults.push("slow", endpoint="product", seconds=0)  # the statistics arrive
        keepa.faults.push("429", endpoint="product")
        work(listed)
        assert listed.state == State.WAITING
        assert set(listed.lines.exclude(state=LineState.PENDING).values_list("verdict")) == {
            ("SKIP",)
        }
        assert listed.tokens_spent == keepa.charged_total == 20
        resume_run(run=listed)
        work(listed)
        assert listed.state == State.DONE
        assert listed.tokens_spent == keepa.charged_total

    def test_a_long_list_leaves_the_floor_to_searches_and_what_is_short_is_waited_for(
        self, begin: Begin, keepa: Any
    ) -> None:
        long = begin(Kind.LIST, 30)
        capacity = TokenBucket.objects.get().refill_rate * 60
        keepa.bucket.set(capacity // 10)
        TokenBucket.objects.update(
            tokens_left=capacity // 10, server_ms=F("server_ms") + 1, received_at=timezone.now()
        )
        work(long)
        assert (long.state, keepa.charged_total) == (State.WAITING, 0)
        assert work(begin(Kind.SEARCH, 30)).state == State.DONE
        assert work(begin(Kind.LIST, 5)).state == State.DONE

    @both_kinds
    def test_a_refusal_of_keepas_ends_it(self, begin: Begin, kind: Run.Kind, keepa: Any) -> None:
        run = begin(kind, 5)
        keepa.faults.push("402", endpoint="query" if kind == Kind.SEARCH else "product")
        work(run)
        assert run.state == State.FAILED
        assert run.failure is not None
        assert run.failure["code"] == "invalid_key"
        assert resume_run(run=run)
        assert work(run).state == State.DONE
        assert run.failure is None

    def test_faults_that_pass_are_waited_out_and_those_that_do_not_are_given_up(
        self, begin: Begin, keepa: Any
    ) -> None:
        listed = begin(Kind.LIST, 5)
        seen = []
        for _attempt in range(MOST_ATTEMPTS):
            keepa.faults.clear()
            keepa.faults.push("500", endpoint="product", times=3)
            work(listed)
            seen.append(listed.state)
            wake_runs(now=timezone.now() + timedelta(hours=1))
        assert seen == [State.WAITING] * (MOST_ATTEMPTS - 1) + [State.FAILED]

    @pytest.mark.parametrize(
        ("fault", "code"), [("429", "tokens_exhausted"), ("500", "keepa_unavailable")]
    )
    @pytest.mark.parametrize("answered", [1, 2])
    def test_a_search_cut_short_shows_what_it_has_bought_with_the_warning(
        self, begin: Begin, keepa: Any, client_of: Callable[..., Any], fault: str, code: str,
        answered: int,
    ) -> None:  # fmt: skip
        """``answered`` product calls arrive: the statistics of the first batch, or all of it."""
        run = begin(Kind.SEARCH, 30)
        keepa.faults.push("slow", endpoint="product", seconds=0, times=answered)
        keepa.faults.push(fault, endpoint="product", times=3)
        work(run)
        assert run.state == State.DONE
        assert run.failure is not None
        assert run.failure["code"] == code
        assert states(run) == {LineState.SCORED: 20, LineState.PENDING: 10}
        assert is_ranked(run)
        assert (run.done, run.total) == (20, 30)
        assert run.tokens_spent == keepa.charged_total
        assert sum(stage["tokens_spent"] for stage in told_by(run)["stages"]) == run.tokens_spent
        assert SearchHistory.objects.get().tokens_spent == run.tokens_spent
        assert products_shown(client_of, run) == 20
        page = client_of("anne").get(f"/niches/recherche/{run.pk}/").content.decode()
        assert 'role="alert"' in page

    def test_a_list_of_products_out_of_date_is_better_than_none(
        self, begin: Begin, keepa: Any
    ) -> None:
        work(begin(Kind.SEARCH, 5))
        DiscoveryCacheEntry.objects.update(expires_at=Now() - timedelta(minutes=1))
        run = begin(Kind.SEARCH, 10)
        spent = keepa.charged_total
        keepa.faults.push("500", endpoint="query", times=3)
        work(run)
        assert run.state == State.DONE
        assert told_by(run)["discovery_cache"] == told_by(run)["cache"] == "stale"
        assert (run.failure or {})["code"] == "keepa_unavailable"
        assert states(run) == {LineState.SCORED: 10}
        assert run.tokens_spent == keepa.charged_total - spent > 0
        assert Schedule.objects.filter(func="discovery.tasks.refresh_discovery").count() == 1


class TestOwnersOrders:
    @both_kinds
    def test_cancelled_between_two_batches_it_keeps_the_first_and_can_go_on(
        self, begin: Begin, kind: Run.Kind, keepa: Any
    ) -> None:
        run = begin(kind, 30)
        work(run, work_for=0)
        assert cancel_run(run=run)
        assert work(run).state == State.CANCELLED
        assert run.done == 20
        assert not cancel_run(run=run)
        assert resume_run(run=run)
        assert work(run).state == State.DONE
        assert run.tokens_spent == keepa.charged_total
        told = SearchHistory.objects.exclude(source="manual")
        assert sum(row.tokens_spent or 0 for row in told) == keepa.charged_total

    @both_kinds
    def test_cancelled_while_running_it_stops_before_the_next_call(
        self, begin: Begin, kind: Run.Kind, keepa: Any
    ) -> None:
        run = begin(kind, 5)
        Run.objects.update(state=State.RUNNING, progressed_at=timezone.now())
        run.refresh_from_db()
        assert cancel_run(run=run)
        Run.objects.update(state=State.QUEUED)
        assert work(run).state == State.CANCELLED
        assert keepa.charged_total == 0

    @pytest.mark.parametrize("progress", [2, 3, 4, 5, 6])
    def test_a_search_cancelled_half_way_shows_the_products_already_paid_for(
        self, begin: Begin, keepa: Any, client_of: Callable[..., Any], progress: int,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        """The owner cancels it at the given sign of progress of the first batch."""
        run = begin(Kind.SEARCH, 15)
        on_progress, seen = worker._Turn.on_progress, []

        def cancel(turn: Any, told: Any) -> None:
            seen.append(told)
            if len(seen) == progress:
                assert cancel_run(run=run)
            on_progress(turn, told)

        monkeypatch.setattr(worker._Turn, "on_progress", cancel)
        work(run)
        assert run.state == State.CANCELLED
        assert run.tokens_spent == keepa.charged_total
        assert sum(stage["tokens_spent"] for stage in told_by(run)["stages"]) == run.tokens_spent
        has_statistics = any(call.endpoint == "product" for call in keepa.calls)
        scored = 15 if has_statistics else 0
        assert states(run).get(LineState.SCORED, 0) == run.done == scored
        assert is_ranked(run)
        assert products_shown(client_of, run) == scored
        told = SearchHistory.objects.get()
        assert (told.results_count, told.tokens_spent) == (scored, run.tokens_spent)

    @pytest.mark.parametrize("end", ["cancelled", "given up", "interrupted too often"])
    @pytest.mark.parametrize("at", ["turn.on_progress", "runs.worker._store", "cache.fill_scores"])
    def test_a_search_ended_while_its_process_was_dead_shows_them_too(
        self, begin: Begin, keepa: Any, client_of: Callable[..., Any], end: str, at: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        run = begin(Kind.SEARCH, 15)
        call = {"turn.on_progress": 4, "cache.fill_scores": 2}.get(at, 1)
        with killed(at, monkeypatch, call=call):
            work_on(run_id=run.pk)
        run.refresh_from_db()
        assert states(run) == {LineState.PENDING: 15}
        if end == "cancelled":
            assert cancel_run(run=run)
        elif end == "given up":
            Run.objects.update(
                state=State.RUNNING,
                attempts=MOST_ATTEMPTS,
                progressed_at=timezone.now() - timedelta(hours=1),
            )
            wake_runs_task()
        else:
            Run.objects.update(state=State.QUEUED, attempts=MOST_ATTEMPTS - 1)
            with killed("runs.worker.run_funnel", monkeypatch):
                work_on(run_id=run.pk)
        run.refresh_from_db()
        assert run.state == (State.CANCELLED if end == "cancelled" else State.FAILED)
        assert (run.failure is None) == (end == "cancelled")
        # A worker that always dies may die of the scoring: only scores already made are shown.
        shown = 0 if (end, at) == ("given up", "cache.fill_scores") else 15
        assert run.done == states(run).get(LineState.SCORED, 0) == shown
        assert is_ranked(run)
        assert products_shown(client_of, run) == shown
        assert SearchHistory.objects.get().results_count == shown
        assert not cancel_run(run=run)

    def test_the_time_left_follows_the_pace(self, anne: User) -> None:
        now = timezone.now()
        listed = Run(
            kind=Kind.LIST, owner=anne, total=500, done=200, done_before=100,
            state=State.RUNNING,
            started_at=now - timedelta(minutes=10), progressed_at=now,
        )  # fmt: skip
        assert time_left(listed) == timedelta(minutes=30)
        listed.done = 100
        assert time_left(listed) is None


def test_a_search_in_two_batches_is_one_row_of_history(begin: Begin, keepa: Any) -> None:
    run = begin(Kind.SEARCH, 30)
    work(run, work_for=0)
    assert not SearchHistory.objects.exists()
    work(run)
    told = SearchHistory.objects.get()
    assert (told.results_count, told.tokens_spent) == (30, keepa.charged_total)
    assert not wake_runs(now=timezone.now() + timedelta(hours=1))


def test_a_listener_that_fails_does_not_take_the_end_of_the_run_with_it(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(Kind.SEARCH, 5)
    monkeypatch.setattr("analytics.receivers.RECORD_SEARCH", "SELECT 1 / 0 WHERE %(user_id)s <> ''")
    assert work(run).state == State.DONE
    assert is_ranked(run)
    assert not SearchHistory.objects.exists()


def test_runs_are_woken_every_minute_and_the_queue_does_not_keep_a_record_of_it(db: None) -> None:
    schedule = Schedule.objects.get(name="wake-runs")
    assert (schedule.schedule_type, schedule.minutes) == (Schedule.MINUTES, 1)
    assert "'save': False" in (schedule.kwargs or "")
