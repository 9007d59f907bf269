"""What the site says when something fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client
from django.urls import path

from arbvault import urls as site

if TYPE_CHECKING:
    from collections.abc import Callable


@login_not_required
def database_gone(request: HttpRequest) -> NoReturn:
    raise OperationalError("connection refused")


@login_not_required
def our_mistake(request: HttpRequest) -> NoReturn:
    raise ZeroDivisionError


urlpatterns = [
    path("database-gone", database_gone),
    path("our-mistake", our_mistake),
    path("api/v1/database-gone", database_gone),
    *site.urlpatterns,
]
handler404 = site.handler404
handler500 = site.handler500
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


def test_a_lost_database_is_a_503_that_says_when_to_come_back(visitor: Client) -> None:
    response = visitor.get("/database-gone")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0


def test_our_own_mistake_is_a_500_without_details(visitor: Client) -> None:
    response = visitor.get("/our-mistake")
    assert response.status_code == 500
    assert b"ZeroDivisionError" not in response.content


def test_the_api_answers_with_a_problem_a_program_can_read(visitor: Client) -> None:
    response = visitor.get("/api/v1/database-gone")
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 503


@pytest.mark.django_db
def test_an_unknown_page_is_a_404(client_of: Callable[..., Any]) -> None:
    assert client_of("anne").get("/no/such/page").status_code == 404


def test_a_form_of_another_site_is_refused(visitor: Client) -> None:
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post("/login/", {"username": "anne"}).status_code == 403
