"""The analysis of a list, in batches of 100 lines, each stored as soon as it has arrived.

Killed at any point, a list goes on from its last stored batch: what the batch under way had
bought lies in the catalogue and the scoring cache, and costs nothing the second time. One worker
at a time holds a list, by a conditional UPDATE on its row; whoever lost it stores nothing more.

Tokens: a list of one batch is waited for, and asks as a search does. A longer one is background
work and leaves the floor of tokens to the searches made meanwhile. Out of tokens, it waits and
goes on by itself (``wake_lists``, every minute).
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Avg, Count, F, Q
from django.utils import timezone
from django_q.tasks import async_task

from discovery.keepa.errors import KeepaError, TokensExhausted
from discovery.models import ListLine, ProductList
from discovery.products.asin_lookup import resolve
from discovery.products.scored import CacheState, ScoredProduct, to_breakdown
from discovery.profiles.service import ActiveProfile
from discovery.runs.service import SILENCE, describe_problem
from discovery.scoring import Profile, Verdict
from discovery.search.results import Asker, Progress
from discovery.search.score_products import BATCH, Funnel, run_funnel
from discovery.signals import CompletedSearch, search_completed

logger = logging.getLogger(__name__)

State = ProductList.State
LineState = ListLine.State
TASK = "discovery.tasks.analyse_list"
WORK_FOR = 20.0  # seconds; then the others in the queue have their turn
MOST_ATTEMPTS = 5  # in a row, at the same batch
COME_BACK_IN = 60.0  # seconds, when nobody says
LOST_IN_QUEUE = timedelta(minutes=30)

SCORED_FIELDS = (
    "asin", "state", "title", "verdict", "price", "max_cost", "landed_cost", "profit",
    "roi_percent", "velocity_score", "rank_score", "bsr", "breakdown",
)  # fmt: skip
UNSCORED_FIELDS = ("asin", "state", "reason")


class TakenOver(Exception):
    """Somebody else holds the list by now, or it was deleted: nothing more may be stored."""


class Stopped(Exception):
    """The owner asked for the analysis to stop."""


@dataclass(slots=True)
class _Turn:
    """One worker's turn at a list; ``noted`` are the tokens of the batch already written down."""

    listed: ProductList
    profile: ActiveProfile
    holder: UUID
    noted: int = 0

    @property
    def mine(self) -> Any:
        return ProductList.objects.filter(pk=self.listed.pk, holder=self.holder)

    @property
    def purpose(self) -> str:
        return "interactive" if self.listed.total <= BATCH else "background"

    def write_down(self, spent: int) -> None:
        """Keep what the batch has cost so far. Raises ``TakenOver``."""
        fresh, self.noted = spent - self.noted, spent
        changes = {"tokens_spent": F("tokens_spent") + fresh, "progressed_at": timezone.now()}
        if not self.mine.update(**changes):
            raise TakenOver

    def on_progress(self, progress: Progress) -> None:
        self.write_down(progress.tokens_spent)
        if progress.stage != "done":
            self.go_on_or_stop()

    def go_on_or_stop(self) -> None:
        """Raise ``Stopped`` when the owner wants no more."""
        if self.mine.filter(cancel_requested=True).exists():
            raise Stopped


def analyse(*, list_id: UUID | str, work_for: float = WORK_FOR) -> None:
    """Work on a queued list for a while, then queue it again; a list not queued is left alone."""
    holder = uuid.uuid4()
    taken = ProductList.objects.filter(pk=list_id, state=State.QUEUED).update(
        state=State.RUNNING, holder=holder, progressed_at=timezone.now(), resume_at=None
    )
    if not taken:
        logger.info("list %s is gone or not to be worked on", list_id)
        return
    listed = ProductList.objects.select_related("profile").get(pk=list_id)
    turn = _Turn(listed=listed, profile=_frozen_profile(listed), holder=holder)
    try:
        finished = _work(turn, until=time.monotonic() + work_for)
    except TakenOver:
        logger.warning("list %s was taken over or deleted", list_id)
    except Stopped:
        _end(turn, State.CANCELLED)
    except KeepaError as error:
        _put_off(turn, error)
    except BaseException:
        # The queue's time-out arrives as SystemExit: the list goes on in a minute.
        _put_off(turn, None)
        raise
    else:
        _end(turn, State.DONE) if finished else _queue_again(turn)


