"""The API answers as its own description says, whatever it is asked: schemathesis asks.

Each call is asked a few random questions. ``API_EXAMPLES=30`` asks more: so many a call, the
examples of the description, and the thousands of systematic ones (many minutes). Over real HTTP,
and without credentials: ``test_live``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from analytics.api import api

if TYPE_CHECKING:
    from schemathesis import CheckFunction

    Case = schemathesis.Case[Any]
    from django.test import Client
    from pytest_django.fixtures import Settings

WIDE = "API_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))  # of which the first is the simplest there is
PLAIN = {"Accept-Encoding": "identity"}  # the client in between unpacks nothing
# What a schema cannot say: that a range is not reversed, that a category exists, that 0.005 is no
# amount; and numbers may come as texts. Our own tests know what is refused.
BEYOND_SCHEMAS: list[CheckFunction] = [positive_data_acceptance, negative_data_rejection]
OURS = {"cursor", "profile", "Idempotency-Key"}
DESCRIPTION = json.loads(json.dumps(api.get_openapi_schema()))
described = schemathesis.openapi.from_dict(DESCRIPTION)
described.app = get_wsgi_application()
bounded = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.fixture(autouse=True)
def a_site(keepa: Any, shipped_profiles: None, settings: Settings) -> None:
    """A site with a sandbox, which everybody may ask as often as they like."""
    settings.API_RATE_PER_TOKEN = settings.API_RATE_PER_ADDRESS = settings.API_RATE_REFUSED = 0


def excluded(case: Case) -> list[CheckFunction]:
    """The checks a call is spared whose schema cannot tell all that is refused: bodies are read by
    ourselves, a cursor or a profile is one of ours, and a key is of one call.
    """
    names = {parameter.name for parameter in (*case.operation.query, *case.operation.headers)}
    return BEYOND_SCHEMAS if case.operation.body or names & OURS else []


def ask_every_call(
    check: Callable[[Case], None],
    asked: schemathesis.BaseSchema = described,
    questions: int = EXAMPLES,
) -> int:
    """Ask each call of the description so many random questions; returns how many calls.

    Raises an ``ExceptionGroup`` of what all of them answered otherwise than described.
    """
    number, wrong = 0, []
    for found in asked.get_all_operations():
        assert isinstance(found, Ok), found
        number += 1
        given = hypothesis.given(case=found.ok().as_strategy())
        so_many = hypothesis.settings(bounded, max_examples=questions)
        try:
            so_many(given(lambda case: check(case)))()
        except (ExceptionGroup, AssertionError) as failure:
            wrong.append(failure)
    if wrong:
        raise ExceptionGroup("not as described", wrong)
    return number


def test_with_credentials_every_answer_is_as_described(bearer: str) -> None:
    headers = PLAIN | {"Authorization": f"Bearer {bearer}"}

    def check(case: Case) -> None:
        case.call_and_validate(headers=headers, excluded_checks=excluded(case))

    assert ask_every_call(check) >= 140


if WIDE:

    @described.parametrize()
    @bounded
    def test_whatever_is_asked_every_answer_is_as_described(case: Case, bearer: str) -> None:
        headers = PLAIN | {"Authorization": f"Bearer {bearer}"}
        case.call_and_validate(headers=headers, excluded_checks=excluded(case))


def test_the_description_is_what_the_site_serves(client: Client, bearer: str) -> None:
    served = client.get("/api/v1/openapi.json", headers={"authorization": f"Bearer {bearer}"})
    assert served.json() == DESCRIPTION
    # It takes seconds to put together: once is enough.
    assert api.get_openapi_schema() is api.get_openapi_schema(path_params={})
