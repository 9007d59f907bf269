"""Through a real PgBouncer that gives each transaction another session, as hosts set it up.

The long version, with exports cut at every moment, is ``benchmarks/drill.py --only bouncer``.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import ConnectionHandler

from arbvault.database.base import is_pooled
from arbvault.database.config import database_config
from benchmarks.cache_hit import fill_entry, question
from benchmarks.drills.pgbouncer import pgbouncer, program
from discovery.accounts.api_tokens import create_api_token
from discovery.prepared import prepared_rows
from discovery.profiles.service import ensure_shipped_profiles
from tests.discovery.builders import finished_run, scored_product
from tests.processes import environment, web_server

needs_pgbouncer = pytest.mark.skipif(
    program() is None, reason="No PgBouncer on this machine (PATH or PGBOUNCER)."
)
pytestmark = pytest.mark.django_db(transaction=True)
SESSIONS = 3
AT_ONCE = 6


@pytest.fixture
def bounced() -> Iterator[str]:
    """The address of this test's database through PgBouncer."""
    with pgbouncer(environment()["DATABASE_URL"], pool_size=SESSIONS) as url:
        yield url


@pytest.fixture
def through(bounced: str) -> Iterator[Any]:
    """Django's connection through PgBouncer."""
    wrapper = ConnectionHandler({"default": database_config(bounced, prepare=True, pool_size=0)})[
        "default"
    ]
    yield wrapper
    wrapper.close()


# --- what is seen ---------------------------------------------------------------------------------


def test_a_session_of_our_own_prepares_what_comes_back() -> None:
    for _ in range(5):
        prepared_rows("SELECT %s::int", [1])
    connection.ensure_connection()
    raw = connection.connection
    assert not is_pooled(raw)
    assert [row[0] for row in raw.execute("SELECT statement FROM pg_prepared_statements")] == [
        "SELECT $1::int"
    ]


@needs_pgbouncer
def test_behind_a_pooler_nothing_is_prepared_and_no_cursor_outlives_its_transaction(
    through: Any,
) -> None:
    through.ensure_connection()
    assert is_pooled(through.connection)
    assert through.connection.prepare_threshold is None
    with through.chunked_cursor() as cursor:
        assert not isinstance(cursor.cursor, psycopg.ServerCursor)


def test_a_cursor_on_the_server_is_used_where_it_lasts() -> None:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        assert isinstance(cursor.cursor, psycopg.ServerCursor)
    with connection.chunked_cursor() as cursor:
        assert isinstance(cursor.cursor, psycopg.ServerCursor)


@pytest.mark.parametrize("asked", [True, False])
def test_prepared_statements_and_cursors_are_turned_off_together(
    asked: bool,
) -> None:
    config = database_config("postgresql://anne@127.0.0.1/vault", prepare=asked, pool_size=0)
    assert config["OPTIONS"]["prepare_threshold"] == (3 if asked else None)
    assert config["DISABLE_SERVER_SIDE_CURSORS"] is not asked


@needs_pgbouncer
def test_a_time_zone_left_behind_by_somebody_else_is_not_ours(bounced: str, through: Any) -> None:
    with ExitStack() as others:
        for _ in range(SESSIONS):
            other = others.enter_context(psycopg.connect(bounced))
            other.execute("SET TimeZone TO 'Pacific/Auckland'")
    for _ in range(SESSIONS):
        with through.cursor() as cursor:
            cursor.execute("SHOW TimeZone")
            assert cursor.fetchone() == ("UTC",)


# --- the whole site -------------------------------------------------------------------------------


@needs_pgbouncer
def test_pages_searches_and_exports_are_whole(bounced: str, tmp_path: Path, client_of: Any) -> None:
    ensure_shipped_profiles()
    anne = client_of("anne")
    products = [scored_product(asin=f"B{n:09}", title=f"Book {n}") for n in range(25)]
    run = finished_run(owner=anne.user, products=products * 9)
    address = run.get_absolute_url()
    expected = anne.get(f"{address}export.csv").content
    fill_entry(1000)
    _, token = create_api_token(user=anne.user)
    asked: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("GET", "/", {}),
        ("GET", f"{address}export.csv", {}),
        ("POST", "/api/v1/products/discover", {"json": question(1000)}),
        ("GET", "/niches/", {}),
        ("POST", "/api/v1/products/discover", {"json": question(1000)}),
        ("GET", f"{address}export.csv", {}),
        ("GET", f"{address}?sort=roi", {}),
    )
    cookie = {settings.SESSION_COOKIE_NAME: anne.cookies[settings.SESSION_COOKIE_NAME].value}

    # DEBUG: static files need not be collected.
    with (
        web_server(var=tmp_path, DATABASE_URL=bounced, DEBUG="true") as home,
        httpx.Client(base_url=home, cookies=cookie, timeout=60) as http,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):

        def ask(one: tuple[str, str, dict[str, Any]]) -> tuple[str, int, bool]:
            method, path, content = one
            headers = {"Authorization": f"Bearer {token}"} if content else {}
            answer = http.request(method, path, headers=headers, **content)
            is_whole = not path.endswith(".csv") or answer.content == expected
            return path, answer.status_code, is_whole

        answers = list(pool.map(ask, islice(cycle(asked), 5 * len(asked))))
        assert [told for told in answers if told[1:] != (200, True)] == []
        cut = cut_export(http, f"{address}export.csv")
        assert cut.status_code >= 500
        assert cut.content != expected
        assert http.get(f"{address}export.csv").content == expected


def cut_export(http: httpx.Client, path: str) -> httpx.Response:
    """An export whose database session is ended while it is read."""
    ended = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
        "datname = current_database() AND query LIKE 'FETCH%%' AND state LIKE 'idle in%%'"
    )
    with (
        psycopg.connect(environment()["DATABASE_URL"], autocommit=True) as killer,
        ThreadPoolExecutor(1) as pool,
    ):
        for _ in range(50):
            asked = pool.submit(http.get, path)
            hits = 0
            while not hits and not asked.done():
                (hits,) = killer.execute(ended).fetchone() or (0,)
            if hits and asked.result().status_code != 200:
                break
        return asked.result()
