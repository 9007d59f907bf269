"""Runs in the task queue: put in, and put in again when a wait is over or a process has died."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import Error, close_old_connections, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from discovery import clock_steps, leases
from discovery.models import Run
from discovery.runs.endings import end_run
from discovery.runs.heartbeat import SILENCE

logger = logging.getLogger(__name__)

State = Run.State
TASK = "discovery.tasks.work_on_run"
MOST_ATTEMPTS = 5  # in a row, at the same batch, of what goes wrong alike each time
MOST_PAUSES = 20  # in a row, at the same batch, of what may pass: half a day with their pauses
AT_ONCE = 4  # deaths in a row after which a run is gone on with at once
LONGEST_PAUSE = 3600.0  # seconds
FIRST_PAUSE = 60.0  # seconds
LOOK_OUT = 10.0  # seconds between two looks for runs to go on with


def enqueue(*, run_id: UUID) -> None:
    """Put the run into the queue; inside a transaction, once that is committed."""
    async_task(TASK, str(run_id), task_name=_task_name(run_id))


def _task_name(run_id: UUID) -> str:
    return f"run {run_id}"


def wake_runs(*, now: datetime) -> int:
    """Queue the runs whose wait is over and those whose worker has died; returns how many.

    A run whose worker keeps dying waits longer each time, and is given up in the end. A queued run
    that no task in the queue's table stands for is queued again: what a process had already taken
    out of the table dies with it. Should the task live after all, the one that comes second finds
    the run at work, or gives it one turn more.
    """
    waiting = Q(state=State.WAITING, resume_at__lte=now)
    silent = Q(state=State.RUNNING, progressed_at__lt=now - SILENCE)
    lost = Q(state=State.QUEUED, progressed_at__lt=now - SILENCE)
    under_way = Run.objects.filter(state__in=Run.ACTIVE).filter(waiting | silent | lost)
    found = list(under_way.defer("outcome", "columns", "filters"))
    tasks: set[str] = set()
    if any(run.state == State.QUEUED for run in found):
        tasks = {task.name() for task in OrmQ.objects.filter(lock__lte=timezone.now())}
    woken = 0
    for run in found:
        if run.state == State.QUEUED and _task_name(run.pk) in tasks:
            continue
        try:
            woken += _wake(run, now=now)
        except (ValueError, ObjectDoesNotExist):  # it must not hold up the others
            logger.exception("run %s could not be woken", run.pk)
    return woken


def has_gone_silent(run: Run, *, now: datetime) -> bool:
    """Whether the worker of a running run has shown no sign of life for too long."""
    seen = run.progressed_at
    return run.state == State.RUNNING and (seen is None or seen < now - SILENCE)


def pause_after(attempts: int) -> float:
    """Seconds to wait after so many failed attempts in a row: a minute, two, four ... an hour."""
    return float(min(FIRST_PAUSE * 2 ** min(max(attempts - 1, 0), 10), LONGEST_PAUSE))


def _wake(run: Run, *, now: datetime) -> bool:
    same = Run.objects.filter(pk=run.pk, state=run.state, progressed_at=run.progressed_at)
    if run.state == State.RUNNING:
        return _take_from_the_dead(run, same, now=now)
    with transaction.atomic():
        woken = same.update(state=State.QUEUED, holder=None, progressed_at=now, resume_at=None)
        if woken:
            enqueue(run_id=run.pk)
    return bool(woken)


def _take_from_the_dead(run: Run, same: QuerySet[Run], *, now: datetime) -> bool:
    attempts = run.attempts + 1
    if attempts > MOST_PAUSES:
        end_run(
            held=same,
            run_id=run.pk,
            state=State.FAILED,
            failure=interrupted(now),
            rescores=False,
        )
        return False
    waits = attempts > AT_ONCE
    pause = timedelta(seconds=pause_after(attempts - AT_ONCE))
    with transaction.atomic():
        taken = same.update(
            state=State.WAITING if waits else State.QUEUED,
            holder=None,
            progressed_at=now,
            resume_at=now + pause if waits else None,
            failure=interrupted(now) if waits else None,
            attempts=attempts,
            interrupted=True,
        )
        if taken:
            if run.holder:
                leases.release_leases(holder=run.holder)
            if not waits:
                enqueue(run_id=run.pk)
    return bool(taken and not waits)


def interrupted(now: datetime) -> dict[str, Any]:
    """The failure of a run whose process was stopped or has died."""
    return {"code": "interrupted", "retry_after": None, "at": now.isoformat()}


def watch_over_runs(**_signal: Any) -> None:
    """Start the look-out in a process of the queue; connected to django-q's ``post_spawn``.

    A killed process takes its run's heartbeat with it; its supervisor replaces it at once,
    and the look-out of any process queues the run again, 25 to 35 seconds after its last sign.
    """
    threading.Thread(target=_look_out, daemon=True).start()


def _look_out() -> None:
    pause = threading.Event()
    while not pause.wait(LOOK_OUT):
        try:
            clock_steps.put_right(now=timezone.now())
            wake_runs(now=timezone.now())
        except Error as error:
            logger.warning("runs could not be looked after: %s", error)
        finally:
            close_old_connections()
