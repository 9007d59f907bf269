"""Every answer tells its id, and every line of the logs which request it is about."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest
from django.http import HttpRequest, HttpResponse

from arbvault.request_ids import HEADER, current_id, name_lines, request_ids, under_id

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings


def test_an_answer_carries_an_id_of_its_own(client: Client) -> None:
    first, second = (client.get("/healthz").headers[HEADER] for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert first != second


def test_whoever_asks_may_name_it(client: Client) -> None:
    answer = client.get("/healthz", headers={HEADER: "from-the-proxy.7"})
    assert answer.headers[HEADER] == "from-the-proxy.7"


@pytest.mark.parametrize("given", ["", "two words", "line\nbreak", "x" * 65, "é", '"quoted"'])
def test_a_name_that_could_spoil_a_log_is_replaced(given: str) -> None:
    request = HttpRequest()
    request.META["HTTP_X_REQUEST_ID"] = given
    answer = request_ids(lambda _request: HttpResponse())(request)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers[HEADER])


def test_it_is_known_while_the_request_is_answered_and_gone_afterwards() -> None:
    seen: list[tuple[str, str]] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append((current_id(), request.request_id))  # type: ignore[attr-defined]
        return HttpResponse()

    answer = request_ids(view)(HttpRequest())
    assert seen == [(answer.headers[HEADER],) * 2]
    assert current_id() == ""


def test_an_error_page_tells_it_too(client: Client) -> None:
    assert client.get("/nothing-here/", headers={HEADER: "lost"}).headers[HEADER] == "lost"


def test_a_task_of_the_queue_names_its_lines() -> None:
    with under_id(""):
        name_lines("task-harvest")
        assert current_id() == "task-harvest"


@pytest.mark.django_db
def test_a_line_a_request_tells_its_route_and_never_its_address(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LOG_REQUESTS = True
    with caplog.at_level(logging.INFO, logger="arbvault.requests"):
        client.get("/mot-de-passe/choisir/MQ/the-seal/?next=/niches/")
    (line,) = [record for record in caplog.records if record.name == "arbvault.requests"]
    told = vars(line)
    assert told["route"] == "/mot-de-passe/choisir/<uidb64>/<token>/"
    assert (told["method"], told["user_id"]) == ("GET", None)
    assert "the-seal" not in line.getMessage()


@pytest.mark.django_db
def test_requests_leave_no_line_unless_asked_for(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="arbvault.requests"):
        client.get("/healthz")
    assert [record for record in caplog.records if record.name == "arbvault.requests"] == []
