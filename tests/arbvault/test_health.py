from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from arbvault.disk import Room
from arbvault.health import disk_state, judged
from tests.discovery.keepa.test_reachable import ledger

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

MEGABYTE = 1024**2
GIGABYTE = 1024**3


def test_the_process_answers_without_a_database(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("allowed", [["vault.example"], [".vault.example"], ["*"]])
@pytest.mark.django_db
def test_a_probe_is_answered_whatever_it_calls_the_machine(
    client: Client, settings: Settings, allowed: list[str]
) -> None:
    settings.ALLOWED_HOSTS = allowed
    for path in ("/healthz", "/readyz"):
        assert client.get(path, headers={"host": "10.1.2.3:8000"}).status_code == 200
    refused = client.get("/login/", headers={"host": "10.1.2.3:8000"}).status_code == 400
    assert refused is ("*" not in allowed)


@pytest.mark.django_db
def test_readiness_asks_the_database(client: Client) -> None:
    assert client.get("/readyz").content == b"ok\n"


def test_a_full_disk_is_not_ready_when_the_data_are_on_it() -> None:
    full = Room(free=20 * MEGABYTE, total=GIGABYTE)
    status, said = judged(full, holds_the_data=True)
    assert status == HTTPStatus.SERVICE_UNAVAILABLE
    assert said.startswith("The disk is full: 20 MB left of 1024.")
    assert judged(full, holds_the_data=False) == (HTTPStatus.OK, said)


def test_a_read_only_disk_is_not_ready_when_the_data_are_on_it() -> None:
    room = Room(free=GIGABYTE, total=GIGABYTE, is_read_only=True)
    status, said = judged(room, holds_the_data=True)
    assert status == HTTPStatus.SERVICE_UNAVAILABLE
    assert said.startswith("The disk is read-only")


def test_a_disk_that_fills_up_is_told_while_the_site_still_works() -> None:
    status, said = judged(Room(free=200 * MEGABYTE, total=GIGABYTE), holds_the_data=True)
    assert status == HTTPStatus.OK
    assert said.startswith("The disk is almost full: 200 MB left")


@pytest.mark.django_db
def test_readiness_looks_at_the_disk_of_the_data(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def room_at(folder: Path) -> Room:
        asked.append(folder)
        return Room(free=0, total=GIGABYTE)

    monkeypatch.setattr("arbvault.health.room_at", room_at)
    settings.EMBEDDED_POSTGRES = object()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.text.startswith("The disk is full: 0 MB left")
    assert asked == [settings.ARBVAULT_VAR]


def test_a_disk_that_cannot_be_looked_at_is_no_reason_to_refuse(
    settings: Settings, tmp_path: Path
) -> None:
    settings.ARBVAULT_VAR = tmp_path / "gone"
    status, said = disk_state()
    assert status == HTTPStatus.OK
    assert "cannot be looked at" in said


@pytest.mark.django_db
def test_a_keepa_that_does_not_answer_is_told_and_stops_nobody_who_needs_it_not(
    client: Client,
) -> None:
    ledger(outcome="timeout", seconds_ago=5)
    told = client.get("/readyz")
    assert told.status_code == 200
    assert re.search(
        r"^ok\n(.*\n)?keepa: does not answer \(timeout\), last asked \d+ s ago\n", told.text
    )
    needed = client.get("/readyz?keepa=required")
    assert needed.status_code == 503
    assert "ok\n" not in needed.text


@pytest.mark.django_db
def test_a_keepa_that_answers_is_told(client: Client) -> None:
    ledger(outcome="ok", seconds_ago=5)
    assert "keepa: answers, last asked" in client.get("/readyz?keepa=required").text
