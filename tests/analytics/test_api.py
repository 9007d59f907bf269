"""The API's figures of the caches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

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
