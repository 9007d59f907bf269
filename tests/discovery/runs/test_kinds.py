"""What a kind of run does of its own: searches and lists as they are, others from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.auth.models import User

from discovery.models import Run, RunLine
from discovery.runs.kinds import STEPS, Further, ListSteps, SearchSteps, Steps
from discovery.runs.turn import GivenUp, Turn
from discovery.runs.worker import work_on
from discovery.search.score_products import Funnel
from tests.discovery.runs.working import Begin, Kind, LineState, State, states, work

pytestmark = pytest.mark.django_db(transaction=True)


def test_searches_and_lists_are_worked_on_by_default_and_nothing_else(
    anne: User, keepa: Any
) -> None:
    assert {kind: type(steps) for kind, steps in STEPS.items()} == {
        Kind.SEARCH: SearchSteps,
        Kind.LIST: ListSteps,
    }
    run = Run.objects.create(kind=Kind.SOURCING, owner=anne, marketplace="fr")
    assert not work_on(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == State.QUEUED


class Halving(ListSteps):
    """Takes half a batch at a time, and leaves the last line open when it first sees it."""

    def __init__(self) -> None:
        self.stored: list[list[str]] = []
        self.closed: list[Run] = []
        self.waited = False

    def most(self, turn: Turn, most: int) -> int:
        return max(most // 2, 1)

    def look_further(
        self, turn: Turn, settled: Sequence[RunLine], funnel: Funnel, *, may_ask: bool
    ) -> Further:
        if self.waited or not settled:
            return Further(settled)
        self.waited = True
        return Further(settled[:-1], left=[settled[-1].asin])

    def also_store(self, turn: Turn, settled: Sequence[RunLine]) -> None:
        self.stored.append([line.asin for line in settled])

    def close(self, run: Run) -> None:
        self.closed.append(run)


def test_steps_from_outside_decide_what_is_batched_settled_stored_and_closed(
    begin: Begin, keepa: Any
) -> None:
    run = begin(Kind.LIST, 8)
    steps = Halving()
    work(run, steps={Kind.LIST: steps})
    assert (run.state, states(run)) == (State.DONE, {LineState.SCORED: 8})
    assert [len(lines) for lines in steps.stored] == [3, 2, 1, 1, 1]
    assert len({asin for lines in steps.stored for asin in lines}) == 8
    assert steps.closed == [run]
    assert run.tokens_spent == keepa.charged_total


class Gone(Steps):
    """Asks about what is no more."""

    def find(self, turn: Turn) -> None:
        raise GivenUp({"code": "niche_gone", "at": "2026-11-20T12:00:00+00:00"})


def test_a_question_that_is_no_more_ends_the_run_with_its_code(begin: Begin) -> None:
    run = work(begin(Kind.LIST, 3), steps={Kind.LIST: Gone()})
    assert run.state == State.FAILED
    assert (run.failure or {})["code"] == "niche_gone"
    assert states(run) == {LineState.PENDING: 3}
