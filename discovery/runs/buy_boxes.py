"""Buying the Buy Box of products of a run that ended without it, and scoring them again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from discovery.keepa.errors import KeepaError
from discovery.models import CostKind, Run, RunLine
from discovery.products import buy_box
from discovery.products.product_costs import costs_of
from discovery.products.scored import ScoredProduct, from_breakdown
from discovery.rows import write_back
from discovery.runs.announcements import announce
from discovery.runs.endings import frozen_profile
from discovery.runs.lines import (
    SCORED_FIELDS,
    open_candidates,
    put_score,
    stated_costs,
    waves,
    without_cost,
)
from discovery.runs.ranking import close_search
from discovery.runs.summary import with_buy_boxes
from discovery.scoring import Score
from discovery.search.results import Asker
from discovery.search.score_products import Funnel, take_known

FOUND_ELSEWHERE = frozenset({CostKind.EUROPE.value, CostKind.DIP.value})


class StillAtWork(Exception):
    """The run has not ended: it may yet buy them itself."""

    code = "still_at_work"

    def __str__(self) -> str:
        return _("This analysis is still at work: it may buy them itself.")


@dataclass(frozen=True, slots=True)
class Bought:
    """How many lines were scored again, the tokens that took, and what was bought in vain."""

    lines: int
    tokens_spent: int
    unanswered: int = 0


def without_buy_box(*, run: Run, asins: Collection[str] = ()) -> QuerySet[RunLine]:
    """The lines of the run, of these products or of all, scored without their Buy Box."""
    lines = run.lines.filter(state=RunLine.State.SCORED, buy_box_known=False)
    return (lines.filter(asin__in=set(asins)) if asins else lines).order_by("position")


def buy_buy_boxes(*, run: Run, asins: Collection[str]) -> Bought:
    """Buy what is missing for these products of the run, and give their verdicts again.

    At most 100 products, and only those scored without their Buy Box; nothing is bought twice, and
    nothing for a price that a job has found elsewhere.
    The profile is the one the run was started with. Raises ``StillAtWork``, and ``KeepaError``
    after what was bought before is counted and scored.
    """
    if not run.is_finished:
        raise StillAtWork
    without = run.lines.filter(
        state=RunLine.State.SCORED, buy_box_known=False, asin__in=set(asins)
    ).order_by("position")
    lines = [line for line in without if not _is_found_elsewhere(line)]
    wanted = list(dict.fromkeys(line.asin for line in lines))
    if not wanted:
        return Bought(0, 0)
    problem: KeepaError | None = None
    try:
        purchase = buy_box.buy(marketplace=run.marketplace, asins=wanted)
    except KeepaError as error:
        if not error.tokens_spent:
            raise
        problem, purchase = error, buy_box.Purchase(error.tokens_spent)
    profile = frozen_profile(run)
    default_vat = profile.settings.for_marketplace(run.marketplace).cost_vat
    before: list[Score] = []
    after: list[ScoredProduct] = []
    changed: list[RunLine] = []
    own = costs_of(user_id=run.owner_id, marketplace=run.marketplace, asins=without_cost(lines))
    for wave in waves(lines):
        funnel = Funnel(
            marketplace=run.marketplace,
            profile=profile,
            asker=Asker(source="frontend", user_id=str(run.owner_id)),
            costs=stated_costs(wave, default=default_vat, own=own),
            cost_units={line.asin: line.cost_units for line in wave},
            candidates={line.asin: open_candidates(line) for line in wave},
        )
        take_known(funnel, asins=[line.asin for line in wave])
        for line in wave:
            product = funnel.products.get(line.asin)
            if product is None or not product.buy_box_known:
                continue
            if line.breakdown:
                before.append(from_breakdown(line.breakdown)[1])
            put_score(line, product)
            after.append(product)
            changed.append(line)
    _store(run, changed, before, after, spent=purchase.tokens_spent, items=len(wanted))
    if problem is not None:
        raise problem
    return Bought(len(changed), purchase.tokens_spent, len(purchase.unanswered))


def _is_found_elsewhere(line: RunLine) -> bool:
    """Whether its price was found by a job away from the listing: its score stays with it."""
    return (line.evidence.get("cost") or {}).get("kind") in FOUND_ELSEWHERE


def _store(
    run: Run,
    lines: list[RunLine],
    before: list[Score],
    after: list[ScoredProduct],
    *,
    spent: int,
    items: int,
) -> None:
    with transaction.atomic():
        # A run that somebody resumed or deleted meanwhile is left alone: what was bought is stored.
        held = Run.objects.select_for_update().filter(pk=run.pk, state__in=Run.FINISHED).first()
        if held is None:
            return
        write_back(lines, SCORED_FIELDS)
        outcome = held.outcome
        if outcome:
            outcome = with_buy_boxes(
                outcome, before=before, after=after, items=items, tokens_spent=spent
            )
        Run.objects.filter(pk=run.pk).update(
            outcome=outcome, tokens_spent=F("tokens_spent") + spent
        )
        if run.is_search:
            close_search(run_id=run.pk)
        if spent:
            announce(run_id=run.pk)
