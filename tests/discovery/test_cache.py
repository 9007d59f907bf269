"""The caches under load: exact counts, no deadlock."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models.functions import Now

from discovery import cache
from discovery.models import DiscoveryCacheEntry, ScoringCacheEntry


def fill(key: str, asins: tuple[str, ...] = ("B000000001",), **changes: Any) -> None:
    cache.fill_discovery(
        cache_key=key,
        marketplace="us",
        filters={},
        asins=asins,
        total_results=len(asins),
        tokens_spent=11,
    )
    if changes:
        DiscoveryCacheEntry.objects.filter(pk=key).update(**changes)


def score_row(key: str, asin: str = "B000000001", **changes: Any) -> cache.ScoreRow:
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "cache_key": key,
        "asin": asin,
        "marketplace": "fr",
        "roi_percent": 31.5,
        "velocity_score": 60.0,
        "recommendation": "BUY",
        "title": "Été – « 10 »",
        "price": 24.9,
        "bsr": 1234,
        "breakdown": b'{"score": {"roi": "31.50"}}',
        "tokens_spent": 4,
        "created_at": now,
        "expires_at": now + timedelta(hours=6),
    }
    return cache.ScoreRow(**values | changes)


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run ``work(0..count-1)`` at once, each in a thread with its own connection."""
    start = threading.Barrier(count)

    def one(number: int) -> Any:
        try:
            start.wait(timeout=30)
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.django_db
class TestAHit:
    def test_five_hits_count_one_to_five(self) -> None:
        fill("k")
        counts = [cache.hit_discovery(cache_key="k").hit_count for _ in range(5)]  # type: ignore[union-attr]
        assert counts == [1, 2, 3, 4, 5]

    def test_is_one_statement(self, django_assert_num_queries: Any) -> None:
        fill("k", ("A", "B"))
        with django_assert_num_queries(1):
            entry = cache.hit_discovery(cache_key="k")
        assert entry is not None
        assert entry.asins == ("A", "B")
        assert entry.tokens_spent == 11

    def test_brings_no_more_asins_than_are_shown(self, django_assert_num_queries: Any) -> None:
        fill("k", ("A", "B", "C"))
        with django_assert_num_queries(1):
            entry = cache.hit_discovery(cache_key="k", first=2)
        assert entry is not None
        assert (entry.asins, entry.total_results, entry.hit_count) == (("A", "B"), 3, 1)
        all_of_them = cache.hit_discovery(cache_key="k", first=50)
        assert all_of_them is not None
        assert all_of_them.asins == ("A", "B", "C")

    def test_of_an_adopted_entry_counts_its_asins_though_fewer_are_read(self) -> None:
        fill("k", ("A", "B", "C"), total_results=None)
        entry = cache.hit_discovery(cache_key="k", first=1)
        assert entry is not None
        assert (entry.asins, entry.total_results) == (("A",), 3)

    def test_of_a_hundred_scores_is_one_statement(self, django_assert_num_queries: Any) -> None:
        cache.fill_scores([score_row(f"s{n}", f"A{n:03}") for n in range(100)])
        with django_assert_num_queries(1):
            found = cache.hit_scores(cache_keys=[f"s{n}" for n in range(100)])
        assert len(found) == 100
        assert json.loads(found["A007"].breakdown) == {"score": {"roi": "31.50"}}
        assert set(ScoringCacheEntry.objects.values_list("hit_count", flat=True)) == {1}

    def test_an_unknown_question_is_a_miss(self) -> None:
        assert cache.hit_discovery(cache_key="never asked") is None
        assert cache.hit_scores(cache_keys=[]) == {}

    def test_peeking_counts_nothing(self) -> None:
        fill("k")
        assert cache.peek_discovery(cache_key="k") is not None
        assert DiscoveryCacheEntry.objects.get().hit_count == 0

    def test_an_adopted_score_without_breakdown_is_kept_but_never_served(self) -> None:
        cache.fill_scores([score_row("s")])
        ScoringCacheEntry.objects.update(breakdown=None)
        assert cache.hit_scores(cache_keys=["s"]) == {}
        assert ScoringCacheEntry.objects.count() == 1

    def test_an_adopted_entry_with_null_counts_starts_counting(self) -> None:
        fill("k", hit_count=None, created_at=None, total_results=None)
        entry = cache.hit_discovery(cache_key="k")
        assert entry is not None
        assert entry.hit_count == 1

    def test_a_refill_replaces_the_answer_and_keeps_the_hits(self) -> None:
        fill("k", ("OLD",))
        cache.hit_discovery(cache_key="k")
        fill("k", ("NEW",))
        entry = cache.hit_discovery(cache_key="k")
        assert entry is not None
        assert (entry.asins, entry.hit_count) == (("NEW",), 2)


