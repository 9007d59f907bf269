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
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils import timezone

from discovery.keepa.errors import InvalidFilters, KeepaError, KeepaUnavailable, QuestionRefused
from discovery.keepa.finder import NicheFilters
from discovery.models import Run, RunLine
from discovery.products.asin_lookup import BATCH as CODES_AT_ONCE
from discovery.products.product_costs import (
    Source,
    costs_of,
    costs_of_listings,
    state_costs,
)
from discovery.products.scored import StatedCost
from discovery.runs.candidates import compare
from discovery.runs.heartbeat import heartbeat
from discovery.runs.lines import (
    SCORED_FIELDS,
    UNSCORED_FIELDS,
    open_candidates,
    settle_what_is_final,
    settle_what_is_known,
    stated_costs,
    waves,
    without_cost,
)
from discovery.runs.naming import (
    MERGED_FIELDS,
    NAMED_FIELDS,
    left_nameless,
    look_up,
    merge,
    recall_costs,
    same_products,
)
from discovery.runs.own_costs import follow_costs
from discovery.runs.parting import end, put_off, queue_again
from discovery.runs.stopping import StopNow, stop_is_wanted
from discovery.runs.summary import first_outcome, paid_by_stage, unfinished_of, with_batch
from discovery.runs.turn import Interrupted, Stopped, TakenOver, Turn
from discovery.search.find_asins import find_asins
from discovery.search.score_products import BATCH, Funnel, run_funnel

logger = logging.getLogger(__name__)

State = Run.State
LineState = RunLine.State
WORK_FOR = 20.0  # seconds; then the others in the queue have their turn


def work_on(*, run_id: UUID | str, work_for: float = WORK_FOR) -> bool:
    """Work on a queued run for a while, then queue it again; a run not queued is left alone.

    Returns whether there was a queued run to work on.
    """
    holder = uuid.uuid4()
    queued = Run.objects.filter(pk=run_id, state=State.QUEUED)
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
    run = Run.objects.select_related("profile", "niche").get(pk=run_id)
    with heartbeat(run_id=run.pk, holder=holder):
        turn = Turn(run=run, holder=holder, in_vain=waited_for.get("in_vain", 0))
        _take(turn, until=time.monotonic() + work_for)
    return True


def _take(turn: Turn, *, until: float) -> None:
    try:
        finished = _work(turn, until=until)
    except TakenOver:
        logger.warning("run %s was taken over or deleted", turn.run.pk)
    except Stopped:
        end(turn, State.CANCELLED)
    except Interrupted:
        queue_again(turn)
    except StopNow:  # an answer that has not come in time is lost
        queue_again(turn, in_a_batch=True)
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
        end(turn, State.DONE) if finished else queue_again(turn)


# --- one turn -------------------------------------------------------------------------------------


def _work(turn: Turn, *, until: float) -> bool:
    """Whether the run is finished. Raises what stopped the work before."""
    if turn.run.is_search and not turn.run.lines.exists():
        turn.go_on_or_stop()
        _find(turn)
    while True:
        turn.go_on_or_stop()
        batch = list(turn.to_do[:BATCH])
        if not batch:
            return True
        if turn.run.is_list and _name_products(turn, batch):
            batch = list(turn.to_do.exclude(asin="")[:BATCH])
        turn.count()
        if not _analyse_batch(turn, batch):
            return True
        if time.monotonic() >= until:
            return False


def _find(turn: Turn) -> None:
    """Ask which products answer the search, and keep one line for each that is to be scored.

    Raises ``KeepaError`` when nothing at all can answer.
    """
    run = turn.run
    try:
        found = find_asins(
            filters=NicheFilters.from_canonical(run.filters),
            purpose=turn.purpose,
            holder=turn.holder,
        )
    except KeepaError as error:
        turn.write_down(error.tokens_spent)
        raise
    except InvalidFilters as refused:
        turn.write_down(refused.tokens_spent)
        raise QuestionRefused(tokens_spent=refused.tokens_spent) from refused
    turn.problem = found.problem
    asins = found.asins[: run.max_results]
    run.outcome, spent = first_outcome(
        found, bought_since=turn.interrupted_since, asked_at=run.created_at, profile=turn.profile
    )
    run.found, run.total = found.total_results, len(asins)
    paid: Any = F("tokens_spent") + spent
    if run.interrupted:  # it may have written it down already
        paid = Greatest(F("tokens_spent"), spent)
    with transaction.atomic():
        turn.change(
            tokens_spent=paid,
            found=run.found,
            total=run.total,
            outcome=run.outcome,
            tokens_saved=F("tokens_saved") + run.outcome["list_saved"],
            worked_ms=F("worked_ms") + _milliseconds_since(turn.began),
        )
        RunLine.objects.bulk_create(
            RunLine(run=run, position=position, asin=asin)
            for position, asin in enumerate(asins, start=1)
        )


