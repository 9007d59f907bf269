"""The work of a run, in batches of up to 100 products, each stored as soon as it has arrived.

Killed at any point, a run goes on from its last stored batch: what the batch under way had bought
lies in the stored products and the scoring cache, and costs nothing the second time. One worker
at a time holds a run, by a conditional UPDATE on its row; whoever lost it stores nothing more.

Tokens: a search, and a list of one batch, are waited for by a person and may use the last token.
A longer list is background work and leaves the floor of tokens to the searches made meanwhile.
When Keepa cannot answer, a list waits and goes on by itself (``runs.queue``); a search ends with
what it has, since somebody is looking at it.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils import timezone

from discovery.keepa.errors import InvalidFilters, KeepaError, QuestionRefused, TokensExhausted
from discovery.keepa.finder import NicheFilters
from discovery.models import Run, RunLine
from discovery.products.asin_lookup import BATCH as CODES_AT_ONCE
from discovery.runs.candidates import compare, open_candidates
from discovery.runs.endings import end_run
from discovery.runs.heartbeat import heartbeat
from discovery.runs.lines import (
    SCORED_FIELDS,
    UNSCORED_FIELDS,
    settle_what_is_final,
    settle_what_is_known,
    stated_costs,
    waves,
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
from discovery.runs.queue import MOST_ATTEMPTS, enqueue, interrupted
from discovery.runs.summary import first_outcome, paid_by_stage, with_batch
from discovery.runs.turn import Stopped, TakenOver, Turn
from discovery.search.find_asins import find_asins
from discovery.search.score_products import BATCH, Funnel, run_funnel

logger = logging.getLogger(__name__)

State = Run.State
LineState = RunLine.State
WORK_FOR = 20.0  # seconds; then the others in the queue have their turn
COME_BACK_IN = 60.0  # seconds, when Keepa does not say
INTERRUPTED_FOR = 10.0  # seconds until an interrupted run goes on
# Answers a batch may be paid for in vain; then its owner decides whether to pay once more.
MOST_PAID_IN_VAIN = 2


def work_on(*, run_id: UUID | str, work_for: float = WORK_FOR) -> bool:
    """Work on a queued run for a while, then queue it again; a run not queued is left alone.

    Returns whether there was a queued run to work on.
    """
    holder = uuid.uuid4()
    taken = Run.objects.filter(pk=run_id, state=State.QUEUED).update(
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
        _take(Turn(run=run, holder=holder), until=time.monotonic() + work_for)
    return True


def _take(turn: Turn, *, until: float) -> None:
    try:
        finished = _work(turn, until=until)
    except TakenOver:
        logger.warning("run %s was taken over or deleted", turn.run.pk)
    except Stopped:
        _end(turn, State.CANCELLED)
    except KeepaError as error:
        _put_off(turn, error)
    except BaseException:
        # The queue's time-out arrives as SystemExit: the run goes on by itself.
        _put_off(turn, None)
        raise
    else:
        _end(turn, State.DONE) if finished else _queue_again(turn)


# --- one turn -------------------------------------------------------------------------------------


def _work(turn: Turn, *, until: float) -> bool:
    """Whether the run is finished. Raises what stopped the work before."""
    lines = RunLine.objects.filter(run=turn.run.pk)
    if turn.run.is_search and not lines.exists():
        turn.go_on_or_stop()
        _find(turn)
    while True:
        turn.go_on_or_stop()
        pending = lines.filter(state=LineState.PENDING).order_by("position")
        batch = list(pending[:BATCH])
        if not batch:
            return True
        if turn.run.is_list and _name_products(turn, batch):
            batch = list(pending.exclude(asin="")[:BATCH])
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
    if run.attempts:  # an interrupted search may have written it down already
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

    Raises ``Stopped``, and for a list the ``KeepaError`` that cut the batch short, both after
    what was bought is stored.
    """
    turn.noted = spent = saved = 0
    default_vat = turn.profile.settings.for_marketplace(turn.run.marketplace).cost_vat
    settled: list[RunLine] = []
    problem: KeepaError | None = None
    stop: Stopped | None = None
    for wave in waves(batch):
        funnel = Funnel(
            marketplace=turn.run.marketplace,
            profile=turn.profile,
            asker=turn.asker(),
            costs=stated_costs(wave, default=default_vat),
            cost_units={line.asin: line.cost_units for line in wave},
            candidates={line.asin: open_candidates(line) for line in wave},
            tokens_spent=spent,
        )
        try:
            run_funnel(funnel, asins=[line.asin for line in wave], detail=True)
        except Stopped as stopped:
            stop = stopped
        spent, problem = funnel.tokens_spent, funnel.problem
        # A search that ends shows all it has; a list goes on later with what is not final.
        settles = settle_what_is_known if turn.run.is_search else settle_what_is_final
        settled += [line for line in wave if settles(line, funnel, stopped=stop is not None)]
        if turn.run.is_search:
            turn.run.outcome = with_batch(
                turn.run.outcome, funnel, bought_since=turn.interrupted_since
            )
        turn.run.fetched += funnel.fetched
        saved += sum(
            product.tokens_saved
            for product in funnel.products.values()
            # What this run had bought itself, before it was interrupted, is no saving.
            if product.fetched_at < turn.run.created_at
        )
        if problem is not None or stop is not None:
            break
    compare(settled, marketplace=turn.run.marketplace, profile=turn.profile.settings)
    # A list counts the savings of a batch once it is whole.
    _store(turn, settled, saved=0 if problem and turn.run.is_list else saved)
    if stop is not None:
        raise stop
    if problem is not None and not turn.run.is_search:
        raise problem
    turn.problem = turn.problem or problem
    return problem is None


