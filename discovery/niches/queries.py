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


def niches_of(*, owner: AbstractBaseUser) -> QuerySet[Niche]:
    kept = Niche.objects.filter(owner=owner.pk, archived_at=None, deleted_at=None)
    return kept.only("pk", "name")


def archived_niches_of(*, owner: AbstractBaseUser) -> QuerySet[Niche]:
    archived = Niche.objects.filter(owner=owner.pk, archived_at__isnull=False, deleted_at=None)
    return archived.only("pk", "name")


def niche_of(*, owner: AbstractBaseUser, niche_id: int) -> Niche:
    """One of the owner's niches; raises ``Http404`` for anybody else's."""
    kept = Niche.objects.select_related("profile").filter(deleted_at=None)
    return get_object_or_404(kept, pk=niche_id, owner=owner.pk)


def deleted_niche_of(*, owner: AbstractBaseUser, niche_id: int) -> Niche:
    """One of the owner's deleted niches; raises ``Http404`` when it cannot be brought back."""
    deleted = Niche.objects.filter(deleted_at__isnull=False)
    return get_object_or_404(deleted, pk=niche_id, owner=owner.pk)


def own_niche(*, owner: AbstractBaseUser, niche_id: int) -> Niche | None:
    """The same, or ``None`` when it is not the owner's or has gone."""
    return Niche.objects.filter(pk=niche_id, owner=owner.pk, deleted_at=None).first()
