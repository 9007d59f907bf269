"""How runs end: short of tokens, refused, cancelled, given up; what they show and tell by then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import Schedule

from analytics.models import SearchHistory
from discovery.models import (
    DiscoveryCacheEntry,
    Run,
    TokenBucket,
)
from discovery.runs.parting import MOST_PAID_IN_VAIN
from discovery.runs.queue import MOST_PAUSES, wake_runs
from discovery.runs.service import cancel_run, resume_run, time_left
from discovery.runs.text import problem_text
from discovery.runs.turn import Turn
from discovery.runs.worker import work_on
from discovery.tasks import wake_runs as wake_runs_task
from tests.discovery.runs.working import (
    Begin,
    Kind,
    LineState,
    State,
    account_of,
    answer_of,
    both_kinds,
    forget,
    is_ranked,
    killed,
    products_shown,
    states,
    told_by,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)


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

    @both_kinds
    @pytest.mark.parametrize(
        ("fault", "times", "attempts"),
        [("500", 3, MOST_PAUSES), ("truncated", 1, MOST_PAID_IN_VAIN)],
    )
    def test_faults_that_do_not_pass_are_given_up_those_that_cost_tokens_soon(
        self, begin: Begin, keepa: Any, kind: Run.Kind, fault: str, times: int, attempts: int
    ) -> None:
        run = begin(kind, 5)
        seen = []
        for _attempt in range(attempts):
            keepa.faults.clear()
            keepa.faults.push(fault, endpoint="product", times=times)
            work(run)
            seen.append(run.state)
            wake_runs(now=timezone.now() + timedelta(hours=1))
        assert seen == [State.WAITING] * (attempts - 1) + [State.FAILED]
        keepa.faults.clear()
        assert resume_run(run=run)
        assert work(run).state == State.DONE

    @pytest.mark.parametrize(
        ("fault", "code"), [("429", "tokens_exhausted"), ("500", "keepa_unavailable")]
    )
    @pytest.mark.parametrize("answered", [1, 2])
    def test_a_search_cut_short_shows_what_it_has_bought_waits_and_ends_like_an_undisturbed_one(
        self, begin: Begin, keepa: Any, client_of: Callable[..., Any], fault: str, code: str,
        answered: int,
    ) -> None:  # fmt: skip
        """``answered`` product calls arrive: the statistics of the first batch, or all of it."""
        undisturbed = work(begin(Kind.SEARCH, 30), work_for=600)
        price, answer, account = (
            keepa.charged_total, answer_of(undisturbed), account_of(undisturbed),
        )  # fmt: skip
        forget(keepa)

        run = begin(Kind.SEARCH, 30)
        keepa.faults.push("slow", endpoint="product", seconds=0, times=answered)
        keepa.faults.push(fault, endpoint="product", times=3)
        work(run, work_for=600)
        assert run.state == State.WAITING
        assert run.failure is not None
        assert run.failure["code"] == code
        assert states(run) == {LineState.SCORED: 20, LineState.PENDING: 10}
        assert run.tokens_spent == keepa.charged_total < price
        assert sum(stage["tokens_spent"] for stage in told_by(run)["stages"]) == run.tokens_spent
        assert run.done == (20 if answered == 2 else 20 - len(told_by(run)["unfinished"])) < 30
        assert not SearchHistory.objects.exists()
        assert products_shown(client_of, run) == 20
        page = client_of("anne").get(f"/niches/recherche/{run.pk}/").content.decode()
        assert f"{problem_text(code)} Elle reprendra d’elle-même dans " in page
        assert "<dt>Temps restant</dt><dd>—</dd>" in page
        assert "Annuler" in page

        keepa.faults.clear()
        assert wake_runs(now=timezone.now()) == 0
        assert run.resume_at is not None
        assert wake_runs(now=run.resume_at) == 1
        assert work(run, work_for=600).state == State.DONE
        assert keepa.charged_total == price
        assert answer_of(run) == answer
        assert account_of(run) == account
        assert SearchHistory.objects.get().tokens_spent == price

    def test_a_search_that_waits_can_be_cancelled_and_keeps_what_it_shows(
        self, begin: Begin, keepa: Any, client_of: Callable[..., Any]
    ) -> None:
        run = begin(Kind.SEARCH, 30)
        keepa.faults.push("slow", endpoint="product", seconds=0)
        keepa.faults.push("429", endpoint="product", times=3)
        assert work(run).state == State.WAITING
        assert told_by(run)["unfinished"]
        assert cancel_run(run=run)
        run.refresh_from_db()
        assert (run.state, run.done, run.total) == (State.CANCELLED, 20, 30)
        assert is_ranked(run)
        assert "unfinished" not in told_by(run)
        assert sum(told_by(run)["obstacles"].values()) > 0
        assert sum(stage["tokens_spent"] for stage in told_by(run)["stages"]) == run.tokens_spent
        assert products_shown(client_of, run) == 20

    def test_without_tokens_for_its_first_question_a_search_waits_too(
        self, begin: Begin, keepa: Any, client_of: Callable[..., Any]
    ) -> None:
        run = begin(Kind.SEARCH, 5)
        keepa.faults.push("429", endpoint="query", times=3)
        assert work(run).state == State.WAITING
        assert run.resume_at is not None
        assert run.resume_at > timezone.now()
        assert products_shown(client_of, run) == 0
        keepa.faults.clear()
        assert wake_runs(now=run.resume_at) == 1
        assert work(run).state == State.DONE

    def test_killed_after_its_wait_a_search_counts_no_statistics_twice(
        self, begin: Begin, keepa: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        undisturbed = work(begin(Kind.SEARCH, 15))
        account = account_of(undisturbed)
        forget(keepa)
        run = begin(Kind.SEARCH, 15)
        keepa.faults.push("slow", endpoint="product", seconds=0)
        keepa.faults.push("429", endpoint="product", times=3)
        assert work(run).state == State.WAITING
        keepa.faults.clear()
        assert wake_runs(now=run.resume_at or timezone.now()) == 1
        with killed("runs.kinds.with_batch", monkeypatch):  # the Buy Boxes are bought
            work_on(run_id=run.pk)
        assert wake_runs(now=timezone.now() + timedelta(minutes=2)) == 1
        assert work(run).state == State.DONE
        assert account_of(run) == account

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
        on_progress, seen = Turn.on_progress, []

        def cancel(turn: Any, told: Any) -> None:
            seen.append(told)
            if len(seen) == progress:
                assert cancel_run(run=run)
            on_progress(turn, told)

        monkeypatch.setattr(Turn, "on_progress", cancel)
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
    @pytest.mark.parametrize(
        "at", ["turn.on_progress", "runs.worker.store_lines", "cache.fill_scores"]
    )
    def test_a_search_ended_while_its_process_was_dead_shows_them_too(
        self, begin: Begin, keepa: Any, client_of: Callable[..., Any], end: str, at: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        run = begin(Kind.SEARCH, 15)
        call = 3 if at == "turn.on_progress" else 1
        with killed(at, monkeypatch, call=call):
            work_on(run_id=run.pk)
        run.refresh_from_db()
        assert states(run) == {LineState.PENDING: 15}
        if end == "cancelled":
            assert cancel_run(run=run)
        elif end == "given up":
            Run.objects.update(
                state=State.RUNNING,
                attempts=MOST_PAUSES,
                progressed_at=timezone.now() - timedelta(hours=1),
            )
            wake_runs_task()
        else:
            Run.objects.update(state=State.QUEUED, attempts=MOST_PAUSES - 1)
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
    monkeypatch.setattr(
        "analytics.receivers.RECORD_SEARCHES", "SELECT 1 / 0 WHERE %(rows)s::text <> ''"
    )
    assert work(run).state == State.DONE
    assert is_ranked(run)
    assert not SearchHistory.objects.exists()
