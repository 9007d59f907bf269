"""Channels: added after a look, sealed, tried now and then, deleted."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail

from benchmarks.drills.receiving import Receiver
from discovery.models import AlertChannel, AlertDelivery, AlertSettings
from discovery.sourcing.alerts.channels import (
    MOST_CHANNELS,
    add_channel,
    channels_of,
    delete_channel,
    try_channel,
    try_mail,
)
from discovery.sourcing.alerts.sending import CannotSend
from tests.discovery.sourcing.alerts.making import NOON, somebody, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_has_tried() -> None:
    from django.core.cache import cache

    cache.clear()


def test_a_first_channel_is_sealed_and_its_owner_is_told_from_then_on(received: Receiver) -> None:
    user = User.objects.create_user("anne")
    add_channel(owner=user, name="hook", address=f"json://me:hidden@localhost:{received.port}/")
    channel = AlertChannel.objects.get()
    assert channel.scheme == "json"
    assert b"hidden" not in bytes(channel.address)
    assert AlertSettings.objects.filter(user=user).exists()
    assert [shown.shown for shown in channels_of(owner=user)] == ["json://lo…host"]
    assert received.asked == []


@pytest.mark.parametrize(
    ("address", "code"),
    [("syslog://", "service_not_allowed"), ("json://127.0.0.1/", "private_address")],
)
def test_an_address_that_is_refused_is_not_stored(address: str, code: str) -> None:
    with pytest.raises(CannotSend) as refused:
        add_channel(owner=somebody(), name="x", address=address)
    assert refused.value.code == code
    assert not AlertChannel.objects.exists()


def test_one_has_so_many_channels_at_most() -> None:
    user = somebody()
    for number in range(MOST_CHANNELS):
        AlertChannel.objects.create(owner=user, name=f"{number}", scheme="ntfys", address=b"")
    with pytest.raises(CannotSend) as refused:
        add_channel(owner=user, name="x", address="ntfys://topic")
    assert refused.value.code == "too_many_channels"


def test_a_test_is_sent_at_once_and_not_again_a_moment_later(received: Receiver) -> None:
    channel = add_channel(owner=somebody(), name="hook", address=received.address)
    try_channel(channel=channel, language="fr", now=NOON)
    assert received.messages[0]["title"] == "ArbitrageVault\N{NO-BREAK SPACE}: un essai"
    channel.refresh_from_db()
    assert channel.worked_at == NOON
    with pytest.raises(CannotSend) as refused:
        try_channel(channel=channel, language="fr", now=NOON)
    assert refused.value.code == "too_many_tests"
    assert len(received.messages) == 1


def test_a_test_that_fails_is_noted_and_says_why(received: Receiver) -> None:
    channel = add_channel(owner=somebody(), name="hook", address=received.address)
    received.status = 404
    with pytest.raises(CannotSend) as refused:
        try_channel(channel=channel, language="en", now=NOON)
    assert refused.value.code == "status_404"
    channel.refresh_from_db()
    assert (channel.worked_at, channel.failed_at) == (None, NOON)


def test_an_address_sealed_with_a_key_that_is_gone_has_to_be_entered_again(
    received: Receiver, settings: Any
) -> None:
    user = somebody()
    channel = add_channel(owner=user, name="hook", address=received.address)
    settings.SECRET_KEY = "another one, long enough " * 2
    assert [shown.shown for shown in channels_of(owner=user)] == [""]
    with pytest.raises(CannotSend) as refused:
        try_channel(channel=channel, language="en", now=NOON)
    assert refused.value.code == "unreadable"


def test_what_a_former_key_has_sealed_is_sealed_anew_when_it_is_used(
    received: Receiver, settings: Any
) -> None:
    channel = add_channel(owner=somebody(), name="hook", address=received.address)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one, long enough " * 2
    try_channel(channel=channel, language="en", now=NOON)
    settings.SECRET_KEY_FALLBACKS = []
    assert channels_of(owner=channel.owner)[0].shown


def test_a_deleted_channel_takes_what_was_to_be_sent_over_it_along(received: Receiver) -> None:
    user = somebody(by_email=False)
    channel = add_channel(owner=user, name="hook", address=received.address)
    told(user)
    assert AlertDelivery.objects.count() == 1
    delete_channel(channel=channel)
    assert not AlertDelivery.objects.exists()


def test_a_test_by_mail_goes_to_ones_own_address() -> None:
    try_mail(user=somebody(), language="en")
    assert [message.to for message in mail.outbox] == [["paul@example.org"]]


def test_without_an_address_or_a_server_no_mail_is_sent(settings: Any) -> None:
    nobody = User.objects.create_user("nobody")
    with pytest.raises(CannotSend) as refused:
        try_mail(user=nobody, language="en")
    assert refused.value.code == "no_mail_address"
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    with pytest.raises(CannotSend) as refused:
        try_mail(user=somebody(), language="en")
    assert refused.value.code == "no_mail_server"
