"""One decision a minute: who starts, who waits, and what idle tokens are used for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.sourcing.planner import (
    BalanceState,
    Decision,
    JobState,
    PlannerState,
    Reason,
    Refresh,
    decide,
)

NOW = datetime(2026, 11, 26, 6, tzinfo=UTC)
PLANS = (5, 20, 25, 60)  # tokens a minute


def job(pk: int, **changes: Any) -> JobState:
    known: dict[str, Any] = {"pk": pk, "due_at": NOW, "expected_tokens": 50}
    return JobState(**known | changes)


def bucket(left: int, *, rate: int = 20, reserved: int = 0) -> BalanceState:
    capacity = rate * 60
    return BalanceState(left=left, capacity=capacity, floor=capacity // 5, reserved=reserved)


def decided(*jobs: JobState, left: int = 1000, **changes: Any) -> Decision:
    state: dict[str, Any] = {"now": NOW, "jobs": jobs, "balance": bucket(left)}
    return decide(PlannerState(**state | changes))


# --- jobs -----------------------------------------------------------------------------------------


def test_what_is_due_starts_and_what_is_not_waits_for_its_time() -> None:
    later = job(2, due_at=NOW + timedelta(minutes=1))
    assert decided(job(1), later, job(3, due_at=None)).start == (1,)


def test_the_stalest_comes_first_then_what_brings_most() -> None:
    jobs = (
        job(1, last_run_at=NOW - timedelta(hours=1)),
        job(2, last_run_at=NOW - timedelta(hours=8), picks_a_token=0.01),
        job(3, last_run_at=NOW - timedelta(hours=8), picks_a_token=0.1),
        job(4),
    )
    assert decided(*jobs).start == (4, 3, 2, 1)


def test_as_many_start_as_fit_above_the_floor() -> None:
    # 240 of 1200 are the floor: of 500, 260 may be spent.
    jobs = [job(number, expected_tokens=100) for number in range(1, 5)]
    assert decided(*jobs, left=500).start == (1, 2)
    assert decided(*jobs, balance=bucket(500, reserved=100)).start == (1,)


def test_the_small_does_not_overtake_the_large() -> None:
    jobs = (
        job(1, expected_tokens=100, last_run_at=NOW - timedelta(hours=3)),
        job(2, expected_tokens=900, last_run_at=NOW - timedelta(hours=2)),
        job(3, expected_tokens=1, last_run_at=NOW - timedelta(hours=1)),
    )
    assert decided(*jobs, left=500).start == (1,)


def test_a_job_that_never_fits_starts_alone_and_goes_on_as_the_tokens_come() -> None:
    assert decided(job(1, expected_tokens=5000), job(2), left=300).start == (1,)


def test_nothing_starts_below_the_floor() -> None:
    assert decided(job(1, expected_tokens=0), job(2), left=240) == Decision(
        Reason.STARTED, start=(1,)
    )
    assert decided(job(1), left=240) == Decision(Reason.NO_TOKENS)
    assert decided(job(1), left=-20) == Decision(Reason.NO_TOKENS)


def test_what_is_at_work_keeps_the_tokens_it_still_needs() -> None:
    busy = job(1, due_at=NOW + timedelta(hours=4), is_at_work=True, to_spend=700)
    assert decided(busy, job(2, expected_tokens=60)).start == (2,)
    assert decided(busy, job(2, expected_tokens=61)) == Decision(Reason.NO_TOKENS)


def test_a_run_that_waits_for_its_cap_holds_nobody_up() -> None:
    capped = job(1, due_at=NOW + timedelta(hours=4), is_at_work=True, to_spend=0)
    assert decided(capped, job(2, expected_tokens=5000)).start == (2,)


def test_a_job_at_work_lets_its_time_pass() -> None:
    assert decided(job(1, is_at_work=True)) == Decision(Reason.AT_WORK, skip=(1,))


def test_a_job_that_has_spent_its_day_waits_for_the_next() -> None:
    assert decided(job(1, daily_cap=100, spent_today=100)) == Decision(Reason.CAPPED)
    assert decided(job(1, daily_cap=100, spent_today=99)).start == (1,)


def test_before_keepa_has_told_the_plan_one_job_may_begin() -> None:
    assert decided(job(1), job(2), balance=None).start == (1,)
    assert decided(job(1), job(2, is_at_work=True), balance=None).start == ()
    assert decided(balance=None) == Decision(Reason.BALANCE_UNKNOWN)


# --- idle tokens ----------------------------------------------------------------------------------


def niche(key: str, **changes: Any) -> Refresh:
    known: dict[str, Any] = {"key": key, "cost": 20, "age": timedelta(hours=10)}
    return Refresh(**known | changes)


def test_tokens_that_would_expire_refresh_what_is_asked_most_then_what_is_oldest() -> None:
    refreshes = (
        niche("rare", hits_a_day=0.1),
        niche("young", hits_a_day=3, age=timedelta(hours=7)),
        niche("old", hits_a_day=3, age=timedelta(hours=20)),
        niche("lost", hits_a_day=3, age=None),
    )
    assert decided(refreshes=refreshes, left=1100) == Decision(
        Reason.IDLE_TOKENS, refresh=("lost", "old", "young", "rare")
    )


def test_a_refresh_takes_no_more_than_a_tenth_of_the_bucket() -> None:
    refreshes = [niche(f"{number:02}") for number in range(20)] + [niche("large", cost=121)]
    assert decided(refreshes=refreshes, left=1200).refresh == tuple(
        f"{number:02}" for number in range(6)
    )


def test_idle_tokens_are_left_alone_while_the_bucket_fills_or_a_job_is_due() -> None:
    assert decided(refreshes=[niche("a")], left=1079).reason == Reason.NOTHING_DUE
    assert decided(job(1), refreshes=[niche("a")], left=1200).refresh == ()
    reserved = bucket(1200, reserved=200)
    assert decided(refreshes=[niche("a")], balance=reserved).refresh == ()


def test_each_switch_is_obeyed() -> None:
    refreshes = [niche("a")]
    off = decided(job(1), refreshes=refreshes, left=1200, runs_jobs=False, uses_idle_tokens=False)
    assert off == Decision(Reason.SWITCHED_OFF)
    no_jobs = decided(job(1), refreshes=refreshes, left=1200, runs_jobs=False)
    assert no_jobs == Decision(Reason.IDLE_TOKENS, refresh=("a",))
    assert decided(refreshes=refreshes, left=1200, uses_idle_tokens=False).refresh == ()


# --- whatever comes -------------------------------------------------------------------------------

JOBS = st.lists(
    st.builds(
        JobState,
        pk=st.integers(1, 10_000),
        due_at=st.none() | st.just(NOW) | st.just(NOW + timedelta(hours=1)),
        last_run_at=st.none() | st.integers(0, 500).map(lambda hours: NOW - timedelta(hours=hours)),
        is_at_work=st.booleans(),
        to_spend=st.integers(0, 2000),
        expected_tokens=st.integers(0, 3000),
        picks_a_token=st.floats(0, 1),
        spent_today=st.integers(0, 500),
        daily_cap=st.none() | st.integers(0, 500),
    ),
    unique_by=lambda job: job.pk,
    max_size=12,
)
REFRESHES = st.lists(
    st.builds(
        Refresh,
        key=st.text(max_size=3),
        cost=st.integers(1, 400),
        hits_a_day=st.floats(0, 50),
        age=st.none() | st.timedeltas(timedelta(0), timedelta(days=9)),
    ),
    unique_by=lambda refresh: refresh.key,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(JOBS, REFRESHES, st.integers(-200, 3600), st.sampled_from(PLANS), st.randoms())
def test_the_floor_is_never_promised_and_the_order_of_the_rows_changes_nothing(
    jobs: list[JobState], refreshes: list[Refresh], left: int, rate: int, random: Any
) -> None:
    balance = bucket(min(left, rate * 60), rate=rate)
    state = PlannerState(now=NOW, jobs=jobs, balance=balance, refreshes=refreshes)
    decision = decide(state)
    shuffled = PlannerState(
        now=NOW,
        jobs=random.sample(jobs, len(jobs)),
        balance=balance,
        refreshes=random.sample(refreshes, len(refreshes)),
    )
    assert decide(shuffled) == decision
    by_pk = {job.pk: job for job in jobs}
    costs = [by_pk[pk].expected_tokens for pk in decision.start]
    assert sum(costs) <= max(balance.above_floor, 0) or len(costs) == 1
    assert not costs or balance.above_floor > 0 or sum(costs) == 0
    refreshed = sum(refresh.cost for refresh in refreshes if refresh.key in decision.refresh)
    assert refreshed <= min(balance.capacity // 10, max(balance.above_floor, 0))
    assert not (decision.start and decision.refresh)
    assert not {by_pk[pk].is_at_work for pk in decision.start} & {True}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 2500), min_size=1, max_size=15),
    st.sampled_from(PLANS),
    st.integers(0, 1200),
)
def test_every_due_job_starts_and_ends_and_background_work_never_reaches_the_floor(
    costs: list[int], rate: int, left: int
) -> None:
    """Runs spend a tenth of the bucket at once, and only above the floor, as the budget has it."""
    balance, remaining = bucket(min(left, rate * 60), rate=rate), dict[int, int]()
    to_spend, ended, floor, held = dict(enumerate(costs, 1)), set[int](), rate * 12, left
    held = balance.left
    patience = sum(costs) // rate + 4 * 60 + len(costs)  # minutes
    for minute in range(patience):
        now = NOW + timedelta(minutes=minute)
        jobs = [
            JobState(
                pk=pk,
                due_at=None if pk in ended or pk in remaining else NOW,
                is_at_work=pk in remaining,
                to_spend=remaining.get(pk, 0),
                expected_tokens=cost,
            )
            for pk, cost in to_spend.items()
        ]
        decision = decide(PlannerState(now=now, jobs=jobs, balance=bucket(held, rate=rate)))
        remaining.update({pk: to_spend[pk] for pk in decision.start})
        for pk in list(remaining):
            while remaining[pk] and held - (batch := min(remaining[pk], rate * 6)) >= floor:
                held, remaining[pk] = held - batch, remaining[pk] - batch
                assert held >= floor
            if not remaining[pk]:
                ended.add(pk)
                del remaining[pk]
        if len(ended) == len(costs):
            return
        held = min(held + rate, rate * 60)
    pytest.fail(f"{len(costs) - len(ended)} jobs have not ended in {patience} minutes")
