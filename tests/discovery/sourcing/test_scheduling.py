"""A job knows when it runs next: in its owner's zone, and never while it is paused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from discovery.accounts.preferences import keep_preferences
from discovery.models import SourcingJob
from discovery.sourcing.alerts.choices import keep_settings
from discovery.sourcing.scheduling import schedule_job
from tests.discovery.sourcing.jobs import NOW, job_of

pytestmark = pytest.mark.django_db


def test_the_next_run_is_kept_with_the_job(django_user_model: Any) -> None:
    job = job_of(django_user_model.objects.create_user("anne"), next_run_at=None)
    schedule_job(job, now=NOW)
    assert SourcingJob.objects.get().next_run_at == datetime(2026, 11, 27, 6, 30, tzinfo=UTC)


def test_times_are_those_of_the_owners_clock(django_user_model: Any) -> None:
    anne = django_user_model.objects.create_user("anne")
    keep_preferences(user=anne, time_zone="America/New_York")
    job = job_of(anne, next_run_at=None)
    schedule_job(job, now=NOW)
    assert job.next_run_at == datetime(2026, 11, 26, 12, 30, tzinfo=UTC)


def test_a_zone_nobody_knows_any_more_is_the_sites(django_user_model: Any) -> None:
    anne = django_user_model.objects.create_user("anne")
    keep_preferences(user=anne, time_zone="Europe/Atlantis")
    job = job_of(anne, next_run_at=None)
    schedule_job(job, now=NOW)
    assert job.next_run_at == datetime(2026, 11, 27, 6, 30, tzinfo=UTC)


def test_a_paused_job_has_no_next_run(django_user_model: Any) -> None:
    job = job_of(django_user_model.objects.create_user("anne"), state=SourcingJob.State.PAUSED)
    schedule_job(job, now=NOW)
    assert SourcingJob.objects.get().next_run_at is None


def test_a_job_not_saved_yet_is_left_to_be_saved(django_user_model: Any) -> None:
    anne = django_user_model.objects.create_user("anne")
    job = SourcingJob(owner=anne, name="new", marketplace="fr", times=["07:30"])
    schedule_job(job, now=NOW)
    assert job.next_run_at == datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
    assert not SourcingJob.objects.exists()


def test_who_moves_to_another_zone_has_jobs_run_by_its_clock(django_user_model: Any) -> None:
    anne = django_user_model.objects.create_user("anne")
    tomorrow = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
    waits = job_of(anne, next_run_at=tomorrow)
    due = job_of(anne, next_run_at=NOW)
    paused = job_of(anne, next_run_at=None, state=SourcingJob.State.PAUSED)
    others = job_of(django_user_model.objects.create_user("bob"), next_run_at=tomorrow)
    keep_settings(
        user=anne,
        by_email=False,
        daily_cap=20,
        quiet_from=None,
        quiet_until=None,
        digest_at=None,
        time_zone="America/New_York",
        now=NOW,
    )
    kept = dict(SourcingJob.objects.values_list("pk", "next_run_at"))
    assert kept == {
        waits.pk: datetime(2026, 11, 26, 12, 30, tzinfo=UTC),
        due.pk: NOW,
        paused.pk: None,
        others.pk: tomorrow,
    }
