"""Killed between two calls, a look that goes on pays for none twice, and counts all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from discovery.models import SourcingJob, TokenLedgerEntry
from discovery.sourcing.sources.base import keep_cursor
from discovery.sourcing.sources.calls import FRESH_FOR, Calls, count_calls
from tests.discovery.runs.working import killed
from tests.discovery.sourcing.jobs import job_of
from tests.discovery.sourcing.looking import State, begin, go_on, look, niche_job, work
from tests.discovery.sourcing.sources.looking import later
from tests.discovery.sourcing.sources.test_sellers import SHOPS

pytestmark = pytest.mark.django_db(transaction=True)
Made = Callable[[User], SourcingJob]


def deals(owner: User) -> SourcingJob:
    criteria = {"price_type": "NEW", "drop_percent": 15, "range": 3, "pages": 3}
    return niche_job(owner, source=SourcingJob.Source.DEALS, criteria=criteria, most=5)


def sellers(owner: User) -> SourcingJob:
    criteria = {"sellers": SHOPS[:3]}
    return niche_job(owner, source=SourcingJob.Source.SELLERS, criteria=criteria, most=5)


@pytest.mark.parametrize(
    ("made", "at"),
    [
        (deals, "sourcing.sources.deals.get_client"),
        (sellers, "sourcing.sources.sellers.get_client"),
    ],
)
def test_what_was_asked_before_a_kill_is_not_asked_again(
    anne: User, keepa: Any, made: Made, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(made(anne))
    with killed(at, monkeypatch, call=3):
        work(run)
    asked = keepa.charged_total
    assert asked > 0
    run.refresh_from_db()
    run = go_on(run)
    assert run.state == State.DONE
    calls = [(call.endpoint, str(call.params)) for call in keepa.calls if call.status == 200]
    asked_of_sources = [call for call in calls if call[0] in {"deal", "seller"}]
    assert len(asked_of_sources) == 3
    assert run.tokens_spent == keepa.charged_total
    assert sum(row.tokens_consumed for row in TokenLedgerEntry.objects.all()) == run.tokens_spent
    assert "calls" not in SourcingJob.objects.get().cursor


def test_of_a_niche_the_changes_are_not_asked_for_again(
    anne: User, keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = timezone.now()
    job = niche_job(anne, most=100, cost_kinds=["same_listing"])
    look(job)
    keepa.bucket.set(keepa.bucket.capacity)
    with later(began, hours=8):
        before = keepa.charged_total
        run = begin(job)
        for at in ("sourcing.sources.niche.list_anew", "sourcing.sources.niche._candidates"):
            with killed(at, monkeypatch):
                work(run)
            type(run).objects.filter(pk=run.pk).update(state=State.QUEUED, resume_at=None)
        run = work(run)
        assert run.state == State.DONE
        assert run.tokens_spent == keepa.charged_total - before
    selections = [call.params["selection"] for call in keepa.calls if call.endpoint == "query"]
    assert sum("lastUpdate_gte" in selection for selection in selections) == 1


class TestWhatIsKept:
    @pytest.fixture
    def job(self, anne: User) -> SourcingJob:
        job = job_of(anne, cursor={"seen": {}})
        run = begin(job)
        type(run).objects.update(state=State.RUNNING)
        return job

    def test_an_answer_and_its_tokens_are_there_for_who_goes_on(self, job: SourcingJob) -> None:
        now = timezone.now()
        Calls(job, now=now).keep("page", spent=5, answer=[1, 2])
        again = Calls(SourcingJob.objects.get(), now=now + timedelta(minutes=1))
        assert (again.goes_on, again.answer("page"), again.spent) == (True, [1, 2], 5)
        assert again.answer("another page") is None
        assert SourcingJob.objects.get().cursor["seen"] == {}

    def test_an_old_answer_no_longer_counts_but_what_it_cost_does(self, job: SourcingJob) -> None:
        now = timezone.now()
        Calls(job, now=now).keep("page", spent=5, answer=[1])
        again = Calls(SourcingJob.objects.get(), now=now + FRESH_FOR)
        assert again.answer("page") is None
        again.keep("page", spent=6, answer=[2])
        assert again.spent == 11

    def test_what_a_run_has_counted_is_not_counted_again(self, job: SourcingJob) -> None:
        now = timezone.now()
        calls = Calls(job, now=now)
        calls.keep("page", spent=5, answer=[1])
        count_calls(job)
        again = Calls(SourcingJob.objects.get(), now=now)
        assert (again.answer("page"), again.spent) == ([1], 0)

    def test_another_run_knows_nothing_of_it(self, job: SourcingJob) -> None:
        Calls(job, now=timezone.now()).keep("page", spent=5, answer=[1])
        job.runs.update(state=State.FAILED)
        type(begin(job)).objects.filter(state=State.QUEUED).update(state=State.RUNNING)
        again = Calls(SourcingJob.objects.get(), now=timezone.now())
        assert (again.goes_on, again.answer("page"), again.spent) == (False, None, 0)

    def test_a_job_with_another_question_by_then_begins_anew(self, job: SourcingJob) -> None:
        SourcingJob.objects.update(criteria={"favourites": True, "purchases": True}, cursor={})
        Calls(job, now=timezone.now()).keep("page", spent=5, answer=[1])
        keep_cursor(job, {"seen": {"B000000001": "9.99"}})
        assert SourcingJob.objects.get().cursor == {}
