"""``/api/v1/history`` and ``/api/v1/dashboard``: what was asked, and what to look at."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

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


def test_the_history_is_narrowed_down(caller: Client, anne: User) -> None:
    asked(anne, search_type="bulk", cache_hit=False)
    asked(anne)
    for query, count in (("kind=bulk", 1), ("answer=free", 1), ("source=frontend", 0)):
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
