"""The planner at work: reads what is due and what there is to spend, and carries out its decision.

One process plans at a time, and once a minute. A due job is claimed by moving its next time beyond
now, in one transaction with the run that starts: killed in between, neither has happened. However
many of its times were missed, a job runs once.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, Sum, Value
from django.db.models.functions import Coalesce
from django_q.tasks import async_task

from discovery.accounts.preferences import zone_named
from discovery.accounts.roles import may_act
from discovery.keepa.balance import token_balance
from discovery.keepa.errors import DailyCapReached
from discovery.models import PlannerTick, Run, SourcingJob, SourcingSwitch, TokenReservation
from discovery.sourcing import harvest
from discovery.sourcing.clock import midnight_of
from discovery.sourcing.forecast import NO_YIELD, expected_tokens, measured_tokens, yields
from discovery.sourcing.planner import (
    BalanceState,
    Decision,
    JobState,
    PlannerState,
    Refresh,
    decide,
)
from discovery.sourcing.scheduling import next_run_of
from discovery.sourcing.sources.base import SourceGone
from discovery.sourcing.starting import AlreadyAtWork, OwnerMayNotAct, start_run
from discovery.sourcing.switches import switches

logger = logging.getLogger(__name__)

TICKS_KEPT = timedelta(days=14)
TRIED_AGAIN_AFTER = timedelta(hours=1)  # what cannot be started at all
HARVEST = "discovery.tasks.harvest"
# Marks our lock among all of the database.
LOCK = int.from_bytes(b"plan", "big") << 32


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided, and on what; ``jobs`` are those it is about, by number."""

    state: PlannerState
    decision: Decision
    jobs: Mapping[int, SourcingJob]


def plan_minute(*, now: datetime) -> Decision | None:
    """Decide what runs in this minute and start it; ``None`` when another process has planned it.

    Whatever it costs is paid later, by the queue's workers: no call to Keepa is made here.
    """
    minute = now.replace(second=0, microsecond=0)
    with transaction.atomic():
        if not _take_turn() or PlannerTick.objects.filter(at=minute).exists():
            return None
        made = plan(now=now)
        started = carry_out(made, now=now)
        balance, decision = made.state.balance, made.decision
        PlannerTick.objects.create(
            at=minute,
            tokens_left=balance.left if balance else None,
            capacity=balance.capacity if balance else None,
            reason=decision.reason.value,
            started=started,
            refreshed=list(decision.refresh),
        )
        PlannerTick.objects.filter(at__lt=now - TICKS_KEPT).delete()
        if decision.refresh:
            costs = {refresh.key: refresh.cost for refresh in made.state.refreshes}
            chosen = {key: costs[key] for key in decision.refresh}
            async_task(HARVEST, chosen, task_name="harvest")
    return decision


def plan(*, now: datetime) -> Plan:
    """What would run in this minute; starts nothing and spends nothing."""
    on, balance = switches(), _balance(now)
    jobs = _jobs(now)
    is_idle = on.uses_idle_tokens and balance is not None and balance.is_nearly_full
    state = PlannerState(
        now=now,
        jobs=_job_states(jobs, now=now),
        balance=balance,
        refreshes=_refreshes(balance, now=now) if balance and is_idle else (),
        runs_jobs=on.runs_jobs,
        uses_idle_tokens=on.uses_idle_tokens,
    )
    return Plan(state, decide(state), {job.pk: job for job in jobs})


def _refreshes(balance: BalanceState, *, now: datetime) -> Sequence[Refresh]:
    return harvest.refreshes(now=now, largest_batch=balance.largest_batch)


def _take_turn() -> bool:
    """Whether this process plans; PostgreSQL ends the turn with the transaction, come what may."""
    lock = Func(Value(LOCK), function="pg_try_advisory_xact_lock", output_field=BooleanField())
    SourcingSwitch.objects.get_or_create(pk=1)  # a row to ask from
    return bool(SourcingSwitch.objects.values_list(lock, flat=True).get(pk=1))


def carry_out(made: Plan, *, now: datetime) -> list[int]:
    """Start what was decided, as far as it still stands; the numbers of the jobs that started."""
    started = []
    for pk in (*made.decision.start, *made.decision.skip):
        try:
            with transaction.atomic():
                is_started = _start(made.jobs[pk], now=now, is_skipped=pk in made.decision.skip)
        except (ValueError, ObjectDoesNotExist):  # it must not hold up the others
            logger.exception("job %s could not be started", pk)
            SourcingJob.objects.filter(pk=pk).update(next_run_at=now + TRIED_AGAIN_AFTER)
        else:
            if is_started:
                started.append(pk)
    return started


