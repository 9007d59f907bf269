from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from discovery.accounts.api_tokens import create_api_token
from discovery.profiles.service import ensure_shipped_profiles

BOOKS: dict[str, Any] = {"categories": ["Books"], "bsr_range": [10_000, 50_000], "max_results": 10}

Ask = Callable[..., Any]


@pytest.fixture
def anne(db: None) -> User:
    return User.objects.create_user("anne")


@pytest.fixture
def bearer(anne: User) -> str:
    return create_api_token(user=anne)[1]


@pytest.fixture
def ask(bearer: str) -> Ask:
    """``ask("discover", {...})`` is what a program with Anne's token gets from the API."""
    client = Client(headers={"authorization": f"Bearer {bearer}", "accept-language": "en"})

    def post(call: str, body: Any, **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(
            f"/api/v1/products/{call}", content, content_type="application/json", headers=headers
        )

    return post


@pytest.fixture
def shipped_profiles(transactional_db: None) -> None:
    """Prudent, Équilibré and Agressif, which every site has."""
    ensure_shipped_profiles()


@pytest.fixture
def call(bearer: str) -> Ask:
    """``call("GET", "/runs")`` is what a program with Anne's token gets from the API."""
    client = Client(headers={"authorization": f"Bearer {bearer}", "accept-language": "en"})

    def send(method: str, address: str, body: Any = None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        return client.generic(method, f"/api/v1{address}", content, "application/json")

    return send
