"""Who waits for a run: how long, and how many at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from discovery.models import Run
from discovery.runs import waiting
from discovery.runs.waiting import FIRST_PAUSE, LONGEST_PAUSE, await_end
from tests.discovery.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    anne = User.objects.create_user("anne")
    return finished_run(owner=anne, products=[], state=Run.State.RUNNING)


@pytest.fixture
def one_place(settings: Any) -> Iterator[None]:
    """Of two threads one may wait."""
    settings.WEB_THREADS = 2
    waiting._places.cache_clear()
    yield
    waiting._places.cache_clear()


class Clock:
    """Time that passes by sleeping; what happens meanwhile is ``meanwhile``."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.meanwhile: Any = lambda: None

    def __call__(self) -> float:
        return sum(self.pauses)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.meanwhile()


def waited(run: Run, *, seconds: float, clock: Clock) -> list[float]:
    await_end(run, seconds=seconds, clock=clock, sleep=clock.sleep)
    return clock.pauses


@pytest.mark.parametrize("state", [Run.State.DONE, Run.State.WAITING])
def test_it_ends_when_nobody_works_on_the_run_any_more(run: Run, state: str) -> None:
    clock = Clock()

    def end_on_third() -> None:
        if len(clock.pauses) == 3:
            Run.objects.filter(pk=run.pk).update(state=state)

    clock.meanwhile = end_on_third
    assert len(waited(run, seconds=3600, clock=clock)) == 3


def test_a_deleted_run_is_not_waited_for(run: Run) -> None:
    clock = Clock()
    clock.meanwhile = Run.objects.filter(pk=run.pk).delete
    assert waited(run, seconds=3600, clock=clock) == [FIRST_PAUSE]


def test_it_looks_ever_less_often_and_no_longer_than_asked(run: Run) -> None:
    clock = Clock()
    pauses = waited(run, seconds=9.5, clock=clock)
    assert (pauses[0], max(pauses)) == (FIRST_PAUSE, LONGEST_PAUSE)
    assert sum(pauses) == 9.5


def test_whoever_does_not_wait_costs_no_statement(run: Run, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert waited(run, seconds=0, clock=Clock()) == []


@pytest.mark.usefixtures("one_place")
def test_where_too_many_wait_the_next_is_answered_at_once(run: Run) -> None:
    first, second = Clock(), Clock()

    def meanwhile() -> None:
        assert waited(run, seconds=20, clock=second) == []
        Run.objects.filter(pk=run.pk).update(state=Run.State.DONE)

    first.meanwhile = meanwhile
    assert len(waited(run, seconds=20, clock=first)) == 1
    # The place is free again.
    Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING)
    assert len(waited(run, seconds=1, clock=second)) > 1


@pytest.mark.django_db(transaction=True)
def test_the_connection_is_others_between_two_looks(run: Run) -> None:
    clock = Clock()
    held: list[bool] = []
    clock.meanwhile = lambda: held.append(connection.connection is not None)
    waited(run, seconds=0.5, clock=clock)
    assert held == [False] * len(clock.pauses)
