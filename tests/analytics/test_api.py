"""The API's figures of the caches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.api_schemas import CacheHealthAnswer
from tests.analytics.factories import a_discovery, searches

pytestmark = pytest.mark.django_db


def test_the_health_of_the_caches_is_an_answer_of_the_api(client_of: Callable[..., Any]) -> None:
    a_discovery(expires_at=timezone.now() + timedelta(hours=1), hit_count=4)
    searches(at=timezone.now(), hits=3, misses=1)
    answer = client_of().get("/api/v1/cache/health")
    assert answer.status_code == 200
    health = answer.json()
    assert [cache["name"] for cache in health["caches"]] == ["discovery", "scoring"]
    assert health["caches"][0]["hits"] == 4
    assert [period["period"] for period in health["periods"]] == ["24h", "7d", "30d"]
    assert health["periods"][0]["hit_ratio"] == 0.75


def test_a_stranger_is_told_nothing() -> None:
    assert Client().get("/api/v1/cache/health").status_code == 401


def test_its_description_shows_every_field_with_an_example(client_of: Callable[..., Any]) -> None:
    anne = client_of()
    document = anne.get("/api/v1/openapi.json").json()
    described = document["components"]["schemas"]["CacheHealthAnswer"]
    (example,) = described["examples"]
    CacheHealthAnswer.model_validate(example)
    answer = anne.get("/api/v1/cache/health").json()
    assert answer.keys() == example.keys() == described["properties"].keys()
    for part in ("caches", "periods"):
        assert answer[part][0].keys() == example[part][0].keys()


def test_an_alert_is_part_of_the_answer(client_of: Callable[..., Any]) -> None:
    searches(at=timezone.now(), hits=1, misses=99)
    alert = client_of().get("/api/v1/cache/health").json()["alert"]
    assert (alert["ratio"], alert["searches"], alert["days"]) == (0.01, 100, 7)


@pytest.mark.parametrize(
    ("hits", "rating"), [(4, "Excellent"), (3, "Good"), (2, "Good"), (1, "Low reuse")]
)
def test_an_entry_is_rated_by_how_often_it_answers(
    client_of: Callable[..., Any], hits: int, rating: str
) -> None:
    a_discovery(expires_at=timezone.now() + timedelta(hours=1), hit_count=hits)
    (cache, _scores) = client_of().get("/api/v1/cache/health").json()["caches"]
    assert cache["rating"] == rating
    assert (cache["live"], cache["expired"]) == (1, 0)