def _name_products(turn: Turn, batch: Sequence[RunLine]) -> bool:
    """Put its product on every line of a list, and make one line of those of one product.

    Returns whether any lacked one. Raises ``KeepaError``, after what was bought is stored.
    """
    recall_costs(batch, run=turn.run)
    unnamed = [line for line in batch if not line.asin]
    for start in range(0, len(unnamed), CODES_AT_ONCE):
        lines = unnamed[start : start + CODES_AT_ONCE]
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


def _store(turn: Turn, settled: Sequence[RunLine], *, saved: int) -> None:
    with transaction.atomic():
        changes: dict[str, Any] = {
            "done": turn.run.done + len(settled),
            "outcome": turn.run.outcome,
            "tokens_saved": F("tokens_saved") + saved,
            "worked_ms": F("worked_ms") + _milliseconds_since(turn.began),
        }
        if settled:
            changes["attempts"] = 0
        if turn.run.is_search:
            # What was stored before a kill, but not yet written down, is on the stages.
            changes["tokens_spent"] = Greatest(F("tokens_spent"), paid_by_stage(turn.run.outcome))
        # First the run, whose row stays locked: a run lost meanwhile gets no line written.
        turn.change(**changes)
        if settled:
            turn.run.attempts = 0
        scored = [line for line in settled if line.state == LineState.SCORED]
        others = [line for line in settled if line.state != LineState.SCORED]
        RunLine.objects.bulk_update(scored, SCORED_FIELDS)
        RunLine.objects.bulk_update(others, UNSCORED_FIELDS)


# --- how a turn ends ------------------------------------------------------------------------------


def _queue_again(turn: Turn) -> None:
    with transaction.atomic():
        if turn.mine.update(state=State.QUEUED, holder=None, progressed_at=timezone.now()):
            enqueue(run_id=turn.run.pk)


def _put_off(turn: Turn, error: KeepaError | None) -> None:
    """Wait and go on later; fail when waiting does not help, or has not helped."""
    now = timezone.now()
    failure = interrupted(now) if error is None else error.to_stored()
    counts = not isinstance(error, TokensExhausted)
    attempts = turn.run.attempts + counts
    is_final = error is not None and (error.permanent or turn.run.is_search)
    if error is not None and error.in_vain:
        # Earlier attempts at this batch may have been paid for too.
        is_final |= turn.run.attempts + error.in_vain >= MOST_PAID_IN_VAIN
    if turn.mine.filter(cancel_requested=True).exists():
        _end(turn, State.CANCELLED)
        return
    if is_final or attempts >= MOST_ATTEMPTS:
        _end(turn, State.FAILED, failure=failure)
        return
    seconds = INTERRUPTED_FOR if error is None else error.retry_after or COME_BACK_IN
    turn.mine.update(
        state=State.WAITING,
        holder=None,
        failure=failure,
        attempts=attempts,
        resume_at=now + timedelta(seconds=seconds),
        progressed_at=now,
    )


def _end(turn: Turn, state: Run.State, *, failure: dict[str, Any] | None = None) -> None:
    if failure is None and turn.problem is not None:
        failure = turn.problem.to_stored()
    elif failure is None:
        failure = (turn.run.outcome or {}).get("problem")
    end_run(held=turn.mine, run_id=turn.run.pk, state=state, failure=failure)


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