def wake_lists(*, now: datetime) -> int:
    """Queue the lists whose wait is over and those whose worker has died; returns how many.

    Runs every minute. A list whose worker keeps dying is given up after some attempts.
    """
    waiting = Q(state=State.WAITING, resume_at__lte=now)
    silent = Q(state=State.RUNNING, progressed_at__lt=now - SILENCE)
    lost = Q(state=State.QUEUED, progressed_at__lt=now - LOST_IN_QUEUE)
    woken = 0
    for listed in ProductList.objects.filter(waiting | silent | lost):
        same = ProductList.objects.filter(
            pk=listed.pk, state=listed.state, progressed_at=listed.progressed_at
        )
        died = listed.state == State.RUNNING
        if died and listed.attempts >= MOST_ATTEMPTS:
            same.update(state=State.FAILED, holder=None, finished_at=now, failure=_interrupted(now))
            continue
        with transaction.atomic():
            if same.update(
                state=State.QUEUED,
                holder=None,
                progressed_at=now,
                resume_at=None,
                attempts=F("attempts") + int(died),
            ):
                async_task(TASK, str(listed.pk), task_name=f"list {listed.pk}")
                woken += 1
    return woken


def has_gone_silent(listed: ProductList, *, now: datetime) -> bool:
    """Whether the worker of a running list has shown no sign of life for too long."""
    seen = listed.progressed_at
    return listed.state == State.RUNNING and (seen is None or seen < now - SILENCE)


# --- one batch ------------------------------------------------------------------------------------


def _work(turn: _Turn, *, until: float) -> bool:
    """Whether the list is finished. Raises what stopped the work before."""
    while True:
        turn.go_on_or_stop()
        pending = ListLine.objects.filter(product_list=turn.listed.pk, state=LineState.PENDING)
        batch = list(pending.order_by("position")[:BATCH])
        if not batch:
            return True
        _analyse_batch(turn, batch)
        if time.monotonic() >= until:
            return False


def _analyse_batch(turn: _Turn, batch: Sequence[ListLine]) -> None:
    began = time.monotonic()
    turn.noted = 0
    spent = _name_products(turn, batch)
    settled = [_left_out(line, "no_product") for line in batch if not line.asin]
    saved = 0
    problem: KeepaError | None = None
    for wave in _waves(line for line in batch if line.asin):
        funnel = Funnel(
            marketplace=turn.listed.marketplace,
            profile=turn.profile,
            asker=Asker(
                source="frontend",
                user_id=str(turn.listed.owner_id),
                purpose=turn.purpose,
                on_progress=turn.on_progress,
            ),
            costs={line.asin: line.cost for line in wave if line.cost is not None},
            tokens_spent=spent,
        )
        run_funnel(funnel, asins=[line.asin for line in wave], detail=True)
        spent, problem = funnel.tokens_spent, funnel.problem
        settled += [line for line in wave if _settle(line, funnel)]
        saved += sum(
            product.tokens_saved
            for product in funnel.products.values()
            # What this list had bought itself, before it was interrupted, is no saving.
            if product.fetched_at < turn.listed.created_at
        )
        if problem is not None:
            break
    worked = round((time.monotonic() - began) * 1000)
    _store(turn, settled, saved=0 if problem else saved, worked_ms=worked)
    if problem is not None:
        raise problem


def _name_products(turn: _Turn, batch: Sequence[ListLine]) -> int:
    """Put the ASIN of each code on its line; returns the tokens spent. Raises ``KeepaError``."""
    codes = [line.code for line in batch if line.code and not line.asin]
    if not codes:
        return 0
    try:
        named = resolve(
            identifiers=codes, marketplace=turn.listed.marketplace, purpose=turn.purpose
        )
    except KeepaError as error:
        turn.write_down(error.tokens_spent)
        raise
    turn.write_down(named.tokens_spent)
    for line in batch:
        line.asin = line.asin or named.asins.get(line.code, "")
    return named.tokens_spent


def _waves(lines: Iterable[ListLine]) -> Iterator[list[ListLine]]:
    """The lines in groups in which no product occurs twice: each keeps a cost of its own."""
    left = list(lines)
    while left:
        wave = {line.asin: line for line in reversed(left)}
        yield list(wave.values())
        chosen = {id(line) for line in wave.values()}
        left = [line for line in left if id(line) not in chosen]


def _settle(line: ListLine, funnel: Funnel) -> bool:
    """Put the final answer on the line; whether there is one.

    After a failure of Keepa's, a score that is out of date or still provisional is none.
    """
    product = funnel.products.get(line.asin)
    failed = funnel.problem is not None
    if product is None:
        if line.asin in funnel.undecodable:
            _left_out(line, "undecodable", LineState.UNREADABLE)
        elif line.asin in funnel.unusable or not failed:
            _left_out(line, "no_data")
        else:
            return False
        return True
    if failed and (line.asin in funnel.due or product.cache is CacheState.STALE):
        return False
    _put_score(line, product)
    return True


def _left_out(line: ListLine, reason: str, state: ListLine.State = LineState.UNKNOWN) -> ListLine:
    line.state, line.reason = state, reason
    return line


