"""How a job's run is worked on: its source asked, its products scored, ways to buy them looked for.

The turn itself (claim, heartbeat, waiting, going on after a kill) is that of every run. What is of
its own: candidates and cursor are kept in one transaction; the job's daily cap is looked at before
each batch, and no batch is larger than it allows; a line is settled when all ways to buy its
product are known, and its pick is written with it.

Killed before that transaction, the source is asked again: the calls it has made are kept with its
job (``sources.calls``), and none is paid for twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from discovery.keepa.costs import product_cost
from discovery.keepa.errors import (
    DailyCapReached,
    EndpointNotInPlan,
    InvalidFilters,
    KeepaError,
    QuestionRefused,
)
from discovery.models import Run, RunLine, SourcingJob
from discovery.rows import write_back
from discovery.runs.kinds import Further, Steps
from discovery.runs.storing import milliseconds_since
from discovery.runs.summary import Outcome, with_batch
from discovery.runs.turn import GivenUp, Turn
from discovery.runs.worker import WORK_FOR
from discovery.runs.worker import work_on as work_on_run
from discovery.scoring.verdict import BUYS
from discovery.search.results import Stage
from discovery.search.score_products import Funnel, WantsDetail, as_promising
from discovery.sourcing.abroad import LookAbroad, booked_abroad
from discovery.sourcing.daily_cap import Allowance, allowance_of
from discovery.sourcing.jobs import pause_job
from discovery.sourcing.recording import record_gone, record_sightings
from discovery.sourcing.sources.base import Candidates, SourceGone, keep_cursor
from discovery.sourcing.sources.calls import count_calls
from discovery.sourcing.sources.registry import source_of
from discovery.sourcing.starting import owner_may_act
from discovery.sourcing.ways import find_ways, put_changes, put_way

# What knowing one product may cost at home: statistics, and its Buy Box.
MOST_A_PRODUCT = product_cost(1) + product_cost(1, buybox=True)


class SourcingSteps(Steps):
    """A look of a job: see above."""

    keeps_account = True

    def find(self, turn: Turn) -> None:
        """As ``Steps``: one line for each candidate. Raises ``GivenUp`` for a job that is gone."""
        turn.go_on_or_stop()
        _make_sure_it_may_go_on(turn)
        if turn.run.outcome is None:
            _find(turn)

    def most(self, turn: Turn, most: int) -> int:
        """As many lines as what the job may spend today is enough for, whatever they cost.

        Raises ``DailyCapReached``, and ``GivenUp`` once nobody may spend for it any more.
        """
        _make_sure_it_may_go_on(turn)
        allowance = _allowance(turn)
        if allowance is None:
            return most
        return max(min(most, allowance.left // MOST_A_PRODUCT), 1)

    def wants_detail(self, turn: Turn) -> WantsDetail:
        """As ``Steps``: as its source tells; as of any run when the job was deleted meanwhile."""
        job = turn.run.job
        return as_promising if job is None else source_of(job).wants_detail(job)

    def look_further(
        self, turn: Turn, settled: Sequence[RunLine], funnel: Funnel, *, may_ask: bool
    ) -> Further:
        """As ``Steps``: the best way to buy each product, other stores included."""
        scored = [line for line in settled if line.state == RunLine.State.SCORED]
        now = timezone.now()
        allowance = _todays(turn, now=now)
        looked = find_ways(
            turn,
            scored,
            funnel,
            most_tokens=allowance.left if allowance else None,
            may_ask=may_ask,
            now=now,
        )
        abroad = looked.abroad
        for line in scored:
            looks = abroad.looks.get(line.asin, ())
            put_way(line, funnel.products[line.asin], looked.chosen[line.asin], looks)
            if line.asin in looked.products:
                put_changes(line, looked.products[line.asin])
        _account_for(turn, funnel, abroad)
        return Further(
            [line for line in settled if line.asin not in looked.left],
            left=looked.left,
            problem=looked.problem,
            stop=looked.stop,
        )

    def account(
        self, turn: Turn, funnel: Funnel, *, goes_on: bool, left: Sequence[str] = ()
    ) -> None:
        """As ``Steps``: also where the tokens went."""
        turn.run.outcome = with_batch(
            turn.run.outcome,
            funnel,
            bought_since=turn.interrupted_since,
            goes_on=goes_on,
            left=left,
        )
        turn.run.outcome["tokens"] = _tokens(turn.run.outcome)

    def also_store(self, turn: Turn, settled: Sequence[RunLine]) -> None:
        """As ``Steps``: where each price was found, the sightings and the picks."""
        write_back(settled, ["evidence"])
        record_sightings(turn.run, settled, timezone.now())

    def close(self, run: Run) -> None:
        """As ``Steps``: what this look no longer brings is gone."""
        record_gone(run, now=timezone.now())


STEPS: Mapping[str, Steps] = {Run.Kind.SOURCING: SourcingSteps()}


def work_on(*, run_id: UUID | str, work_for: float = WORK_FOR) -> bool:
    """Work on a job's queued run for a while; as ``runs.worker.work_on``."""
    return work_on_run(run_id=run_id, work_for=work_for, steps=STEPS)


# --- candidates -----------------------------------------------------------------------------------


