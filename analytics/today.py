"""What a user should look at now: finds not decided on, what is under way, niches left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Case, DecimalField, Exists, F, Max, OuterRef, Q, Value, When

from discovery.models import Niche, ProductDecision, Run, RunLine
from discovery.runs.ranking import verdict_order
from discovery.scoring.currencies import FOR_ONE_EURO, ONE
from discovery.scoring.marketplaces import MARKETPLACES
from discovery.scoring.verdict import BUYS

LATELY = timedelta(days=7)
FINDS_SHOWN = 5
CANDIDATES = 50  # among which those that are still worth it are looked for
NICHES_SHOWN = 3
UNDER_WAY_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Today:
    """``finds`` are the best products of the last week nobody decided on, best first.

    Those to buy come before those to be sourced.
    """

    finds: Sequence[RunLine]
    under_way: Sequence[Run]
    niches: Sequence[Niche]

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits for the user."""
        return not (self.finds or self.under_way or self.niches)


def today(*, owner: AbstractBaseUser, now: datetime) -> Today:
    """What waits for the user, in four statements, however much there is."""
    under_way = Run.objects.filter(owner=owner.pk, state__in=Run.ACTIVE)
    return Today(
        finds=_finds(owner, now - LATELY),
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
