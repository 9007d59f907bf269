"""Where the tokens of a day have gone, told from the balances that Keepa reported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from discovery.keepa.balance import Balance
from discovery.keepa.expiry import Entry, TokenDay, account_of_day, overflow, token_day
from discovery.models import TokenBucket, TokenLedgerEntry
from tests.discovery.sourcing.jobs import bucket_holds, call_made

MIDNIGHT = datetime(2026, 11, 26, 23, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOON = MIDNIGHT + 12 * HOUR


def balance(left: int, at: datetime, *, rate: int = 20) -> Balance:
    return Balance(left, rate, 60_000, 0.0, at)


def called(
    at: datetime, *, left: int | None, tokens: int = 0, purpose: str = "interactive"
) -> Entry:
    return Entry(at, tokens, purpose, None if left is None else balance(left, at))


def account(*entries: Entry, now: datetime = NOON) -> TokenDay:
    day = account_of_day(entries, since=MIDNIGHT, now=now)
    assert day is not None
    return day


def test_a_full_bucket_loses_what_every_refill_brings() -> None:
    assert overflow(balance(1200, MIDNIGHT), until=MIDNIGHT + HOUR) == 1200
    assert overflow(balance(1180, MIDNIGHT), until=MIDNIGHT + MINUTE) == 0
    assert overflow(balance(1190, MIDNIGHT), until=MIDNIGHT + MINUTE) == 10
    assert overflow(balance(-100, MIDNIGHT), until=MIDNIGHT + HOUR) == 0


def test_a_night_nobody_asked_is_lost_but_for_what_the_plan_holds() -> None:
    # 1 100 at ten in the evening: full five minutes later, and all night.
    day = account(called(MIDNIGHT - HOUR, left=1100), now=MIDNIGHT + 8 * HOUR)
    assert (day.expired, day.left, day.used) == (8 * 1200, 1200, 0)


def test_what_is_used_makes_room_for_what_comes() -> None:
    day = account(
        called(MIDNIGHT - MINUTE, left=1180),
        called(MIDNIGHT + HOUR, left=200, tokens=1000),
        called(MIDNIGHT + HOUR + 10 * MINUTE, left=300, tokens=100, purpose="autosourcing"),
        now=MIDNIGHT + HOUR + 50 * MINUTE,
    )
    assert day.expired == 1200
    assert (day.by_people, day.by_itself) == (1000, 100)
    assert day.left == 300 + 40 * 20
    assert day.total == day.used + day.kept + day.expired


def test_calls_of_yesterday_tell_the_balance_and_count_for_nothing() -> None:
    day = account(called(MIDNIGHT - MINUTE, left=0, tokens=500), now=MIDNIGHT + MINUTE)
    assert (day.used, day.left, day.expired) == (0, 40, 0)


def test_a_call_that_told_no_balance_still_has_its_cost() -> None:
    day = account(
        called(MIDNIGHT - MINUTE, left=100), called(MIDNIGHT, left=None, tokens=7, purpose="idle")
    )
    assert day.by_itself == 7


def test_the_first_day_begins_with_the_first_answer() -> None:
    day = account(called(NOON - HOUR, left=1200, tokens=0))
    assert (day.known_from, day.expired) == (NOON - HOUR, 1200)


def test_before_any_answer_there_is_no_account() -> None:
    assert account_of_day([], since=MIDNIGHT, now=NOON) is None


def test_a_negative_balance_is_nothing_kept() -> None:
    day = account(called(NOON, left=-50, tokens=90), now=NOON)
    assert (day.left, day.kept, day.total) == (-50, 0, 90)
    assert day.percent(day.used) == 100


@given(
    st.lists(st.tuples(st.integers(1, 200), st.integers(0, 600)), min_size=1, max_size=30),
    st.sampled_from([5, 20, 25, 60]),
)
def test_no_token_is_counted_twice_or_forgotten(calls: list[tuple[int, int]], rate: int) -> None:
    """What there was at midnight and what came since is used, left or expired."""
    held, at = rate * 30, MIDNIGHT
    entries = [Entry(at, 0, "interactive", balance(held, at, rate=rate))]
    minutes = 0
    for wait, tokens in calls:
        at, minutes = at + wait * MINUTE, minutes + wait
        held = min(held + wait * rate, rate * 60)
        spent = min(tokens, held)
        held -= spent
        entries.append(Entry(at, spent, "idle", balance(held, at, rate=rate)))
    day = account(*entries, now=at)
    assert day.total == rate * 30 + minutes * rate


@pytest.mark.django_db
class TestTheLedger:
    def test_tells_the_day_in_two_statements(self, django_assert_num_queries: Any) -> None:
        bucket_holds(1000, at=NOON)
        call_made(at=MIDNIGHT - 2 * HOUR, tokens=3, left=500)
        call_made(at=MIDNIGHT - HOUR, tokens=3, left=1100)
        call_made(at=MIDNIGHT + HOUR, tokens=200, left=1000)
        call_made(at=MIDNIGHT + HOUR, tokens=9, left=None, purpose="background")
        with django_assert_num_queries(2):
            day = token_day(since=MIDNIGHT, now=MIDNIGHT + HOUR + MINUTE)
        assert day == TokenDay(
            since=MIDNIGHT,
            known_from=MIDNIGHT,
            by_people=200,
            by_itself=9,
            left=1020,
            expired=1200,
        )

    def test_of_another_key_is_not_ours(self) -> None:
        call_made(at=MIDNIGHT, tokens=200, left=1000)
        assert token_day(since=MIDNIGHT, now=NOON) is None


def entries_of_ledger(flow_reduction: float) -> list[Entry]:
    """All calls as they are, one by one."""
    return [
        Entry(
            call.created_at,
            call.tokens_consumed,
            call.purpose,
            None
            if call.tokens_left is None or call.refill_rate is None or call.refill_in_ms is None
            else Balance(
                call.tokens_left,
                call.refill_rate,
                call.refill_in_ms,
                flow_reduction,
                call.created_at,
            ),
        )
        for call in TokenLedgerEntry.objects.order_by("created_at", "pk")
    ]


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls=st.lists(
        st.tuples(
            st.integers(0, 4 * 3_600_000),  # ms after the one before
            st.integers(-300, 1400) | st.none(),
            st.integers(0, 60_000),
            st.sampled_from(["interactive", "background", "idle"]),
            st.sampled_from([5, 20, 25]),
        ),
        max_size=9,
    ),
    flow_reduction=st.sampled_from([0.0, 0.5, 19.7, 30.0]),
)
def test_what_the_database_adds_up_is_the_account_of_the_calls_one_by_one(
    calls: list[tuple[int, int | None, int, str, int]], flow_reduction: float
) -> None:
    with transaction.atomic():
        bucket_holds(1000, at=NOON)
        TokenBucket.objects.update(flow_reduction=flow_reduction)
        at = MIDNIGHT - 6 * HOUR
        for place, (wait, left, refill_in_ms, purpose, rate) in enumerate(calls):
            at += timedelta(milliseconds=wait)
            call_made(at=at, tokens=place, left=left, purpose=purpose, rate=rate)
            told = TokenLedgerEntry.objects.filter(created_at=at, tokens_left__isnull=False)
            told.update(refill_in_ms=refill_in_ms)
        now = max(at, MIDNIGHT) + MINUTE
        expected = account_of_day(entries_of_ledger(flow_reduction), since=MIDNIGHT, now=now)
        assert token_day(since=MIDNIGHT, now=now) == expected
        transaction.set_rollback(True)
