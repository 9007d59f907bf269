"""Lists through the real client against the sandbox: what is kept, what it costs, what resumes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from analytics.activity import activity_lines
from analytics.models import SearchHistory
from discovery.keepa import NicheFilters, get_client
from discovery.lists.reading.lines import read_lines
from discovery.lists.reading.tables import read_pasted
from discovery.lists.service import create_list, start_list
from discovery.models import (
    BusinessProfile,
    KeepaProduct,
    Run,
    RunLine,
    TokenBucket,
    TokenLedgerEntry,
)
from discovery.profiles.service import ActiveProfile, active_profile, save_profile
from discovery.runs.heartbeat import SILENCE
from discovery.runs.lines import settle_what_is_final
from discovery.runs.queries import purchase_of
from discovery.runs.queue import MOST_ATTEMPTS, wake_runs
from discovery.runs.service import cancel_run, delete_run, resume_run, time_left
from discovery.runs.worker import work_on
from discovery.search.discover import discover
from discovery.search.quote import quote_list
from discovery.search.results import Asker
from discovery.tasks import wake_runs as wake_runs_task
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)

State = Run.State
LineState = RunLine.State
ASKER = Asker(source="manual")
BATCH = 20


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


@pytest.fixture
def books(keepa: Any) -> Callable[[int], list[str]]:
    """``books(24)`` are that many ASINs; finding them is not counted in ``spent``."""

    def find(count: int) -> list[str]:
        filters = NicheFilters.parse({"marketplace": "us", "categories": ["Books"]})
        found = list(discover(filters=filters, max_results=count, asker=ASKER).asins)
        assert len(found) == count
        keepa.charged_total = 0
        TokenLedgerEntry.objects.all().delete()
        SearchHistory.objects.all().delete()
        return found

    return find


def kept(owner: User, text: str) -> Run:
    read = read_lines(read_pasted(text))
    return create_list(owner=owner, name="A list", read=read, marketplace="us")


def started(owner: User, lines: list[str], profile: ActiveProfile) -> Run:
    return start_list(run=kept(owner, "\n".join(lines)), profile=profile, marketplace="us")


def work(listed: Run, **options: Any) -> Run:
    work_on(run_id=listed.pk, **options)
    listed.refresh_from_db()
    return listed


def states(listed: Run) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in listed.lines.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def test_a_list_is_kept_as_given_bad_lines_included(anne: User) -> None:
    listed = kept(anne, "ASIN;Coût;Qté\nB00000000A;12,50;3\nhello;1;1\nB00000000A;10;1\n")
    assert (listed.state, listed.total, listed.bad, listed.merged) == (State.DRAFT, 1, 1, 1)
    good, bad = listed.lines.all()
    assert (good.number, good.asin, good.cost, good.quantity, good.also) == (
        2, "B00000000A", Decimal("11.875"), 4, [4],
    )  # fmt: skip
    assert (bad.number, bad.state, bad.reason) == (3, LineState.BAD, "not_an_identifier")
    assert listed.columns["cost"] == "Coût"


class TestAnalysis:
    def test_every_line_is_scored_with_its_own_cost(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        first, second = books(2)
        listed = work(started(anne, [f"{first};2,50;4", f"{second};900;1"], profile))
        assert listed.state == State.DONE
        cheap, dear = listed.lines.all()
        assert (cheap.landed_cost, dear.landed_cost) == (Decimal("2.5"), Decimal(900))
        assert cheap.breakdown is not None
        assert cheap.breakdown["score"]["hypothetical"] is False
        assert dear.verdict == "SKIP"
        assert (dear.profit or 0) < 0

    def test_spent_is_what_keepa_charged_and_never_more_than_quoted(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        listed = kept(anne, "\n".join(f"{asin};3" for asin in books(30)))
        quoted = quote_list(run=listed, profile=profile, marketplace="us")
        assert (quoted.total, quoted.known) == (30, 0)
        listed = work(start_list(run=listed, profile=profile, marketplace="us"))
        assert 30 <= listed.tokens_spent == keepa.charged_total <= quoted.most
        assert states(listed) == {LineState.SCORED: 30}

    def test_the_same_list_again_is_free_and_answered_at_once(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        lines = [f"{asin};3" for asin in books(15)]
        first = work(started(anne, lines, profile))
        again = kept(anne, "\n".join(lines))
        assert quote_list(run=again, profile=profile, marketplace="us").is_free
        again = start_list(run=again, profile=profile, marketplace="us")
        assert (again.state, again.tokens_spent) == (State.DONE, 0)
        assert again.tokens_saved == first.tokens_spent == keepa.charged_total
        fields = ("asin", "verdict", "profit", "cost")
        assert list(again.lines.values_list(*fields)) == list(first.lines.values_list(*fields))

    def test_codes_are_resolved_once_and_unknown_ones_are_listed(
        self, anne: User, keepa: Any, profile: ActiveProfile
    ) -> None:
        toys = NicheFilters.parse({"marketplace": "us", "categories": ["Toys & Games"]})
        asin = discover(filters=toys, max_results=1, asker=ASKER).asins[0]
        ean = get_client().products([asin], marketplace="us").snapshots[asin].eans[0]
        lines = [f"{ean};3;2", "4006381333931;5;1"]
        before = keepa.charged_total
        listed = kept(anne, "\n".join(lines))
        assert quote_list(run=listed, profile=profile, marketplace="us").code_tokens == 2
        listed = work(start_list(run=listed, profile=profile, marketplace="us"))
        known, unknown = listed.lines.all()
        assert (known.asin, known.state, known.text) == (asin, LineState.SCORED, ean)
        assert (unknown.state, unknown.reason) == (LineState.UNKNOWN, "no_product")
        assert listed.tokens_spent == keepa.charged_total - before
        assert quote_list(
            run=kept(anne, "\n".join(lines)), profile=profile, marketplace="us"
        ).is_free

    def test_a_code_and_the_asin_behind_it_keep_a_cost_each(
        self, anne: User, keepa: Any, profile: ActiveProfile
    ) -> None:
        toys = NicheFilters.parse({"marketplace": "us", "categories": ["Toys & Games"]})
        asin = discover(filters=toys, max_results=1, asker=ASKER).asins[0]
        ean = get_client().products([asin], marketplace="us").snapshots[asin].eans[0]
        listed = work(started(anne, [f"{ean};3;2", f"{asin};4;1"], profile))
        assert [(line.asin, line.landed_cost) for line in listed.lines.all()] == [
            (asin, Decimal(3)),
            (asin, Decimal(4)),
        ]

    def test_what_buying_takes_and_brings_counts_the_quantities(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        listed = work(started(anne, [f"{asin};0,50;3" for asin in books(40)], profile))
        worth = listed.lines.filter(verdict__in=("BUY", "STRONG_BUY"))
        found = purchase_of(run=listed)
        assert found.lines == worth.count() > 0
        assert (found.units, found.investment) == (3 * found.lines, Decimal("1.5") * found.lines)
        assert found.profit == sum(3 * line.profit for line in worth if line.profit)

    def test_the_profile_is_the_one_of_the_start_even_if_it_changes_meanwhile(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(24)], profile)
        work(listed, work_for=0)
        stored = BusinessProfile.objects.get(pk=profile.pk)
        save_profile(profile=stored, settings={"roi_target_percent": "45"}, saved_by=None)
        work(listed)
        assert listed.state == State.DONE
        assert listed.profile_revision == profile.revision
        same = kept(anne, "\n".join(f"{line.asin};3" for line in listed.lines.all()))
        assert quote_list(run=same, profile=profile, marketplace="us").is_free

    def test_history_says_what_was_analysed_and_what_it_cost(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        listed = work(started(anne, [f"{asin};3" for asin in books(5)], profile))
        row = SearchHistory.objects.get()
        assert (row.search_type, row.source, row.user_id) == ("bulk", "frontend", str(anne.pk))
        assert (row.results_count, row.tokens_spent) == (5, listed.tokens_spent)
        assert activity_lines([row])[0].question == "A list"

    def test_another_batch_takes_the_same_statements(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        asins = books(40)
        counts = []
        for chosen in (asins, asins[:20]):  # known by then: no first time differs
            listed = started(anne, [f"{asin};3" for asin in chosen], profile)
            work(listed)
        for chosen in (asins[:10], asins[:20]):
            listed = kept(anne, "\n".join(f"{asin};3" for asin in chosen))
            with CaptureQueriesContext(connection) as seen:
                start_list(run=listed, profile=profile, marketplace="us")
            counts.append(len(seen))
        assert counts[0] == counts[1]


class TestInterruptions:
    def test_work_is_shared_batch_by_batch_and_queued_again(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(30)], profile)
        assert OrmQ.objects.count() == 1
        work(listed, work_for=0)
        assert (listed.state, listed.done) == (State.QUEUED, 20)
        assert OrmQ.objects.count() == 2
        assert work(listed).state == State.DONE
        assert listed.done == 30

    @pytest.mark.parametrize("stage", ["before the answer", "after the answer"])
    def test_killed_at_any_point_it_goes_on_and_pays_nothing_twice(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any, stage: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        asins = books(46)
        listed = started(anne, [f"{asin};3" for asin in asins], profile)
        work(listed, work_for=0)
        killed_at = "settle_what_is_final" if stage == "after the answer" else "waves"

        def kill(*_arguments: Any, **_named: Any) -> Any:
            raise SystemExit

        with monkeypatch.context() as patch:
            patch.setattr(f"discovery.runs.worker.{killed_at}", kill)
            with pytest.raises(SystemExit):
                work_on(run_id=listed.pk)
        listed.refresh_from_db()
        assert (listed.state, listed.done) == (State.WAITING, 20)
        assert states(listed) == {LineState.SCORED: 20, LineState.PENDING: 26}

        assert wake_runs(now=timezone.now() + timedelta(minutes=2)) == 1
        assert work(listed).state == State.DONE
        assert states(listed) == {LineState.SCORED: 46}
        assert listed.tokens_spent == keepa.charged_total
        calls = TokenLedgerEntry.objects.filter(endpoint="product")
        bought = [(row.items, row.tokens_consumed) for row in calls]
        statistics = [items for items, tokens in bought if tokens == items]
        details = [items for items, tokens in bought if tokens == 3 * items]
        assert len(statistics) + len(details) == len(bought)
        assert sum(statistics) == 46
        detailed = KeepaProduct.objects.filter(asin__in=asins, has_buy_box=True)
        assert sum(details) == detailed.count() > 0

    def test_a_process_killed_outright_loses_one_call_at_most(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any, live_keepa: Any
    ) -> None:
        asins = books(100)
        listed = started(anne, [f"{asin};3" for asin in asins], profile)
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

    def test_a_worker_that_died_without_a_word_is_noticed(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(24)], profile)
        work(listed, work_for=0)
        spent = keepa.charged_total
        long_ago = timezone.now() - SILENCE - timedelta(seconds=1)
        Run.objects.update(
            state=State.RUNNING, holder="12345678123456781234567812345678", progressed_at=long_ago
        )
        assert wake_runs_task() == 1
        assert wake_runs_task() == 0
        assert work(listed).state == State.DONE
        assert listed.attempts == 0
        assert keepa.charged_total - spent <= 4 * 4

    def test_a_worker_that_always_dies_is_not_revived_for_ever(
        self, anne: User, profile: ActiveProfile
    ) -> None:
        listed = started(anne, ["B00000000A"], profile)
        for _attempt in range(MOST_ATTEMPTS + 1):
            Run.objects.update(
                state=State.RUNNING, progressed_at=timezone.now() - timedelta(hours=1)
            )
            wake_runs_task()
        listed.refresh_from_db()
        assert listed.state == State.FAILED

    def test_two_workers_never_work_on_the_same_list(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(5)], profile)
        Run.objects.update(state=State.RUNNING, progressed_at=timezone.now())
        work(listed)
        assert (listed.state, listed.done, keepa.charged_total) == (State.RUNNING, 0, 0)

    def test_a_worker_that_lost_the_list_stores_nothing_more(
        self, anne: User, books: Any, profile: ActiveProfile, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(5)], profile)
        settle = settle_what_is_final

        def lose(*arguments: Any, **named: Any) -> bool:
            Run.objects.update(holder="12345678123456781234567812345678")
            return settle(*arguments, **named)

        monkeypatch.setattr("discovery.runs.worker.settle_what_is_final", lose)
        work(listed)
        assert (listed.state, listed.done) == (State.RUNNING, 0)
        assert states(listed) == {LineState.PENDING: 5}

    def test_a_list_deleted_under_way_stays_deleted(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(5)], profile)
        key = listed.pk
        delete_run(run=listed)
        work_on(run_id=key)
        assert not Run.objects.exists()
        assert not RunLine.objects.exists()


class TestTokens:
    def test_without_tokens_it_waits_says_until_when_and_goes_on_by_itself(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(30)], profile)
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

    def test_a_lack_of_tokens_for_the_details_keeps_what_is_final(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        listed = started(anne, [f"{asin};1" for asin in books(20)], profile)
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

    def test_a_long_list_leaves_the_floor_to_searches_and_a_short_one_is_waited_for(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        asins = books(30)
        capacity = TokenBucket.objects.get().refill_rate * 60
        keepa.bucket.set(capacity // 10)
        TokenBucket.objects.update(
            tokens_left=capacity // 10, server_ms=F("server_ms") + 1, received_at=timezone.now()
        )
        long = work(started(anne, asins, profile))
        assert (long.state, keepa.charged_total) == (State.WAITING, 0)
        short = work(started(anne, asins[:5], profile))
        assert short.state == State.DONE

    def test_a_refusal_of_keepas_ends_it_and_it_can_be_resumed(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(5)], profile)
        keepa.faults.push("402", endpoint="product")
        work(listed)
        assert listed.state == State.FAILED
        assert listed.failure is not None
        assert listed.failure["code"] == "invalid_key"
        assert resume_run(run=listed)
        assert work(listed).state == State.DONE

    def test_faults_that_pass_are_waited_out_and_those_that_do_not_are_given_up(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(5)], profile)
        seen = []
        for _attempt in range(MOST_ATTEMPTS):
            keepa.faults.clear()
            keepa.faults.push("500", endpoint="product", times=3)
            work(listed)
            seen.append(listed.state)
            wake_runs(now=timezone.now() + timedelta(hours=1))
        assert seen == [State.WAITING] * (MOST_ATTEMPTS - 1) + [State.FAILED]


class TestOwnersOrders:
    def test_cancelled_between_two_batches_it_keeps_the_first_and_can_go_on(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(30)], profile)
        work(listed, work_for=0)
        assert cancel_run(run=listed)
        assert work(listed).state == State.CANCELLED
        assert listed.done == 20
        assert not cancel_run(run=listed)
        assert resume_run(run=listed)
        assert work(listed).state == State.DONE
        assert listed.tokens_spent == keepa.charged_total
        told = SearchHistory.objects.filter(search_type="bulk")
        assert sum(row.tokens_spent or 0 for row in told) == keepa.charged_total

    def test_cancelled_while_running_it_stops_before_the_next_call(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(5)], profile)
        Run.objects.update(state=State.RUNNING, progressed_at=timezone.now())
        listed.refresh_from_db()
        assert cancel_run(run=listed)
        Run.objects.update(state=State.QUEUED)
        assert work(listed).state == State.CANCELLED
        assert keepa.charged_total == 0

    def test_a_list_is_started_once(self, anne: User, books: Any, profile: ActiveProfile) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(5)], profile)
        start_list(run=listed, profile=profile, marketplace="us")
        assert OrmQ.objects.count() == 1
        assert not resume_run(run=listed)

    def test_the_time_left_follows_the_pace(self, anne: User) -> None:
        now = timezone.now()
        listed = Run(
            kind=Run.Kind.LIST, owner=anne, total=500, done=200, done_before=100,
            state=State.RUNNING,
            started_at=now - timedelta(minutes=10), progressed_at=now,
        )  # fmt: skip
        assert time_left(listed) == timedelta(minutes=30)
        listed.done = 100
        assert time_left(listed) is None


def test_lists_are_woken_every_minute_and_the_queue_does_not_keep_a_record_of_it(db: None) -> None:
    schedule = Schedule.objects.get(name="wake-runs")
    assert (schedule.schedule_type, schedule.minutes) == (Schedule.MINUTES, 1)
    assert "'save': False" in (schedule.kwargs or "")
