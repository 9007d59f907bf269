"""The API over real HTTP: whatever is asked, with credentials and without, it answers as described;
and the client of the guide gets what it came for.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from django.conf import settings as site_settings
from django.db import connection

from discovery.accounts.api_tokens import create_api_token
from discovery.models import Favourite, IdempotentCall, Run, Scope, TokenLedgerEntry
from discovery.tasks import work_on_run
from tests.discovery.api.test_described import (
    DESCRIPTION,
    EXAMPLES,
    PLAIN,
    WIDE,
    ask_every_call,
    excluded,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django.fixtures import Settings

    Case = schemathesis.Case[Any]

pytestmark = pytest.mark.django_db(transaction=True)

over_http = schemathesis.openapi.from_dict(DESCRIPTION)
CLIENT = Path(site_settings.BASE_DIR) / "docs" / "examples" / "api_client.py"


@pytest.fixture
def site(live_server: Any, keepa: Any, shipped_profiles: None, settings: Settings) -> str:
    """The address of a site with a sandbox, which may be asked as often as one likes."""
    settings.API_RATE_PER_TOKEN = settings.API_RATE_PER_ADDRESS = settings.API_RATE_REFUSED = 0
    return str(live_server.url)


def test_with_credentials_every_answer_is_as_described(site: str, anne: User) -> None:
    anne.is_superuser = anne.is_staff = True
    anne.save()
    headers = PLAIN | {
        "Authorization": f"Bearer {create_api_token(user=anne, scopes=list(Scope))[1]}"
    }

    def check(case: Case) -> None:
        case.call_and_validate(base_url=site, headers=headers, excluded_checks=excluded(case))

    assert ask_every_call(check, over_http, questions=EXAMPLES if WIDE else 2) >= 140


def test_without_credentials_every_answer_is_as_described_and_free(site: str) -> None:
    def check(case: Case) -> None:
        answer = case.call_and_validate(base_url=site, headers=PLAIN)
        assert answer.status_code in {401, 405}

    assert ask_every_call(check, over_http, questions=EXAMPLES if WIDE else 1) >= 140
    assert not TokenLedgerEntry.objects.exists()
    assert not IdempotentCall.objects.exists()


@pytest.fixture
def worker(site: str) -> Iterator[None]:
    """Somebody who does what runs ask for, as the queue's worker does, in a thread."""
    stopped = threading.Event()

    def work() -> None:
        while not stopped.wait(0.05):
            for run_id in Run.objects.filter(state=Run.State.QUEUED).values_list("pk", flat=True):
                work_on_run(str(run_id))
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stopped.set()
    thread.join()


@pytest.mark.usefixtures("worker")
def test_the_client_of_the_guide_gets_what_it_came_for_though_it_is_told_to_wait(
    site: str, keepa: Any, bearer: str, anne: User, settings: Settings
) -> None:
    # It asks more often than that.
    settings.API_RATE_PER_TOKEN, settings.API_RATE_WINDOW = 4, timedelta(seconds=1)
    run = subprocess.run(
        [sys.executable, str(CLIENT), site],
        env=os.environ | {"ARBITRAGEVAULT_TOKEN": bearer},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    made = Run.objects.get(owner=anne)
    assert f"done: {made.done} products scored, {made.tokens_spent} tokens" in run.stdout
    assert f"{made.done} different products" in run.stdout
    assert made.done > 8  # of a page
    assert "1 favourite\n" in run.stdout
    assert "asked for again: 304" in run.stdout
    assert keepa.charged_total == made.tokens_spent > 0
    assert Favourite.objects.filter(user=anne).count() == 1
    # What makes a run has kept its answer, for a call made again with its key.
    assert IdempotentCall.objects.filter(status__in=(200, 202)).count() == 1
