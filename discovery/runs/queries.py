"""Every read that the pages of runs and their lines need."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
    FloatField,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    When,
    Window,
)
from django.db.models.expressions import OrderBy
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce, Floor, Greatest, Least
from django.shortcuts import get_object_or_404

from discovery.models import Favourite, Run, RunLine
from discovery.paging import PAGE_SIZE
from discovery.runs.comparison import Standing
from discovery.runs.ranking import verdict_order
from discovery.runs.sharing import readable_runs
from discovery.runs.sorts import DEFAULT, SORTS
from discovery.scoring import ShownVerdict, Verdict
from discovery.scoring.quantities import DAYS_PER_MONTH, SELL_WITHIN
from discovery.scoring.verdict import BUYS

RUNS_LOOKED_BACK = 50
BAD_SHOWN = 200
UNKNOWN_SHOWN = 200
WITHOUT_ANSWER = (RunLine.State.UNKNOWN, RunLine.State.UNREADABLE)
MONEY: DecimalField[Any, Any] = DecimalField(max_digits=20, decimal_places=4)
# A line without a quantity is one unit; units that are sold in lots make so many lots.
UNITS = Coalesce(F("lots"), F("quantity"), 1)
EXPECTED_SALES = Cast(
    KeyTextTransform("expected_sales_per_month", KeyTransform("score", "breakdown")), FloatField()
)
# Units that sell in time (``scoring.quantities``), all where sales are unknown: LEAST passes
# over a NULL, and GREATEST must not have done so before.
SOLD = Least(
    UNITS,
    Case(
        When(
            breakdown__score__expected_sales_per_month__gte=0,
            then=Greatest(
                1, Cast(Floor(EXPECTED_SALES * SELL_WITHIN / DAYS_PER_MONTH), IntegerField())
            ),
        ),
        output_field=IntegerField(),
    ),
)
# What a table may be sorted by without being a column.
COMPUTED: Mapping[str, Any] = {
    "verdict_order": verdict_order(),
    "units": UNITS,
    "total_profit": Case(
        When(profit__gt=0, then=ExpressionWrapper(SOLD * F("profit"), output_field=MONEY)),
        default=ExpressionWrapper(UNITS * F("profit"), output_field=MONEY),
    ),
}


@dataclass(frozen=True, slots=True)
class Purchase:
    """What buying every BUY and STRONG_BUY line takes, and what it should bring.

    ``sold`` of the ``units`` sell within 60 days: the profit is theirs, the investment is of all.
    """

    lines: int
    units: int
    sold: int
    investment: Decimal
    profit: Decimal

    @property
    def roi_percent(self) -> Decimal | None:
        """Profit in percent of the investment; ``None`` without any."""
        return 100 * self.profit / self.investment if self.investment else None


def run_of(*, owner: AbstractBaseUser, run_id: UUID, kind: Run.Kind | None = None) -> Run:
    """One of the owner's runs; raises ``Http404`` for anybody else's, and for another kind."""
    runs = Run.objects.select_related("niche", "profile").filter(owner=owner.pk)
    return get_object_or_404(runs if kind is None else runs.filter(kind=kind), pk=run_id)


def recent_searches(*, owner: AbstractBaseUser, limit: int) -> QuerySet[Run]:
    """The owner's newest searches, newest first."""
    searches = Run.objects.filter(owner=owner.pk, kind=Run.Kind.SEARCH)
    return searches.select_related("niche")[:limit]


def page_of_lists(*, owner: AbstractBaseUser, number: str) -> Page[Run]:
    """A page of the owner's lists, newest first."""
    lists = Run.objects.filter(owner=owner.pk, kind=Run.Kind.LIST)
    return Paginator(lists, PAGE_SIZE).get_page(number)


def comparable_runs(*, run: Run, user: AbstractBaseUser) -> QuerySet[Run]:
    """The other answered runs the user may read that ask the same, newest first.

    The same question is the same niche on the same marketplace, whatever was adjusted since, or
    the very same conditions; for a list, another list on the same marketplace; for a look of a job,
    another look of that job.
    """
    answered = readable_runs(user=user).filter(
        kind=run.kind, marketplace=run.marketplace, state=Run.State.DONE
    )
    if run.is_search:
        same = Q(filters=run.filters)
        answered = answered.filter(same | Q(niche=run.niche_id) if run.niche_id else same)
    elif run.is_sourcing:
        answered = answered.filter(job=run.job_id) if run.job_id else answered.none()
    return answered.exclude(pk=run.pk).select_related("profile", "niche", "owner")


