"""``/api/v1/alerts``: what one was told, when one may be told, over which channels."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from discovery.models import Alert, AlertChannel, AlertDelivery
from discovery.sourcing.alerts.secrets import Secret, seal
from discovery.sourcing.alerts.service import values_of
from tests.discovery.api.shelf import all_pages, caller_with, fields, send
from tests.discovery.builders import build_job, build_pick

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_profiles")]
HOURS = {
    "by_email": False, "daily_cap": 5, "quiet_from": "22:00", "quiet_until": "07:00",
    "digest_at": "08:00", "time_zone": "Europe/Paris",
}  # fmt: skip


@pytest.fixture
def caller(bearer: str) -> Client:
    return caller_with(bearer)


def told(owner: User, asin: str) -> Alert:
    pick = build_pick(owner=owner, asin=asin, job=build_job(owner=owner))
    return Alert.objects.create(
        owner=owner, pick=pick, job=pick.job, reason="first", values=values_of(pick),
        created_at=timezone.now(),
    )  # fmt: skip


def channel_of(owner: User) -> AlertChannel:
    secret = Secret(address="ntfys://my-secret-topic", shown="ntfys://…")
    return AlertChannel.objects.create(
        owner=owner, name="phone", scheme="ntfys", address=seal(secret)
    )


def test_alerts_are_told_and_marked_as_read(
    caller: Client, anne: User, django_assert_num_queries: Any
) -> None:
    for asin in ("B00000000A", "B00000000B", "B00000000C"):
        told(anne, asin)
    listed = all_pages(caller, "/alerts", "alerts")
    assert [alert["asin"] for alert in listed] == ["B00000000C", "B00000000B", "B00000000A"]
    assert listed[0]["text"]
    with django_assert_num_queries(3):  # the token, the alerts, how many are unread
        send(caller, "GET", "/alerts")
    assert send(caller, "POST", "/alerts/read", {}).json() == {"read": 3}
    assert send(caller, "GET", "/alerts?unread=true").json()["alerts"] == []


def test_the_hours_are_set_and_told(caller: Client) -> None:
    assert send(caller, "PUT", "/alerts/settings", HOURS).json() == HOURS
    assert send(caller, "GET", "/alerts/settings").json() == HOURS
    for changes, field in (
        ({"quiet_until": None}, "quiet_until"),
        ({"quiet_until": "22:00"}, "quiet_until"),
        ({"digest_at": "23:00"}, "digest_at"),
        ({"digest_at": "25:00"}, "digest_at"),
        ({"daily_cap": 900}, "daily_cap"),
        ({"time_zone": "Mars"}, "time_zone"),
    ):
        refused = send(caller, "PUT", "/alerts/settings", HOURS | changes)
        assert (refused.status_code, fields(refused)) == (422, {field})


def test_the_address_of_a_channel_is_never_told(caller: Client, anne: User) -> None:
    channel = channel_of(anne)
    address = f"/alerts/channels/{channel.pk}"
    for asked in (send(caller, "GET", "/alerts/channels"), send(caller, "GET", address)):
        assert asked.status_code == 200
        assert "my-secret-topic" not in asked.content.decode()
    assert send(caller, "POST", f"{address}/pause").json()["active"] is False
    assert send(caller, "POST", f"{address}/resume").json()["active"] is True
    assert send(caller, "DELETE", address).status_code == 204
    assert send(caller, "GET", address).status_code == 404


def test_an_address_that_is_none_is_no_channel(caller: Client) -> None:
    refused = send(caller, "POST", "/alerts/channels", {"name": "x", "address": "nowhere"})
    assert (refused.status_code, fields(refused)) == (422, {"address"})
    assert not AlertChannel.objects.exists()


def test_the_channels_and_alerts_of_somebody_else_are_not_there(caller: Client) -> None:
    paul = User.objects.create_user("paul")
    address, alert = f"/alerts/channels/{channel_of(paul).pk}", told(paul, "B00000000A")
    AlertDelivery.objects.create(owner=paul, due_at=alert.created_at)
    for method, rest in (("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/test")):
        assert send(caller, method, address + rest).status_code == 404
    assert send(caller, "GET", "/alerts").json()["alerts"] == []
    assert send(caller, "GET", "/alerts/deliveries").json()["deliveries"] == []


def test_deliveries_say_how_they_went(caller: Client, anne: User) -> None:
    sent = AlertDelivery.objects.create(
        owner=anne, due_at=timezone.now(), state="failed", failure="too_slow"
    )
    sent.alerts.add(told(anne, "B00000000A"))
    (delivery,) = send(caller, "GET", "/alerts/deliveries").json()["deliveries"]
    assert (delivery["alerts"], delivery["channel"], delivery["state"]) == (1, None, "failed")
    assert delivery["failure_text"] == "The server did not answer in time."
