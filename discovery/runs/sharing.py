"""Runs shared with the team: everybody of the site reads them, only their owner changes them."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from discovery.models import Run, RunLine
from discovery.paging import PAGE_SIZE


def readable_runs(*, user: AbstractBaseUser) -> QuerySet[Run]:
    """The user's own runs, and those that others share with the team."""
    return Run.objects.filter(Q(owner=user.pk) | Q(shared=True))


def readable_run(*, user: AbstractBaseUser, run_id: UUID, kind: Run.Kind | None = None) -> Run:
    """A run the user may read, with its owner; raises ``Http404`` for any other.

    Whoever changes a run or spends tokens on it asks ``queries.run_of`` instead.
    """
    runs = readable_runs(user=user).select_related("niche", "profile", "owner")
    return get_object_or_404(runs if kind is None else runs.filter(kind=kind), pk=run_id)


def shared_runs(*, user: AbstractBaseUser) -> QuerySet[Run]:
    """The runs that others share with the team."""
    return Run.objects.filter(shared=True).exclude(owner=user.pk)


def page_of_shared_runs(*, user: AbstractBaseUser, kind: Run.Kind, number: str) -> Page[Run]:
    """A page of what others share, each with its owner, newest first."""
    shared = shared_runs(user=user).filter(kind=kind)
    return Paginator(shared.select_related("niche", "owner"), PAGE_SIZE).get_page(number)


def share_run(*, run: Run, shared: bool) -> bool:
    """Let the team read the run, or no more; returns whether it could be done.

    A list that was never started has nothing to read and stays private.
    """
    started = Run.objects.filter(pk=run.pk).exclude(state=Run.State.DRAFT)
    return bool(started.update(shared=shared))


def readable_line(
    *, user: AbstractBaseUser, marketplace: str, asin: str, pk: int
) -> QuerySet[RunLine]:
    """The line of that number, if it is a scored one of that product in a run the user may read."""
    return RunLine.objects.filter(
        pk=pk,
        run__in=readable_runs(user=user),
        run__marketplace=marketplace,
        asin=asin,
        state=RunLine.State.SCORED,
    )
