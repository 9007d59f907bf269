"""``manage.py autosource``"""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from discovery.models import Run, SourcingJob
from discovery.sourcing.switches import switches
from tests.discovery.management.conftest import Run as Typed
from tests.discovery.sourcing.jobs import bucket_holds, ended_run, job_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(django_user_model: Any) -> SourcingJob:
    return job_of(django_user_model.objects.create_user("anne"), name="My [bold]favourites")


def test_lists_the_jobs_with_what_they_cost_and_bring(job: SourcingJob, run: Typed) -> None:
    ended_run(job, tokens=1234)
    ran = run("autosource")
    assert ran.code == 0
    for part in ("My [bold]favourites", "anne", "fr", "1,234", "Jobs run by themselves."):
        assert part in ran.out


def test_says_so_when_there_is_none(run: Typed) -> None:
    assert "There is no job yet." in run("autosource").out


@pytest.mark.parametrize("by", ["pk", "name"])
def test_starts_a_job_by_its_number_or_name(job: SourcingJob, run: Typed, by: str) -> None:
    ran = run("autosource", "--run", str(getattr(job, by)))
    assert ran.code == 0
    assert str(Run.objects.get().pk) in ran.out


def test_a_job_at_work_is_not_started_again(job: SourcingJob, run: Typed) -> None:
    run("autosource", "--run", job.name)
    ran = run("autosource", "--run", job.name)
    assert (ran.code, ran.out) == (2, "")
    assert "at work already" in ran.err
    assert Run.objects.count() == 1


def test_nothing_is_started_for_who_has_no_access_any_more(job: SourcingJob, run: Typed) -> None:
    type(job.owner).objects.update(is_active=False)
    ran = run("autosource", "--run", job.name)
    assert (ran.code, ran.out) == (2, "")
    assert "no access any more" in ran.err
    assert not Run.objects.exists()


@pytest.mark.parametrize("name", ["77", "nothing", "²"])
def test_an_unknown_job_is_refused(job: SourcingJob, run: Typed, name: str) -> None:
    ran = run("autosource", "--run", name)
    assert ran.code == 2
    assert f"There is no job “{name}”." in ran.err


def test_of_jobs_with_one_name_the_number_is_asked_for(job: SourcingJob, run: Typed) -> None:
    other = job_of(job.owner, name=job.name)
    ran = run("autosource", "--pause", job.name)
    assert ran.code == 2
    assert f"{job.pk}, {other.pk}" in ran.err


def test_pauses_and_resumes(job: SourcingJob, run: Typed) -> None:
    assert "is paused" in run("autosource", "--pause", str(job.pk)).out
    assert SourcingJob.objects.get().next_run_at is None
    assert "paused" in run("autosource").out
    run("autosource", "--resume", str(job.pk))
    following = SourcingJob.objects.get().next_run_at
    assert following is not None
    assert following > timezone.now()


def test_says_what_would_run_and_starts_nothing(job: SourcingJob, run: Typed) -> None:
    bucket_holds(1000, at=timezone.now())
    SourcingJob.objects.update(next_run_at=timezone.now())
    ran = run("autosource", "--plan")
    assert "Jobs that are due start." in ran.out
    assert f"starts: {job.pk} My [bold]favourites" in ran.out
    assert "1,000 of 1,200, of which 240 are kept back" in ran.out
    assert not Run.objects.exists()


def test_switches_the_jobs_off_and_on(run: Typed) -> None:
    assert "no longer" in run("autosource", "--off").out
    assert not switches().runs_jobs
    assert "Jobs run by themselves." in run("autosource", "--on").out
    assert switches().runs_jobs


def test_copies_a_job(job: SourcingJob, run: Typed) -> None:
    ran = run("autosource", "--copy", job.name)
    copy = SourcingJob.objects.exclude(pk=job.pk).get()
    assert (ran.code, copy.is_paused, copy.criteria) == (0, True, job.criteria)
    assert f"“{copy.name}” is kept as job {copy.pk}, paused." in ran.out
