"""What a source of candidates is: one file each, one interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.utils import timezone

from discovery.models import BusinessProfile, SourcingJob
from discovery.profiles.service import activate
from discovery.scoring import ProductFacts, Profile, ReasonCode, Score, Verdict
from discovery.scoring import score as score_product
from discovery.scoring.what_if import WhatIf
from discovery.search.results import Asker
from discovery.search.score_products import WantsDetail, is_promising

# Columns of a job that say what it asks: another question starts from the beginning.
QUESTION = ("source", "marketplace", "niche_id", "criteria")
FAR_LESS = Decimal("0.75")  # of the mean of 90 days
AT_BEST = Decimal("1.15")  # of the mean of 90 days: what a Buy Box is hardly ever above


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What a source brings, the most promising first.

    ``asins`` are to be bought again where they are not fresh; ``unchanged`` belong to the answer as
    well, and Keepa has not looked at them since we did: they are scored from what is stored.
    ``gone`` are those of the last look that are no longer among them. ``evidence`` is what the
    source saw of a product (JSON, by ASIN). ``cursor`` is to be kept with the lines, in one
    transaction. ``told`` is for the run's page (JSON).
    """

    asins: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    evidence: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    cursor: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)
    tokens_spent: int = 0
    tokens_saved: int = 0


class Source(Protocol):
    """Where candidates come from."""

    def look(self, job: SourcingJob, *, asker: Asker, now: datetime) -> Candidates:
        """Ask for candidates, from where ``job.cursor`` says the last look has ended.

        Raises ``KeepaError``; ``SourceGone`` when the job's question is no more (a deleted niche).
        """
        ...

    def expected_tokens(self, job: SourcingJob, *, now: datetime) -> int:
        """What the next look costs, products bought included, as far as can be told now."""
        ...

    def look_tokens(self, job: SourcingJob) -> int:
        """What the source's own calls cost at most in one look, no product bought."""
        ...

    def wants_detail(self, job: SourcingJob) -> WantsDetail:
        """Whether a product, as scored for one token, is worth its Buy Box (3 more).

        For ``Funnel.wants_detail``; ``job.cursor`` is by then that of the look.
        """
        ...


def keep_cursor(job: SourcingJob, cursor: Mapping[str, Any]) -> None:
    """Keep how far the source has come, unless the job was given another question meanwhile."""
    job.cursor = dict(cursor)
    asked = {name: getattr(job, name) for name in QUESTION}
    SourcingJob.objects.filter(pk=job.pk, **asked).update(cursor=job.cursor)


class SourceGone(Exception):
    """What the job asks about is no more; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_cheap_now(score: Score, facts: ProductFacts | None) -> bool:
    """Of what is looked at again and again: whether its Buy Box can make a pick of it.

    It can where it may be bought for a known price, or where somebody asks far less than usual:
    what it sells for then is the Buy Box's to tell. Else it waits until somebody asks for it.
    """
    if not score.hypothetical or score.verdict in (Verdict.BUY, Verdict.STRONG_BUY):
        return is_promising(score)
    if facts is None or facts.new.current is None or facts.new.avg90 is None:
        return False
    return sells_well_enough(score, facts) and facts.new.current < facts.new.avg90 * FAR_LESS


def cheap_now(job: SourcingJob) -> WantsDetail:
    """As ``is_cheap_now``, of a job: and what is asked now would pay at the usual price.

    That is reckoned with the job's profile, for no token.
    """
    profile = activate(job.profile or BusinessProfile.objects.get(is_default=True)).settings

    def wants(score: Score, facts: ProductFacts | None) -> bool:
        if not is_cheap_now(score, facts):
            return False
        return facts is None or not score.hypothetical or pays_at_best(facts, profile)

    return wants


def pays_at_best(facts: ProductFacts, profile: Profile) -> bool:
    """Whether the lowest new price could be paid, were the product sold at its usual price.

    Where no price makes a Buy of it, nothing can be told: then it might.
    """
    price, usual = facts.new.current, facts.new.avg90
    if price is None or usual is None:
        return False
    at_best = score_product(
        facts, profile, now=timezone.now(), what_if=WhatIf(price=usual * AT_BEST)
    )
    return at_best.max_cost is None or at_best.max_cost >= price


def is_worth_a_first_look(score: Score, facts: ProductFacts | None) -> bool:
    """Of what is looked at for the first time: as of any search, and of what is cheap now."""
    return is_promising(score) or is_cheap_now(score, facts)


def sells_well_enough(score: Score, _facts: ProductFacts | None) -> bool:
    """Whether a product sells as often as the profile asks, whatever it would bring."""
    return ReasonCode.VELOCITY_MISSED not in score.buy_forbidden_by
