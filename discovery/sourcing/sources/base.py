"""What a source of candidates is: one file each, one interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from discovery.models import SourcingJob
from discovery.scoring import Score, Verdict
from discovery.search.results import Asker
from discovery.search.score_products import is_promising


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

    def wants_detail(self, job: SourcingJob) -> Callable[[Score], bool]:
        """Whether a product, as scored for one token, is worth its Buy Box (3 more).

        For ``Funnel.wants_detail``; told before the look, from ``job.cursor`` as it was then.
        """
        ...


class SourceGone(Exception):
    """What the job asks about is no more; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def has_a_cost_or_is_a_buy(score: Score) -> bool:
    """Of what is looked at again and again: whether its Buy Box can still make a difference.

    A cost that is assumed says nothing of where to buy: its Buy Box waits until somebody asks.
    """
    if not is_promising(score):
        return False
    return not score.hypothetical or score.verdict in (Verdict.BUY, Verdict.STRONG_BUY)
