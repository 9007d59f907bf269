"""Free searches of the web server are noted together, and none is lost at its stop."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.db import DataError, OperationalError, connection
from django.utils import timezone

from analytics import gathering, receivers
from analytics.gathering import Gathered, Gatherer
from analytics.models import SearchHistory
from benchmarks.cache_hit import fill_entry, question
from discovery.accounts.api_tokens import create_api_token
from discovery.models import DiscoveryCacheEntry
from discovery.signals import CompletedSearch, search_completed
from tests.processes import START_SECONDS, database_away, web_server

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

FREE = CompletedSearch(
    search_type="discovery",
    source="api",
    user_id="7",
    marketplace="us",
    filters={"marketplace": "us"},
    results_count=50,
    cache_hit=True,
    duration_ms=3,
    tokens_spent=0,
    tokens_saved=11,
    cache="subsumed",
)


def announce(search: CompletedSearch) -> None:
    for _listener, failure in search_completed.send_robust(sender=None, search=search):
        assert failure is None


def gathered(number: int) -> Gathered:
    return Gathered(replace(FREE, results_count=number), id=f"row-{number}")


@pytest.fixture
def gathering_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Gatherer:
    """As in the web server, but nothing is written by itself: within the test there is time."""
    settings.HISTORY_GATHERED = 0.25
    gatherer = Gatherer(receivers.write)
    monkeypatch.setattr(gatherer, "_work", lambda: None)
    for module in (receivers, *_pages()):
        monkeypatch.setattr(module, "gatherer", gatherer)
    return gatherer


def _pages() -> tuple[Any, ...]:
    from analytics.views import dashboard, history

    return dashboard, history


@pytest.mark.django_db
class TestARow:
    def test_of_a_free_search_waits_for_the_others(self, gathering_on: Gatherer) -> None:
        for _ in range(3):
            announce(FREE)
        assert not SearchHistory.objects.exists()
        assert gathering_on.flush()
        assert SearchHistory.objects.count() == 3

    def test_of_many_searches_is_one_statement(
        self, gathering_on: Gatherer, django_assert_num_queries: Any
    ) -> None:
        for _ in range(100):
            announce(FREE)
        with django_assert_num_queries(1):
            gathering_on.flush()

    def test_that_somebody_paid_for_is_written_at_once(self, gathering_on: Gatherer) -> None:
        announce(replace(FREE, tokens_spent=11, cache_hit=False))
        assert SearchHistory.objects.get().tokens_spent == 11

    def test_is_written_at_once_by_whoever_does_not_gather(self) -> None:
        announce(FREE)
        row = SearchHistory.objects.get()
        assert (row.tokens_saved, row.cache) == (11, "subsumed")

    def test_bears_the_time_of_its_search(
        self, gathering_on: Gatherer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        announce(FREE)
        later = time.monotonic() + 60
        monkeypatch.setattr(gathering, "time", SimpleNamespace(monotonic=lambda: later))
        gathering_on.flush()
        created = SearchHistory.objects.get().created_at
        assert created is not None
        age = timezone.now() - created
        assert timedelta(seconds=59) < age < timedelta(seconds=90)

    def test_is_there_when_its_page_is_opened(
        self, gathering_on: Gatherer, client: Any, db: None
    ) -> None:
        anne = User.objects.create_user("anne")
        client.force_login(anne)
        announce(replace(FREE, user_id=str(anne.pk)))
        client.get("/historique/")
        assert SearchHistory.objects.count() == 1

    def test_has_a_key_that_follows_those_before_it(self) -> None:
        keys = []
        for milliseconds in (5, 6, 2**40):
            clock = SimpleNamespace(time_ns=lambda at=milliseconds: at * 1_000_000)
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(receivers, "time", clock)
                keys += [receivers.ordered_id() for _ in range(9)]
        numbers = [uuid.UUID(key) for key in keys]
        assert len(set(keys)) == 27
        assert {(number.version, number.variant) for number in numbers} == {(7, uuid.RFC_4122)}
        assert [key[:13] for key in keys] == sorted(key[:13] for key in keys)
        assert keys[0].startswith("00000000-0005-7")

    def test_written_once_more_after_a_cut_is_there_once(self, db: None) -> None:
        row = gathered(1)
        receivers.write([row])
        receivers.write([row])
        assert SearchHistory.objects.count() == 1


class Database:
    """Takes rows, or raises; stands for ``receivers.write``."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.fails: Callable[[Sequence[Gathered]], Exception | None] = lambda _rows: None

    def __call__(self, rows: Sequence[Gathered]) -> None:
        if failure := self.fails(rows):
            raise failure
        self.rows += [row.search.results_count for row in rows]


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def gatherer(database: Database, monkeypatch: pytest.MonkeyPatch) -> Gatherer:
    gatherer = Gatherer(database)
    monkeypatch.setattr(gatherer, "_work", lambda: None)
    return gatherer


