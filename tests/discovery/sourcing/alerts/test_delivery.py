"""The outbox is emptied: everything arrives, once unless somebody died over it, or is given up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction

from benchmarks.drills.receiving import Receiver
from discovery.models import Alert, AlertChannel, AlertDelivery
from discovery.sourcing.alerts.channels import add_channel
from discovery.sourcing.alerts.delivery import LEFT_BEHIND, PAUSES, claim, deliver_due
from discovery.tasks import deliver_alerts
from tests.discovery.sourcing.alerts.making import NOON, job_of, look, pick_of, somebody, told

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def only() -> AlertDelivery:
    return AlertDelivery.objects.get()


def test_a_mail_says_what_was_found_where_to_buy_it_and_where_to_look(settings: Any) -> None:
    settings.SITE_ADDRESS, settings.LANGUAGE_CODE = "https://vault.example", "en"
    user = somebody()
    alert = look(pick_of(user), job_of(user))
    assert alert is not None
    done = deliver_due(now=NOON)
    assert (done.sent, done.put_off, done.given_up, done.repeated) == (1, 0, 0, 0)
    (message,) = mail.outbox
    assert message.to == ["paul@example.org"]
    assert message.subject == "Buy · Un livre"
    assert str(message.body).splitlines() == [
        "Un livre (B0FAKE6001, FR)",
        "Buy · ROI 34% · profit €4.25",
        "to buy at €12.50: amazon.de",
        "It meets the alert rule of your job for the first time.",
        "Job: Livres",
        f"https://vault.example/autosourcing/trouvailles/{alert.pick_id}/",
    ]
    assert (only().state, only().attempts, only().sent_at is not None) == ("sent", 1, True)


def test_a_message_over_a_channel_arrives_once(received: Receiver) -> None:
    user = somebody(by_email=False)
    channel = add_channel(owner=user, name="hook", address=received.address)
    told(user)
    assert deliver_due(now=NOON).sent == 1
    assert deliver_due(now=NOON + MINUTE).sent == 0
    (message,) = received.messages
    assert "B0FAKE0000" in message["message"]
    channel.refresh_from_db()
    assert channel.worked_at is not None


def test_what_is_not_due_yet_waits() -> None:
    (delivery,) = told(somebody())
    assert deliver_due(now=delivery.due_at - MINUTE).sent == 0
    assert only().state == "pending"


def test_a_refusal_is_tried_again_later_and_later_and_then_given_up(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody is there
    told(somebody())
    waited = []
    while only().state == "pending":
        now = only().due_at
        deliver_due(now=now)
        waited.append(round((only().due_at - now) / MINUTE))
    assert waited == [*PAUSES, 0]
    assert only().attempts == len(PAUSES) + 1 == 8
    assert (only().state, only().failure) == ("failed", "mail_refused")


def test_a_server_that_comes_back_gets_what_was_put_off(received: Receiver) -> None:
    user = somebody(by_email=False)
    add_channel(owner=user, name="hook", address=received.address)
    told(user)
    received.status = 500
    assert deliver_due(now=NOON).put_off == 1
    received.status = 200
    assert deliver_due(now=NOON + 2 * MINUTE).sent == 1
    assert (only().state, only().failure) == ("sent", "")


def test_what_no_later_attempt_mends_is_given_up_at_once(received: Receiver) -> None:
    user = somebody(by_email=False)
    add_channel(owner=user, name="hook", address=received.address)
    told(user)
    received.status = 404
    assert deliver_due(now=NOON).given_up == 1
    assert only().failure == "status_404"
    assert AlertChannel.objects.get().failed_at is not None


def test_a_message_whose_pick_was_deleted_holds_up_no_other() -> None:
    first, _second = told(somebody(), count=2)
    first.alerts.get().pick.delete()
    delivered = deliver_due(now=NOON)
    assert (delivered.sent, delivered.given_up) == (1, 1)
    first.refresh_from_db()
    assert (first.state, first.failure) == ("failed", "nothing_left")


def test_one_who_was_sent_away_is_told_no_more() -> None:
    user = somebody()
    told(user)
    user.is_active = False
    user.save()
    assert deliver_due(now=NOON).given_up == 1
    assert mail.outbox == []
    assert only().failure == "no_access"


def test_a_channel_turned_off_meanwhile_is_not_used(received: Receiver) -> None:
    user = somebody(by_email=False)
    add_channel(owner=user, name="hook", address=received.address)
    told(user)
    AlertChannel.objects.update(is_active=False)
    assert deliver_due(now=NOON).given_up == 1
    assert received.messages == []


def test_what_somebody_died_over_is_sent_again_and_counted() -> None:
    told(somebody())
    assert claim(now=NOON) is not None  # and then the process is killed
    assert deliver_due(now=NOON + LEFT_BEHIND - MINUTE).sent == 0  # it might still be at it
    done = deliver_due(now=NOON + LEFT_BEHIND + MINUTE)
    assert (done.sent, done.repeated) == (1, 1)
    assert (only().state, only().attempts, only().repeats) == ("sent", 2, 1)
    assert len(mail.outbox) == 1


def test_a_message_is_claimed_by_one_alone() -> None:
    told(somebody(), count=2)
    first, second = claim(now=NOON), claim(now=NOON)
    assert first is not None
    assert second is not None
    assert first.pk != second.pk
    assert claim(now=NOON) is None


def test_the_oldest_goes_first_and_the_rest_waits_when_time_is_up() -> None:
    told(somebody(), count=3)
    assert deliver_due(now=NOON, at_most=0).sent == 0
    assert deliver_due(now=NOON).sent == 3
    subjects = [message.body.splitlines()[0] for message in mail.outbox]
    assert subjects == [f"Un livre (B0FAKE000{number}, FR)" for number in range(3)]


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_server_is_spoken_to(
    received: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess

    user = somebody(by_email=False)
    add_channel(owner=user, name="hook", address=received.address)
    told(user)
    open_then, run = [], subprocess.run

    def watched(*arguments: Any, **named: Any) -> Any:
        open_then.append(connection.in_atomic_block)
        return run(*arguments, **named)

    monkeypatch.setattr(subprocess, "run", watched)
    deliver_due(now=NOON)
    assert open_then == [False]


@pytest.mark.django_db(transaction=True)
def test_a_message_of_a_look_that_is_not_committed_is_not_seen() -> None:
    user = somebody()
    pick, job = pick_of(user), job_of(user)
    with transaction.atomic():
        look(pick, job)
        transaction.set_rollback(True)
    assert deliver_due(now=NOON).sent == 0
    assert not Alert.objects.exists()


def test_the_task_sends_what_is_due_by_the_clock() -> None:
    told(somebody())
    assert deliver_alerts(something_of_later="x") == 1
    assert len(mail.outbox) == 1
