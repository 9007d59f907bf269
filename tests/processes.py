"""Other processes on a test's own database, for what only real processes can show."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from django.conf import settings
from django.db import OperationalError, connection
from psycopg import sql

START_SECONDS = 60  # a bound on a broken server, not a measure of a sound one


def environment(**extra: str) -> dict[str, str]:
    """The environment in which a child process meets this test's database and settings.

    Not for a test whose rows are taken back: the child would not see them, and its own would stay.
    """
    taken_back = any(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)
    assert not taken_back, "django_db(transaction=True) is missing"
    config = connection.settings_dict
    user = quote(str(config["USER"]), safe="")
    password = f":{quote(str(config['PASSWORD']), safe='')}" if config["PASSWORD"] else ""
    host, port = config["HOST"], f":{config['PORT']}" if config["PORT"] else ""
    # The folder of a socket is an option here, not a host.
    folder = config["OPTIONS"].get("host", "")
    query = f"?host={quote(str(folder), safe='')}" if folder else ""
    url = f"postgresql://{user}{password}@{host}{port}/{config['NAME']}{query}"
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("KEEPA_")},
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "arbvault.settings",
        "ARBVAULT_VAR": str(settings.ARBVAULT_VAR),
        "SECRET_KEY": settings.SECRET_KEY,
        **extra,
    }


@contextmanager
def database_away() -> Iterator[None]:
    """This test's database as during a restart: every session is ended, and none is let in."""
    name = str(connection.settings_dict["NAME"])
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    connection.close()
    url = environment()["DATABASE_URL"].replace(f"/{name}", "/postgres")
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(allow.format(sql.Identifier(name), sql.Literal(False)))
        try:
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            server.execute(end, [name])
            yield
        finally:
            server.execute(allow.format(sql.Identifier(name), sql.Literal(True)))
            _await_database()


def _await_database() -> None:
    """Return when it lets us in: a pooler asks again after a while only."""
    deadline = time.monotonic() + 60
    while True:
        try:
            connection.ensure_connection()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except OperationalError:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@contextmanager
def queue_worker(keepa_url: str, **extra: str) -> Iterator[subprocess.Popen[bytes]]:
    """The task queue's worker, on this test's database and the Keepa sandbox at ``keepa_url``.

    ``extra`` is more of its environment.
    """
    manage = Path(settings.BASE_DIR) / "manage.py"
    told = {"KEEPA_BASE_URL": keepa_url, "QUEUE_WORKERS": "1", "LOG_LEVEL": "WARNING"}
    child = environment(**told | extra)
    command = [sys.executable, str(manage), "qcluster"]
    with subprocess.Popen(command, env=child, start_new_session=True) as process:
        try:
            yield process
        finally:
            # Asked politely, it takes more than a second; nothing of it outlives the test anyway.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)


@contextmanager
def worker_nursery(keepa_url: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has loaded the site, for ``forked_worker``: loading takes a second each."""
    # Alerts may go to a receiver of the test's own.
    told = {"QUEUE_WORKERS": "1", "LOG_LEVEL": "WARNING", "ALERTS_ALLOW_PRIVATE_ADDRESSES": "1"}
    child = environment(KEEPA_BASE_URL=keepa_url, **told)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.worker_nursery"],
        cwd=settings.BASE_DIR, env=child, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        yield process


@contextmanager
def forked_worker(
    nursery: subprocess.Popen[str], keepa_url: str, *, hours_ahead: int = 0
) -> Iterator[None]:
    """As ``queue_worker``, made sooner; its clock may be ahead of everybody's."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(f"{keepa_url} {hours_ahead}\n")
    nursery.stdin.flush()
    leader = int(nursery.stdout.readline())
    try:
        yield
    finally:
        os.killpg(leader, signal.SIGKILL)
        deadline = time.monotonic() + START_SECONDS
        while psutil.pid_exists(leader) and time.monotonic() < deadline:
            time.sleep(0.01)


@contextmanager
def web_server(
    *, var: Path, stopping: Callable[[], None] = lambda: None, **extra: str
) -> Iterator[str]:
    """The site as it is run for real, on this test's database: its address.

    ``var`` holds the static files, collected beforehand; ``extra`` is more of its environment.
    ``stopping`` is called when the server has been asked to stop.
    """
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1", "--blocking-threads", "4",
        "--log-level", "warning", "--no-ws",
        "arbvault.wsgi:application",
    ]  # fmt: skip
    child = environment(**{"ARBVAULT_VAR": str(var), "LOG_LEVEL": "WARNING"} | extra)
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=child) as process:
        try:
            _await_port(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            stopping()
            process.wait(timeout=20)


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