class TestTroubles:
    def test_rows_outlast_a_database_that_is_away(
        self, gatherer: Gatherer, database: Database
    ) -> None:
        for number in range(3):
            assert gatherer.put(gathered(number))
        database.fails = lambda _rows: OperationalError("away")
        assert not gatherer.flush()
        database.fails = lambda _rows: None
        assert gatherer.flush()
        assert database.rows == [0, 1, 2]

    def test_a_row_that_is_refused_takes_no_other_with_it(
        self, gatherer: Gatherer, database: Database, caplog: pytest.LogCaptureFixture
    ) -> None:
        for number in range(3):
            gatherer.put(gathered(number))
        database.fails = lambda rows: (
            DataError("no") if 1 in [row.search.results_count for row in rows] else None
        )
        assert gatherer.flush()
        assert database.rows == [0, 2]
        assert "could not be noted" in caplog.text

    def test_a_database_that_goes_away_between_two_of_them_loses_none(
        self, gatherer: Gatherer, database: Database
    ) -> None:
        for number in range(3):
            gatherer.put(gathered(number))

        def fails(rows: Any) -> Exception | None:
            if len(rows) > 1:
                return DataError("no")
            return OperationalError("away") if rows[0].search.results_count else None

        database.fails = fails
        assert not gatherer.flush()
        assert database.rows == [0]
        database.fails = lambda _rows: None
        assert gatherer.flush()
        assert database.rows == [0, 1, 2]

    def test_what_nobody_foresaw_takes_no_other_with_it_either(
        self, gatherer: Gatherer, database: Database
    ) -> None:
        for number in range(3):
            gatherer.put(gathered(number))
        database.fails = lambda rows: (
            TypeError("no JSON") if 1 in [row.search.results_count for row in rows] else None
        )
        assert gatherer.flush()
        assert database.rows == [0, 2]

    def test_a_forked_process_writes_no_row_of_its_parent_s(
        self, gatherer: Gatherer, database: Database
    ) -> None:
        gatherer.put(gathered(1))
        gatherer.begin_anew()  # as after a fork
        assert gatherer.flush()
        assert database.rows == []
        assert gatherer.put(gathered(2))
        assert gatherer.flush()
        assert database.rows == [2]

    def test_no_more_are_kept_than_there_is_room_for(
        self, gatherer: Gatherer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(gathering, "MOST", 2)
        assert [gatherer.put(gathered(number)) for number in range(3)] == [True, True, False]

    def test_many_are_written_in_statements_of_a_bounded_size(
        self, gatherer: Gatherer, database: Database
    ) -> None:
        sizes: list[int] = []
        database.fails = lambda rows: sizes.append(len(rows))
        for number in range(gathering.TOGETHER + 1):
            gatherer.put(gathered(number))
        gatherer.flush()
        assert sizes == [gathering.TOGETHER, 1]


def test_nobody_needs_to_ask_for_it(settings: Settings) -> None:
    settings.HISTORY_GATHERED = 0.01
    written = threading.Event()
    gatherer = Gatherer(lambda _rows: written.set())
    assert gatherer.put(gathered(1))
    assert written.wait(timeout=30)


@pytest.fixture
def bearer(transactional_db: None) -> str:
    fill_entry(100)
    return create_api_token(user=User.objects.create_user("anne"))[1]


class Held:
    """Holds the table that a hit reads: whoever asks waits until it is let go of."""

    def hold(self) -> None:
        self.cursor = connection.cursor()
        self.cursor.execute("BEGIN; LOCK TABLE product_discovery_cache")

    def await_somebody(self) -> None:
        waiting = """SELECT count(*) FROM pg_locks WHERE NOT granted
                      AND relation = 'product_discovery_cache'::regclass"""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.cursor.execute(waiting)
            if self.cursor.fetchone() != (0,):
                return
        raise AssertionError

    def let_go(self) -> None:
        self.cursor.execute("COMMIT")


def test_a_server_that_is_stopped_and_whose_database_went_away_loses_no_search(
    bearer: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The database goes away under the hits, comes back, and the server is stopped under one.

    It logs JSON, a line a request.
    """
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    body = json.dumps(question(100))
    held = Held()

    def ask(http: httpx.Client, **more: str) -> httpx.Response:
        return http.post("/api/v1/products/discover", content=body, headers=more)

    def ask_alone(home: str) -> httpx.Response:
        with httpx.Client(base_url=home, headers=headers, timeout=60) as http:
            return ask(http, **{"X-Request-ID": "the-last-one"})

    logged = {"LOG_FORMAT": "json", "LOG_LEVEL": "INFO", "LOG_REQUESTS": "true"}
    with ThreadPoolExecutor(1) as threads:
        with web_server(var=tmp_path, stopping=held.let_go, **logged) as home:
            with httpx.Client(base_url=home, headers=headers, timeout=60) as http:
                before = [ask(http) for _ in range(20)]
                with database_away():
                    refused = ask(http)
                after: list[httpx.Response] = []
                while len(after) < 20:
                    answer = ask(http)
                    if answer.status_code == 200:
                        after.append(answer)
            held.hold()
            last = threads.submit(ask_alone, home)
            held.await_somebody()
        after.append(last.result())
    assert {answer.status_code for answer in before + after} == {200}
    assert refused.status_code == 503
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["request_id"] == refused.headers["X-Request-ID"]
    assert int(refused.headers["Retry-After"]) > 0
    asins = [
        [product["asin"] for product in answer.json()["products"]] for answer in before + after
    ]
    assert all(listed == asins[0] for listed in asins)
    assert SearchHistory.objects.count() == 41
    assert set(SearchHistory.objects.values_list("cache", flat=True)) == {"hit"}
    assert DiscoveryCacheEntry.objects.get().hit_count == 41
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line[:1] == "{"]
    (said,) = [line for line in lines if line.get("request_id") == "the-last-one"]
    assert (said["method"], said["route"]) == ("POST", "/api/v1/products/discover")
    assert (said["status"], said["logger"]) == (200, "arbvault.requests")
    assert bearer not in str(lines)