def _analyse_batch(turn: Turn, batch: Sequence[RunLine]) -> bool:
    """Score the lines and store them; whether the next batch may follow.

    Raises ``Stopped``, ``Interrupted``, and the ``KeepaError`` that cut the batch short, all after
    what was bought is stored. A search whose products are known ends with what it has when
    waiting does not help.
    """
    turn.noted = spent = saved = 0
    default_vat = turn.profile.settings.for_marketplace(turn.run.marketplace).cost_vat
    settled: list[RunLine] = []
    said: dict[str, StatedCost] = {}
    problem: KeepaError | None = None
    stop: Stopped | Interrupted | None = None
    goes_on = False
    own = costs_of(
        user_id=turn.run.owner_id,
        marketplace=turn.run.marketplace,
        asins=without_cost(batch),
    )
    for wave in waves(batch):
        funnel = Funnel(
            marketplace=turn.run.marketplace,
            profile=turn.profile,
            asker=turn.asker(),
            costs=stated_costs(wave, default=default_vat, own=own),
            cost_units={line.asin: line.cost_units for line in wave},
            candidates={line.asin: open_candidates(line) for line in wave},
            tokens_spent=spent,
        )
        try:
            run_funnel(funnel, asins=[line.asin for line in wave], detail=True)
        except (Stopped, Interrupted) as stopped:
            stop = stopped
        spent, problem = funnel.tokens_spent, funnel.problem
        goes_on = isinstance(stop, Interrupted) or _is_waited_out(problem, stop)
        # A search shows all it has; a list keeps what is final.
        settles = settle_what_is_known if turn.run.is_search else settle_what_is_final
        answered = [line for line in wave if settles(line, funnel, stopped=stop is not None)]
        if turn.run.is_search:
            turn.run.outcome = with_batch(
                turn.run.outcome, funnel, bought_since=turn.interrupted_since, goes_on=goes_on
            )
        turn.run.fetched += funnel.fetched
        settled += answered
        given = [line.asin for line in answered if line.cost is not None]
        products = [funnel.products[asin] for asin in given if asin in funnel.products]
        # Of lines of one product the first tells what it costs.
        said = costs_of_listings(products, funnel.costs) | said
        saved += _saved(turn, funnel, answered)
        if problem is not None or stop is not None:
            break
    compare(
        settled,
        owner_id=turn.run.owner_id,
        marketplace=turn.run.marketplace,
        profile=turn.profile.settings,
    )
    _store(turn, settled, saved=saved, costs=said)
    # Rows are shown, and costs typed in them, before their batch is done.
    follow_costs(turn.run, settled, own)
    if stop is not None:
        raise stop
    if problem is not None and (goes_on or turn.run.is_list):
        raise problem
    turn.problem = turn.problem or problem
    return problem is None


def _is_waited_out(problem: KeepaError | None, stop: Exception | None) -> bool:
    return stop is None and problem is not None and not problem.permanent


def _saved(turn: Turn, funnel: Funnel, answered: Sequence[RunLine]) -> int:
    """What the lines answered for good did not cost; this run's own purchases are no saving."""
    final = {line.asin for line in answered}.difference(unfinished_of(turn.run.outcome))
    return sum(
        product.tokens_saved
        for asin, product in funnel.products.items()
        if asin in final and product.fetched_at < turn.run.created_at
    )


def _name_products(turn: Turn, batch: Sequence[RunLine]) -> bool:
    """Put its product on every line of a list, and make one line of those of one product.

    Returns whether any lacked one. Raises ``KeepaError``, after what was bought is stored.
    """
    recall_costs(batch, run=turn.run)
    unnamed = [line for line in batch if not line.asin]
    for start in range(0, len(unnamed), CODES_AT_ONCE):
        lines = unnamed[start : start + CODES_AT_ONCE]
        turn.go_on_or_stop()
        turn.noted = 0
        turn.count()
        try:
            named = look_up(
                lines,
                run=turn.run,
                purpose=turn.purpose,
                holder=turn.holder,
                on_wait=turn.on_wait,
            )
        except KeepaError as error:
            turn.write_down(error.tokens_spent)
            raise
        turn.write_down(named.tokens_spent)
        with transaction.atomic():
            _store(turn, left_nameless(lines, named), saved=0)
            RunLine.objects.bulk_update([line for line in lines if line.asin], NAMED_FIELDS)
    _merge_same(turn, {line.asin for line in unnamed if line.asin})
    return bool(unnamed)


def _merge_same(turn: Turn, asins: set[str]) -> None:
    """Make one line of those of each product; it is scored anew if it was scored before."""
    groups = same_products(turn.run, asins) if asins else []
    joined = [line.pk for group in groups for line in group[1:]]
    if not joined:
        return
    turn.run.total -= len(joined)
    with transaction.atomic():
        turn.change(total=turn.run.total, merged=F("merged") + len(joined))
        RunLine.objects.bulk_update([merge(group) for group in groups], MERGED_FIELDS)
        RunLine.objects.filter(pk__in=joined).delete()


def _store(
    turn: Turn,
    settled: Sequence[RunLine],
    *,
    saved: int,
    costs: Mapping[str, StatedCost] | None = None,
) -> None:
    """Write down the lines, and what the products of a list ``costs`` tell cost its owner."""
    unfinished = unfinished_of(turn.run.outcome)
    final = sum(line.asin not in unfinished for line in settled)
    with transaction.atomic():
        changes: dict[str, Any] = {
            "done": turn.run.done + final,
            "interrupted": False,
            "outcome": turn.run.outcome,
            "tokens_saved": F("tokens_saved") + saved,
            "worked_ms": F("worked_ms") + _milliseconds_since(turn.began),
        }
        if final:
            changes["attempts"] = 0
        if turn.run.is_search:
            # What was stored before a kill, but not yet written down, is on the stages.
            changes["tokens_spent"] = Greatest(F("tokens_spent"), paid_by_stage(turn.run.outcome))
        # First the run, whose row stays locked: a run lost meanwhile gets no line written.
        turn.change(**changes)
        turn.run.interrupted = False
        if final:
            turn.run.attempts = turn.in_vain = 0
        scored = [line for line in settled if line.state == LineState.SCORED]
        others = [line for line in settled if line.state != LineState.SCORED]
        RunLine.objects.bulk_update(scored, SCORED_FIELDS)
        RunLine.objects.bulk_update(others, UNSCORED_FIELDS)
        if costs:
            state_costs(
                user_id=turn.run.owner_id,
                marketplace=turn.run.marketplace,
                costs=costs,
                source=Source.LIST,
                now=timezone.now(),
            )


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
