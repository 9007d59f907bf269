"""The work of a run, in batches of up to 100 products, each stored as soon as it has arrived.

Killed at any point, a run goes on from its last stored batch: what the batch under way had bought
lies in the stored products and the scoring cache, and costs nothing the second time. One worker
at a time holds a run, by a conditional UPDATE on its row; whoever lost it stores nothing more.

Tokens: a search, and a list of one batch, are waited for by a person and may use the last token.
A longer list is background work and leaves the floor of tokens to the searches made meanwhile.
When Keepa cannot answer, a run waits and goes on by itself (``runs.queue``); a search shows what
it has meanwhile. When the process is to end, the run goes back into the queue before its next call.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from discovery.keepa.errors import KeepaError, KeepaUnavailable
from discovery.models import Run, RunLine
from discovery.products.product_costs import costs_of, costs_of_listings
from discovery.products.scored import StatedCost
from discovery.runs.candidates import compare
from discovery.runs.heartbeat import heartbeat
from discovery.runs.kinds import STEPS, Steps
from discovery.runs.lines import open_candidates, stated_costs, waves, without_cost
from discovery.runs.own_costs import follow_costs
from discovery.runs.parting import end, put_off, queue_again
from discovery.runs.stopping import StopNow, stop_is_wanted
from discovery.runs.storing import store_lines
from discovery.runs.summary import unfinished_of
from discovery.runs.turn import GivenUp, Interrupted, Stopped, TakenOver, Turn
from discovery.search.score_products import BATCH, Funnel, run_funnel

logger = logging.getLogger(__name__)

State = Run.State
LineState = RunLine.State
WORK_FOR = 20.0  # seconds; then the others in the queue have their turn


def work_on(
    *, run_id: UUID | str, work_for: float = WORK_FOR, steps: Mapping[str, Steps] = STEPS
) -> bool:
    """Work on a queued run for a while, then queue it again; a run not queued is left alone.

    ``steps`` are those of the kinds that are worked on: of searches and lists by default. Returns
    whether there was a queued run to work on.
    """
    holder = uuid.uuid4()
    queued = Run.objects.filter(pk=run_id, state=State.QUEUED, kind__in=steps)
    waited_for = queued.values_list("failure", flat=True).first() or {}
    taken = queued.update(
        state=State.RUNNING,
        holder=holder,
        started_at=Coalesce("started_at", Now()),
        progressed_at=timezone.now(),
        resume_at=None,
        failure=None,
    )
    if not taken:
        logger.info("run %s is gone or not to be worked on", run_id)
        return False
    run = Run.objects.select_related("profile", "niche", "job").get(pk=run_id)
    with heartbeat(run_id=run.pk, holder=holder):
        turn = Turn(run=run, holder=holder, in_vain=waited_for.get("in_vain", 0))
        _take(turn, steps[run.kind], until=time.monotonic() + work_for)
    return True


def _take(turn: Turn, steps: Steps, *, until: float) -> None:
    try:
        finished = _work(turn, steps, until=until)
    except TakenOver:
        logger.warning("run %s was taken over or deleted", turn.run.pk)
    except Stopped:
        end(turn, State.CANCELLED)
    except Interrupted:
        queue_again(turn)
    except StopNow:  # an answer that has not come in time is lost
        queue_again(turn, in_a_batch=True)
    except GivenUp as given_up:
        end(turn, State.FAILED, failure=given_up.failure)
    except KeepaError as error:
        if stop_is_wanted() and isinstance(error, KeepaUnavailable) and not error.in_vain:
            # Perhaps the whole machine stops, its way to Keepa first: that is no attempt.
            queue_again(turn)
        else:
            put_off(turn, error)
    except BaseException as fault:
        # The queue's time-out arrives as SystemExit: the run goes on by itself.
        put_off(turn, None, died=not isinstance(fault, Exception))
        raise
    else:
        end(turn, State.DONE, closes=steps.close) if finished else queue_again(turn)


# --- one turn -------------------------------------------------------------------------------------


def _work(turn: Turn, steps: Steps, *, until: float) -> bool:
    """Whether the run is finished. Raises what stopped the work before."""
    steps.find(turn)
    while True:
        turn.go_on_or_stop()
        batch = list(turn.to_do[:BATCH])
        if not batch:
            return True
        batch = batch[: steps.most(turn, len(batch))]
        if steps.prepare(turn, batch):
            batch = list(turn.to_do.exclude(asin="")[:BATCH])
        turn.count()
        if not _analyse_batch(turn, steps, batch):
            return True
        if time.monotonic() >= until:
            return False


@dataclass(slots=True)
class _Batch:
    """What has become of a batch so far: its final lines, and what has cut it short.

    ``own`` is what products cost their owner, ``said`` what the lines of a list say of it; both by
    ASIN. ``spent`` and ``saved`` are tokens.
    """

    own: Mapping[str, StatedCost]
    settled: list[RunLine] = field(default_factory=list)
    said: dict[str, StatedCost] = field(default_factory=dict)
    spent: int = 0
    saved: int = 0
    problem: KeepaError | None = None
    stop: Stopped | Interrupted | None = None
    goes_on: bool = False

    @property
    def is_cut_short(self) -> bool:
        """Whether its other lines have to wait."""
        return self.problem is not None or self.stop is not None


def _analyse_batch(turn: Turn, steps: Steps, lines: Sequence[RunLine]) -> bool:
    """Score the lines and store them; whether the next batch may follow.

    Raises ``Stopped``, ``Interrupted``, and the ``KeepaError`` that cut the batch short, all after
    what was bought is stored. A search whose products are known ends with what it has when
    waiting does not help.
    """
    turn.noted = 0
    batch = _Batch(
        own=costs_of(
            user_id=turn.run.owner_id,
            marketplace=turn.run.marketplace,
            asins=without_cost(lines),
        )
    )
    for wave in waves(lines):
        _score_wave(turn, steps, batch, wave)
        if batch.is_cut_short:
            break
    compare(
        batch.settled,
        owner_id=turn.run.owner_id,
        marketplace=turn.run.marketplace,
        profile=turn.profile.settings,
    )
    store_lines(
        turn,
        batch.settled,
        saved=batch.saved,
        keeps_account=steps.keeps_account,
        costs=batch.said,
        also=steps.also_store,
    )
    # Rows are shown, and costs typed in them, before their batch is done.
    follow_costs(turn.run, batch.settled, batch.own)
    if batch.stop is not None:
        raise batch.stop
    if batch.problem is not None and (batch.goes_on or not steps.shows_all):
        raise batch.problem
    turn.problem = turn.problem or batch.problem
    return batch.problem is None


def _score_wave(turn: Turn, steps: Steps, batch: _Batch, wave: Sequence[RunLine]) -> None:
    """Score lines of different products, and take over what is final of them into the batch."""
    default_vat = turn.profile.settings.for_marketplace(turn.run.marketplace).cost_vat
    funnel = Funnel(
        marketplace=turn.run.marketplace,
        profile=turn.profile,
        asker=turn.asker(),
        costs=stated_costs(wave, default=default_vat, own=batch.own),
        cost_units={line.asin: line.cost_units for line in wave},
        candidates={line.asin: open_candidates(line) for line in wave},
        wants_detail=steps.wants_detail(turn),
        tokens_spent=batch.spent,
    )
    try:
        run_funnel(funnel, asins=[line.asin for line in wave], detail=True)
    except (Stopped, Interrupted) as stopped:
        batch.stop = stopped
    batch.problem = funnel.problem
    is_stopped = batch.stop is not None
    answered = [line for line in wave if steps.settle(line, funnel, stopped=is_stopped)]
    further = steps.look_further(turn, answered, funnel, may_ask=not batch.is_cut_short)
    batch.stop = batch.stop or further.stop
    batch.problem = batch.problem or further.problem
    batch.spent = funnel.tokens_spent
    batch.goes_on = _goes_on(batch, steps)
    steps.account(turn, funnel, goes_on=batch.goes_on, left=further.left)
    turn.run.fetched += funnel.fetched
    batch.settled += further.settled
    given = [line.asin for line in further.settled if line.cost is not None]
    products = [funnel.products[asin] for asin in given if asin in funnel.products]
    # Of lines of one product the first tells what it costs.
    batch.said = costs_of_listings(products, funnel.costs) | batch.said
    batch.saved += _saved(turn, funnel, further.settled)


def _goes_on(batch: _Batch, steps: Steps) -> bool:
    """Whether what the batch has left open is gone on with later."""
    if not steps.shows_all:
        return batch.is_cut_short
    is_waited_out = batch.stop is None and batch.problem is not None and not batch.problem.permanent
    return isinstance(batch.stop, Interrupted) or is_waited_out


def _saved(turn: Turn, funnel: Funnel, answered: Sequence[RunLine]) -> int:
    """What the lines answered for good did not cost; this run's own purchases are no saving."""
    final = {line.asin for line in answered}.difference(unfinished_of(turn.run.outcome))
    return sum(
        product.tokens_saved
        for asin, product in funnel.products.items()
        if asin in final and product.fetched_at < turn.run.created_at
    )
