"""The API over real HTTP: whatever is asked, with credentials and without, it answers as described;
and the client of the guide gets what it came for.

``API_EXAMPLES=100`` asks each call so often.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
from django.conf import settings as site_settings
from schemathesis.core.result import Ok

from analytics.api import api
from discovery.accounts.api_tokens import create_api_token
from discovery.models import IdempotentCall, Scope, TokenLedgerEntry
from tests.discovery.api.test_described import PLAIN, excluded

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django.fixtures import Settings

    Case = schemathesis.Case[Any]

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = int(os.environ.get("API_EXAMPLES", "2"))
CLIENT = Path(site_settings.BASE_DIR) / "docs" / "examples" / "api_client.py"


@pytest.fixture
def site(live_server: Any, keepa: Any, shipped_profiles: None, settings: Settings) -> str:
    """The address of a site with a sandbox, which may be asked as often as one likes."""
    settings.API_RATE_PER_TOKEN = settings.API_RATE_PER_ADDRESS = settings.API_RATE_REFUSED = 0
    return str(live_server.url)


def ask_every_call(check: Callable[[Case], None]) -> int:
    """Ask each call of the description ``EXAMPLES`` random questions; returns how many calls."""
    described = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema())))
    bounded = hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    number = 0
    for found in described.get_all_operations():
        assert isinstance(found, Ok), found
        number += 1
        strategy = found.ok().as_strategy()
        bounded(hypothesis.given(case=strategy)(lambda case: check(case)))()
    return number


def test_with_credentials_every_answer_is_as_described(site: str, anne: User) -> None:
    anne.is_superuser = anne.is_staff = True
    anne.save()
    headers = PLAIN | {
        "Authorization": f"Bearer {create_api_token(user=anne, scopes=list(Scope))[1]}"
    }

    def check(case: Case) -> None:
        case.call_and_validate(base_url=site, headers=headers, excluded_checks=excluded(case))

    assert ask_every_call(check) >= 20


def test_without_credentials_every_answer_is_as_described_and_free(site: str) -> None:
    def check(case: Case) -> None:
        answer = case.call_and_validate(base_url=site, headers=PLAIN)
        assert answer.status_code in {401, 405}

    assert ask_every_call(check) >= 20
    assert not TokenLedgerEntry.objects.exists()
    assert not IdempotentCall.objects.exists()


def test_the_client_of_the_guide_gets_what_it_came_for_though_it_is_told_to_wait(
    site: str, keepa: Any, bearer: str, settings: Settings
) -> None:
    # It asks three times, faster than that.
    settings.API_RATE_PER_TOKEN, settings.API_RATE_WINDOW = 1, timedelta(seconds=2)
    run = subprocess.run(
        [sys.executable, str(CLIENT), site],
        env=os.environ | {"ARBITRAGEVAULT_TOKEN": bearer},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "products" in run.stdout
    assert "0 picks are open" in run.stdout
    assert keepa.charged_total > 0
    assert IdempotentCall.objects.filter(status=200).count() == 1
