"""Calls counted ahead never let more through than the limit, and waste little of it."""

from __future__ import annotations

import random

import pytest

from discovery.accounts.rate_leases import LONGEST, RECENT, SHARE, Leases

KEY = "token:1"
END = 60.0  # when the window ends


class Counter:
    """The row of ``api_rate``: one statement adds to it and tells how much it holds."""

    def __init__(self, limit: int) -> None:
        self.limit, self.requests, self.statements = limit, 0, 0

    def ask(self, leases: Leases, *, at: float) -> bool:
        """One call of a process; whether it is let through."""
        if leases.take([KEY], at=at) is not None:
            return True
        ahead = leases.begin(KEY, at=at)
        self.statements += 1
        self.requests += 1 + ahead
        used = self.requests - ahead
        usable = max(0, min(self.limit, self.requests) - used)
        left = max(0, self.limit - self.requests)
        leases.settle(KEY, left=left, ahead=usable, ends=END, at=at)
        leases.end([KEY] if ahead else [])
        return used <= self.limit


@pytest.mark.parametrize("limit", [3, 20, 600, 100_000])
def test_one_process_lets_exactly_the_limit_through(limit: int) -> None:
    counter, leases = Counter(limit), Leases()
    calls = min(limit + 50, 5000)
    let_through = sum(counter.ask(leases, at=n / 1000) for n in range(calls))
    assert let_through == min(limit, calls)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("processes", [2, 8])
def test_several_never_let_more_through_and_little_less(processes: int, seed: int) -> None:
    limit, dice = 600, random.Random(seed)
    counter, workers = Counter(limit), [Leases() for _ in range(processes)]
    let_through = sum(counter.ask(dice.choice(workers), at=n / 1000) for n in range(2 * limit))
    assert limit - processes * limit // SHARE <= let_through <= limit


def test_a_busy_caller_costs_few_statements() -> None:
    counter, leases = Counter(10**9), Leases()
    for n in range(5000):
        counter.ask(leases, at=n / 1000)
    assert counter.statements < 3 * 5000 / LONGEST


def test_a_rare_caller_is_never_counted_ahead() -> None:
    counter, leases = Counter(600), Leases()
    for n in range(30):
        counter.ask(leases, at=n * (RECENT + 0.1))
    assert counter.requests == counter.statements == 30


def test_what_was_counted_in_a_window_ends_with_it() -> None:
    leases = Leases()
    leases.settle(KEY, left=100, ahead=10, ends=END, at=0.0)
    assert leases.take([KEY], at=END - 0.1) is not None
    assert leases.take([KEY], at=END) is None


def test_what_was_counted_in_a_window_is_not_let_through_in_the_next() -> None:
    """The database may begin the next window a moment before this process sees the last one end."""
    leases = Leases()
    leases.settle(KEY, left=100, ahead=10, ends=END, at=0.0)
    leases.settle(KEY, left=100, ahead=1, ends=2 * END, at=END - 0.01)
    assert leases.take([KEY], at=END) == [(KEY, 100, 2 * END)]
    assert leases.take([KEY], at=END) is None


def test_a_call_is_taken_from_both_its_counts_or_from_none() -> None:
    leases = Leases()
    leases.settle(KEY, left=100, ahead=1, ends=END, at=0.0)
    assert leases.take([KEY, "address:x"], at=1.0) is None
    leases.settle("address:x", left=50, ahead=1, ends=END, at=0.0)
    assert leases.take([KEY, "address:x"], at=1.0) == [(KEY, 100, END), ("address:x", 50, END)]


def test_only_one_thread_counts_ahead_at_a_time() -> None:
    leases = Leases()
    leases.settle(KEY, left=1600, ahead=0, ends=END, at=0.0)
    assert leases.begin(KEY, at=0.1) > 0
    assert leases.begin(KEY, at=0.1) == 0
    leases.end([KEY])  # its statement failed
    assert leases.begin(KEY, at=0.1) > 0
