"""The site's own figures, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from analytics import metrics
from analytics.metrics import site_metrics
from analytics.rollup import roll_up
from analytics.rollup_sql import ROLLED_UNTIL, SEARCHES, all_until
from discovery.models import AlertDelivery
from discovery.runs.pulse import beat
from tests.analytics.factories import a_call, a_search, searches
from tests.discovery.builders import finished_run, scored_product

pytestmark = pytest.mark.django_db


def samples() -> dict[tuple[str, ...], float]:
    """Every sample by its name without the prefix, and its labels' values."""
    return {
        (sample.name.removeprefix("arbitragevault_"), *sample.labels.values()): sample.value
        for family in site_metrics(now=timezone.now())
        for sample in family.samples
    }


def test_an_empty_site_has_its_gauges() -> None:
    told = samples()
    assert told["queue_workers",] == 0
    assert not {name for name in told if name[0] in {"keepa_reachable", "tokens_left"}}


def test_searches_and_what_they_saved_by_kind_source_and_result() -> None:
    now = timezone.now()
    a_search(at=now, hit=True, tokens_saved=11)
    a_search(at=now - timedelta(days=400), hit=True, tokens_saved=4)
    a_search(at=now, hit=False, search_type="bulk", source="frontend", tokens_spent=3)
    a_search(at=now, hit=None, source=None)
    told = samples()
    assert told["searches_total", "discovery", "api", "hit"] == 2
    assert told["searches_total", "bulk", "frontend", "miss"] == 1
    assert told["searches_total", "discovery", "", "unknown"] == 1
    assert told["tokens_saved_total", "discovery"] == 15


def test_tokens_by_endpoint_and_purpose_and_calls_by_their_end() -> None:
    now = timezone.now()
    a_call(at=now - timedelta(days=40), tokens=11)
    a_call(at=now - timedelta(seconds=9), tokens=3, endpoint="product", purpose="autosourcing")
    a_call(at=now - timedelta(seconds=5), tokens=0, outcome="timeout")
    told = samples()
    assert told["tokens_spent_total", "query", "interactive"] == 11
    assert told["tokens_spent_total", "product", "autosourcing"] == 3
    assert told["keepa_calls_total", "query", "failed"] == 1
    assert told["keepa_calls_total", "query", "ok"] == 1
    assert told["keepa_reachable",] == 0
    assert 5 <= told["keepa_last_call_age_seconds",] < 60


def test_searches_by_how_they_were_answered() -> None:
    now = timezone.now()
    a_search(at=now, hit=True, cache="subsumed")
    a_search(at=now - timedelta(days=3), hit=False, cache="stale")
    a_search(at=now - timedelta(days=400), hit=True)  # before it was noted how
    told = samples()
    kinds = {name[1]: count for name, count in told.items() if name[0] == "cache_answers_total"}
    assert kinds == {"hit": 1, "subsumed": 1, "stored": 0, "stale": 1, "miss": 0}


def test_they_are_the_same_once_the_rows_have_been_added_up() -> None:
    now = timezone.now()
    for ago in (timedelta(), timedelta(hours=3), timedelta(days=90)):
        a_search(at=now - ago, hit=True, cache="stored", tokens_saved=7)
        a_search(at=now - ago, hit=None, source=None, search_type="bulk")
        a_call(at=now - ago, tokens=5)
        a_call(at=now - ago, tokens=0, outcome="timeout")
    before = counters()
    roll_up(now=now)
    assert counters() == before
    a_search(at=now - timedelta(days=90), hit=True, cache="stored")  # late
    assert counters()["cache_answers_total", "stored"] == 4
    roll_up(now=now)
    assert counters()["cache_answers_total", "stored"] == 4


def test_a_scrape_reads_no_row_that_has_been_added_up() -> None:
    """However many there are: the plans touch the two tables by their index on the date alone."""
    now = timezone.now()
    searches(at=now - timedelta(days=2), hits=1500, misses=1500)
    a_call(at=now - timedelta(days=2), tokens=5)
    roll_up(now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE search_history")
        until = dict(metrics._rows(ROLLED_UNTIL))
        explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) "
        cursor.execute(explain + metrics.ANSWERS, all_until(now, until[SEARCHES]))
        (((plan,),),) = cursor.fetchall()
    read = {node["Relation Name"]: node for node in nodes(plan["Plan"]) if "Relation Name" in node}
    assert "Seq" not in read["search_history"]["Node Type"]
    assert read["search_history"]["Actual Rows"] == 0
    assert 0 < read["answer_quarter"]["Actual Rows"] < 10


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def counters() -> dict[tuple[str, ...], float]:
    return {name: value for name, value in samples().items() if name[0].endswith("_total")}


def test_runs_deliveries_and_the_queue() -> None:
    now = timezone.now()
    anne = User.objects.create_user("anne")
    finished_run(owner=anne, products=[scored_product(asin="B000000001")])
    AlertDelivery.objects.create(owner=anne, due_at=now, state="failed")
    beat(worker=uuid4(), host="h", pid=1, started_at=now, task="x", now=now)
    told = samples()
    assert told["runs", "search", "done"] == 1
    assert told["alert_deliveries", "failed"] == 1
    assert (told["queue_workers",], told["queue_busy",], told["queue_age_seconds",]) == (1, 1, 0)


def test_reading_them_takes_a_dozen_statements(django_assert_max_num_queries: Any) -> None:
    a_call(at=timezone.now(), tokens=1)
    with django_assert_max_num_queries(12):
        samples()
