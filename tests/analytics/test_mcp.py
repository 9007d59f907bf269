"""What agents are told of the tokens."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.models import SearchHistory
from discovery.models import TokenBucket
from tests.discovery.conftest import keepa  # noqa: F401 # fixtures
from tests.discovery.mcp.conftest import Agent, anne, profiles  # noqa: F401

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("profiles")]


def test_before_keepa_was_asked_nothing_is_known(anne: Agent) -> None:  # noqa: F811
    answer = anne.call("token_status")
    assert (answer["left"], answer["today"]) == (None, None)
    assert answer["tokens"]["left"] is None
    assert [period["hours"] for period in answer["caches"]] == [24, 168, 720]


def test_the_balance_the_day_and_the_caches_are_told(
    keepa: Any,  # noqa: F811
    anne: Agent,  # noqa: F811
) -> None:
    asked = {"identifiers": [keepa.catalogue.store(1).live[0].asin]}
    value = anne.call("score_products", **asked)["quote"]["confirmation"]
    spent = anne.call("score_products", **asked, confirmation=value)["tokens"]["spent"]
    anne.call("score_products", **asked)
    answer = anne.call("token_status")
    assert answer["left"] == answer["tokens"]["left"] <= answer["capacity"]
    assert answer["refill_per_minute"] == TokenBucket.objects.get().refill_rate
    assert answer["today"]["by_people"] == spent
    assert answer["caches"][0] | {"tokens_saved": 0} == {
        "hours": 24, "searches": 2, "hit_percent": 50, "tokens_spent": spent, "tokens_saved": 0,
    }  # fmt: skip
    assert set(SearchHistory.objects.values_list("source", flat=True)) == {"mcp"}
