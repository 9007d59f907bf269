"""Every read the pages of the lists need."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import (
    Case,
    Count,
    DecimalField,
    ExpressionWrapper,
    F,
    IntegerField,
    QuerySet,
    Sum,
    When,
)
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404

from discovery.models import ListLine, ProductList
from discovery.products.scored import VERDICT_ORDER
from discovery.scoring import Verdict

PAGE_SIZE = 25
BAD_SHOWN = 200
UNKNOWN_SHOWN = 200
BUYS = (Verdict.STRONG_BUY.value, Verdict.BUY.value)
MONEY: DecimalField[Any, Any] = DecimalField(max_digits=20, decimal_places=4)
# A line without a quantity is one unit.
UNITS = Coalesce(F("quantity"), 1)

# What the result table may be sorted by: name in the address -> column. Unknown values come last.
SORTS = {
    "line": "position",
    "title": "title",
    "rank": "verdict_order",
    "max_cost": "max_cost",
    "price": "price",
    "cost": "landed_cost",
    "quantity": "units",
    "profit": "profit",
    "roi": "roi_percent",
    "velocity": "velocity_score",
    "bsr": "bsr",
    "total": "total_profit",
}
# The direction a first click means: the best on top.
BEST_FIRST = {"max_cost", "price", "quantity", "profit", "roi", "velocity", "total"}


@dataclass(frozen=True, slots=True)
class Purchase:
    """What buying every BUY and STRONG_BUY line takes, and what it should bring."""

    lines: int
    units: int
    investment: Decimal
    profit: Decimal


def list_of(*, owner: AbstractBaseUser, list_id: UUID) -> ProductList:
    """One of the owner's lists; raises ``Http404`` for anybody else's."""
    return get_object_or_404(
        ProductList.objects.select_related("profile"), pk=list_id, owner=owner.pk
    )


def page_of_lists(*, owner: AbstractBaseUser, number: str) -> Page[ProductList]:
    """The owner's lists, newest first."""
    return Paginator(ProductList.objects.filter(owner=owner.pk), PAGE_SIZE).get_page(number)


def bad_lines(*, listed: ProductList) -> QuerySet[ListLine]:
    """The first of the lines that could not be read, in the order of the list."""
    return listed.lines.filter(state=ListLine.State.BAD).order_by("position")[:BAD_SHOWN]


def unknown_lines(*, listed: ProductList) -> QuerySet[ListLine]:
    """The first of the lines Amazon or Keepa know nothing usable about."""
    states = (ListLine.State.UNKNOWN, ListLine.State.UNREADABLE)
    return listed.lines.filter(state__in=states).order_by("position")[:UNKNOWN_SHOWN]


def counts_of(*, listed: ProductList) -> tuple[dict[Verdict, int], int]:
    """How many lines of each verdict, the best first; and how many without an answer."""
    rows = listed.lines.order_by().values_list("verdict", "state").annotate(Count("pk"))
    verdicts = dict.fromkeys(VERDICT_ORDER, 0)
    unknown = 0
    for verdict, state, count in rows:
        if state == ListLine.State.SCORED:
            verdicts[Verdict(verdict)] += count
        elif state in {ListLine.State.UNKNOWN, ListLine.State.UNREADABLE}:
            unknown += count
    return verdicts, unknown


def purchase_of(*, listed: ProductList) -> Purchase:
    """The sums over the lines worth buying, in the list's currency."""
    sums = listed.lines.filter(verdict__in=BUYS).aggregate(
        lines=Count("pk"),
        units=Sum(UNITS),
        investment=Sum(ExpressionWrapper(UNITS * F("landed_cost"), output_field=MONEY)),
        profit=Sum(ExpressionWrapper(UNITS * F("profit"), output_field=MONEY)),
    )
    return Purchase(
        lines=sums["lines"],
        units=sums["units"] or 0,
        investment=sums["investment"] or Decimal(0),
        profit=sums["profit"] or Decimal(0),
    )


def results_of(
    *, listed: ProductList, sort: str = "rank", descending: bool = False, verdict: str = ""
) -> QuerySet[ListLine]:
    """The scored lines, filtered and sorted; an unknown sort or verdict is left out."""
    whens: list[Any] = [When(verdict=v.value, then=order) for v, order in VERDICT_ORDER.items()]
    results = listed.lines.filter(state=ListLine.State.SCORED).annotate(
        verdict_order=Case(*whens, default=len(whens), output_field=IntegerField()),
        units=UNITS,
        total_profit=ExpressionWrapper(UNITS * F("profit"), output_field=MONEY),
    )
    if verdict in set(Verdict):
        results = results.filter(verdict=verdict)
    column = F(SORTS.get(sort, SORTS["rank"]))
    by = column.desc(nulls_last=True) if descending else column.asc(nulls_last=True)
    return results.order_by(by, F("rank_score").desc(nulls_last=True), "position")


def page_of_results(*, results: QuerySet[ListLine], number: str) -> Page[ListLine]:
    return Paginator(results, PAGE_SIZE).get_page(number)


def restored_count(*, listed: ProductList) -> int:
    """How many codes got back the zeros a spreadsheet had dropped."""
    return listed.lines.filter(restored=True).count()
