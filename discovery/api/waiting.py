"""Long work over the API: ``202`` with a run to poll, or its end for who waits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Query
from ninja.responses import Status

from discovery.api.run_answers import run_answer
from discovery.models import Run
from discovery.runs.sharing import readable_run

LONGEST_WAIT = 30  # seconds
# Of operations: ``wait: Wait = 0``.
Wait = Annotated[
    int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the end before answering.")
]
FIRST_PAUSE, LONGEST_PAUSE, SLOWER = 0.25, 1.0, 1.5  # seconds between two looks; a factor
ASK_AGAIN = 2  # seconds, of a run that works
AT_WORK = (Run.State.QUEUED, Run.State.RUNNING)


def started(
    run: Run,
    *,
    wait: int,
    response: HttpResponse,
    user: Any,
    told: Callable[[Run], dict[str, Any]] | None = None,
) -> Status[dict[str, Any]]:
    """The answer to a call that has set a run to work, after ``wait`` seconds at most.

    200 with a run that has ended, else 202 with when to ask again. A run that waits for tokens is
    not waited for: it says until when. ``told`` is how the call shows a run, where not as others
    do. Raises ``Http404`` for one deleted meanwhile.
    """
    await_end(run, seconds=wait)
    run = readable_run(user=user, run_id=run.pk)
    response["Location"] = reverse("api:get_run", args=[run.pk])
    answer = run_answer(run, user=user) if told is None else told(run)
    if run.is_finished:
        return Status(200, answer)
    response["Retry-After"] = str(_seconds_until(run))
    return Status(202, answer)


def await_end(run: Run, *, seconds: float) -> None:
    """Wait until nobody works on the run any more: it ended, waits for tokens, or is deleted.

    One light statement a look, between which no transaction is open.
    """
    give_up, pause, state = time.monotonic() + seconds, FIRST_PAUSE, run.state
    while state in AT_WORK and (left := give_up - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(pause * SLOWER, LONGEST_PAUSE)
        state = Run.objects.filter(pk=run.pk).values_list("state", flat=True).first() or ""


def _seconds_until(run: Run) -> int:
    """When it makes sense to ask for the run again."""
    if run.state != Run.State.WAITING or run.resume_at is None:
        return ASK_AGAIN
    return max(ASK_AGAIN, math.ceil((run.resume_at - timezone.now()).total_seconds()))
