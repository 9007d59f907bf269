"""What holds whatever the call: HEAD, OPTIONS, other methods, addresses that do not exist."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.discovery.api.conftest import BOOKS, Ask

pytestmark = pytest.mark.django_db

TOKENS = "/api/v1/tokens"
DISCOVER = "/api/v1/products/discover"
FAVOURITE = "/api/v1/products/B000000001/favorite"
ALLOWED = [
    (TOKENS, "GET, HEAD, OPTIONS"),
    ("/api/v1/cache/health", "GET, HEAD, OPTIONS"),
    ("/api/v1/openapi.json", "GET, HEAD, OPTIONS"),
    (DISCOVER, "OPTIONS, POST"),
    (FAVOURITE, "DELETE, OPTIONS, POST"),
]


def test_head_is_get_without_its_body(client: Client, bearer: str) -> None:
    headers = {"authorization": f"Bearer {bearer}"}
    got, head = client.get(TOKENS, headers=headers), client.head(TOKENS, headers=headers)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    assert head["Content-Type"] == got["Content-Type"]
    assert client.head(TOKENS).status_code == 401


@pytest.mark.parametrize(("path", "allowed"), ALLOWED)
def test_options_tells_the_methods(client: Client, path: str, allowed: str) -> None:
    answer = client.options(path)
    assert (answer.status_code, answer["Allow"], answer.content) == (204, allowed, b"")


@pytest.mark.parametrize(("path", "allowed"), ALLOWED)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "PROPFIND"])
def test_another_method_is_a_problem_that_names_those_allowed(
    client: Client, method: str, path: str, allowed: str
) -> None:
    answer = client.generic(method, path)
    assert (answer.status_code, answer["Allow"]) == (405, allowed)
    problem_of(answer, 405, "method_not_allowed", path)


def test_a_call_that_does_not_exist_is_a_problem(client: Client) -> None:
    problem_of(client.get("/api/v1/nothing"), 404, "not_found", "/api/v1/nothing")


def test_a_host_we_are_not_is_a_problem(client: Client) -> None:
    problem_of(client.get(TOKENS, headers={"host": "elsewhere"}), 400, "bad_request", TOKENS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "multipart/form-data", "é"])
def test_the_kind_of_a_body_changes_nothing(keepa: Any, ask: Ask, kind: str) -> None:
    assert ask("discover", BOOKS, **{"content-type": kind}).status_code == 200


def problem_of(answer: Any, status: int, code: str, path: str) -> None:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "instance", "code"} <= set(problem)
    assert (problem["status"], problem["code"], problem["instance"]) == (status, code, path)
