"""Every read a page needs, one named function for each part of a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, When, Window
from django.shortcuts import get_object_or_404

from discovery.models import Favourite, SearchResult, SearchRun
from discovery.paging import PAGE_SIZE
from discovery.products.scored import VERDICT_ORDER
from discovery.runs.comparison import Standing
from discovery.scoring import Verdict

RUNS_LOOKED_BACK = 50

# What a result table may be sorted by: name in the address -> column. Unknown values come last.
SORTS = {
    "rank": "position",
    "title": "title",
    "verdict": "verdict_order",
    "max_cost": "max_cost",
    "price": "price",
    "profit": "profit",
    "roi": "roi_percent",
    "velocity": "velocity_score",
    "bsr": "bsr",
}
# The direction a first click means: the best on top.
BEST_FIRST = {"max_cost", "price", "profit", "roi", "velocity"}


def runs_by_id(*, ids: list[UUID]) -> dict[UUID, SearchRun]:
    return SearchRun.objects.defer("outcome").in_bulk(ids)


def recent_runs(*, owner: AbstractBaseUser, limit: int) -> QuerySet[SearchRun]:
    return SearchRun.objects.filter(owner=owner.pk).select_related("niche")[:limit]


def run_of(*, owner: AbstractBaseUser, run_id: UUID) -> SearchRun:
    """One of the owner's searches; raises ``Http404`` for anybody else's."""
    runs = SearchRun.objects.select_related("niche", "profile")
    return get_object_or_404(runs, pk=run_id, owner=owner.pk)


def comparable_runs(*, run: SearchRun) -> QuerySet[SearchRun]:
    """The owner's other answered searches of the same question, newest first.

    The same question is the same niche on the same marketplace, whatever was adjusted since, or
    the very same conditions.
    """
    same = Q(filters=run.filters)
    if run.niche_id is not None:
        market = run.filters.get("marketplace")
        same |= Q(niche=run.niche_id, filters__marketplace=market)
    answered = SearchRun.objects.filter(same, owner=run.owner_id, state=SearchRun.State.DONE)
    return answered.exclude(pk=run.pk).select_related("profile")


def earlier_runs(*, run: SearchRun) -> QuerySet[SearchRun]:
    """Those of ``comparable_runs`` that were made before, newest first."""
    return comparable_runs(run=run).filter(created_at__lt=run.created_at)


def standings_of(*, run: SearchRun) -> list[Standing]:
    """Every product of an answer as it stood, in one statement, without its explanations."""
    columns = ("pk", "position", "asin", "title", "verdict", "price", "roi_percent", "bsr")
    rows = run.results.order_by("position").values_list(*columns).iterator(chunk_size=5000)
    return [
        Standing(pk, position, asin, title, Verdict(verdict), price, roi, bsr)
        for pk, position, asin, title, verdict, price, roi, bsr in rows
    ]


def with_assumed_cost(*, results: Iterable[int]) -> set[int]:
    """Which of these results have a hypothetical ROI, by primary key."""
    assumed = SearchResult.objects.filter(pk__in=list(results), breakdown__score__hypothetical=True)
    return set(assumed.values_list("pk", flat=True))


def repeated_questions(
    *, owner: AbstractBaseUser, filters: Sequence[Mapping[str, Any]]
) -> dict[str, UUID]:
    """The newest answer to each of these questions that the owner has asked more than once.

    Keys are the questions as JSON with sorted names; in one statement, none without a question.
    """
    if not filters:
        return {}
    asked = SearchRun.objects.filter(
        owner=owner.pk, state=SearchRun.State.DONE, filters__in=[dict(one) for one in filters]
    )
    newest = (
        asked.annotate(times=Window(Count("pk"), partition_by=[F("filters")]))
        .order_by("filters", "-created_at")
        .distinct("filters")
        .values_list("filters", "pk", "times")
    )
    return {question_key(found): pk for found, pk, times in newest if times > 1}


def question_key(filters: Mapping[str, Any]) -> str:
    """Equal questions have equal keys, whatever the order of their names."""
    return json.dumps(filters, sort_keys=True)


def appearances_of(
    *, owner: AbstractBaseUser, marketplace: str, asin: str
) -> QuerySet[SearchResult]:
    """The owner's search results that hold the product, newest first."""
    found = SearchResult.objects.filter(
        run__owner=owner.pk, asin=asin, run__filters__marketplace=marketplace
    )
    return found.select_related("run__niche").defer("breakdown").order_by("-run__created_at")


def current_products(*, owner: AbstractBaseUser, limit: int) -> list[tuple[str, str]]:
    """Marketplace and ASIN of the owner's newest results, then favourites, each once."""
    runs = list(
        SearchRun.objects.filter(owner=owner.pk, state=SearchRun.State.DONE)
        .order_by("-created_at")
        .values_list("pk", flat=True)[:RUNS_LOOKED_BACK]
    )
    results = (
        SearchResult.objects.filter(run__in=runs)
        .order_by("-run__created_at", "position")
        .values_list("run__filters__marketplace", "asin")[: 4 * limit]
    )
    favourites = Favourite.objects.filter(user=owner.pk).values_list("marketplace", "asin")[:limit]
    return list(dict.fromkeys([*results, *favourites]))[:limit]


def verdict_counts(*, run: SearchRun) -> dict[Verdict, int]:
    """How many results of each verdict, the best verdict first."""
    rows = run.results.order_by().values_list("verdict").annotate(Count("pk"))
    counts: dict[str, int] = dict(rows)
    return {verdict: counts.get(verdict.value, 0) for verdict in VERDICT_ORDER}


def results_of(
    *, run: SearchRun, sort: str = "rank", descending: bool = False, verdict: str = ""
) -> QuerySet[SearchResult]:
    """The run's results, filtered and sorted; an unknown sort or verdict is left out."""
    results = run.results.annotate(verdict_order=verdict_order())
    if verdict in set(Verdict):
        results = results.filter(verdict=verdict)
    column = F(SORTS.get(sort, "position"))
    by = column.desc(nulls_last=True) if descending else column.asc(nulls_last=True)
    return results.order_by(by, "position")


def page_of_results(*, results: QuerySet[SearchResult], number: str) -> Page[SearchResult]:
    return Paginator(results, PAGE_SIZE).get_page(number)


def verdict_order() -> Case:
    """The verdict as a number, the best first, for ``order_by``."""
    whens: list[Any] = [When(verdict=v.value, then=order) for v, order in VERDICT_ORDER.items()]
    return Case(*whens, default=len(whens), output_field=IntegerField())
