"""Niches shared with the team: everybody of the site reads them, only their owner changes them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import F, Prefetch, Q, QuerySet
from django.shortcuts import get_object_or_404

from discovery.models import Niche, Run
from discovery.paging import PAGE_SIZE

ANSWERS_SHOWN = 3  # of each niche, the newest


def readable_niche(*, user: AbstractBaseUser, niche_id: int) -> Niche:
    """A niche of the user's own, or one that somebody shares; raises ``Http404`` for any other.

    What its owner archived or deleted is not shared any more.
    """
    shared = Q(shared=True, archived_at=None)
    niches = Niche.objects.select_related("profile", "owner").filter(deleted_at=None)
    return get_object_or_404(niches.filter(Q(owner=user.pk) | shared), pk=niche_id)


def shared_niches(*, user: AbstractBaseUser) -> QuerySet[Niche]:
    """The niches that others share with the team."""
    shared = Niche.objects.filter(shared=True, archived_at=None, deleted_at=None)
    return shared.exclude(owner=user.pk)


def page_of_shared_niches(*, user: AbstractBaseUser, number: str) -> Page[Niche]:
    """A page of what others share, newest first.

    Each has its owner, its profile and, as ``shared_runs``, its newest answers that are shared too.
    """
    answers = Run.objects.filter(kind=Run.Kind.SEARCH, shared=True, owner=F("niche__owner"))
    newest = answers.defer("outcome").order_by("-created_at")[:ANSWERS_SHOWN]
    shared: QuerySet[Any] = (
        shared_niches(user=user)
        .select_related("profile", "owner")
        .prefetch_related(Prefetch("runs", newest, to_attr="shared_runs"))
        .order_by("-created_at", "-pk")
    )
    return Paginator(shared, PAGE_SIZE).get_page(number)


def share_niche(*, niche: Niche, shared: bool) -> None:
    """Let the team read the niche, or no more; its answers are shared one by one."""
    Niche.objects.filter(pk=niche.pk).update(shared=shared)