@pytest.mark.django_db
class TestExpiry:
    def test_an_expired_row_is_never_served_and_is_purged_while_the_live_one_stays(self) -> None:
        fill("old", expires_at=Now() - timedelta(days=30))
        fill("live")
        cache.fill_scores(
            [score_row("s-old", expires_at=datetime.now(UTC) - timedelta(days=30)), score_row("s")]
        )
        assert cache.hit_discovery(cache_key="old") is None
        assert cache.hit_scores(cache_keys=["s-old"]) == {}
        report = cache.purge(now=datetime.now(UTC))
        assert (report.discovery_removed, report.scoring_removed) == (1, 1)
        assert list(DiscoveryCacheEntry.objects.values_list("pk", flat=True)) == ["live"]
        assert list(ScoringCacheEntry.objects.values_list("pk", flat=True)) == ["s"]

    def test_within_its_grace_an_expired_answer_is_kept_for_bad_days(self, settings: Any) -> None:
        settings.STALE_GRACE = timedelta(hours=72)
        fill("tired", expires_at=Now() - timedelta(hours=71))
        assert cache.hit_discovery(cache_key="tired") is None
        assert cache.stale_discovery(cache_key="tired") is not None
        assert cache.purge(now=datetime.now(UTC)).total == 0
        assert cache.purge(now=datetime.now(UTC), grace=timedelta(0)).discovery_removed == 1

    def test_a_dry_run_counts_and_removes_nothing(self) -> None:
        fill("old", expires_at=Now() - timedelta(days=30))
        assert cache.purge(now=datetime.now(UTC), dry_run=True).discovery_removed == 1
        assert DiscoveryCacheEntry.objects.count() == 1

    def test_more_than_one_batch_is_purged(self) -> None:
        old = datetime.now(UTC) - timedelta(days=30)
        count = cache.PURGE_BATCH + 5
        cache.fill_scores([score_row(f"s{n}", expires_at=old) for n in range(count)])
        assert cache.purge(now=datetime.now(UTC)).scoring_removed == count


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_ten_threads_on_different_keys_all_succeed(self) -> None:
        def insert_then_hit(number: int) -> int | None:
            for turn in range(10):
                fill(f"k{number}-{turn}")
                cache.fill_scores([score_row(f"s{number}-{n}", f"A{n}") for n in range(20)])
                entry = cache.hit_discovery(cache_key=f"k{number}-{turn}")
                cache.hit_scores(cache_keys=[f"s{number}-{n}" for n in range(20)])
            return entry.hit_count if entry else None

        assert in_threads(10, insert_then_hit) == [1] * 10

    def test_fifty_threads_times_twenty_hits_count_exactly_a_thousand(self) -> None:
        fill("hot")

        def twenty_hits(_number: int) -> None:
            for _ in range(20):
                assert cache.hit_discovery(cache_key="hot") is not None

        in_threads(50, twenty_hits)
        assert DiscoveryCacheEntry.objects.get().hit_count == 1000

    def test_searches_sharing_products_in_any_order_never_deadlock(self) -> None:
        keys = [f"s{n}" for n in range(60)]
        cache.fill_scores([score_row(key, key.upper()) for key in keys])

        def hit_in_own_order(number: int) -> None:
            mine = keys if number % 2 else keys[::-1]
            for _ in range(15):
                assert len(cache.hit_scores(cache_keys=mine)) == 60
                cache.fill_scores([score_row(key, key.upper()) for key in mine[:10]])

        in_threads(8, hit_in_own_order)
        counts = set(ScoringCacheEntry.objects.values_list("hit_count", flat=True))
        assert counts == {8 * 15}

    def test_a_purge_steps_around_rows_in_use(self) -> None:
        old = datetime.now(UTC) - timedelta(days=30)
        cache.fill_scores([score_row(f"s{n}", expires_at=old) for n in range(3)])
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM product_scoring_cache WHERE cache_key='s1' FOR UPDATE")
            removed = in_threads(1, lambda _n: cache.purge(now=datetime.now(UTC)).scoring_removed)
            cursor.execute("ROLLBACK")
        assert removed == [2]
