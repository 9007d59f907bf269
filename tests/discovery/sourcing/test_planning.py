"""Every minute, once: what is due starts, each job once, and the minute is written down."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as site
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ, Schedule

from discovery import cache, tasks
from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.keepa.finder import NicheFilters
from discovery.models import (
    DiscoveryCacheEntry,
    Niche,
    PlannerTick,
    Run,
    SourcingJob,
    TokenReservation,
)
from discovery.sourcing.planner import Reason
from discovery.sourcing.planning import carry_out, plan, plan_minute
from discovery.sourcing.starting import start_run
from discovery.sourcing.switches import set_switch
from tests.discovery.builders import BOOKS
from tests.discovery.sourcing.jobs import NOW, bucket_holds, ended_run, job_of
from tests.processes import environment

MINUTE = timedelta(minutes=1)
TOMORROW = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)


@pytest.fixture
def anne(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("anne")


def reason(now: datetime = NOW) -> Reason:
    decision = plan_minute(now=now)
    assert decision is not None
    return decision.reason


@pytest.mark.django_db
class TestDueJobs:
    def test_a_due_job_starts_and_its_next_time_is_the_one_after_now(self, anne: Any) -> None:
        bucket_holds(1000)
        job = job_of(anne)
        assert reason() == Reason.STARTED
        job.refresh_from_db()
        assert job.next_run_at == TOMORROW
        assert job.last_run_at == NOW
        assert Run.objects.get().job == job
        assert OrmQ.objects.get().task["func"] == "discovery.tasks.work_on_run"

    def test_times_missed_while_nothing_ran_are_one_run(self, anne: Any) -> None:
        bucket_holds(1000)
        job_of(anne, next_run_at=NOW - timedelta(days=9))
        for minute in range(3):
            plan_minute(now=NOW + minute * MINUTE)
        assert Run.objects.count() == 1
        assert SourcingJob.objects.get().next_run_at == TOMORROW

    def test_a_paused_job_never_starts(self, anne: Any) -> None:
        bucket_holds(1000)
        job_of(anne, state=SourcingJob.State.PAUSED)
        assert reason() == Reason.NOTHING_DUE

    def test_nothing_runs_for_those_who_may_not_spend(
        self, anne: Any, django_user_model: Any
    ) -> None:
        bucket_holds(1000)
        gone = django_user_model.objects.create_user("gone", is_active=False)
        change_role(member=anne, role=Role.VIEWER)
        job_of(anne)
        job_of(gone)
        assert reason() == Reason.NOTHING_DUE

    def test_a_job_still_at_work_lets_its_time_pass(self, anne: Any) -> None:
        bucket_holds(1000)
        job = job_of(anne)
        start_run(job=job, now=NOW - timedelta(hours=1))
        assert reason() == Reason.AT_WORK
        assert Run.objects.count() == 1
        assert SourcingJob.objects.get().next_run_at == TOMORROW

    def test_without_tokens_above_the_floor_it_stays_due(self, anne: Any) -> None:
        bucket_holds(240)
        ended_run(job_of(anne), tokens=50)
        assert reason() == Reason.NO_TOKENS
        assert SourcingJob.objects.get().next_run_at == NOW

    def test_what_calls_on_their_way_may_cost_is_not_spent_twice(self, anne: Any) -> None:
        bucket_holds(340)
        ended_run(job_of(anne), tokens=50)
        TokenReservation.objects.create(
            account="sandbox",
            purpose="interactive",
            endpoint="product",
            cost=100,
            started_at=NOW,
            expires_at=NOW + timedelta(minutes=2),
        )
        assert reason() == Reason.NO_TOKENS

    def test_a_job_that_has_spent_its_day_waits_for_its_owners_midnight(self, anne: Any) -> None:
        bucket_holds(1000)
        job = job_of(anne, daily_cap=100)
        ended_run(job, tokens=100, ago=timedelta(hours=8))  # yesterday in Paris
        ended_run(job, tokens=99, ago=timedelta(hours=7))
        assert reason() == Reason.STARTED
        Run.objects.filter(state=Run.State.QUEUED).delete()
        job.refresh_from_db()
        SourcingJob.objects.update(next_run_at=NOW)
        ended_run(job, tokens=1, ago=timedelta(hours=2))
        assert reason(NOW + MINUTE) == Reason.CAPPED

    def test_a_run_that_waits_for_its_own_midnight_holds_up_nobody(self, anne: Any) -> None:
        bucket_holds(500)
        capped, other = job_of(anne, daily_cap=30, next_run_at=None), job_of(anne)
        for job in (capped, other):
            ended_run(job, tokens=200)
        waits = {"code": "daily_cap_reached"}  # before it had asked its source anything
        run = start_run(job=capped, now=NOW)
        Run.objects.filter(pk=run.pk).update(state="waiting", failure=waits)
        assert reason() == Reason.STARTED
        assert Run.objects.filter(job=other, state="queued").exists()

    def test_switched_off_nothing_starts_and_nothing_is_lost(self, anne: Any) -> None:
        bucket_holds(1000)
        job_of(anne)
        set_switch(runs_jobs=False, uses_idle_tokens=False)
        assert reason() == Reason.SWITCHED_OFF
        set_switch(runs_jobs=True)
        assert reason(NOW + MINUTE) == Reason.STARTED

    def test_a_job_that_cannot_be_started_holds_up_nobody(self, anne: Any) -> None:
        bucket_holds(1000)
        broken, sound = job_of(anne, times=["99:99"]), job_of(anne)
        assert reason() == Reason.STARTED
        assert PlannerTick.objects.get().started == [sound.pk]
        broken.refresh_from_db()
        assert broken.next_run_at == NOW + timedelta(hours=1)

    def test_one_that_somebody_else_starts_at_the_same_moment_runs_once(self, anne: Any) -> None:
        bucket_holds(1000)
        job = job_of(anne)
        made = plan(now=NOW)
        start_run(job=job, now=NOW)
        assert made.decision.start == (job.pk,)
        assert carry_out(made, now=NOW) == []
        assert Run.objects.count() == 1

    def test_what_would_run_can_be_asked_without_starting_it(self, anne: Any) -> None:
        bucket_holds(1000)
        job = job_of(anne)
        assert plan(now=NOW).decision.start == (job.pk,)
        assert not Run.objects.exists()
        assert not PlannerTick.objects.exists()


@pytest.mark.django_db
class TestTheMinute:
    def test_is_planned_once_and_written_down(self, anne: Any) -> None:
        bucket_holds(900)
        job = job_of(anne)
        plan_minute(now=NOW + timedelta(seconds=3))
        assert plan_minute(now=NOW + timedelta(seconds=40)) is None
        tick = PlannerTick.objects.get()
        assert (tick.at, tick.tokens_left, tick.capacity) == (NOW, 900, 1200)
        assert (tick.reason, tick.started) == ("started", [job.pk])

    def test_is_remembered_for_two_weeks(self) -> None:
        bucket_holds(900)
        for days in (13, 15):
            PlannerTick.objects.create(at=NOW - timedelta(days=days), reason="started")
        plan_minute(now=NOW)
        assert PlannerTick.objects.count() == 2

    def test_takes_as_many_statements_for_many_jobs_as_for_one(
        self, anne: Any, django_assert_num_queries: Any
    ) -> None:
        bucket_holds(200)
        ended_run(job_of(anne), tokens=100)
        reason(NOW - MINUTE)
        with CaptureQueriesContext(connection) as for_one:
            reason()
        for _ in range(12):
            ended_run(job_of(anne), tokens=100)
        with django_assert_num_queries(len(for_one)):
            assert reason(NOW + MINUTE) == Reason.NO_TOKENS
        assert len(for_one) <= 18

    def test_comes_round_by_itself(self) -> None:
        schedule = Schedule.objects.get(name="plan-sourcing")
        assert (schedule.schedule_type, schedule.minutes) == (Schedule.MINUTES, 1)
        assert tasks.plan_sourcing() == Reason.BALANCE_UNKNOWN
        assert tasks.plan_sourcing() == "planned already"

    def test_hands_idle_tokens_to_the_queue(self, anne: Any) -> None:
        bucket_holds(1200)
        Niche.objects.create(owner=anne, name="Books", marketplace="us", filters=BOOKS)
        cache.fill_discovery(
            cache_key=NicheFilters.from_canonical(BOOKS).cache_key,
            marketplace="us",
            filters=BOOKS,
            asins=["B000000001", "B000000002"],
            total_results=2,
            tokens_spent=11,
        )
        DiscoveryCacheEntry.objects.update(
            hit_count=9, created_at=NOW - timedelta(hours=2), expires_at=NOW + timedelta(hours=22)
        )
        decision = plan_minute(now=NOW)
        assert decision is not None
        assert decision.reason == Reason.IDLE_TOKENS
        assert len(decision.refresh) == 1
        assert PlannerTick.objects.get().refreshed == list(decision.refresh)
        both = 2 * 4  # products and their Buy Boxes
        assert OrmQ.objects.get().task["args"] == ({decision.refresh[0]: both},)


PLAN = """
import sys, django
django.setup()
from datetime import datetime, timedelta
from discovery.sourcing.planning import plan_minute
print("ready", flush=True)
sys.stdin.readline()
now = datetime.fromisoformat(sys.argv[1])
for minute in range(6):
    plan_minute(now=now + timedelta(minutes=minute))
"""


@pytest.mark.django_db(transaction=True)
def test_forty_due_jobs_and_two_planners_start_each_exactly_once(anne: Any) -> None:
    bucket_holds(3600, rate=60)
    jobs = [job_of(anne) for _ in range(40)]
    for job in jobs:
        ended_run(job, tokens=100)
    planners = [
        subprocess.Popen(
            [sys.executable, "-c", PLAN, NOW.isoformat()],
            cwd=site.BASE_DIR, env=environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    for planner in planners:
        assert planner.stdout is not None
        assert planner.stdout.readline() == "ready\n"
    for planner in planners:
        planner.communicate("go\n", timeout=60)
        assert planner.returncode == 0
    # 3 600 tokens less the floor are 28 jobs of 100 tokens; those at work keep theirs.
    begun = Run.objects.filter(state=Run.State.QUEUED)
    assert begun.count() == begun.values("job").distinct().count() == 28
    begun.update(state=Run.State.DONE, tokens_spent=100)
    for minute in range(10, 16):
        plan_minute(now=NOW + minute * MINUTE)
    runs_by_job = Run.objects.values("job").annotate(runs=Count("pk")).values_list("runs")
    assert list(runs_by_job.order_by()) == [(2,)] * 40  # the one before, and the one of today
