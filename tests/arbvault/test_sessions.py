"""How long a session lasts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

pytestmark = pytest.mark.django_db

PAGE = "/mon-compte/"
ASKED_BY_THE_PAGE = f"/niches/recherche/{uuid4()}/progression/"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as clock:
        yield clock


@pytest.fixture
def browser(clock: Any) -> Client:
    User.objects.create_user("anne", password="correct horse battery")
    browser = Client()
    browser.post("/login/", {"username": "anne", "password": "correct horse battery"})
    return browser


def is_signed_in(browser: Client, page: str = PAGE) -> bool:
    return browser.get(page).status_code != 302


def test_it_outlives_a_weekend_and_not_much_more(browser: Client, clock: Any) -> None:
    clock.shift(timedelta(days=3))
    assert is_signed_in(browser)
    clock.shift(timedelta(days=3, seconds=1))
    assert not is_signed_in(browser)
    assert not Session.objects.exists()


def test_how_long_it_may_be_idle_is_a_setting(browser: Client, clock: Any, settings: Any) -> None:
    settings.SESSION_IDLE = timedelta(minutes=30)
    for _ in range(10):
        clock.shift(timedelta(minutes=29))
        assert is_signed_in(browser)
    clock.shift(timedelta(minutes=31))
    assert not is_signed_in(browser)


def test_use_does_not_prolong_it_beyond_fourteen_days(browser: Client, clock: Any) -> None:
    for _ in range(14):
        clock.shift(timedelta(hours=23, minutes=59))
        assert is_signed_in(browser)
    clock.shift(timedelta(minutes=15))
    assert not is_signed_in(browser)


def test_what_a_page_asks_by_itself_keeps_it_not_alive(browser: Client, clock: Any) -> None:
    for _ in range(3):
        clock.shift(timedelta(days=1))
        assert is_signed_in(browser, ASKED_BY_THE_PAGE)
    clock.shift(timedelta(seconds=1))
    assert not is_signed_in(browser, ASKED_BY_THE_PAGE)


def test_use_is_noted_every_five_minutes_at_most(browser: Client, clock: Any) -> None:
    def writes() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert is_signed_in(browser)
        return sum("UPDATE" in query["sql"] for query in seen)

    assert writes() == 0
    clock.shift(timedelta(minutes=4))
    assert writes() == 0
    clock.shift(timedelta(minutes=1))
    assert writes() == 1
    assert writes() == 0


def test_the_api_counts_a_session_in_the_same_way(browser: Client, clock: Any) -> None:
    assert browser.get("/api/v1/docs").status_code == 200
    clock.shift(timedelta(days=4))
    assert browser.get("/api/v1/docs").status_code == 302


def test_one_of_a_former_version_counts_from_now_on(browser: Client, clock: Any) -> None:
    session = browser.session
    for name in ("signed-in-at", "seen-at"):
        del session[name]
    session.save()
    assert is_signed_in(browser)
    assert browser.session["seen-at"] == timezone.now().timestamp()
    clock.shift(timedelta(days=4))
    assert not is_signed_in(browser)


def test_a_page_for_everybody_reads_no_session(
    browser: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        assert browser.get("/healthz").status_code == 200


def test_a_clock_set_back_does_not_keep_it_alive(
    browser: Client, clock: Any, settings: Any
) -> None:
    settings.SESSION_IDLE = timedelta(minutes=30)
    clock.shift(-timedelta(days=2))
    assert is_signed_in(browser)
    clock.shift(timedelta(minutes=31))
    assert not is_signed_in(browser)
