"""Every read the pages of the niches need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, QuerySet, Subquery
from django.shortcuts import get_object_or_404

from discovery.models import Niche, Run

NICHES_A_PAGE = 30


def page_of_niches(*, owner: AbstractBaseUser, number: str) -> Page[Niche]:
    """A page of the owner's niches, newest first, each with its profile and, as ``last_run``, its
    newest run or ``None``; in three statements.
    """
    saved = saved_niches(owner=owner).order_by("-created_at", "-pk")
    page = Paginator(saved, NICHES_A_PAGE).get_page(number)
    page.object_list = with_last_runs(page)
    return page


def saved_niches(*, owner: AbstractBaseUser, archived: bool = False) -> QuerySet[Any]:
    """The owner's saved niches, or the archived ones, each with its profile and the id of its
    newest run of theirs as ``last_run_id``.
    """
    kept = Niche.objects.filter(owner=owner.pk, archived_at__isnull=not archived, deleted_at=None)
    return with_last_run_ids(kept, owner=owner)


def with_last_run_ids(niches: QuerySet[Niche], *, owner: AbstractBaseUser) -> QuerySet[Any]:
    """The niches with profile and owner, and the id of the user's newest run of each."""
    newest = Run.objects.filter(niche=OuterRef("pk"), owner=owner.pk).order_by("-created_at")
    return niches.select_related("profile", "owner").annotate(
        last_run_id=Subquery(newest.values("pk")[:1])
    )


def with_last_runs(niches: Iterable[Any]) -> list[Any]:
    """Niches of ``saved_niches``, each with its newest run or ``None`` as ``last_run``; in one
    statement.
    """
    kept = list(niches)
    ids = [niche.last_run_id for niche in kept if niche.last_run_id]
    runs = Run.objects.defer("outcome").in_bulk(ids)
    for niche in kept:
        niche.last_run = runs.get(niche.last_run_id)
    return kept


def page_of_archived_niches(*, owner: AbstractBaseUser, number: str) -> Page[Niche]:
    """A page of the owner's archived niches, newest first, by name alone."""
    archived = niches_of(owner=owner, archived=True)
    return Paginator(archived.order_by("-created_at", "-pk"), NICHES_A_PAGE).get_page(number)


def niches_of(*, owner: AbstractBaseUser, archived: bool = False) -> QuerySet[Niche]:
    """The owner's saved niches, or the archived ones, newest first, by name alone."""
    kept = Niche.objects.filter(owner=owner.pk, archived_at__isnull=not archived, deleted_at=None)
    return kept.only("pk", "name")


def names_of_questions(
    *, owner: AbstractBaseUser, filters: Sequence[Mapping[str, Any]]
) -> list[tuple[dict[str, Any], str]]:
    """The conditions and names of the owner's niches that ask one of these questions, the oldest
    first; in one statement, none without a question.
    """
    if not filters:
        return []
    same = Niche.objects.filter(
        owner=owner.pk, deleted_at=None, filters__in=[dict(question) for question in filters]
    )
    return list(same.order_by("created_at").values_list("filters", "name"))


def niche_of(*, owner: AbstractBaseUser, niche_id: int, deleted: bool = False) -> Niche:
    """One of the owner's niches, or of those they deleted; raises ``Http404`` for any other."""
    niches = Niche.objects.select_related("profile").filter(deleted_at__isnull=not deleted)
    return get_object_or_404(niches, pk=niche_id, owner=owner.pk)
