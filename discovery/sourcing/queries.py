"""Picks as they are read: those on the list, narrowed down, sorted, a page of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page, Paginator
from django.db.models import (
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)

from discovery.models import Alert, Pick, PickClass, Run, RunLine, Sighting, SourcingJob
from discovery.paging import PAGE_SIZE
from discovery.runs.ranking import verdict_order
from discovery.scoring import ShownVerdict, Verdict
from discovery.scoring.verdict import BUYS
from discovery.sourcing.decisions import decision_now

MOST_JOBS = 200  # offered to choose from
MOST_SIGHTINGS = 200  # the newest of a pick, on its page


class Decided(StrEnum):
    """Which picks are shown, by what was decided."""

    OPEN = "open"  # nothing, or ignored and better since
    IGNORED = "ignored"
    BOUGHT = "bought"
    ALL = "all"


# Name in the address -> the columns, the first of them turned round by ``-``.
SORTS: dict[str, tuple[str, ...]] = {
    "worth": ("verdict_order", "-worth", "-pk"),
    "seen": ("seen_at", "pk"),
    "first": ("first_seen_at", "pk"),
    "roi": ("roi_percent", "pk"),
    "profit": ("profit", "pk"),
    "cost": ("cost", "pk"),
    "title": ("title", "asin", "pk"),
}
DEFAULT_SORT = "worth"


@dataclass(frozen=True, slots=True)
class PickNarrowing:
    """What of the picks is looked at; empty is everything. ``words`` in the title or the ASIN.

    ``job`` is the number of a job that saw them. Of those to decide on, ``is_gone`` keeps what is
    gone, skipped or rejected too; asked for by verdict or class, the latter are there anyway.
    """

    pick_class: str = ""
    cost_kind: str = ""
    verdict: str = ""
    marketplace: str = ""
    job: int | None = None
    decided: Decided = Decided.OPEN
    is_gone: bool = False
    words: str = ""
    sort: str = DEFAULT_SORT
    is_descending: bool = False


def picks_of(*, owner: AbstractBaseUser) -> QuerySet[Any]:
    """The owner's picks with ``verdict_order`` (0 is best), ``worth``, ``decided`` and ``is_open``.

    ``worth`` is the engine's rank times how sure it is; ``decided`` is what its product's marks say
    now, on whichever page they were given; ``is_open``: that is nothing, or it was ignored and its
    verdict is better now. The breakdown is left out.
    """
    mine: QuerySet[Any] = Pick.objects.filter(owner=owner.pk)
    found: QuerySet[Any] = (
        mine.defer("breakdown", "job__criteria", "job__cursor")
        .select_related("job")
        .annotate(
            verdict_order=verdict_order(),
            ignored_order=_order_when_ignored(),
            worth=ExpressionWrapper(F("rank_score") * F("confidence"), output_field=FloatField()),
            decided=decision_now(),
        )
        .annotate(
            is_open=Case(
                When(decided=Pick.Decision.NONE, then=True),
                # Ignored on another page since it was last seen, it has not changed either.
                When(
                    decided=Pick.Decision.IGNORED,
                    decision=Pick.Decision.IGNORED,
                    verdict_order__lt=F("ignored_order"),
                    then=True,
                ),
                default=False,
            )
        )
    )
    return found


def _order_when_ignored() -> Case:
    """The verdict that was ignored as a number; where none was kept, nothing is better."""
    whens = [
        When(ignored_verdict=verdict.value, then=Value(place))
        for place, verdict in enumerate(ShownVerdict)
    ]
    return Case(*whens, default=Value(0), output_field=IntegerField())


def worth_showing() -> Q:
    """What is still there and neither skipped nor rejected."""
    return Q(gone_at=None) & _is_worth()


def _is_worth() -> Q:
    return ~Q(verdict=Verdict.SKIP.value) & ~Q(pick_class=PickClass.REJECT)


def best_picks(*, owner: AbstractBaseUser, since: datetime) -> QuerySet[Any]:
    """What can be bought now, seen since, undecided: the best first, sureness counted in.

    What is too good to be true is none: it is to be checked first.
    """
    return (
        picks_of(owner=owner)
        .filter(worth_showing(), is_open=True, verdict__in=BUYS, seen_at__gte=since)
        .exclude(pick_class=PickClass.JACKPOT)
        .order_by(F("worth").desc(nulls_last=True), "-pk")
    )


_DECIDED: dict[Decided, Q] = {
    Decided.OPEN: Q(is_open=True),
    Decided.IGNORED: Q(decided=Pick.Decision.IGNORED),
    Decided.BOUGHT: Q(decided=Pick.Decision.BOUGHT),
    Decided.ALL: Q(),
}


def narrowed_picks(*, owner: AbstractBaseUser, narrowing: PickNarrowing) -> QuerySet[Any]:
    """The owner's picks that are looked at, sorted."""
    found = picks_of(owner=owner).filter(_DECIDED[narrowing.decided])
    if narrowing.decided is Decided.OPEN and not narrowing.is_gone:
        found = found.filter(gone_at=None)
        if not (narrowing.verdict or narrowing.pick_class):
            found = found.filter(worth_showing())
    if narrowing.verdict:
        is_sourcing = narrowing.verdict == ShownVerdict.SOURCING
        found = found.filter(
            Q(sourcing=True) if is_sourcing else Q(sourcing=False, verdict=narrowing.verdict)
        )
    for column in ("pick_class", "cost_kind", "marketplace"):
        if value := getattr(narrowing, column):
            found = found.filter(**{column: value})
    if narrowing.job is not None:
        seen = Sighting.objects.filter(pick=OuterRef("pk"), job=narrowing.job)
        found = found.filter(Exists(seen))
    for word in narrowing.words.split()[:8]:
        found = found.filter(Q(title__icontains=word) | Q(asin__icontains=word))
    return found.order_by(*map(_ordering, order_of(narrowing)))


