"""The dashboard: can I search now, and is the cache earning its keep?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import SearchHistory
from discovery.models import Niche
from discovery.runs.announcements import announce
from tests.discovery.builders import FINISHED, build_pick, scored_product

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]


def searched(user: Any, *, times: int = 1, cache_hit: bool | None = True, **changes: Any) -> None:
    known: dict[str, Any] = {
        "user_id": str(user.pk),
        "search_type": "discovery",
        "filters": {"marketplace": "us", "root_categories": [283155]},
        "results_count": 50,
        "source": "frontend",
        "marketplace": "us",
        "cache_hit": cache_hit,
        "duration_ms": 12,
        "tokens_spent": 0 if cache_hit else 61,
        "tokens_saved": 61 if cache_hit else 0,
    }
    SearchHistory.objects.bulk_create(SearchHistory(**known | changes) for _ in range(times))


def test_an_empty_database_makes_an_honest_page(client_of: Visitor) -> None:
    page = client_of().get("/")
    assert page.status_code == 200
    assert "Aucune recherche" in page.content.decode()


def test_the_ratio_is_what_the_history_says(client_of: Visitor) -> None:
    anne = client_of()
    searched(anne.user, times=3)
    searched(anne.user, times=1, cache_hit=False)
    text = anne.get("/").content.decode().replace("\u00a0", " ").replace("\u202f", " ")
    assert "75 %" in text
    assert "183" in text  # 3 × 61 tokens saved


def test_history_of_another_program_is_shown_whatever_its_shape(client_of: Visitor) -> None:
    anne = client_of()
    for shape in (
        [1, 2],
        "text",
        {"identifiers": "B0"},
        {"root_categories": "x"},
        {"bsr_min": None},
    ):
        searched(anne.user, filters=shape, tokens_spent=None, tokens_saved=None, cache_hit=None)
    assert anne.get("/").status_code == 200


def test_nobody_elses_activity_is_listed(client_of: Visitor) -> None:
    searched(client_of("paul").user, filters={"identifiers": ["B0PAULSOWN"]})
    assert "B0PAULSOWN" not in client_of("anne").get("/").content.decode()


def test_more_history_needs_no_more_statements(client_of: Visitor) -> None:
    anne = client_of()
    counts = []
    for times in (2, 200):
        searched(anne.user, times=times)
        with CaptureQueriesContext(connection) as seen:
            anne.get("/")
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("kind", ["search", "list"])
def test_a_line_of_the_activity_opens_its_answer_under_its_niches_name(
    client_of: Visitor, kind: str
) -> None:
    anne = client_of("anne")
    niche = Niche.objects.create(owner=anne.user, name="Slow readers", filters={}, marketplace="us")
    named = {"niche": niche} if kind == "search" else {"name": "Slow readers"}
    run = FINISHED[kind](owner=anne.user, products=[scored_product()], **named)
    announce(run_id=run.pk)
    text = anne.get("/").content.decode().split('id="activity-title"')[1]
    assert f'<th scope="row"><a href="{run.get_absolute_url()}">Slow readers</a>' in text


def test_the_best_picks_and_what_has_changed_are_told_and_seen_as_often_as_one_likes(
    client_of: Visitor,
) -> None:
    anne = client_of()
    assert 'id="picks"' not in anne.get("/").content.decode()
    now = timezone.now()
    for number in range(5):
        build_pick(owner=anne.user, asin=f"B00000000{number}", seen_at=now, rank_score=number)
    for _look in range(2):
        block = anne.get("/").content.decode().split('id="picks"')[1].split("</section>")[0]
        assert [f"B00000000{number}" in block for number in range(5)] == [False, False, *[True] * 3]
        assert '<b class="number">5</b>' in block