def _find(turn: Turn) -> None:
    job, now = turn.run.job, timezone.now()
    if job is None:  # by now
        raise _given_up("job_deleted", now=now)
    allowance = _allowance(turn)
    turn.noted = 0
    source = source_of(job)
    try:
        if allowance is not None and allowance.left < source.look_tokens(job):
            raise DailyCapReached(retry_after=(allowance.ends_at - now).total_seconds())
        candidates = source.look(job, asker=turn.asker(), now=now)
    except SourceGone as gone:
        pause_job(job=job, now=now, reason=gone.code)
        raise _given_up(gone.code, now=now) from gone
    except EndpointNotInPlan as refused:
        _count(turn, job, refused.tokens_spent)
        pause_job(job=job, now=now, reason=f"{job.source}_refused")
        raise
    except InvalidFilters as refused:
        _count(turn, job, refused.tokens_spent)
        raise QuestionRefused(tokens_spent=refused.tokens_spent) from refused
    except KeepaError as error:
        _count(turn, job, error.tokens_spent)
        raise
    _count(turn, job, candidates.tokens_spent)
    _keep_candidates(turn, job, candidates)


def _count(turn: Turn, job: SourcingJob, spent: int) -> None:
    """Write down what the calls of the source have cost, each of them once."""
    with transaction.atomic():
        turn.write_down(spent)
        count_calls(job)


def _make_sure_it_may_go_on(turn: Turn) -> None:
    """Raises ``GivenUp`` for a job that is gone, or an owner who may not spend any more, and as
    ``Turn.go_on_or_stop`` where its run was asked to stop.
    """
    job_id, code = turn.run.job_id, ""
    if job_id is None or not SourcingJob.objects.filter(pk=job_id).exists():
        turn.go_on_or_stop()  # whoever deleted it has asked its run to stop
        code = "job_deleted"
    elif not owner_may_act(turn.run.owner_id):
        code = "owner_may_not_act"
    if code:
        raise _given_up(code, now=timezone.now())


def _given_up(code: str, *, now: datetime) -> GivenUp:
    return GivenUp({"code": code, "retry_after": None, "at": now.isoformat()})


def _keep_candidates(turn: Turn, job: SourcingJob, candidates: Candidates) -> None:
    """The lines, the cursor and what the source told: all of it, or nothing."""
    run = turn.run
    asins = list(dict.fromkeys([*candidates.asins, *candidates.unchanged]))[: run.max_results]
    run.found, run.total = len(asins), len(asins)
    # All it has spent so far went to its source, before a kill as well.
    spent: int = turn.mine.values_list("tokens_spent", flat=True).first() or 0
    saved = candidates.tokens_saved if spent == candidates.tokens_spent else 0
    run.outcome = _first_outcome(candidates, items=len(asins), spent=spent)
    with transaction.atomic():
        turn.change(
            tokens_saved=F("tokens_saved") + saved,
            found=run.found,
            total=run.total,
            outcome=run.outcome,
            interrupted=False,
            worked_ms=F("worked_ms") + milliseconds_since(turn.began),
        )
        run.interrupted = False
        keep_cursor(job, candidates.cursor)
        RunLine.objects.bulk_create(
            RunLine(
                run=run,
                position=position,
                asin=asin,
                evidence={"source": dict(candidates.evidence.get(asin, {}))},
            )
            for position, asin in enumerate(asins, start=1)
        )


def _first_outcome(candidates: Candidates, *, items: int, spent: int) -> Outcome:
    stages = [Stage("source", items, spent, items)] if spent else []
    outcome: Outcome = {
        "source": dict(candidates.told),
        "gone": list(candidates.gone),
        "capped_until": None,
        "discovery_cache": "miss" if spent else "hit",
        "stale": False,
        "stages": [asdict(stage) for stage in stages],
        "obstacles": {},
        "unusable": [],
        "undecodable": [],
    }
    return outcome | {"tokens": _tokens(outcome)}


# --- tokens ---------------------------------------------------------------------------------------


def _todays(turn: Turn, *, now: datetime) -> Allowance | None:
    job = turn.run.job
    return allowance_of(job, run=turn.run, now=now) if job else None


def _allowance(turn: Turn) -> Allowance | None:
    """What the job may still spend today, ``None`` without a cap. Raises ``DailyCapReached``."""
    now = timezone.now()
    allowance = _todays(turn, now=now)
    told: Outcome = {"capped_until": None}
    if allowance is not None:
        until = allowance.ends_at.isoformat() if allowance.is_used_up else None
        told = {"day": allowance.as_kept(), "capped_until": until}
    outcome = turn.run.outcome
    if outcome is not None and not told.items() <= outcome.items():
        turn.run.outcome = outcome | told
        turn.change(outcome=turn.run.outcome)
    if allowance is None:
        return None
    if allowance.is_used_up:
        raise DailyCapReached(retry_after=(allowance.ends_at - now).total_seconds())
    return allowance


def _account_for(turn: Turn, funnel: Funnel, abroad: LookAbroad) -> None:
    """What looking abroad has bought is one more stage, and is booked by store."""
    booked = {code: list(asins) for code, asins in booked_abroad(turn.run.outcome).items()}
    for bought in (abroad.asked, abroad.before):
        for code, asins in bought.items():
            booked[code] = [*booked.get(code, ()), *asins]
    before = sum(map(len, abroad.before.values()))
    items = before + sum(map(len, abroad.asked.values()))
    funnel.tokens_spent += abroad.spent
    if items:
        survivors = sum(
            any(offer.score.verdict in BUYS for offer in offers)
            for offers in abroad.offers.values()
        )
        funnel.stages.append(Stage("abroad", items, abroad.spent + before, survivors))
        turn.run.outcome = (turn.run.outcome or {}) | {"abroad": booked}


def _tokens(outcome: Outcome) -> dict[str, int]:
    """What was spent on the source, on products at home and on other stores."""
    by_stage = {stage["name"]: stage["tokens_spent"] for stage in outcome["stages"]}
    source, abroad = by_stage.pop("source", 0), by_stage.pop("abroad", 0)
    return {"source": source, "products": sum(by_stage.values()), "abroad": abroad}
