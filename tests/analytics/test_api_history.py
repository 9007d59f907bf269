"""``/api/v1/history`` and ``/api/v1/dashboard``: what was asked, and what to look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.gathering import Gatherer
from analytics.models import SearchHistory
from discovery.accounts.api_tokens import create_api_token
from discovery.profiles.service import ensure_shipped_profiles
from tests.discovery.api.shelf import all_pages, caller_with, send
from tests.discovery.builders import build_pick, finished_run, scored_product

pytestmark = pytest.mark.django_db
ASKED = {"marketplace": "us", "root_categories": [283155], "sales": [1, 50_000]}


@pytest.fixture
def anne(db: None) -> User:
    ensure_shipped_profiles()
    return User.objects.create_user("anne")


@pytest.fixture
def caller(anne: User) -> Client:
    return caller_with(create_api_token(user=anne)[1])


def asked(user: User, **changes: Any) -> SearchHistory:
    told: dict[str, Any] = {
        "user_id": str(user.pk), "search_type": "scoring", "filters": ASKED, "results_count": 5,
        "source": "api", "marketplace": "us", "cache_hit": True, "tokens_spent": 0,
        "tokens_saved": 12, "strong_buys": 1, "average_roi": 40.0, "created_at": timezone.now(),
    }  # fmt: skip
    return SearchHistory.objects.create(**told | changes)


def test_the_history_is_told_page_by_page_in_constant_statements(
    caller: Client, anne: User, django_assert_num_queries: Any
) -> None:
    for results in range(3):
        asked(anne, results_count=results)
    asked(User.objects.create_user("paul"))
    listed = all_pages(caller, "/history", "searches")
    assert [search["results"] for search in listed] == [2, 1, 0]
    assert listed[0]["asked"]
    # The token, the searches, the niches that ask the same.
    with django_assert_num_queries(3):
        send(caller, "GET", "/history")


def test_a_page_of_the_history_is_read_from_its_index(caller: Client, anne: User) -> None:
    for minutes in range(6):
        asked(anne, created_at=timezone.now() - timedelta(minutes=minutes))
    undated = asked(anne, created_at=None)
    first = send(caller, "GET", "/history?days=0&limit=3").json()
    assert first["searches"][0]["id"] == undated.pk
    for query in (f"days=0&cursor={first['next']}", "days=0", "days=30"):
        with CaptureQueriesContext(connection) as statements:
            send(caller, "GET", f"/history?limit=3&{query}")
        (sql,) = [one["sql"] for one in statements if 'FROM "search_history"' in (one["sql"] or "")]
        with connection.cursor() as cursor:
            # Few rows are always read one by one and sorted, unless that is made dear.
            for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "idx_history_user_newest" in plan, plan
        assert "Sort" not in plan, plan
        if "cursor" in query:
            assert "created_at <=" in plan.partition("Index Cond")[2].partition("\n")[0], plan


def test_what_the_web_server_has_not_written_yet_is_told_too(
    caller: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def flush(gatherer: Gatherer) -> bool:
        written.append(gatherer)
        return True

    monkeypatch.setattr(Gatherer, "flush", flush)
    addresses = ("/history", "/history/insights", "/dashboard", "/cache/health")
    for number, address in enumerate(addresses, start=1):
        assert send(caller, "GET", address).status_code == 200
        assert len(written) == number


def test_the_history_is_narrowed_down(caller: Client, anne: User) -> None:
    asked(anne, search_type="bulk", cache_hit=False)
    asked(anne)
    asked(anne, source="mcp", created_at=None)
    for query, count in (
        ("kind=bulk", 1), ("source=mcp&days=0", 1), ("answer=free", 1), ("source=frontend", 0)
    ):  # fmt: skip
        assert len(send(caller, "GET", f"/history?{query}").json()["searches"]) == count, query
    assert send(caller, "GET", "/history?days=8").status_code == 422


def test_what_the_searches_show_is_added_up(caller: Client, anne: User) -> None:
    for _each in range(3):
        asked(anne)
    asked(anne, cache_hit=False, tokens_spent=30, tokens_saved=0)
    told = send(caller, "GET", "/history/insights?days=7").json()
    assert told["grain"] == "day"
    today = told["periods"][-1]
    assert (today["searches"], today["hits"], today["tokens_spent"]) == (4, 3, 30)
    (category,) = told["categories"]
    assert (category["category"], category["searches"]) == (283155, 4)
    assert told["best_hours"][0]["strong_buys"] == 4


def test_the_dashboard_tells_what_to_look_at(caller: Client, anne: User) -> None:
    finished_run(owner=anne, products=[scored_product(asin="B00000000A")])
    pick = build_pick(owner=anne, seen_at=timezone.now())
    told = send(caller, "GET", "/dashboard").json()
    assert [one["id"] for one in told["picks"]] == [pick.pk]
    assert told["pick_counts"]["new"] == 1
    assert [period["hours"] for period in told["saved"]] == [24, 168, 720]
    assert told["queue"]
