"""What a user should look at now: what to buy or source, favourites that got better, lists that
have ended, what is under way, niches to run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import (
    Case,
    Count,
    DecimalField,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber

from discovery.models import Favourite, Niche, ProductDecision, Run, RunLine
from discovery.runs.ranking import verdict_order
from discovery.scoring.codes import ShownVerdict
from discovery.scoring.currencies import FOR_ONE_EURO, ONE
from discovery.scoring.marketplaces import MARKETPLACES
from discovery.scoring.verdict import BUYS

LATELY = timedelta(days=7)
FINDS_SHOWN = 5
CANDIDATES = 50  # among which those that are still worth it are looked for
NICHES_SHOWN = 3
UNDER_WAY_SHOWN = 10
BETTER_SHOWN = 5
LISTS_SHOWN = 3
FAVOURITES_READ = 200  # the newest scores, two a product
RANKS = {verdict.value: rank for rank, verdict in enumerate(ShownVerdict)}  # the best first


@dataclass(frozen=True, slots=True)
class Better:
    """A favourite whose newest score is better than the one before, of the same profile."""

    line: RunLine
    before: str


@dataclass(frozen=True, slots=True)
class Today:
    """``finds`` are the best products of the last week nobody decided on, best first: those to
    buy come before those to be sourced. ``lists`` ended lately; each has ``buys`` and ``sourcing``,
    how many of its lines are worth it.
    """

    finds: Sequence[RunLine]
    better: Sequence[Better]
    lists: Sequence[Run]
    under_way: Sequence[Run]
    niches: Sequence[Niche]

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits for the user."""
        return not self.has_products and not (self.under_way or self.niches)

    @property
    def has_products(self) -> bool:
        """Whether there is anything to buy, to source or to look at."""
        return bool(self.finds or self.better or self.lists)


def today(*, owner: AbstractBaseUser, now: datetime) -> Today:
    """What waits for the user, in six statements, however much there is."""
    under_way = Run.objects.filter(owner=owner.pk, state__in=Run.ACTIVE)
    return Today(
        finds=_finds(owner, now - LATELY),
        better=_better(owner, now - LATELY),
        lists=_lists(owner, now - LATELY),
        under_way=list(under_way.select_related("niche")[:UNDER_WAY_SHOWN]),
        niches=_left_alone(owner, now - LATELY),
    )


def _finds(owner: AbstractBaseUser, since: datetime) -> list[RunLine]:
    decided = ProductDecision.objects.filter(
        user=owner.pk,
        asin=OuterRef("asin"),
        marketplace=OuterRef("run__marketplace"),
        kind__in=(ProductDecision.Kind.BOUGHT, ProductDecision.Kind.IGNORED),
    )
    lately = RunLine.objects.filter(
        run__owner=owner.pk,
        run__kind=Run.Kind.SEARCH,
        run__state=Run.State.DONE,
        run__created_at__gte=since,
        state=RunLine.State.SCORED,
    )
    worth = lately.filter(~Exists(decided)).filter(Q(verdict__in=BUYS) | Q(sourcing=True))
    ranked = worth.order_by(
        verdict_order(),
        (F("profit") / _for_one_euro()).desc(nulls_last=True),
        "asin",
        "-run__created_at",
    )
    candidates = list(
        ranked.select_related("run__profile").defer("breakdown", "run__outcome")[:CANDIDATES]
    )
    # Only the newest score of each product counts: a Buy that has become a Skip is none.
    newest = {
        (asin, marketplace): pk
        for asin, marketplace, pk in lately.filter(asin__in={line.asin for line in candidates})
        .order_by("run__created_at")
        .values_list("asin", "run__marketplace", "pk")
    }
    current = [line for line in candidates if newest[line.asin, line.run.marketplace] == line.pk]
    return current[:FINDS_SHOWN]


def _better(owner: AbstractBaseUser, since: datetime) -> list[Better]:
    favourite = Favourite.objects.filter(
        user=owner.pk, asin=OuterRef("asin"), marketplace=OuterRef("run__marketplace")
    )
    scored = RunLine.objects.filter(
        run__owner=owner.pk, run__state=Run.State.DONE, state=RunLine.State.SCORED
    )
    place = Window(
        RowNumber(),
        partition_by=[F("asin"), F("run__marketplace")],
        order_by=[F("run__created_at").desc(), F("pk").desc()],
    )
    newest = scored.filter(Exists(favourite)).annotate(place=place).filter(place__lte=2)
    lines = newest.order_by("-run__created_at").select_related("run__profile")
    latest: dict[tuple[str, str], RunLine] = {}
    found = []
    for line in lines.defer("breakdown", "run__outcome")[:FAVOURITES_READ]:
        product = (line.asin, line.run.marketplace)
        later = latest.setdefault(product, line)
        comparable = later is not line and later.run.profile_id == line.run.profile_id
        if comparable and later.run.created_at >= since and _rank(later) < _rank(line):
            found.append(Better(later, line.shown_verdict))
    return sorted(found, key=lambda one: _rank(one.line))[:BETTER_SHOWN]


def _rank(line: RunLine) -> int:
    return RANKS[line.shown_verdict]


def _lists(owner: AbstractBaseUser, since: datetime) -> list[Run]:
    ended = Run.objects.filter(
        owner=owner.pk, kind=Run.Kind.LIST, state=Run.State.DONE, finished_at__gte=since
    )
    counted = ended.annotate(
        buys=Count("lines", filter=Q(lines__verdict__in=BUYS)),
        sourcing=Count("lines", filter=Q(lines__sourcing=True)),
    )
    return list(counted.defer("outcome").order_by("-finished_at")[:LISTS_SHOWN])


def _for_one_euro() -> Case:
    """What stands for one euro in the run's currency: 900 ¥ are not more than 20 €."""
    whens = [
        When(run__marketplace=code, then=Value(FOR_ONE_EURO[market.currency]))
        for code, market in MARKETPLACES.items()
        if FOR_ONE_EURO[market.currency] != ONE
    ]
    return Case(*whens, default=Value(ONE), output_field=DecimalField())


def _left_alone(owner: AbstractBaseUser, before: datetime) -> list[Niche]:
    """Niches not asked for a while, the longest first; those never asked before all others."""
    kept = Niche.objects.filter(owner=owner.pk, archived_at=None, deleted_at=None)
    asked = kept.annotate(last_asked=Max("runs__created_at", filter=Q(runs__owner=owner.pk)))
    left = asked.filter(Q(last_asked=None) | Q(last_asked__lt=before))
    return list(left.order_by(F("last_asked").asc(nulls_first=True), "pk")[:NICHES_SHOWN])
