"""What a job may spend in a day, from midnight to midnight where its owner lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from discovery.accounts.preferences import keep_preferences
from discovery.models import Run, SourcingJob
from discovery.sourcing.daily_cap import Allowance, allowance_of
from tests.discovery.sourcing.looking import State, go_on, look, niche_job, told_by

NOON = datetime(2026, 11, 20, 11, tzinfo=UTC)  # in Paris
MIDNIGHT = datetime(2026, 11, 19, 23, tzinfo=UTC)


@pytest.fixture
def job(anne: User) -> SourcingJob:
    return niche_job(anne, daily_cap=100)


def run_of(job: SourcingJob, tokens: int, *, created_at: datetime = NOON, **fields: Any) -> Run:
    Run.objects.filter(job=job).update(state=State.DONE)
    run = Run.objects.create(
        kind=Run.Kind.SOURCING, owner_id=job.owner_id, job=job, marketplace="fr",
        tokens_spent=tokens, progressed_at=NOON, **fields,
    )  # fmt: skip
    Run.objects.filter(pk=run.pk).update(created_at=created_at)
    return run


def allowed(job: SourcingJob, run: Run, *, now: datetime = NOON) -> Allowance:
    found = allowance_of(job, run=run, now=now)
    assert found is not None
    return found


@pytest.mark.django_db
class TestAllowance:
    def test_a_job_without_a_cap_may_spend_what_there_is(self, job: SourcingJob) -> None:
        job.daily_cap = None
        assert allowance_of(job, run=run_of(job, 5), now=NOON) is None

    def test_all_runs_of_the_day_count_together(self, job: SourcingJob) -> None:
        run_of(job, 30)
        assert allowed(job, run_of(job, 50)).left == 20

    def test_the_day_begins_at_the_owners_midnight(self, job: SourcingJob) -> None:
        run_of(job, 30, created_at=MIDNIGHT - timedelta(minutes=1), outcome={})
        Run.objects.update(progressed_at=MIDNIGHT - timedelta(minutes=1))
        run = run_of(job, 50, created_at=MIDNIGHT)
        found = allowed(job, run)
        assert (found.left, found.ends_at) == (50, MIDNIGHT + timedelta(days=1))
        keep_preferences(user=job.owner, time_zone="America/New_York")
        assert allowed(job, run).ends_at == datetime(2026, 11, 21, 5, tzinfo=UTC)

    def test_the_day_of_the_clock_change_is_an_hour_longer(self, job: SourcingJob) -> None:
        sunday = datetime(2026, 10, 25, 10, tzinfo=UTC)
        found = allowed(job, run_of(job, 0), now=sunday)
        assert found.ends_at == datetime(2026, 10, 25, 23, tzinfo=UTC)

    def test_of_a_run_that_goes_on_the_next_day_only_the_new_day_counts(
        self, job: SourcingJob
    ) -> None:
        yesterday = NOON - timedelta(days=1)
        run = run_of(job, 90, created_at=yesterday, outcome={"day": {"on": "2026-11-19"}})
        first = allowed(job, run)
        assert (first.left, first.before) == (100, 90)
        Run.objects.update(outcome={"day": first.as_kept()}, tokens_spent=130)
        assert allowed(job, run).left == 60


@pytest.mark.django_db(transaction=True)
def test_a_capped_look_waits_until_midnight_and_says_so(anne: User, keepa: Any) -> None:
    job = niche_job(anne, most=40, daily_cap=70)
    run = look(job)
    assert run.state == State.WAITING
    assert (run.failure or {})["code"] == "daily_cap_reached"
    assert run.resume_at is not None
    until = datetime.fromisoformat(told_by(run)["capped_until"])
    assert abs(run.resume_at - until) < timedelta(seconds=10)
    assert 70 <= keepa.charged_total <= 73  # the last product may need its Buy Box
    assert 0 < run.done < run.total

    with time_machine.travel(until + timedelta(minutes=1)):
        keepa.bucket.set(keepa.bucket.capacity)
        spent = run.tokens_spent
        run = go_on(run)
        assert 70 <= run.tokens_spent - spent <= 73
        SourcingJob.objects.update(daily_cap=None)
        run = go_on(run)
    assert (run.state, run.done) == (State.DONE, 40)
    assert told_by(run)["capped_until"] is None


@pytest.mark.django_db(transaction=True)
def test_a_look_that_could_not_keep_the_cap_asks_nothing(anne: User, keepa: Any) -> None:
    job = niche_job(anne, daily_cap=100)
    now = timezone.now()
    spent = run_of(job, 61, created_at=now, state=State.DONE)
    Run.objects.filter(pk=spent.pk).update(progressed_at=now)
    run = look(job)
    assert (run.state, (run.failure or {})["code"]) == (State.WAITING, "daily_cap_reached")
    assert keepa.charged_total == 0
    SourcingJob.objects.update(daily_cap=101)
    assert go_on(run).tokens_spent > 0
