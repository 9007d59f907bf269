"""Every read the pages of the niches need."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import OuterRef, QuerySet, Subquery
from django.shortcuts import get_object_or_404

from discovery.models import Niche, Run


def niches_with_last_run(*, owner: AbstractBaseUser) -> list[Niche]:
    """The owner's niches, newest first, each with its profile and, as ``last_run``, its newest run
    or ``None``; in two statements.
    """
    newest = Run.objects.filter(niche=OuterRef("pk"), owner=owner.pk).order_by("-created_at")
    kept: list[Any] = list(
        Niche.objects.filter(owner=owner.pk, archived_at=None, deleted_at=None)
        .select_related("profile")
        .annotate(last_run_id=Subquery(newest.values("pk")[:1]))
    )
    ids = [niche.last_run_id for niche in kept if niche.last_run_id]
    runs = Run.objects.defer("outcome").in_bulk(ids)
    for niche in kept:
        niche.last_run = runs.get(niche.last_run_id)
    return kept


def niches_of(*, owner: AbstractBaseUser, archived: bool = False) -> QuerySet[Niche]:
    """The owner's saved niches, or the archived ones, newest first, by name alone."""
    kept = Niche.objects.filter(owner=owner.pk, archived_at__isnull=not archived, deleted_at=None)
    return kept.only("pk", "name")


def niche_of(*, owner: AbstractBaseUser, niche_id: int, deleted: bool = False) -> Niche:
    """One of the owner's niches, or of those they deleted; raises ``Http404`` for any other."""
    niches = Niche.objects.select_related("profile").filter(deleted_at__isnull=not deleted)
    return get_object_or_404(niches, pk=niche_id, owner=owner.pk)
