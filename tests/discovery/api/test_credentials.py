"""Nobody calls the API without credentials, and each kind keeps to its rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from discovery.accounts.api_tokens import create_api_token, revoke
from tests.discovery.api.conftest import BOOKS

pytestmark = pytest.mark.django_db

DISCOVER = "/api/v1/products/discover"
CALLS = [
    ("POST", DISCOVER),
    ("POST", "/api/v1/products/discover-with-scoring"),
    ("GET", "/api/v1/tokens"),
]


def post(client: Client, **headers: str) -> Any:
    return client.post(DISCOVER, json.dumps({}), content_type="application/json", headers=headers)


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_stranger_is_told_so_as_a_problem(client: Client, method: str, path: str) -> None:
    response = client.generic(method, path)
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")
    problem = response.json()
    assert (problem["status"], problem["instance"]) == (401, path)


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer arb_wrong", "Basic YTpi", "arb_x", "Bearer é"]
)
def test_wrong_credentials_are_refused(client: Client, header: str) -> None:
    assert post(client, authorization=header).status_code == 401


def test_a_token_opens_the_door(client: Client, bearer: str) -> None:
    assert post(client, authorization=f"Bearer {bearer}").status_code == 422
    assert post(client, authorization=f"bearer {bearer}").status_code == 422


def test_a_revoked_token_is_refused(client: Client, anne: User) -> None:
    token, text = create_api_token(user=anne)
    revoke(token=token, now=timezone.now())
    assert post(client, authorization=f"Bearer {text}").status_code == 401


def test_the_token_of_a_disabled_user_is_refused(client: Client, bearer: str) -> None:
    User.objects.update(is_active=False)
    assert post(client, authorization=f"Bearer {bearer}").status_code == 401


def test_a_wrong_token_never_falls_back_on_the_session(client: Client, anne: User) -> None:
    client.force_login(anne)
    assert post(client, authorization="Bearer arb_wrong").status_code == 401


def test_a_session_must_carry_its_csrf_token(anne: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(anne)
    refused = post(browser)
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    secret = "c" * 32
    browser.cookies["csrftoken"] = secret
    assert post(browser, **{"X-CSRFToken": secret}).status_code == 422


def test_a_token_needs_no_csrf_token(bearer: str) -> None:
    program = Client(enforce_csrf_checks=True)
    assert post(program, authorization=f"Bearer {bearer}").status_code == 422


def test_a_session_may_read(client: Client, anne: User) -> None:
    client.force_login(anne)
    assert client.get("/api/v1/tokens").status_code == 200


def test_the_refusal_is_in_the_callers_language(client: Client) -> None:
    french = post(client, **{"accept-language": "fr"}).json()["title"]
    english = post(client, **{"accept-language": "en"}).json()["title"]
    assert english == "A valid API token, or a signed-in session, is needed."
    assert french != english


@pytest.mark.parametrize("page", ["docs", "openapi.json"])
def test_the_documentation_is_for_those_who_may_call(
    client: Client, bearer: str, anne: User, page: str
) -> None:
    assert client.get(f"/api/v1/{page}")["Location"].startswith("/login/?next=")
    program = client.get(f"/api/v1/{page}", headers={"authorization": f"Bearer {bearer}"})
    assert program.status_code == 200
    client.force_login(anne)
    assert client.get(f"/api/v1/{page}").status_code == 200


def test_the_documentation_page_is_served_by_the_site_alone(client: Client, anne: User) -> None:
    client.force_login(anne)
    page = client.get("/api/v1/docs").content.decode()
    assert "swagger-ui" in page
    assert "https://" not in page


def test_an_address_that_does_not_exist_is_a_problem_too(client: Client, bearer: str) -> None:
    response = client.get("/api/v1/nothing", headers={"authorization": f"Bearer {bearer}"})
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_an_empty_question_names_what_is_missing(client: Client, bearer: str) -> None:
    errors = post(client, authorization=f"Bearer {bearer}").json()["errors"]
    assert {error["field"] for error in errors} == {*BOOKS} - {"max_results"}