def _put_score(line: ListLine, product: ScoredProduct) -> None:
    score = product.score
    line.state = LineState.SCORED
    line.title = product.card.title[:500]
    line.verdict = score.verdict.value
    line.price, line.max_cost = score.sell_price, score.max_cost
    line.landed_cost, line.profit = score.landed_cost, score.profit
    line.roi_percent = None if score.roi_percent is None else float(score.roi_percent)
    line.velocity_score = score.velocity_score
    line.rank_score = float(score.rank_score)
    line.bsr = product.card.bsr
    line.breakdown = to_breakdown(product, detail_due=False)


def _store(turn: _Turn, settled: Sequence[ListLine], *, saved: int, worked_ms: int) -> None:
    with transaction.atomic():
        changes: dict[str, Any] = {
            "done": F("done") + len(settled),
            "tokens_saved": F("tokens_saved") + saved,
            "worked_ms": F("worked_ms") + worked_ms,
            "progressed_at": timezone.now(),
        }
        if settled:
            changes["attempts"] = 0
        # First the list, whose row stays locked: a list lost meanwhile gets no line written.
        if not turn.mine.update(**changes):
            raise TakenOver
        scored = [line for line in settled if line.state == LineState.SCORED]
        others = [line for line in settled if line.state != LineState.SCORED]
        ListLine.objects.bulk_update(scored, SCORED_FIELDS)
        ListLine.objects.bulk_update(others, UNSCORED_FIELDS)


# --- how a turn ends ------------------------------------------------------------------------------


def _queue_again(turn: _Turn) -> None:
    with transaction.atomic():
        if turn.mine.update(state=State.QUEUED, holder=None, progressed_at=timezone.now()):
            async_task(TASK, str(turn.listed.pk), task_name=f"list {turn.listed.pk}")


def _put_off(turn: _Turn, error: KeepaError | None) -> None:
    """Wait and go on later; fail when waiting does not help, or has not helped."""
    now = timezone.now()
    failure = _interrupted(now) if error is None else describe_problem(error)
    counts = not isinstance(error, TokensExhausted)
    attempts = ProductList.objects.get(pk=turn.listed.pk).attempts + counts
    if (error is not None and error.permanent) or attempts >= MOST_ATTEMPTS:
        _end(turn, State.FAILED, failure=failure)
        return
    seconds = COME_BACK_IN if error is None else error.retry_after or COME_BACK_IN
    turn.mine.update(
        state=State.WAITING,
        holder=None,
        failure=failure,
        attempts=attempts,
        resume_at=now + timedelta(seconds=seconds),
        progressed_at=now,
    )


def _interrupted(now: datetime) -> dict[str, Any]:
    return {"code": "interrupted", "retry_after": None, "at": now.isoformat()}


def _end(turn: _Turn, state: ProductList.State, *, failure: dict[str, Any] | None = None) -> None:
    ended = turn.mine.update(
        state=state, holder=None, finished_at=timezone.now(), failure=failure, resume_at=None
    )
    if ended:
        _announce(turn.listed.pk)


def _announce(list_id: UUID) -> None:
    """Tell the history what this stretch of the list has brought and cost."""
    listed = ProductList.objects.get(pk=list_id)
    spent = listed.tokens_spent - listed.told_spent
    saved = listed.tokens_saved - listed.told_saved
    if listed.done == listed.done_before and not spent:
        return
    real = Q(breakdown__score__hypothetical=False)
    found = listed.lines.filter(state=LineState.SCORED).aggregate(
        scored=Count("pk"),
        # A mean that mixes real purchase prices with assumed ones would mean nothing.
        roi=Avg("roi_percent", filter=real),
        strong=Count("pk", filter=Q(verdict=Verdict.STRONG_BUY.value)),
    )
    search_completed.send_robust(
        sender=None,
        search=CompletedSearch(
            search_type="bulk",
            source="frontend",
            user_id=str(listed.owner_id),
            marketplace=listed.marketplace,
            filters={
                "marketplace": listed.marketplace,
                "list": listed.name,
                "products": listed.total,
            },
            results_count=found["scored"],
            cache_hit=spent == 0,
            duration_ms=min(listed.worked_ms, 2**31 - 1),
            tokens_spent=spent,
            tokens_saved=saved,
            average_roi=found["roi"],
            strong_buys=found["strong"],
        ),
    )
    ProductList.objects.filter(pk=list_id).update(
        told_spent=listed.tokens_spent, told_saved=listed.tokens_saved
    )


def _frozen_profile(listed: ProductList) -> ActiveProfile:
    profile = listed.profile
    return ActiveProfile(
        pk=profile.pk if profile else 0,
        slug=profile.slug if profile else "",
        name=profile.name if profile else "",
        revision=listed.profile_revision,
        settings=Profile.from_settings(listed.profile_settings),
    )
