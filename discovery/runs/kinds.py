"""What each kind of run does of its own in a turn; all else is the worker's, alike for every kind.

Searches and lists stand here. Others bring their own ``Steps`` to ``worker.work_on``, from above.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from discovery.keepa.errors import InvalidFilters, KeepaError, QuestionRefused
from discovery.keepa.finder import NicheFilters
from discovery.models import Run, RunLine
from discovery.products.asin_lookup import BATCH as CODES_AT_ONCE
from discovery.rows import write_back
from discovery.runs.lines import settle_what_is_final, settle_what_is_known
from discovery.runs.naming import (
    MERGED_FIELDS,
    NAMED_FIELDS,
    left_nameless,
    look_up,
    merge,
    recall_costs,
    same_products,
)
from discovery.runs.storing import milliseconds_since, store_lines
from discovery.runs.summary import first_outcome, with_batch
from discovery.runs.turn import Interrupted, Stopped, Turn
from discovery.search.find_asins import find_asins
from discovery.search.score_products import Funnel, WantsDetail, as_promising


class Further:
    """What came of looking further at the lines of a batch: which are final, and what broke it off.

    ``left`` are the products of lines that were final and are not any more: they come again.
    """

    def __init__(
        self,
        settled: Sequence[RunLine],
        *,
        left: Sequence[str] = (),
        problem: KeepaError | None = None,
        stop: Stopped | Interrupted | None = None,
    ) -> None:
        self.settled = list(settled)
        self.left = tuple(left)
        self.problem = problem
        self.stop = stop


class Steps:
    """One kind's own part of the work; by default it has none, and its lines are there already.

    ``keeps_account``: its outcome tells stages and obstacles. ``shows_all``: what is known and not
    final is shown meanwhile, and the run ends with it where waiting does not help.
    """

    keeps_account: ClassVar[bool] = False
    shows_all: ClassVar[bool] = False

    def find(self, turn: Turn) -> None:
        """Keep one line for each product to be scored, unless that is done. Raises ``KeepaError``
        and ``GivenUp``.
        """

    def most(self, turn: Turn, most: int) -> int:
        """How many of so many lines the next batch takes. Raises ``KeepaError`` for none."""
        return most

    def prepare(self, turn: Turn, batch: Sequence[RunLine]) -> bool:
        """Whether the batch was changed before it is scored. Raises ``KeepaError``."""
        return False

    def wants_detail(self, turn: Turn) -> WantsDetail:
        """Whether a product's Buy Box is worth its tokens: ``Funnel.wants_detail``."""
        return as_promising

    def settle(self, line: RunLine, funnel: Funnel, *, stopped: bool) -> bool:
        """Put on the line what is final of it; whether anything is."""
        return settle_what_is_final(line, funnel, stopped=stopped)

    def look_further(
        self, turn: Turn, settled: Sequence[RunLine], funnel: Funnel, *, may_ask: bool
    ) -> Further:
        """Look at scored lines in other ways; only where it ``may_ask`` for any token.

        What that costs is added to ``funnel.tokens_spent`` and written down as it is spent.
        """
        return Further(settled)

    def account(
        self, turn: Turn, funnel: Funnel, *, goes_on: bool, left: Sequence[str] = ()
    ) -> None:
        """Put what a batch has bought on ``turn.run.outcome``; ``left`` as ``with_batch``."""

    def also_store(self, turn: Turn, settled: Sequence[RunLine]) -> None:
        """Write what else follows from settled lines, in the transaction that stores them."""

    def close(self, run: Run) -> None:
        """Write what else follows from a run that is done, in the transaction that ends it."""


class SearchSteps(Steps):
    """A search finds its products first, and shows all it has while somebody watches."""

    keeps_account = True
    shows_all = True

    def find(self, turn: Turn) -> None:
        """As ``Steps``: from the cache, or with a call to the Product Finder."""
        if not turn.run.lines.exists():
            turn.go_on_or_stop()
            _find(turn)

    def settle(self, line: RunLine, funnel: Funnel, *, stopped: bool) -> bool:
        """Put on the line what is known of it, final or not; whether anything is."""
        return settle_what_is_known(line, funnel, stopped=stopped)

    def account(
        self, turn: Turn, funnel: Funnel, *, goes_on: bool, left: Sequence[str] = ()
    ) -> None:
        """As ``Steps``."""
        turn.run.outcome = with_batch(
            turn.run.outcome, funnel, bought_since=turn.interrupted_since, goes_on=goes_on
        )


class ListSteps(Steps):
    """The lines of a list are given; what they name is looked up batch by batch."""

    def prepare(self, turn: Turn, batch: Sequence[RunLine]) -> bool:
        """As ``Steps``: whether any line lacked its product."""
        return _name_products(turn, batch)


STEPS: Mapping[str, Steps] = {Run.Kind.SEARCH: SearchSteps(), Run.Kind.LIST: ListSteps()}


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
            worked_ms=F("worked_ms") + milliseconds_since(turn.began),
        )
        RunLine.objects.bulk_create(
            RunLine(run=run, position=position, asin=asin)
            for position, asin in enumerate(asins, start=1)
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
            store_lines(turn, left_nameless(lines, named), saved=0)
            write_back([line for line in lines if line.asin], NAMED_FIELDS)
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
        write_back([merge(group) for group in groups], MERGED_FIELDS)
        RunLine.objects.filter(pk__in=joined).delete()
