"""The order of a search's products: by verdict as shown, then by the engine's rank score."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Case, F, IntegerField, QuerySet, When

from discovery.models import Run, RunLine
from discovery.rows import write_back
from discovery.runs.summary import final_outcome
from discovery.scoring import ShownVerdict

LineState = RunLine.State


def verdict_order() -> Case:
    """The verdict as it is shown as a number, the best first, for ``order_by``."""
    places = {verdict: place for place, verdict in enumerate(ShownVerdict)}
    whens: list[Any] = [When(sourcing=True, then=places.pop(ShownVerdict.SOURCING))]
    whens += [When(verdict=verdict.value, then=place) for verdict, place in places.items()]
    return Case(*whens, default=len(whens), output_field=IntegerField())


def rank_so_far(*, run_id: UUID) -> None:
    """Put what a search has scored so far first, in its order; the rest stays in the order found.

    What is worth most is then also what is gone on with first.
    """
    lines = RunLine.objects.filter(run=run_id)
    _number(_ranked(lines, "position"))


def _ranked(lines: QuerySet[RunLine], then: str) -> list[RunLine]:
    ranked = lines.annotate(verdict_order=verdict_order()).order_by(
        "verdict_order", F("rank_score").desc(nulls_last=True), then
    )
    return list(ranked.only("pk", "state"))


def _number(lines: list[RunLine]) -> None:
    for position, line in enumerate(lines, start=1):
        line.position = position
    write_back(lines, ["position"])


def close_search(*, run_id: UUID) -> None:
    """Rank what a search has scored, and complete its counters; in a transaction.

    Products without usable data leave the lines: the outcome names them. Those still to be scored
    stay behind the others, as what is missing.
    """
    lines = RunLine.objects.filter(run=run_id)
    lines.filter(state__in=(LineState.UNKNOWN, LineState.UNREADABLE)).delete()
    ranked = _ranked(lines, "asin")
    _number(ranked)
    run = Run.objects.only("outcome", "tokens_spent", "worked_ms", "total").get(pk=run_id)
    scored = sum(line.state == LineState.SCORED for line in ranked)
    Run.objects.filter(pk=run_id).update(
        done=scored,
        total=len(ranked) if run.outcome else run.total,
        outcome=final_outcome(run.outcome, tokens_spent=run.tokens_spent, worked_ms=run.worked_ms),
    )
