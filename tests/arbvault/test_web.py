"""The web server as containers and units start it, asked to stop while Keepa is being asked."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from django.conf import settings

from arbvault.processes import POLITE_SECONDS
from arbvault.queue_worker import PATIENCE as PATIENCE_OF_TASKS
from arbvault.web import LAST_REQUESTS, web_command
from discovery.accounts.api_tokens import create_api_token
from discovery.models import DiscoveryCacheEntry, Scope, TokenLedgerEntry
from discovery.profiles.service import ensure_shipped_profiles
from tests.processes import environment

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PATIENCE = 240  # seconds; a bound on a broken server, not a measure of a sound one
QUESTION = {"marketplace": "us", "categories": ["Books"], "bsr_range": [20_000, 24_000]}


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def web(port: int, **told: str) -> Iterator[subprocess.Popen[bytes]]:
    child = environment(PORT=str(port), WEB_WORKERS="1", LOG_LEVEL="WARNING", DEBUG="true", **told)
    command = [sys.executable, "-m", "arbvault.web"]
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=child) as process:
        try:
            yield process
        finally:
            process.kill()


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_request_has_the_time_of_a_task_and_the_supervisor_waits_longer() -> None:
    assert web_command(1)[web_command(1).index("--workers-kill-timeout") + 1] == str(LAST_REQUESTS)
    assert PATIENCE_OF_TASKS <= LAST_REQUESTS < POLITE_SECONDS


@pytest.mark.django_db(transaction=True)
def test_an_answer_under_way_is_stored_and_given_before_the_server_ends(
    live_keepa: Any, tmp_path: Path, django_user_model: type[User]
) -> None:
    ensure_shipped_profiles()
    anne = django_user_model.objects.create(username="anne")
    _, token = create_api_token(user=anne, scopes=[Scope.READ, Scope.SEARCH])
    answers = threading.Event()
    # Seconds late, which are as many as the test wants.
    live_keepa.app._sleep = lambda _seconds: answers.wait(PATIENCE)
    live_keepa.app.faults.push("slow", endpoint="query")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    told = {"KEEPA_BASE_URL": live_keepa.url, "ARBVAULT_VAR": str(tmp_path), "KEEPA_TIMEOUT": "300"}
    with web(port, **told) as process, ThreadPoolExecutor(1) as pool:
        until(lambda: is_open(port))
        asked = pool.submit(
            httpx.post, f"http://127.0.0.1:{port}/api/v1/products/discover", json=QUESTION,
            headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE, trust_env=False,
        )  # fmt: skip
        until(lambda: any(call.endpoint == "query" for call in live_keepa.app.calls))
        process.send_signal(signal.SIGTERM)
        until(lambda: not is_open(port))  # the proxy asks another from now on
        answers.set()
        answer = asked.result(timeout=PATIENCE)
        assert answer.status_code == 200
        assert process.wait(timeout=PATIENCE) == 0
    given = [product["asin"] for product in answer.json()["products"]]
    assert given
    assert DiscoveryCacheEntry.objects.get().asins[: len(given)] == given
    assert TokenLedgerEntry.objects.filter(endpoint="query", outcome="ok").count() == 1
