"""When what died is started again; by a clock of our own."""

from __future__ import annotations

import pytest

from arbvault.supervision import LONGEST_PAUSE, SETTLED, BackOff, Watched


class Program:
    """Something that runs, until a test says otherwise."""

    def __init__(self) -> None:
        self.is_dead = False
        self.can_start = True
        self.starts = 0

    def ended(self) -> str | None:
        return "ended with code -9" if self.is_dead else None

    def start(self) -> None:
        if not self.can_start:
            raise BlockingIOError("no more processes")
        self.starts += 1
        self.is_dead = False


@pytest.fixture
def program() -> Program:
    return Program()


def watch(program: Program, said: list[str]) -> Watched:
    return Watched("The web process", program.ended, program.start, said.append, advice="See log.")


def test_the_pause_doubles_up_to_a_minute_and_never_ends() -> None:
    back_off = BackOff()
    back_off = BackOff()
    back_off.started(0.0)
    assert [back_off.died(1.0) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert [back_off.died(1.0) for _ in range(5000)] == [LONGEST_PAUSE] * 5000


def test_who_has_lived_a_while_begins_with_the_first_pause_again() -> None:
    back_off = BackOff()
    for _ in range(5):
        back_off.died(1.0)
    back_off.started(10.0)
    assert back_off.died(10.0 + SETTLED - 0.1) == 32.0
    back_off.started(100.0)
    assert back_off.died(100.0 + SETTLED) == 1.0
    assert back_off.died(200.0) == 2.0  # its start has failed: time passes, but it does not live


def test_a_death_is_said_once_with_the_time_of_the_next_start(program: Program) -> None:
    said: list[str] = []
    watched = watch(program, said)
    watched.look(0.0)
    assert said == []
    program.is_dead = True
    for moment in (1.0, 1.4, 1.9):
        watched.look(moment)
    assert said == ["The web process ended with code -9. It is started again in 1 s. See log."]
    assert program.starts == 0
    watched.look(2.0)
    assert program.starts == 1
    program.is_dead = True
    watched.look(3.0)
    assert "2 times in a row. It is started again in 2 s." in said[-1]


def test_what_cannot_be_started_is_tried_again_later_and_ends_nothing(program: Program) -> None:
    said: list[str] = []
    watched = watch(program, said)
    program.is_dead, program.can_start = True, False
    watched.look(0.0)
    watched.look(1.0)
    assert "cannot be started: no more processes" in said[-1]
    program.can_start = True
    watched.look(2.9)
    assert program.starts == 0
    watched.look(3.0)
    assert program.starts == 1


def test_one_that_keeps_dying_does_not_hold_up_the_others(program: Program) -> None:
    said: list[str] = []
    other = Program()
    both = [watch(program, said), watch(other, said)]
    for second in range(200):
        program.is_dead = True
        other.is_dead = second == 150
        for watched in both:
            watched.look(float(second))
    assert 5 < program.starts < 12
    assert other.starts == 1
    assert not other.is_dead
