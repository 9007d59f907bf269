"""Sums by quarter of an hour and the rows after them are together what all rows add up to."""

from __future__ import annotations

import random
import threading
import time
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import gathering, receivers, rollup
from analytics.cache_health import cache_health, searches_by_day, token_uses
from analytics.gathering import Gathered
from analytics.models import LedgerQuarter, RollupState, SearchHistory, SearchQuarter, StaleQuarter
from analytics.rollup_sql import LEDGER, QUARTER, SEARCHES
from analytics.tasks import roll_up
from discovery.models import TokenLedgerEntry
from discovery.signals import CompletedSearch
from tests.analytics.factories import a_call, a_search, searches

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


def now() -> datetime:
    """The real time: what may be added up goes by the database's clock."""
    return timezone.now()


def figures(at: datetime) -> tuple[Any, ...]:
    """All that pages read from the sums."""
    return cache_health(now=at).periods, searches_by_day(now=at, days=14), token_uses(now=at)


def figures_of_rows(at: datetime) -> tuple[Any, ...]:
    """The same figures without any sums."""
    with transaction.atomic():
        RollupState.objects.all().delete()
        found = figures(at)
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
class TestSums:
    def test_stand_for_their_rows(self) -> None:
        at = now()
        for ago in (2 * HOUR, 30 * HOUR, 8 * DAY, 29 * DAY):
            a_search(at=at - ago, hit=True, tokens_saved=60)
            a_search(at=at - ago, hit=None, tokens_saved=5)
            a_call(at=at - ago, tokens=7)
        before = figures(at)
        assert rollup.roll_up(now=at).steps > 2
        assert SearchQuarter.objects.count() == LedgerQuarter.objects.count() == 4
        assert figures(at) == before == figures_of_rows(at)

    def test_are_read_in_place_of_the_rows(self) -> None:
        """The figures come from the sums: a wrong one shows."""
        at = now()
        a_search(at=at - 2 * DAY, hit=True)
        rollup.roll_up(now=at)
        SearchQuarter.objects.update(hits=41, answered=41)
        assert cache_health(now=at).periods[1].hits == 41

    def test_never_hold_what_is_not_over_for_an_hour(self) -> None:
        at = now()
        a_search(at=at - 50 * MINUTE, hit=True)
        a_search(at=at - 3 * HOUR, hit=True)
        rollup.roll_up(now=at + 5 * DAY)  # our clock is fast, the database's is not
        assert SearchQuarter.objects.count() == 1
        assert RollupState.objects.get(source=SEARCHES).rolled_until <= at - HOUR

    def test_of_an_empty_history_there_are_none(self) -> None:
        assert rollup.roll_up(now=now()) == rollup.RollUp(steps=0, mended=0)
        assert not RollupState.objects.exists()

    def test_the_task_says_how_many_steps_it_took(self) -> None:
        a_search(at=now() - 3 * HOUR, hit=True)
        assert roll_up() == 1
        assert roll_up() == 0

    def test_a_row_without_a_date_is_in_none(self) -> None:
        a_search(at=None, hit=True)
        a_search(at=now() - DAY, hit=True)
        rollup.roll_up(now=now())
        assert [quarter.answered for quarter in SearchQuarter.objects.all()] == [1]


