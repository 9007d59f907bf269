"""The API answers as its own description says, whatever it is asked: schemathesis asks.

``API_EXAMPLES=300`` asks more: so many random questions a call, and every one of the two thousand
systematic ones instead of a share of them (some minutes).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from analytics.api import api
from discovery.models import TokenLedgerEntry

if TYPE_CHECKING:
    from schemathesis import CheckFunction

    Case = schemathesis.Case[Any]
    from django.test import Client
    from pytest_django.fixtures import Settings

WIDE = "API_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("API_EXAMPLES", "8"))
SHARE = 1 if WIDE else 20  # of so many systematic questions one is asked
PLAIN = {"Accept-Encoding": "identity"}  # the client in between unpacks nothing
# What a schema cannot say: that a range is not reversed, that a category exists, that 0.005 is no
# amount; and numbers may come as texts. Our own tests know what is refused.
BEYOND_SCHEMAS: list[CheckFunction] = [positive_data_acceptance, negative_data_rejection]
READ_BY_OURSELVES = (
    "discover", "/jobs", "/picks", "/products/", "/favourites", "/marks", "/decisions", "/costs",
    "/purchases", "/lookup", "/categories", "/sourcing-links", "/alerts", "/me", "/members",
    "/tokens/", "/history", "/dashboard",
)  # fmt: skip

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


@pytest.fixture
def asked() -> Counter[str]:
    """How many systematic questions came so far."""
    return Counter()


def is_read_by_ourselves(case: Case) -> bool:
    return any(part in case.path for part in READ_BY_OURSELVES)


def is_asked(case: Case, asked: Counter[str]) -> bool:
    if case.meta is None or case.meta.phase.name != "coverage" or not is_read_by_ourselves(case):
        return True
    asked["systematic"] += 1
    return asked["systematic"] % SHARE == 0


@pytest.mark.django_db(transaction=True)
@described.parametrize()
@bounded
def test_with_credentials_every_answer_is_as_described(
    case: Case, bearer: str, asked: Counter[str]
) -> None:
    if is_asked(case, asked):
        case.call_and_validate(
            headers=PLAIN | {"Authorization": f"Bearer {bearer}"},
            excluded_checks=BEYOND_SCHEMAS if is_read_by_ourselves(case) else [],
        )


@pytest.mark.django_db(transaction=True)
@described.parametrize()
@bounded
def test_without_credentials_every_answer_is_as_described_and_free(
    case: Case, asked: Counter[str]
) -> None:
    if is_asked(case, asked):
        answer = case.call_and_validate(headers=PLAIN)
        assert answer.status_code in {204, 401, 405}
        assert not TokenLedgerEntry.objects.exists()


def test_the_description_is_what_the_site_serves(client: Client, bearer: str) -> None:
    served = client.get("/api/v1/openapi.json", headers={"authorization": f"Bearer {bearer}"})
    assert served.json() == DESCRIPTION
