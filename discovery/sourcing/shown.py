"""Picks with all that a card says of them, in as many statements for one as for a page of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, OuterRef, Subquery
from pydantic import TypeAdapter

from discovery.models import Pick, RunLine, Sighting
from discovery.products import marks, pictures
from discovery.products.from_keepa import ProductCard
from discovery.scoring import Flag, FlagCode
from discovery.scoring.found_cost import Identity

_FLAGS = TypeAdapter(tuple[Flag, ...])


@dataclass(frozen=True, slots=True)
class ShownPick:
    """A pick as its card shows it.

    ``before`` is how it stood at the last visit, ``cost`` the evidence of its purchase price as the
    run kept it (``RunLine.evidence``), ``flags`` the risks of its score, ``jobs`` those that saw
    it.
    """

    pick: Pick
    card: ProductCard
    before: Sighting | None = None
    cost: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    jobs: tuple[tuple[int, str], ...] = ()
    is_favourite: bool = False

    @property
    def is_identity_open(self) -> bool:
        """Whether what is bought may be another product than what is sold."""
        told = self.cost.get("identity") == Identity.TO_CHECK.value
        return told or self.flag(FlagCode.IDENTITY_TO_CHECK) is not None

    def flag(self, code: FlagCode) -> Flag | None:
        """The risk of this code, if its score has it."""
        return next((flag for flag in self.flags if flag.code is code), None)

    @property
    def decision(self) -> str:
        """What is decided on it now."""
        return decision_of(self.pick)

    @property
    def is_back(self) -> bool:
        """Whether it was ignored, and shows because its verdict is better now."""
        return is_back(self.pick)

    @property
    def is_ignored(self) -> bool:
        """Whether it is ignored now."""
        return self.decision == Pick.Decision.IGNORED and not self.is_back


def is_back(pick: Any) -> bool:
    """Whether a pick of ``picks_of`` was ignored, and is open because its verdict is better now."""
    return bool(pick.is_open and pick.decided == Pick.Decision.IGNORED)


def decision_of(pick: Any) -> str:
    """What is decided on a pick of ``picks_of`` now."""
    return str(pick.decided)


def shown(
    picks: Sequence[Pick],
    *,
    user: AbstractBaseUser,
    before: Mapping[int, Sighting] | None = None,
) -> list[ShownPick]:
    """These picks as cards, in their order: four statements, none without a pick.

    ``before`` holds how a pick stood at the last visit, by its number.
    """
    if not picks:
        return []
    products = [(pick.marketplace, pick.asin) for pick in picks]
    cards = pictures.cards_of((pick.marketplace, pick.asin, pick.title) for pick in picks)
    favourites = marks.favourites_among(user=user, products=products)
    numbers = [pick.pk for pick in picks]
    told, jobs = _told(numbers), _jobs(numbers)
    return [
        ShownPick(
            pick=pick,
            card=cards[product],
            before=(before or {}).get(pick.pk),
            cost=told[pick.pk][0] if pick.pk in told else {},
            flags=told[pick.pk][1] if pick.pk in told else (),
            jobs=tuple(jobs.get(pick.pk, {}).items()),
            is_favourite=product in favourites,
        )
        for pick, product in zip(picks, products, strict=True)
    ]


def _told(picks: Sequence[int]) -> dict[int, tuple[Mapping[str, Any], tuple[Flag, ...]]]:
    """Number of a pick -> where its newest sighting found the price, and the risks of its score."""
    line = RunLine.objects.filter(run=OuterRef("run"), asin=OuterRef("pick__asin"))
    newest = Sighting.objects.filter(pick__in=picks, seen_at=F("pick__seen_at"))
    evidence = newest.annotate(evidence=Subquery(line.order_by().values("evidence")[:1]))
    rows = evidence.values_list("pick", "evidence", "pick__breakdown__score__flags")
    return {
        pick: ((told or {}).get("cost") or {}, _FLAGS.validate_python(flags or ()))
        for pick, told, flags in rows
    }


def _jobs(picks: Sequence[int]) -> dict[int, dict[int, str]]:
    """Number of a pick -> number and name of the jobs that saw it, by name."""
    seen = Sighting.objects.filter(pick__in=picks, job__isnull=False).order_by("job__name", "job")
    found: dict[int, dict[int, str]] = {}
    for pick, job, name in seen.values_list("pick", "job", "job__name").distinct():
        found.setdefault(pick, {})[job] = name
    return found