@pytest.mark.django_db
def test_a_free_search_gathered_while_the_database_was_away_counts_where_it_was_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its quarter was added up before its row could be written, three hours late."""
    at = now()
    a_search(at=at - 3 * HOUR, hit=True)
    rollup.roll_up(now=at)
    search = CompletedSearch(
        search_type="discovery", source="api", user_id="7", marketplace="us", filters={},
        results_count=50, cache_hit=True, duration_ms=3, tokens_spent=0, tokens_saved=11,
    )  # fmt: skip
    row = Gathered(search, id="late")
    later = time.monotonic() + 3 * 3600
    monkeypatch.setattr(gathering, "time", SimpleNamespace(monotonic=lambda: later))
    receivers.write([row])
    assert StaleQuarter.objects.count() == 1
    assert cache_health(now=at).periods[0].hits == 2
    assert figures(at) == figures_of_rows(at)
    assert rollup.roll_up(now=at).mended == 1
    assert cache_health(now=at).periods[0].tokens_saved == 11
    assert figures(at) == figures_of_rows(at)


@pytest.mark.django_db
class TestRowsThatChangeLater:
    @pytest.fixture(autouse=True)
    def rolled_up(self, db: None) -> None:
        self.at = now()
        for ago in (3 * HOUR, 2 * DAY, 9 * DAY):
            a_search(at=self.at - ago, hit=True, tokens_saved=10)
            a_call(at=self.at - ago, tokens=7)
        rollup.roll_up(now=self.at)

    def in_step_before_and_after_mending(self, *, stale: int) -> None:
        expected = figures_of_rows(self.at)
        assert figures(self.at) == expected
        assert rollup.roll_up(now=self.at).mended == stale
        assert figures(self.at) == expected
        assert not StaleQuarter.objects.exists()

    def test_a_late_row_counts_at_once(self) -> None:
        searches(at=self.at - 3 * HOUR, hits=4, misses=2)
        self.in_step_before_and_after_mending(stale=1)

    def test_a_row_older_than_all_others_counts(self) -> None:
        a_search(at=self.at - 20 * DAY, hit=False)
        self.in_step_before_and_after_mending(stale=1)

    def test_deleted_rows_no_longer_count(self) -> None:
        SearchHistory.objects.filter(created_at__lt=self.at - DAY).delete()
        self.in_step_before_and_after_mending(stale=2)

    def test_a_row_that_moves_is_stale_in_both_places(self) -> None:
        row = SearchHistory.objects.order_by("created_at").last()
        assert row is not None
        SearchHistory.objects.filter(pk=row.pk).update(created_at=self.at - 5 * DAY)
        self.in_step_before_and_after_mending(stale=2)

    def test_a_call_whose_cost_is_known_later_is_mended(self) -> None:
        TokenLedgerEntry.objects.filter(created_at__lt=self.at - 8 * DAY).update(tokens_consumed=90)
        self.in_step_before_and_after_mending(stale=1)

    def test_many_changes_of_a_quarter_are_noted_once_a_transaction(self) -> None:
        moment = self.at - 3 * HOUR
        with transaction.atomic():
            searches(at=moment, hits=50, misses=0)
            searches(at=moment, hits=50, misses=0)
        assert StaleQuarter.objects.filter(source=SEARCHES).count() == 1

    def test_a_row_written_now_is_noted_nowhere(self) -> None:
        a_search(at=now() - 9 * MINUTE, hit=True)
        a_call(at=now(), tokens=1)
        assert not StaleQuarter.objects.exists()

    def test_a_table_emptied_begins_anew(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE search_history")
        assert cache_health(now=self.at).periods[2].searches == 0
        a_search(at=self.at - DAY, hit=True)
        rollup.roll_up(now=self.at)
        assert SearchQuarter.objects.count() == 1
        assert figures(self.at) == figures_of_rows(self.at)


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["search", "call", "delete", "update", "roll up", "mend"]),
        st.integers(0, 40 * 24 * 60),  # minutes ago
        st.sampled_from([True, False, None]),
        st.integers(0, 99),
    ),
    min_size=2,
    max_size=12,
)


@pytest.mark.django_db
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES, ahead=st.integers(0, 3 * 24 * 60))
def test_whatever_happens_the_figures_are_those_of_the_rows(
    changes: list[tuple[str, int, bool | None, int]], ahead: int
) -> None:
    at = now()
    asked_at = at - ahead * MINUTE / 3  # figures of an earlier moment too
    with transaction.atomic():
        for change, minutes, hit, tokens in changes:
            moment = at - minutes * MINUTE
            if change == "search":
                a_search(at=moment, hit=hit, tokens_saved=tokens)
            elif change == "call":
                outcome = "ok" if hit else "timeout"
                a_call(at=moment, tokens=tokens, outcome=outcome, purpose=f"p{tokens % 3}")
            elif change == "delete":
                SearchHistory.objects.filter(created_at__lt=moment).delete()
            elif change == "update":
                TokenLedgerEntry.objects.filter(created_at__gt=moment).update(tokens_consumed=3)
            elif change == "mend":
                rollup.mend(SEARCHES)
            else:
                rollup.roll_up(now=moment)
        assert figures(asked_at) == figures_of_rows(asked_at)
        transaction.set_rollback(True)


@contextmanager
def thread(work: Callable[[], None]) -> Iterator[None]:
    """Run the work beside the test, over a connection of its own."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 - told by the test's own thread
            failures.append(failure)
        finally:
            connections.close_all()

    beside = threading.Thread(target=run)
    beside.start()
    yield
    beside.join(timeout=60)
    assert not beside.is_alive()
    assert failures == []


