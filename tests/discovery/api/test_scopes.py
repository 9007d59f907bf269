"""A token opens what it was made for, while it lasts; a session what its user's role opens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import path
from django.utils import timezone
from ninja import Router

from analytics.api import api as site_api
from discovery.accounts.api_tokens import create_api_token
from discovery.accounts.roles import ensure_viewers
from discovery.api.auth import BearerAuth, SessionAuth
from discovery.api.every_answer import Api
from discovery.api.problems import handle_problems
from discovery.api.scopes import needs
from discovery.models import Scope

router = Router(tags=["members"])


@router.get("/members")
@needs(Scope.ADMIN)
def members(request: Any) -> list[str]:
    """What only administrators may see."""
    return []


@router.get("/estimate")
@needs(Scope.SEARCH)
def estimate(request: Any) -> list[str]:
    """A read that spends."""
    return []


# The site's addresses, and two whose scope is not the one of their method.
probe = Api(urls_namespace="probe", auth=[BearerAuth(), SessionAuth()])
handle_problems(probe)
probe.add_router("", router)
urlpatterns = [path("api/v1/", site_api.urls), path("api/probe/", probe.urls)]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

READ, SPEND = ("get", "/api/v1/tokens"), ("post", "/api/v1/products/discover")
ESTIMATE, ADMINISTER = ("get", "/api/probe/estimate"), ("get", "/api/probe/members")
ALL = [READ, SPEND, ESTIMATE, ADMINISTER]
PASSED = {200, 422}  # 422: the empty question was read, so the door was open


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root")


def with_token(user: User, scopes: Iterable[Scope], **more: Any) -> Client:
    text = create_api_token(user=user, scopes=scopes, **more)[1]
    return Client(headers={"authorization": f"Bearer {text}", "accept-language": "en"})


def ask(client: Client, call: tuple[str, str]) -> Any:
    method, address = call
    return client.generic(method.upper(), address, "{}", content_type="application/json")


def opened(client: Client) -> list[tuple[str, str]]:
    return [call for call in ALL if ask(client, call).status_code in PASSED]


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ([], []),
        ([Scope.READ], [READ]),
        ([Scope.SEARCH], [SPEND, ESTIMATE]),
        ([Scope.ADMIN], [ADMINISTER]),
        (list(Scope), ALL),
    ],
)
def test_a_token_opens_what_its_scopes_name_and_nothing_else(
    root: User, scopes: list[Scope], expected: list[tuple[str, str]]
) -> None:
    assert opened(with_token(root, scopes)) == expected


def test_the_refusal_names_the_scope_in_its_body_and_as_rfc_6750_says(anne: User) -> None:
    answer = ask(with_token(anne, [Scope.READ]), SPEND)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (403, "insufficient_scope")
    assert problem["required_scope"] == "search"
    assert "search" in problem["detail"]
    challenge = 'Bearer realm="ArbitrageVault", error="insufficient_scope", scope="search"'
    assert answer["WWW-Authenticate"] == challenge


def test_a_scope_is_asked_for_before_the_question_is_read(anne: User) -> None:
    reader = with_token(anne, [Scope.READ])
    assert reader.post("/api/v1/products/discover", b"{", "application/json").status_code == 403
    answer = reader.post("/api/v1/products/x/favorite?marketplace=narnia")
    assert answer.json()["code"] == "insufficient_scope"


def test_the_scope_admin_makes_nobody_an_administrator(anne: User) -> None:
    answer = ask(with_token(anne, list(Scope)), ADMINISTER)
    assert (answer.status_code, answer.json()["code"]) == (403, "administrators_only")


def test_a_viewers_token_reads_whatever_its_scopes(anne: User) -> None:
    anne.groups.add(ensure_viewers())
    viewer = with_token(anne, list(Scope))
    assert READ in opened(viewer)
    assert ask(viewer, SPEND).json()["code"] == "read_only"


@pytest.mark.parametrize(
    ("role", "expected"),
    [("viewer", [READ]), ("member", [READ, SPEND, ESTIMATE]), ("administrator", ALL)],
)
def test_a_session_has_the_scopes_of_its_role(
    client: Client, role: str, expected: list[tuple[str, str]]
) -> None:
    user = User.objects.create_user(role, is_superuser=role == "administrator")
    if role == "viewer":
        user.groups.add(ensure_viewers())
    client.force_login(user)
    assert opened(client) == expected


def test_a_token_lasts_until_its_day(anne: User) -> None:
    now = timezone.now()
    assert opened(with_token(anne, [Scope.READ], expires_at=now + timedelta(minutes=1))) == [READ]
    assert opened(with_token(anne, [Scope.READ], expires_at=now)) == []


def test_an_expired_token_is_told_so_but_a_wrong_or_revoked_one_is_not(anne: User) -> None:
    expired = ask(with_token(anne, [Scope.READ], expires_at=timezone.now()), READ)
    assert (expired.status_code, expired.json()["code"]) == (401, "token_expired")
    assert expired["WWW-Authenticate"].endswith('error="invalid_token"')
    wrong = Client(headers={"authorization": "Bearer arb_wrong"})
    assert ask(wrong, READ).json()["code"] == "unauthorized"
    anne.api_tokens.update(revoked_at=timezone.now())
    again = with_token(anne, [Scope.READ], expires_at=timezone.now())
    anne.api_tokens.update(revoked_at=timezone.now())
    assert ask(again, READ).json()["code"] == "unauthorized"


def test_a_scope_costs_no_statement(anne: User, django_assert_num_queries: Any) -> None:
    client = with_token(anne, [Scope.READ])
    ask(client, SPEND)  # notes the token's use
    with django_assert_num_queries(1):
        assert ask(client, SPEND).status_code == 403


def test_the_description_tells_the_scope_of_each_call() -> None:
    paths = probe.get_openapi_schema()["paths"]
    call = paths["/api/probe/members"]["get"]
    assert call["security"] == [{"BearerAuth": ["admin"]}, {"SessionAuth": ["admin"]}]
    assert call["x-required-scope"] == "admin"
    assert "Administrators only." in call["description"]
