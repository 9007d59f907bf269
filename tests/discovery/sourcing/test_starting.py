"""A run begins once, with its task, and for nobody who may not spend."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django_q.models import OrmQ

from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.models import Run
from discovery.sourcing.starting import AlreadyAtWork, OwnerMayNotAct, start_run
from tests.discovery.sourcing.jobs import NOW, job_of

pytestmark = pytest.mark.django_db


def deactivated(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def made_a_viewer(user: User) -> None:
    change_role(member=user, role=Role.VIEWER)


def test_a_run_is_queued_in_the_name_of_its_job(anne: User) -> None:
    job = job_of(anne)
    run = start_run(job=job, now=NOW)
    assert (run.job, run.owner_id, run.name) == (job, anne.pk, job.name)
    assert run.history_source == "schedule"
    Run.objects.update(asked_on=Run.AskedOn.FRONTEND)  # as rows that were there before the column
    assert Run.objects.get().history_source == "schedule"
    assert OrmQ.objects.count() == 1
    with pytest.raises(AlreadyAtWork):
        start_run(job=job, now=NOW)
    assert OrmQ.objects.count() == 1


@pytest.mark.parametrize("barred", [deactivated, made_a_viewer])
def test_nothing_starts_for_who_may_not_spend(anne: User, barred: Callable[[User], None]) -> None:
    job = job_of(anne)
    barred(anne)
    with pytest.raises(OwnerMayNotAct):
        start_run(job=job, now=NOW)
    assert not Run.objects.exists()


def test_without_a_profile_of_its_own_the_usual_one_counts(anne: User) -> None:
    run = start_run(job=job_of(anne, profile=None), now=NOW)
    assert run.profile is not None
    assert run.profile.is_default
