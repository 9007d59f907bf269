"""What the site says when something fails."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, NoReturn

import psycopg
import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import InternalError, OperationalError
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
def session_cut(request: HttpRequest) -> NoReturn:
    # What Django makes of it when the session is ended between two rows.
    raise InternalError from psycopg.InternalError("received 2 results from command 'FETCH'")


@login_not_required
def transaction_lost(request: HttpRequest) -> NoReturn:
    raise InternalError from psycopg.errors.InFailedSqlTransaction("commands are ignored")


@login_not_required
def our_mistake(request: HttpRequest) -> NoReturn:
    raise ZeroDivisionError


@login_not_required
def disk_full(request: HttpRequest) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


@login_not_required
def database_full(request: HttpRequest) -> NoReturn:
    raise OperationalError from psycopg.errors.DiskFull("could not extend file")


@login_not_required
def database_read_only(request: HttpRequest) -> NoReturn:
    raise InternalError from psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT")


urlpatterns = [
    path("disk-full", disk_full),
    path("database-full", database_full),
    path("database-read-only", database_read_only),
    path("api/v1/database-full", database_full),
    path("database-gone", database_gone),
    path("session-cut", session_cut),
    path("transaction-lost", transaction_lost),
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


@pytest.mark.parametrize("path", ["/database-gone", "/session-cut"])
def test_a_lost_database_is_a_503_that_says_when_to_come_back(visitor: Client, path: str) -> None:
    response = visitor.get(path)
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/disk-full", "The disk of the server is full"),
        ("/database-full", "The disk of the server is full"),
        ("/database-read-only", "The server cannot write to its disk"),
        ("/api/v1/database-full", "The disk of the server is full"),
    ],
)
def test_a_full_or_read_only_disk_is_a_503_that_says_so(
    visitor: Client, address: str, sentence: str
) -> None:
    response = visitor.get(address, headers={"Accept-Language": "en"})
    assert response.status_code == 503
    assert sentence in response.text
    assert "moment" not in response.text  # it will not pass by itself


@pytest.mark.parametrize("path", ["/our-mistake", "/transaction-lost"])
def test_our_own_mistake_is_a_500_without_details(visitor: Client, path: str) -> None:
    response = visitor.get(path)
    assert response.status_code == 500
    assert b"ZeroDivisionError" not in response.content


def test_the_api_answers_with_a_problem_a_program_can_read(visitor: Client) -> None:
    response = visitor.get("/api/v1/database-gone")
    assert response["Content-Type"] == "application/problem+json"
    told = response.json()
    assert told["status"] == 503
    assert str(told["retry_after"]) == response["Retry-After"]
    assert "Keepa" not in told["title"]  # it is the database


@pytest.mark.django_db
def test_an_unknown_page_is_a_404(client_of: Callable[..., Any]) -> None:
    assert client_of("anne").get("/no/such/page").status_code == 404


def test_a_form_of_another_site_is_refused(visitor: Client) -> None:
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post("/login/", {"username": "anne"}).status_code == 403