def _start(job: Any, *, now: datetime, is_skipped: bool) -> bool:
    if not _claim(job, now=now):
        logger.info("job %s was changed meanwhile", job.pk)
        return False
    if not is_skipped:
        try:
            start_run(job=job, now=now)
        except (AlreadyAtWork, OwnerMayNotAct) as reason:
            logger.info("job %s: this time is left out: %r", job.pk, reason)
            return False
        return True
    logger.info("job %s is still at work: this time is left out", job.pk)
    return False


def _claim(job: Any, *, now: datetime) -> bool:
    """Move the job's next time beyond now; whether it still was as it was read."""
    following = next_run_of(job, zone=zone_named(job.zone), after=now)
    same = SourcingJob.objects.filter(
        pk=job.pk, state=SourcingJob.State.ACTIVE, next_run_at=job.next_run_at
    )
    return bool(same.update(next_run_at=following))


# --- reading --------------------------------------------------------------------------------------


def _jobs(now: datetime) -> list[Any]:
    """The jobs that are due or at work, each with its owner's ``zone``, whether it ``may_run``, and
    ``is_at_work``.
    """
    at_work = Run.objects.filter(job=OuterRef("pk"), state__in=Run.ACTIVE)
    may_run = Q(state=SourcingJob.State.ACTIVE) & may_act("owner__")
    return list(
        SourcingJob.objects.select_related("niche", "profile", "owner")
        .annotate(
            may_run=may_run,
            is_at_work=Exists(at_work),
            zone=F("owner__preferences__time_zone"),
        )
        .filter(Q(may_run=True, next_run_at__lte=now) | Q(is_at_work=True))
        .order_by("pk")
    )


def _job_states(jobs: Collection[Any], *, now: datetime) -> tuple[JobState, ...]:
    ids = [job.pk for job in jobs]
    measured, brought = measured_tokens(ids), yields(ids)
    at_work = {
        job: (spent, (failure or {}).get("code") == DailyCapReached.code)
        for job, spent, failure in Run.objects.filter(
            job__in=ids, state__in=Run.ACTIVE
        ).values_list("job_id", "tokens_spent", "failure")
    }
    spent_today = _spent_today(jobs, now=now)
    states = []
    for job in jobs:
        expected = measured.get(job.pk)
        if expected is None:
            expected = _expected(job, now=now)
        spent, is_capped = at_work.get(job.pk, (0, False))
        states.append(
            JobState(
                pk=job.pk,
                due_at=job.next_run_at if job.may_run else None,
                last_run_at=job.last_run_at,
                is_at_work=job.is_at_work,
                to_spend=max(expected - spent, 0) if job.is_at_work and not is_capped else 0,
                expected_tokens=expected,
                picks_a_token=brought.get(job.pk, NO_YIELD).picks_a_token,
                spent_today=spent_today.get(job.pk, 0),
                daily_cap=job.daily_cap,
            )
        )
    return tuple(states)


def _expected(job: SourcingJob, *, now: datetime) -> int:
    try:
        return expected_tokens(job, now=now)
    except SourceGone:  # its run will say so, and costs nothing
        return 0


def _spent_today(jobs: Collection[Any], *, now: datetime) -> dict[int, int]:
    """Tokens of the runs begun since midnight where the job's owner lives."""
    capped = [job for job in jobs if job.daily_cap is not None]
    if not capped:
        return {}
    today = Q()
    for job in capped:
        midnight = midnight_of(now, zone=zone_named(job.zone))
        today |= Q(job=job.pk, created_at__gte=midnight)
    rows = Run.objects.filter(today).order_by().values_list("job_id")
    return dict(rows.annotate(tokens=Sum("tokens_spent")))


def _balance(now: datetime) -> BalanceState | None:
    balance = token_balance(now=now)
    if balance is None:
        return None
    on_their_way = TokenReservation.objects.filter(expires_at__gt=now)
    return BalanceState(
        left=balance.left,
        capacity=balance.capacity,
        floor=balance.capacity * settings.TOKEN_BACKGROUND_FLOOR_PERCENT // 100,
        reserved=on_their_way.aggregate(cost=Coalesce(Sum("cost"), 0))["cost"],
    )
