"""Every line of the history opens the very answer it tells of, under the niche's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import SearchHistory
from discovery.models import Niche, Run
from discovery.runs.announcements import announce
from tests.analytics.test_dashboard import searched
from tests.discovery.builders import BOOKS, FINISHED, finished_list, finished_run, scored_product

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
NOW = timezone.now()


def page_of(visitor: Any, query: str = "") -> str:
    visitor.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    answer = visitor.get(f"/historique/{query}")
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def opened(text: str) -> list[str]:
    """The addresses that the lines open, in their order."""
    lines = text.split('id="results"')[1].split("</section>")[0].split('<th scope="row">')[1:]
    links = [re.match(r'<a href="([^"]+)"', line) for line in lines]
    return [link[1] if link else "" for link in links]


def made(kind: str, owner: User, *, days_ago: float, **changes: Any) -> Run:
    """A run that ended so long ago, an hour after it began."""
    ended = NOW - timedelta(days=days_ago)
    run = FINISHED[kind](owner=owner, products=[], finished_at=ended, **changes)
    Run.objects.filter(pk=run.pk).update(created_at=ended - timedelta(hours=1))
    return run


def told(owner: User, *, days_ago: float, **changes: Any) -> None:
    """A line as it was written before lines named their run."""
    at: datetime = NOW - timedelta(days=days_ago)
    known: dict[str, Any] = {"filters": BOOKS, "created_at": at}
    searched(owner, **known | changes)


def as_list(name: str) -> dict[str, Any]:
    asked = {"marketplace": "us", "list": name, "products": 3}
    return {"search_type": "bulk", "filters": asked}


@pytest.mark.parametrize("kind", ["search", "list"])
def test_a_line_names_the_run_that_keeps_its_answer_and_opens_it(
    client_of: Visitor, kind: str
) -> None:
    anne = client_of("anne")
    run = FINISHED[kind](owner=anne.user, products=[scored_product()])
    announce(run_id=run.pk)
    assert SearchHistory.objects.get().run_id == run.pk
    FINISHED[kind](owner=anne.user, products=[scored_product()])  # newer, and another
    (link,) = opened(page_of(anne))
    assert link == run.get_absolute_url()
    assert anne.get(link).status_code == 200


@pytest.mark.parametrize("kind", ["search", "list"])
def test_a_line_whose_answer_was_deleted_says_so(client_of: Visitor, kind: str) -> None:
    anne = client_of("anne")
    run = FINISHED[kind](owner=anne.user, products=[scored_product()])
    announce(run_id=run.pk)
    run.delete()
    # Nor is another of the same question taken for it.
    FINISHED[kind](owner=anne.user, products=[scored_product()])
    text = page_of(anne)
    assert opened(text) == [""]
    assert "its answer was deleted" in text


def test_a_search_is_under_the_name_of_its_niche_with_its_words_below(client_of: Visitor) -> None:
    anne = client_of("anne")
    niche = Niche.objects.create(
        owner=anne.user, name="Law at last", marketplace="us", filters=BOOKS
    )
    run = finished_run(owner=anne.user, products=[scored_product()], niche=niche)
    announce(run_id=run.pk)
    text = page_of(anne)
    assert ">Law at last</a>" in text
    assert "10,000" in text.split(">Law at last</a>")[1].split("</th>")[0]


def test_a_search_of_a_program_is_under_the_name_of_the_niche_that_asks_the_same(
    client_of: Visitor,
) -> None:
    anne = client_of("anne")
    Niche.objects.create(owner=anne.user, name="Law at last", marketplace="us", filters=BOOKS)
    told(anne.user, days_ago=0, source="api")
    text = page_of(anne)
    assert opened(text) == [""]
    assert "Law at last<small" in text
    assert "its answer was" not in text  # a program keeps its answers itself


def test_older_lines_open_the_run_that_ended_when_they_were_written(client_of: Visitor) -> None:
    anne = client_of("anne")
    runs = {days: made("search", anne.user, days_ago=days) for days in (1, 5, 9)}
    made("search", anne.user, days_ago=4, filters=BOOKS | {"bsr_max": 40_000})
    for days in runs:
        told(anne.user, days_ago=days)
    assert opened(page_of(anne)) == [run.get_absolute_url() for run in runs.values()]


def test_older_lines_of_a_run_that_was_resumed_open_it_too(client_of: Visitor) -> None:
    anne = client_of("anne")
    run = made("search", anne.user, days_ago=1)
    Run.objects.filter(pk=run.pk).update(created_at=NOW - timedelta(days=6))
    made("search", anne.user, days_ago=8)
    told(anne.user, days_ago=5)  # its first stretch
    told(anne.user, days_ago=0.5)  # a Buy Box bought afterwards
    assert opened(page_of(anne)) == [run.get_absolute_url()] * 2


def test_older_lines_of_lists_are_found_by_name_and_never_guessed(client_of: Visitor) -> None:
    anne = client_of("anne")
    listed = made("list", anne.user, days_ago=3, name="spring.csv")
    made("list", anne.user, days_ago=3, name="other.csv")
    told(anne.user, days_ago=3, **as_list("spring.csv"))
    told(anne.user, days_ago=2, **as_list("spring.csv"))  # one of this name, deleted since
    text = page_of(anne)
    assert opened(text) == ["", listed.get_absolute_url()]
    assert "its answer was not kept" in text


def test_nobody_elses_answer_is_opened_and_rows_of_any_shape_are_shown(client_of: Visitor) -> None:
    paul = User.objects.create_user("paul")
    his = made("search", paul, days_ago=1)
    Run.objects.update(shared=True)
    anne = client_of("anne")
    told(anne.user, days_ago=1)
    told(anne.user, days_ago=1, run_id=his.pk)
    for filters in ([1], "text", {"list": 5}, {"list": "\u00e9t\u00e9", "products": None}):
        for kind in ("bulk", "discovery", "scoring"):
            told(anne.user, days_ago=1, filters=filters, search_type=kind)
    told(anne.user, days_ago=1, created_at=None)
    assert set(opened(page_of(anne, "?days=0"))) == {""}


def test_more_lines_need_no_more_statements(client_of: Visitor) -> None:
    anne, counts = client_of("anne"), []
    for times in (1, 7):
        for number in range(times):
            run = finished_run(owner=anne.user, products=[scored_product()])
            announce(run_id=run.pk)
            listed = finished_list(owner=anne.user, products=[], name=f"{times} {number}.csv")
            announce(run_id=listed.pk)
            told(anne.user, days_ago=2)
        page_of(anne)
        with CaptureQueriesContext(connection) as seen:
            page_of(anne)
        counts.append(len(seen))
    assert counts[0] == counts[1]