def order_of(narrowing: PickNarrowing) -> tuple[str, ...]:
    """The columns that picks are sorted by, ``-`` for descending; the last is unique."""
    first, *others = SORTS[narrowing.sort]
    if narrowing.sort == DEFAULT_SORT:
        return (first, *others)
    turn = "-" if narrowing.is_descending else ""
    return (f"{turn}{first}", *others[:-1], f"{turn}pk")


def _ordering(name: str) -> Any:
    column = F(name.removeprefix("-"))
    return column.desc(nulls_last=True) if name.startswith("-") else column.asc(nulls_last=True)


def page_of_picks(*, owner: AbstractBaseUser, narrowing: PickNarrowing, number: str) -> Page[Any]:
    """One page of them; a page that is not there is the nearest."""
    return Paginator(narrowed_picks(owner=owner, narrowing=narrowing), PAGE_SIZE).get_page(number)


def pick_of(*, owner: AbstractBaseUser, pick_id: int) -> Pick:
    """One of the owner's picks. Raises ``Pick.DoesNotExist``."""
    found: Pick = picks_of(owner=owner).get(pk=pick_id)
    return found


def pick_of_product(*, owner: AbstractBaseUser, marketplace: str, asin: str) -> Pick | None:
    """What the owner's jobs have found of a product; ``None`` when they have not."""
    found: Pick | None = picks_of(owner=owner).filter(marketplace=marketplace, asin=asin).first()
    return found


def sightings_of(pick: Pick) -> list[Sighting]:
    """The looks at a pick, the newest first, each with its job."""
    looks = Sighting.objects.filter(pick=pick.pk).select_related("job")
    return list(looks.order_by("-seen_at", "-pk")[:MOST_SIGHTINGS])


def alerts_of(pick: Pick) -> list[Alert]:
    """What was told of a pick, the newest first, each with its job."""
    told = Alert.objects.filter(pick=pick.pk).select_related("job")
    return list(told[:MOST_SIGHTINGS])


def jobs_to_choose(*, owner: AbstractBaseUser) -> list[tuple[int, str]]:
    """Number and name of the owner's jobs, by name."""
    mine = SourcingJob.objects.filter(owner=owner.pk).order_by("name", "pk")
    return list(mine.values_list("pk", "name")[:MOST_JOBS])


def next_job(*, owner: AbstractBaseUser) -> SourcingJob | None:
    """The owner's job that runs next; one that does not run by itself where no other is."""
    mine = SourcingJob.objects.filter(owner=owner.pk)
    return mine.order_by(F("next_run_at").asc(nulls_last=True), "pk").first()


@dataclass(frozen=True, slots=True)
class Funnel:
    """What became of all that was looked at: each number is part of the one before it.

    ``looked`` and ``scored`` count products of runs, the others picks that are neither skipped nor
    rejected; ``tokens`` is what the runs have spent.
    """

    looked: int
    scored: int
    picks: int
    buys: int
    bought: int
    tokens: int

    @property
    def tokens_a_pick(self) -> Decimal | None:
        """What a pick has cost, in tokens; ``None`` while there is none."""
        return Decimal(self.tokens) / self.picks if self.picks else None


def funnel(*, owner: AbstractBaseUser, now: datetime, days: int = 30) -> Funnel:
    """The figures of the owner's jobs over the last ``days``, in three statements."""
    since = now - timedelta(days=days)
    runs = Run.objects.filter(owner=owner.pk, kind=Run.Kind.SOURCING, created_at__gte=since)
    lines = RunLine.objects.filter(run__in=runs.order_by().values("pk")).aggregate(
        looked=Count("pk"), scored=Count("pk", filter=Q(state=RunLine.State.SCORED))
    )
    mine: QuerySet[Any] = Pick.objects.filter(_is_worth(), owner=owner.pk, seen_at__gte=since)
    seen = mine.annotate(decided=decision_now())
    counted = seen.aggregate(
        picks=Count("pk"),
        buys=Count("pk", filter=Q(verdict__in=BUYS)),
        bought=Count("pk", filter=Q(verdict__in=BUYS, decided=Pick.Decision.BOUGHT)),
    )
    tokens = runs.order_by().aggregate(tokens=Sum("tokens_spent"))["tokens"] or 0
    return Funnel(**lines, **counted, tokens=tokens)