@pytest.mark.django_db(transaction=True)
class TestSeveralAtOnce:
    def test_a_run_that_is_killed_leaves_nothing_half_done(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at = now()
        for ago in (40 * DAY, 20 * DAY, 2 * DAY):
            a_search(at=at - ago, hit=True)
        monkeypatch.setattr(rollup, "MOVE_ON", "SELECT pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(Exception, match="terminat"):
            rollup.roll_up(now=at)
        connection.close()
        assert not SearchQuarter.objects.exists()
        monkeypatch.undo()
        rollup.roll_up(now=at)
        assert SearchQuarter.objects.count() == 3
        assert figures(at) == figures_of_rows(at)

    def test_runs_and_writers_at_once_lose_and_double_nothing(self) -> None:
        at = now()
        chance = random.Random(7)
        searches(at=at - 12 * DAY, hits=5, misses=5)

        def write() -> None:
            for _ in range(40):
                searches(at=at - chance.randrange(30 * 24) * HOUR, hits=2, misses=1)

        def run() -> None:
            for _ in range(5):
                rollup.roll_up(now=at)

        with thread(write), thread(run):
            run()
        expected = figures_of_rows(at)
        assert figures(at) == expected
        rollup.roll_up(now=at)
        assert figures(at) == expected
        assert not StaleQuarter.objects.exists()

    def test_a_late_row_that_is_not_committed_yet_is_not_forgotten(self) -> None:
        """Its mark is its own, whoever marked the quarter before and whenever that is mended."""
        at = now()
        a_search(at=at - 2 * DAY, hit=True)
        rollup.roll_up(now=at)
        a_search(at=at - 2 * DAY, hit=True)  # marks the quarter

        def run() -> None:
            assert rollup.mend(SEARCHES) == 1

        with transaction.atomic():
            a_search(at=at - 2 * DAY, hit=True)
            with thread(run):
                pass
        assert StaleQuarter.objects.count() == 1
        assert cache_health(now=at).periods[1].searches == 3
        assert rollup.mend(SEARCHES) == 1
        assert cache_health(now=at).periods[1].searches == 3


def test_days_begin_where_a_quarter_does_in_every_time_zone() -> None:
    for name in zoneinfo.available_timezones():
        zone = zoneinfo.ZoneInfo(name)
        for month in (1, 7):
            offset = datetime(2026, month, 1, tzinfo=zone).utcoffset()
            assert offset is not None
            assert offset % QUARTER == timedelta(0), name


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"])
def test_days_are_those_of_a_zone_that_is_no_whole_hour_away(zone: str) -> None:
    at = now()
    for minutes in range(0, 3 * 24 * 60, 71):
        a_search(at=at - minutes * MINUTE, hit=True)
    rollup.roll_up(now=at)
    with timezone.override(zone):
        counted = searches_by_day(now=at, days=5)
        asked = SearchHistory.objects.values_list("created_at", flat=True)
        days = [timezone.localdate(moment) for moment in asked]
    assert {day: totals.answered for day, totals in counted.items() if totals.answered} == {
        day: days.count(day) for day in set(days)
    }


@pytest.mark.django_db
class TestPlans:
    """What is added up is not read row by row: in plans, whatever the machine."""

    def scans(self, sql: str, params: dict[str, Any]) -> dict[str, int]:
        """How many rows each table gave, by the plan that was run."""
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            (plan,) = cursor.fetchone()
        found: dict[str, int] = {}
        todo = [plan[0]["Plan"]]
        while todo:
            node = todo.pop()
            todo += node.get("Plans", [])
            if table := node.get("Relation Name"):
                read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                found[table] = found.get(table, 0) + int(read * node["Actual Loops"])
        return found

    def test_the_dashboard_reads_only_rows_that_are_not_added_up(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at = now()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO search_history (search_type, filters, results_count, created_at,"
                "                            cache_hit, tokens_saved)"
                " SELECT 'discovery', '{}', 1, %s - n * interval '5 minutes', true, 1"
                "   FROM generate_series(0, 9999) AS n",
                [at],
            )
            cursor.execute("ANALYZE search_history")
        rollup.roll_up(now=at)
        seen = []

        def explained(sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
            seen.append(self.scans(sql, params))
            return []

        monkeypatch.setattr("analytics.cache_health._rows", explained)
        searches_by_day(now=at, days=14)
        with pytest.raises(IndexError):
            cache_health(now=at)
        by_day, in_periods, _caches = seen
        for read in (by_day, in_periods):
            assert 12 <= read["search_history"] < 100  # of 10 000: an hour and what a period cuts


def test_a_run_takes_one_statement_and_a_lock_for_what_is_up_to_date(
    db: None, django_assert_num_queries: Any
) -> None:
    a_search(at=now() - 3 * HOUR, hit=True)
    a_call(at=datetime.now(UTC) - 3 * HOUR, tokens=1)
    rollup.roll_up(now=now())
    with django_assert_num_queries(2 * (2 + 2) + 2 * 2 * 2):  # and a savepoint each, in a test
        rollup.roll_up(now=now())
    assert set(RollupState.objects.values_list("source", flat=True)) == {SEARCHES, LEDGER}
