"""Lines and counters are written at once, or not at all."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from discovery.models import Run, RunLine
from discovery.runs.lines import left_out
from discovery.runs.storing import store_lines
from discovery.runs.turn import TakenOver, Turn

pytestmark = pytest.mark.django_db


@pytest.fixture
def turn(anne: User) -> Turn:
    holder = uuid4()
    run = Run.objects.create(
        kind=Run.Kind.LIST, owner=anne, marketplace="fr", state="running", holder=holder, attempts=3
    )
    RunLine.objects.create(run=run, position=1, asin="0131103628")
    return Turn(run=run, holder=holder)


def settled(turn: Turn) -> list[RunLine]:
    return [left_out(line, "no_data") for line in turn.run.lines.all()]


def test_a_final_line_is_counted_and_the_attempts_begin_anew(turn: Turn) -> None:
    store_lines(turn, settled(turn), saved=4)
    run = Run.objects.get()
    assert (run.done, run.attempts, run.tokens_saved) == (1, 0, 4)
    assert run.lines.get().reason == "no_data"


def test_what_follows_from_the_lines_is_written_with_them_or_neither_is(turn: Turn) -> None:
    def fail(*_given: Any) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store_lines(turn, settled(turn), saved=0, also=fail)
    assert Run.objects.get().done == 0
    assert RunLine.objects.get().state == RunLine.State.PENDING


def test_a_run_that_somebody_else_holds_gets_no_line_written(turn: Turn) -> None:
    Run.objects.update(holder=uuid4())
    with pytest.raises(TakenOver):
        store_lines(turn, settled(turn), saved=0)
    assert RunLine.objects.get().state == RunLine.State.PENDING


def test_stages_that_tell_more_than_was_written_down_are_believed(turn: Turn) -> None:
    turn.run.outcome = {"stages": [{"name": "statistics", "tokens_spent": 7}]}
    store_lines(turn, settled(turn), saved=0, keeps_account=True)
    assert Run.objects.get().tokens_spent == 7
