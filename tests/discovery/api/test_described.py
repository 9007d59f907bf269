"""The API answers as its own description says, whatever it is asked: schemathesis asks.

Each call is asked its example and a random question. ``API_EXAMPLES=30`` asks more: so many random
questions a call, and the thousands of systematic ones (many minutes). Over real HTTP, and without
credentials: ``test_live``.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from analytics.api import api
from discovery.profiles.service import ensure_shipped_profiles

if TYPE_CHECKING:
    from schemathesis import CheckFunction

    Case = schemathesis.Case[Any]
    from django.test import Client
    from pytest_django.fixtures import Settings

WIDE = "API_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("API_EXAMPLES", "1"))
PLAIN = {"Accept-Encoding": "identity"}  # the client in between unpacks nothing
# What a schema cannot say: that a range is not reversed, that a category exists, that 0.005 is no
# amount; and numbers may come as texts. Our own tests know what is refused.
BEYOND_SCHEMAS: list[CheckFunction] = [positive_data_acceptance, negative_data_rejection]
OURS = {"cursor", "Idempotency-Key"}
DESCRIPTION = json.loads(json.dumps(api.get_openapi_schema()))
described = schemathesis.openapi.from_dict(DESCRIPTION)
described.app = get_wsgi_application()
described.config.phases.coverage.enabled = WIDE
bounded = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.fixture(autouse=True)
def a_site(db: None, keepa: Any, settings: Settings) -> None:
    """A site with a sandbox, which everybody may ask as often as they like."""
    ensure_shipped_profiles()
    settings.API_RATE_PER_TOKEN = settings.API_RATE_PER_ADDRESS = settings.API_RATE_REFUSED = 0


def excluded(case: Case) -> list[CheckFunction]:
    """The checks a call is spared whose schema cannot tell all that is refused: bodies are read by
    ourselves, a cursor is one of ours, and a key is of one call.
    """
    names = {parameter.name for parameter in (*case.operation.query, *case.operation.headers)}
    return BEYOND_SCHEMAS if case.operation.body or names & OURS else []


@described.parametrize()
@bounded
def test_with_credentials_every_answer_is_as_described(case: Case, bearer: str) -> None:
    case.call_and_validate(
        headers=PLAIN | {"Authorization": f"Bearer {bearer}"}, excluded_checks=excluded(case)
    )


def test_the_description_is_what_the_site_serves(client: Client, bearer: str) -> None:
    served = client.get("/api/v1/openapi.json", headers={"authorization": f"Bearer {bearer}"})
    assert served.json() == DESCRIPTION