def earlier_runs(*, run: Run, user: AbstractBaseUser) -> QuerySet[Run]:
    """Those of ``comparable_runs`` that the user or the run's owner made before, newest first."""
    comparable = comparable_runs(run=run, user=user).filter(owner__in={run.owner_id, user.pk})
    return comparable.filter(created_at__lt=run.created_at)


def likest(*, run: Run, earlier: Sequence[Run]) -> Run | None:
    """Which of these ``earlier`` runs, newest first, it is held against; ``None`` without any.

    The newest; of a list the one it has most products in common with: most likely it is the same,
    sent again.
    """
    if run.kind != Run.Kind.LIST or len(earlier) < 2:
        return earlier[0] if earlier else None
    mine = run.lines.exclude(asin="").order_by().values("asin")
    lines = RunLine.objects.filter(run__in=[one.pk for one in earlier], asin__in=mine)
    shared = dict(lines.order_by().values_list("run").annotate(products=Count("asin")))
    return max(earlier, key=lambda one: shared.get(one.pk, 0))  # the first of equals


def is_comparable(*, run: Run, user: AbstractBaseUser) -> bool:
    """Whether the run has an answer, and an earlier one to hold it against."""
    return run.state == Run.State.DONE and earlier_runs(run=run, user=user).exists()


def standings_of(*, run: Run) -> list[Standing]:
    """Every scored product as it stood, in one statement, without its explanations."""
    columns = ("pk", "position", "asin", "title", "price", "roi_percent", "bsr", "verdict")
    scored = run.lines.filter(state=RunLine.State.SCORED).order_by("position")
    return [
        Standing(
            pk, position, asin, title, price, roi, bsr,
            ShownVerdict.of(Verdict(verdict), sourcing=sourcing),
        )
        for pk, position, asin, title, price, roi, bsr, verdict, sourcing in scored.values_list(
            *columns, "sourcing"
        ).iterator(chunk_size=5000)
    ]  # fmt: skip


def engine_of(*, run: Run) -> tuple[str, str]:
    """Which engine scored the run, and with which settings (its fingerprint of the profile).

    Empty texts where nothing was scored. One line tells it of all of them.
    """
    scored = run.lines.filter(state=RunLine.State.SCORED).order_by("position")
    told = scored.values_list(
        "breakdown__score__engine_version", "breakdown__score__profile_fingerprint"
    )
    version, fingerprint = told.first() or ("", "")
    return version or "", fingerprint or ""


