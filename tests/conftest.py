"""One real PostgreSQL for every session; the Keepa sandbox in process, without a socket."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
from typing import TYPE_CHECKING, Any

import hypothesis
import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from arbvault.postgres import Cluster, attach, release
from tests.fleet.pooled import THROUGH_PGBOUNCER, through_pgbouncer
from tests.prepared import copied, dropped, template_name

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

# A slow machine is no bug: no deadline on examples. Developers explore, CI repeats: what it finds
# must be there the next time too.
hypothesis.settings.register_profile(
    "suite", deadline=None, max_examples=100, derandomize="CI" in os.environ
)
hypothesis.settings.load_profile("suite")

# Their tests wait more than they work.
OF_REAL_PROCESSES = {
    "test_adoption",
    "test_disk",
    "test_fleet",
    "test_image",
    "test_interruptions",
    "test_live",
    "test_pgbouncer",
    "test_postgres",
    "test_processes",
    "test_queue",
    "test_run",
    "test_stop",
    "test_web",
}
# The first has no window to draw, which takes a fifth less of the processor.
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: drives a real Chromium.")
    config.addinivalue_line("markers", "own_session: needs its database session for itself.")
    config.addinivalue_line("markers", "no_worker: the site needs no task queue for this story.")
    if settings.EMBEDDED_POSTGRES is not None:
        attach(settings.EMBEDDED_POSTGRES, on_first=_drop_leftovers)


def pytest_unconfigure(config: pytest.Config) -> None:
    if settings.EMBEDDED_POSTGRES is not None:
        release(settings.EMBEDDED_POSTGRES)


def _drop_leftovers(cluster: Cluster) -> None:
    """Remove the databases of sessions that were killed, and templates of code that is no more.

    Nobody else is attached yet.
    """
    query = "SELECT datname FROM pg_database WHERE datname LIKE ANY (%s) AND datname <> %s"
    unwanted = [r"test\_%", r"prepared\_%"]
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        for (name,) in connection.execute(query, [unwanted, template_name()]).fetchall():
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector need not walk it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_place)
    if THROUGH_PGBOUNCER:
        pooled = pytest.mark.skip(reason="Behind a pooler there is no session of one's own.")
        for item in items:
            if item.get_closest_marker("own_session"):
                item.add_marker(pooled)
    if chromium() is not None:
        return
    skip = pytest.mark.skip(reason="No Chromium on this machine (PATH or CHROMIUM).")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)


def _place(item: pytest.Item) -> int:
    """Where in the order a test stands: what takes longest comes first.

    At the end, one process would be at it while others wait. What is stolen is taken from the end
    of another's tests: the first stay together, and share a database that takes seconds to make.
    """
    if item.path.name == "test_former_runs.py":
        return 0
    is_slow = item.get_closest_marker("browser") or item.path.stem in OF_REAL_PROCESSES
    return 1 if is_slow else 2


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Playwright's event loop counts as running from one of its calls to the next.

    Whoever comes after a browser in the same process need not know: ``async_to_sync`` would refuse.
    """
    loop = asyncio._get_running_loop()
    if loop is None or item.get_closest_marker("browser"):
        return (yield)
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(loop)


def chromium() -> str | None:
    """The path of the system's Chromium; the variable CHROMIUM overrides the search."""
    candidates = (os.environ.get("CHROMIUM", ""), *BROWSERS)
    return next((path for name in candidates if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="session", autouse=True)
def _emptied_soon() -> Iterator[None]:
    from django.test import TransactionTestCase

    from tests.emptying import empty_database

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty_database())
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Any:
    """pytest-django's hook before the session's database is made: ours is a copy."""
    from django.db.backends.postgresql.creation import DatabaseCreation

    with pytest.MonkeyPatch.context() as patch:
        if settings.EMBEDDED_POSTGRES is not None or THROUGH_PGBOUNCER:
            create = copied(DatabaseCreation.create_test_db)
            patch.setattr(DatabaseCreation, "create_test_db", create)
            patch.setattr(DatabaseCreation, "_destroy_test_db", dropped)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The session's database, reached through PgBouncer where the environment asks for it.

    What makes and drops databases has to be done without it, and is: before and after.
    """
    if not THROUGH_PGBOUNCER:
        yield
        return
    with through_pgbouncer():
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_context_an_answer() -> Iterator[None]:
    """``answer.context`` is the page's own: none of its hundreds of included parts' copies."""
    from django.test import client as module

    client: Any = module

    def store(stored: dict[str, Any], signal: Any, sender: Any, **rendered: Any) -> None:
        if "context" not in stored:
            keep(stored, signal, sender, **rendered)

    keep = client.store_rendered_templates
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "store_rendered_templates", store)
        yield


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = chromium()
    if path is None:
        pytest.skip("No Chromium on this machine (PATH or CHROMIUM).")
    return path


@pytest.fixture(scope="session")
def catalogue() -> Any:
    """The sandbox's products, made once a session: they are the same for every test."""
    from discovery.sandbox.catalogue import DEFAULT_SEED, Catalogue
    from discovery.sandbox.times import keepa_minutes, utc_now

    return Catalogue(seed=DEFAULT_SEED, anchor=keepa_minutes(utc_now()))


@pytest.fixture
def sandbox_app(catalogue: Any) -> Any:
    """A sandbox over the shared catalogue, with a bucket and faults of its own."""
    from discovery.sandbox.bucket import TokenBucket
    from discovery.sandbox.server import SandboxApp
    from discovery.sandbox.times import utc_now

    app = SandboxApp(
        catalogue=catalogue,
        bucket=TokenBucket(refill_rate=200, tokens=None, clock=utc_now),
        clock=utc_now,
        sleep=lambda _seconds: None,
        key=None,
    )
    app.gzip_level = 0
    return app


@pytest.fixture
def live_keepa(sandbox_app: Any) -> Iterator[Any]:
    """The sandbox on a real socket, for other processes: `.url` and `.app`."""
    from discovery.sandbox.serve import SandboxServer

    with SandboxServer(sandbox_app) as server:
        yield server


@pytest.fixture
def sandbox() -> Any:
    """A fresh Keepa sandbox: a WSGI application with its own bucket and faults."""
    from discovery.sandbox.server import create_app

    return create_app()


@pytest.fixture
def keepa_client(sandbox: Any, db: None) -> Iterator[Any]:
    """Our Keepa client, speaking to the `sandbox` fixture without a socket."""
    import httpx

    from discovery.keepa.client import KeepaClient

    transport = httpx.WSGITransport(app=sandbox)
    client = KeepaClient(api_key="sandbox", base_url="http://sandbox.test", transport=transport)
    yield client
    client.close()


@pytest.fixture
def client_of(db: None, client: Any, django_user_model: Any) -> Callable[..., Any]:
    """`client_of("anne")` is a browser in which Anne is logged in."""

    def log_in(username: str = "anne", **fields: Any) -> Any:
        user, _ = django_user_model.objects.get_or_create(username=username, defaults=fields)
        client.force_login(user)
        client.user = user
        return client

    return log_in
