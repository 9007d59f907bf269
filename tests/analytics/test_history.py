"""Historique: the user's searches, filtered, paged, and what they teach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.insights import HistoryFilter, activity, popular_categories, searches_of
from analytics.models import SearchHistory
from tests.analytics.test_dashboard import searched

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
BOOKS = {"marketplace": "us", "root_categories": [283155], "bsr_min": 10_000}
TOYS = {"marketplace": "us", "root_categories": [165793011]}


def text_of(visitor: Any, query: str = "") -> str:
    answer = visitor.get(f"/historique/{query}")
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def rows_of(user: Any) -> Any:
    return searches_of(user_id=str(user.pk), chosen=HistoryFilter(days=0), now=timezone.now())


def test_an_empty_history_says_so(client_of: Visitor) -> None:
    assert "Aucune recherche" in text_of(client_of())


def test_each_search_can_be_asked_again_with_its_price_shown_first(client_of: Visitor) -> None:
    anne = client_of()
    searched(anne.user, filters=BOOKS)
    text = text_of(anne)
    link = text.split('href="/niches/?asked=')[1].split('"')[0].split("#")[0]
    form = anne.get(f"/niches/?asked={link}").content.decode()
    assert 'value="Books" selected' in form
    assert "10" in form.split('name="bsr_min"')[1][:60]


@pytest.mark.parametrize(
    "asked", ["{", "[]", "5", '{"colour": 1}', '{"marketplace": "narnia"}', "null"]
)
def test_a_made_up_address_leaves_the_form_empty(client_of: Visitor, asked: str) -> None:
    assert client_of().get("/niches/", {"asked": asked}).status_code == 200


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?answer=free", {"hits"}),
        ("?answer=paid", {"misses"}),
        ("?source=api", {"api"}),
        ("?kind=scoring", {"scored"}),
        ("?days=7", {"hits", "misses", "api", "scored"}),
        ("?days=0", {"hits", "misses", "api", "scored", "old"}),
        ("?days=soon&kind=nonsense&answer=1", {"hits", "misses", "api", "scored"}),
    ],
)
def test_each_filter_keeps_what_it_names(client_of: Visitor, query: str, shown: set[str]) -> None:
    anne = client_of()

    def one(name: str, **changes: Any) -> None:
        searched(anne.user, filters={"identifiers": [f"<{name}>"]}, **changes)

    one("hits", source="manual")
    one("misses", cache_hit=False)
    one("api", source="api", cache_hit=None)
    one("scored", search_type="scoring", cache_hit=None)
    one("old", cache_hit=None)
    SearchHistory.objects.filter(filters__identifiers__0="<old>").update(
        created_at=timezone.now() - timedelta(days=200)
    )
    text = text_of(anne, query)
    names = {"hits", "misses", "api", "scored", "old"}
    assert {name for name in names if f"&lt;{name}&gt;" in text} == shown


def test_nobody_elses_searches_are_shown(client_of: Visitor) -> None:
    searched(client_of("paul").user, filters={"identifiers": ["B0PAULSOWN"]})
    assert "B0PAULSOWN" not in text_of(client_of("anne"))


def test_more_searches_need_no_more_statements(client_of: Visitor) -> None:
    anne = client_of()
    counts = []
    for times in (2, 300):
        searched(anne.user, times=times, filters=BOOKS)
        with CaptureQueriesContext(connection) as seen:
            text_of(anne)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert "Page 2 " in text_of(anne, "?page=2")


def test_categories_are_ranked_by_how_often_they_are_asked(client_of: Visitor) -> None:
    user = client_of().user
    searched(user, times=3, filters=BOOKS, average_roi=40.0)
    searched(user, times=1, filters=BOOKS, average_roi=None)
    searched(user, times=2, filters=TOYS, cache_hit=False, average_roi=10.0)
    searched(user, filters="another program's")
    books, toys = popular_categories(rows=rows_of(user), most=5)
    assert [marketplace for marketplace, _category, _totals in (books, toys)] == ["us", "us"]
    assert (books[1], books[2].searches, books[2].mean_roi) == (283155, 4, 40.0)
    assert (toys[1], toys[2].tokens_spent, toys[2].mean_roi) == (165793011, 122, 10.0)


def test_a_search_over_two_categories_counts_for_both(client_of: Visitor) -> None:
    user = client_of().user
    searched(user, filters={"root_categories": [1, 2], "categories_include": [3]})
    found = popular_categories(rows=rows_of(user), most=5)
    assert {category for _marketplace, category, _totals in found} == {1, 2, 3}


def test_hours_are_those_of_the_sites_time_zone(client_of: Visitor) -> None:
    user = client_of().user
    searched(user)
    # 23:30 in Paris is the next day's 22:30 in UTC, in winter.
    moment = datetime.fromisoformat("2026-01-10T22:30:00+00:00")
    SearchHistory.objects.update(created_at=moment)
    assert activity(rows=rows_of(user)).hours[23].searches == 1