def repeated_questions(
    *, owner: AbstractBaseUser, filters: Sequence[Mapping[str, Any]]
) -> dict[str, UUID]:
    """The newest answer to each of these questions that the owner has asked more than once.

    Keys are the questions as JSON with sorted names; in one statement, none without a question.
    """
    if not filters:
        return {}
    asked = Run.objects.filter(
        owner=owner.pk,
        kind=Run.Kind.SEARCH,
        state=Run.State.DONE,
        filters__in=[dict(question) for question in filters],
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


def appearances_of(*, owner: AbstractBaseUser, marketplace: str, asin: str) -> QuerySet[RunLine]:
    """The scored lines of the owner's searches that hold the product, newest first."""
    found = RunLine.objects.filter(
        run__owner=owner.pk,
        run__kind=Run.Kind.SEARCH,
        run__marketplace=marketplace,
        asin=asin,
        state=RunLine.State.SCORED,
    )
    return found.select_related("run__niche").defer("breakdown").order_by("-run__created_at")


def current_products(*, owner: AbstractBaseUser, limit: int) -> list[tuple[str, str]]:
    """Marketplace and ASIN of the owner's newest answers, then favourites, each once."""
    runs = list(
        Run.objects.filter(owner=owner.pk, kind=Run.Kind.SEARCH, state=Run.State.DONE)
        .order_by("-created_at")
        .values_list("pk", flat=True)[:RUNS_LOOKED_BACK]
    )
    results = (
        RunLine.objects.filter(run__in=runs, state=RunLine.State.SCORED)
        .order_by("-run__created_at", "position")
        .values_list("run__marketplace", "asin")[: 4 * limit]
    )
    favourites = Favourite.objects.filter(user=owner.pk).values_list("marketplace", "asin")[:limit]
    return list(dict.fromkeys([*results, *favourites]))[:limit]


def counts_of(*, run: Run) -> tuple[dict[ShownVerdict, int], int]:
    """How many lines of each verdict shown, the best first; and how many without an answer."""
    rows = run.lines.order_by().values_list("verdict", "sourcing", "state").annotate(Count("pk"))
    verdicts = dict.fromkeys(ShownVerdict, 0)
    unknown = 0
    for verdict, sourcing, state, count in rows:
        if state == RunLine.State.SCORED:
            verdicts[ShownVerdict.of(Verdict(verdict), sourcing=sourcing)] += count
        elif state in WITHOUT_ANSWER:
            unknown += count
    return verdicts, unknown


def purchase_of(*, run: Run) -> Purchase:
    """The sums over the lines worth buying, in the run's currency."""
    sums = run.lines.filter(verdict__in=BUYS).aggregate(
        lines=Count("pk"),
        units=Sum(UNITS),
        investment=Sum(ExpressionWrapper(UNITS * F("landed_cost"), output_field=MONEY)),
        sold=Sum(SOLD),
        profit=Sum(ExpressionWrapper(SOLD * F("profit"), output_field=MONEY)),
    )
    return Purchase(
        lines=sums["lines"],
        units=sums["units"] or 0,
        sold=sums["sold"] or 0,
        investment=sums["investment"] or Decimal(0),
        profit=sums["profit"] or Decimal(0),
    )


def results_of(
    *, run: Run, sort: str = "rank", descending: bool = False, verdict: str = ""
) -> QuerySet[RunLine]:
    """The scored lines, filtered by a ``ShownVerdict`` and sorted; unknown ones are left out.

    The rank of a search's product is its position; that of a line is its verdict, then what it
    earns.
    """
    results = run.lines.filter(state=RunLine.State.SCORED)
    if verdict == ShownVerdict.SOURCING:
        results = results.filter(sourcing=True)
    elif verdict in set(ShownVerdict):
        results = results.filter(verdict=verdict, sourcing=False)
    first, *others = order_of(run=run, sort=sort, descending=descending)
    name = first.removeprefix("-")
    column = COMPUTED.get(name, F(name))
    by = column.desc(nulls_last=True) if descending else column.asc(nulls_last=True)
    return results.order_by(by, *(_nulls_last(other) for other in others))


def order_of(*, run: Run, sort: str = DEFAULT, descending: bool = False) -> tuple[str, ...]:
    """The order of a table's rows: fields of lines and names of ``COMPUTED``, ``-`` descending.

    Rows without a value come last; the last field is each row's own. A sort that is none of the
    kind's is the rank.
    """
    sorts = SORTS[run.kind]
    by = f"{'-' if descending else ''}{sorts.get(sort, sorts[DEFAULT]).column}"
    if by.removeprefix("-") == "position":
        return (by,)
    return (by, "position") if run.is_search else (by, "-rank_score", "position")


def with_computed(lines: QuerySet[RunLine], *, order: Sequence[str]) -> QuerySet[RunLine]:
    """The lines with what their order is computed from, each by its name."""
    names = {name.removeprefix("-") for name in order} & COMPUTED.keys()
    return lines.annotate(**{name: COMPUTED[name] for name in names})


def _nulls_last(name: str) -> OrderBy:
    field = F(name.removeprefix("-"))
    is_descending = name.startswith("-")
    return field.desc(nulls_last=True) if is_descending else field.asc(nulls_last=True)


def page_of_results(*, results: QuerySet[RunLine], number: str) -> Page[RunLine]:
    """One page of a result table."""
    return Paginator(results, PAGE_SIZE).get_page(number)


def scored_line(*, owner: AbstractBaseUser, pk: str) -> RunLine | None:
    """One of the scored lines of the owner's runs, by what an address or a form calls it."""
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    lines = RunLine.objects.filter(run__owner=owner.pk, state=RunLine.State.SCORED, pk=int(pk))
    return lines.select_related("run__profile", "run__niche").first()


def has_results(*, run: Run) -> bool:
    """Whether anything of the run is scored yet."""
    return run.lines.filter(state=RunLine.State.SCORED).exists()


def codes_to_ask(*, run: Run) -> int:
    """How many lines have a code that no product bore."""
    unknown = run.lines.filter(state=RunLine.State.UNKNOWN, reason="no_product")
    return unknown.exclude(code="").count()


def bad_lines(*, run: Run) -> QuerySet[RunLine]:
    """The first of the lines that could not be read, in the order of the list."""
    return run.lines.filter(state=RunLine.State.BAD).order_by("position")[:BAD_SHOWN]


def unknown_lines(*, run: Run) -> QuerySet[RunLine]:
    """The first of the lines Amazon or Keepa know nothing usable about."""
    return run.lines.filter(state__in=WITHOUT_ANSWER).order_by("position")[:UNKNOWN_SHOWN]


def restored_count(*, run: Run) -> int:
    """How many codes got back the zeros a spreadsheet had dropped."""
    return run.lines.filter(restored=True).count()
