"""What a job will cost, told before it is saved and corrected by what its runs have cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import fmean

from django.db.models import Count, F, Sum, Window
from django.db.models.functions import RowNumber

from discovery.keepa.balance import token_balance
from discovery.models import PickClass, Run, Sighting, SourcingJob
from discovery.scoring import Verdict
from discovery.sourcing.sources.registry import source_of

MEASURED_RUNS = 5  # the newest: prices move, and so does what a look at them costs
MINUTES_A_DAY = 24 * 60
DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Forecast:
    """Tokens of one run and of a day; ``share`` is percent of what the plan brings in a day.

    ``is_measured``: from what its runs have cost rather than from what is known of its source.
    ``share`` is ``None`` until Keepa has told the plan.
    """

    tokens_a_run: int
    runs_a_day: Decimal
    tokens_a_day: int
    share: Decimal | None
    is_measured: bool


@dataclass(frozen=True, slots=True)
class JobYield:
    """What a job has cost and brought since it was made.

    ``picks`` are different products, seen when they were neither skipped nor rejected.
    ``tokens_a_pick`` is ``None`` until it has brought one.
    """

    tokens: int
    picks: int
    runs: int

    @property
    def tokens_a_pick(self) -> Decimal | None:
        """Tokens for each product brought."""
        return Decimal(self.tokens) / self.picks if self.picks else None

    @property
    def picks_a_token(self) -> float:
        """Products brought for each token: what the planner orders by; 0 before the first."""
        return self.picks / max(self.tokens, 1)


NO_YIELD = JobYield(tokens=0, picks=0, runs=0)


def forecast(job: SourcingJob, *, now: datetime) -> Forecast:
    """What the job will cost, saved or not.

    Raises ``SourceGone`` when what it asks about is no more, and nothing was measured.
    """
    measured = measured_tokens([job.pk]).get(job.pk) if job.pk else None
    tokens = expected_tokens(job, now=now) if measured is None else measured
    runs = runs_a_day(job)
    a_day = round(tokens * runs)
    if job.daily_cap is not None:
        a_day = min(a_day, job.daily_cap)
    return Forecast(
        tokens_a_run=tokens,
        runs_a_day=runs,
        tokens_a_day=a_day,
        share=_share(a_day, now=now),
        is_measured=measured is not None,
    )


def runs_a_day(job: SourcingJob) -> Decimal:
    """How often the job is due on a day of an average week."""
    return Decimal(len(set(job.times)) * len(set(job.weekdays))) / DAYS_A_WEEK


def expected_tokens(job: SourcingJob, *, now: datetime) -> int:
    """What is known of its source says of the next run. Raises ``SourceGone``."""
    return source_of(job).expected_tokens(job, now=now)


def measured_tokens(jobs: Collection[int]) -> dict[int, int]:
    """What the newest runs of these jobs have cost on average, by job; in one statement.

    A job's very first run buys all it has never seen: it counts only while it is the only one.
    """
    ended = Run.objects.filter(job__in=jobs, state=Run.State.DONE)
    newest = ended.annotate(
        place=Window(RowNumber(), partition_by=F("job"), order_by=F("created_at").desc())
    ).filter(place__lte=MEASURED_RUNS + 1)
    spent: dict[int, list[int]] = {}
    for job, tokens in newest.order_by("job", "place").values_list("job_id", "tokens_spent"):
        spent.setdefault(job, []).append(tokens)
    return {job: round(fmean(tokens[:-1] or tokens)) for job, tokens in spent.items()}


def job_yield(job: SourcingJob) -> JobYield:
    """What the job has cost and brought."""
    return yields([job.pk]).get(job.pk, NO_YIELD)


def yields(jobs: Collection[int]) -> Mapping[int, JobYield]:
    """What these jobs have cost and brought, by job, in two statements; those without a run out."""
    worth_it = Sighting.objects.exclude(verdict=Verdict.SKIP).exclude(pick_class=PickClass.REJECT)
    seen = worth_it.filter(job__in=jobs).order_by().values("job")
    picks = dict(seen.values_list("job").annotate(picks=Count("pick", distinct=True)))
    runs = Run.objects.filter(job__in=jobs).order_by().values("job")
    costs = runs.values_list("job").annotate(tokens=Sum("tokens_spent"), runs=Count("pk"))
    return {
        job: JobYield(tokens=tokens, picks=picks.get(job, 0), runs=count)
        for job, tokens, count in costs
    }


def _share(tokens_a_day: int, *, now: datetime) -> Decimal | None:
    balance = token_balance(now=now)
    if balance is None:
        return None
    return Decimal(tokens_a_day) * 100 / (balance.refill_rate * MINUTES_A_DAY)
