"""Jobs as their owners handle them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from discovery.models import Pick, Run, SourcingJob
from discovery.profiles.service import ensure_shipped_profiles
from discovery.sourcing import jobs
from discovery.sourcing.job_request import read_job
from discovery.sourcing.starting import AlreadyAtWork
from tests.discovery.builders import build_job, build_pick

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED: dict[str, Any] = {
    "name": "Drops", "source": "deals", "marketplace": "fr", "times": ["07:30"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def profiles(db: None) -> None:
    ensure_shipped_profiles()


def asked(user: User, **changes: Any) -> Any:
    return read_job(ASKED | changes, user=user, localize=False)


def test_a_job_knows_at_once_when_it_runs(anne: User) -> None:
    job = jobs.create_job(owner=anne, asked=asked(anne), now=NOW)
    assert job.next_run_at is not None
    assert NOW < job.next_run_at < NOW + timedelta(days=1)
    by_hand = jobs.create_job(owner=anne, asked=asked(anne, times=[]), now=NOW)
    assert by_hand.next_run_at is None


def test_another_question_starts_anew_and_another_time_does_not(anne: User) -> None:
    job = jobs.create_job(owner=anne, asked=asked(anne), now=NOW)
    SourcingJob.objects.update(cursor={"seen": {"B000000001": 1}})
    kept = jobs.change_job(job=job, asked=asked(anne, times=["09:00"], name="x"), now=NOW)
    assert kept.cursor == {"seen": {"B000000001": 1}}
    changed = jobs.change_job(job=job, asked=asked(anne, criteria={"drop_percent": 40}), now=NOW)
    assert changed.cursor == {}
    assert changed.state == SourcingJob.State.ACTIVE


def test_a_paused_job_stays_paused_when_it_is_changed(anne: User) -> None:
    job = jobs.create_job(owner=anne, asked=asked(anne), now=NOW)
    jobs.pause_job(job=job, now=NOW)
    changed = jobs.change_job(job=job, asked=asked(anne, name="x"), now=NOW)
    assert (changed.is_paused, changed.next_run_at) == (True, None)


def test_gone_on_with_it_forgets_why_it_was_paused(anne: User) -> None:
    job = build_job(owner=anne, state="paused", pause_reason="deals_refused")
    jobs.resume_job(job=job, now=NOW)
    job.refresh_from_db()
    assert (job.pause_reason, job.is_paused) == ("", False)
    assert job.next_run_at is not None


def test_a_copy_asks_the_same_has_found_nothing_and_waits(anne: User) -> None:
    job = build_job(owner=anne, cursor={"seen": {}}, name="x" * 120)
    copy = jobs.copy_job(job=job, now=NOW)
    assert (copy.criteria, copy.times, copy.cursor) == (job.criteria, job.times, {})
    assert copy.is_paused
    assert copy.pk != job.pk


def test_a_deleted_job_leaves_its_picks_and_stops_its_run(anne: User) -> None:
    job = build_job(owner=anne)
    build_pick(owner=anne, job=job)
    run = jobs.run_now(job=job, now=NOW)
    with pytest.raises(AlreadyAtWork):
        jobs.run_now(job=job, now=NOW)
    assert jobs.run_at_work(job=job) == run
    jobs.delete_job(job=job)
    assert Pick.objects.get().job is None
    assert Run.objects.get().state == Run.State.CANCELLED


def test_a_draft_is_never_saved(anne: User) -> None:
    draft = jobs.draft_of(owner=anne, asked=asked(anne))
    assert draft._state.adding
    assert draft.name == "Drops"
    assert not SourcingJob.objects.exists()


def test_each_job_stands_with_its_newest_run_and_its_totals(anne: User) -> None:
    first, second = build_job(owner=anne, name="first"), build_job(owner=anne, name="second")
    for hours, tokens in ((3, 10), (1, 14)):
        run = Run.objects.create(
            kind="sourcing", owner=anne, job=first, name="first", marketplace="fr", state="done",
            tokens_spent=tokens,
        )  # fmt: skip
        Run.objects.filter(pk=run.pk).update(created_at=NOW - timedelta(hours=hours))
    build_pick(owner=anne, job=first, asin="B000000001")
    build_pick(owner=anne, job=first, asin="B000000002")
    cards = list(jobs.page_of_jobs(owner=anne, number="1"))
    assert [card.job for card in cards] == [second, first]
    assert cards[0].last_run is None
    assert cards[1].last_run == run
    totals = cards[1].totals
    assert (totals.runs, totals.tokens, totals.picks, totals.tokens_a_pick) == (2, 24, 2, 12)
    assert cards[1].run_at_work is None


def test_the_jobs_of_others_are_not_among_them(anne: User) -> None:
    build_job(owner=User.objects.create_user("paul"))
    assert list(jobs.page_of_jobs(owner=anne, number="1")) == []
