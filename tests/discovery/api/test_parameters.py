"""A parameter that is not valid is named, and why, in the caller's language."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from analytics.api import api

pytestmark = pytest.mark.django_db


def ask(bearer: str, query: str, language: str = "en") -> Any:
    headers = {"authorization": f"Bearer {bearer}", "accept-language": language}
    return Client(headers=headers).get(f"/api/v1/picks?{query}")


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("job=x", "job", "A whole number was expected."),
        ("gone=perhaps", "gone", "“true” or “false” was expected."),
        ("pick_class=GOLD", "pick_class", "One of these was expected: "),
    ],
)
def test_the_parameter_is_named(bearer: str, query: str, field: str, sentence: str) -> None:
    answer = ask(bearer, query)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["pointer"]) == (field, f"#/{field}")
    assert error["detail"].startswith(sentence)


def test_all_that_is_wrong_is_told_at_once(bearer: str) -> None:
    errors = ask(bearer, "job=x&gone=perhaps").json()["errors"]
    assert {error["field"] for error in errors} == {"job", "gone"}


def test_a_part_of_the_address_is_named_too(bearer: str) -> None:
    headers = {"authorization": f"Bearer {bearer}"}
    answer = Client(headers=headers).get("/api/v1/picks/x")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "pick_id"


@pytest.mark.parametrize("path", ["/picks", "/jobs/templates", "/sourcing-links", "/favourites"])
def test_an_empty_marketplace_is_none_and_is_described(bearer: str, path: str) -> None:
    (described,) = (
        parameter
        for parameter in api.get_openapi_schema()["paths"][f"/api/v1{path}"]["get"]["parameters"]
        if parameter.get("name") == "marketplace"
    )
    assert "" in described["schema"]["anyOf"][0]["enum"]
    asked = Client(headers={"authorization": f"Bearer {bearer}"})
    empty = asked.get(f"/api/v1{path}?marketplace=")
    assert empty.status_code == 200
    assert empty.json() == asked.get(f"/api/v1{path}").json()
