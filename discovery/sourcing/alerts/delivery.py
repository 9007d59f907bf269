"""The outbox is emptied: each message is claimed, sent outside any transaction, and noted as sent.

A process that is killed meanwhile leaves ``sending`` behind. After ``LEFT_BEHIND`` the message is
taken again: it may then arrive twice, which ``repeats`` counts, but it never gets lost.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import override

from discovery.models import AlertChannel, AlertDelivery
from discovery.sourcing.alerts.channels import send_by_mail, send_over_channel
from discovery.sourcing.alerts.sending import CannotSend
from discovery.sourcing.alerts.text import message_of

State = AlertDelivery.State

LEFT_BEHIND = timedelta(minutes=3)  # above what the slowest message takes
# Minutes until the next attempt, after the first, the second ... failure; then given up.
PAUSES = (1, 5, 15, 60, 120, 240, 480)
WORKED_AT_A_TIME = 50.0  # seconds; the next call comes within a minute
# Those for which no server was asked: they say nothing of a channel.
OURS = frozenset(("channel_off", "no_access", "nothing_left"))
# Failures that no later attempt mends.
FOR_GOOD = frozenset(
    (
        "unreadable", "channel_off", "no_access", "no_mail_address", "not_an_address",
        "nothing_left", "service_not_allowed", "parameter_not_allowed", "status_401", "status_403",
        "status_404",
    )
)  # fmt: skip


@dataclass(slots=True)
class Delivered:
    """How many messages went out, were put off, were given up, and may have arrived before."""

    sent: int = 0
    put_off: int = 0
    given_up: int = 0
    repeated: int = 0


def deliver_due(*, now: datetime, at_most: float = WORKED_AT_A_TIME) -> Delivered:
    """Send what is due, for ``at_most`` so many seconds; whatever is left is for the next call.

    Several may work at once: no message is claimed by two.
    """
    began, done = time.monotonic(), Delivered()
    while (worked := time.monotonic() - began) < at_most:
        moment = now + timedelta(seconds=worked)
        delivery = claim(now=moment)
        if delivery is None:
            break
        done.repeated += delivery.state == State.SENDING
        try:
            _send(delivery, now=moment)
        except CannotSend as error:
            is_last = error.code in FOR_GOOD or delivery.attempts > len(PAUSES)
            _note_failure(delivery, error.code, is_last=is_last, now=moment)
            done.given_up += is_last
            done.put_off += not is_last
        else:
            _mine(delivery).update(state=State.SENT, sent_at=moment, failure="")
            done.sent += 1
    return done


def claim(*, now: datetime) -> AlertDelivery | None:
    """Take the message that is due longest, and store that it is being sent; ``None``: none is.

    What is returned has the state it was found in: ``sending`` if somebody has died over it.
    """
    is_due = Q(state=State.PENDING, due_at__lte=now)
    was_left = Q(state=State.SENDING, taken_at__lt=now - LEFT_BEHIND)
    with transaction.atomic():
        due = AlertDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        delivery = due.filter(is_due | was_left).order_by("due_at", "pk").first()
        if delivery is None:
            return None
        delivery.taken_at = now
        delivery.attempts += 1
        delivery.repeats += delivery.state == State.SENDING
        AlertDelivery.objects.filter(pk=delivery.pk).update(
            state=State.SENDING,
            taken_at=now,
            attempts=delivery.attempts,
            repeats=delivery.repeats,
        )
    return delivery


def _send(delivery: AlertDelivery, *, now: datetime) -> None:
    owner, channel = delivery.owner, delivery.channel
    if not owner.is_active:
        raise CannotSend("no_access")
    if channel is not None and not channel.is_active:
        raise CannotSend("channel_off")
    alerts = list(delivery.alerts.select_related("pick", "job").order_by("created_at", "pk"))
    if not alerts:  # they go with their picks, the message stays
        raise CannotSend("nothing_left")
    with override(settings.LANGUAGE_CODE):  # nobody's request is at hand
        message = message_of(delivery, alerts)
    if channel is None:
        send_by_mail(owner, message)
    else:
        send_over_channel(channel, message, now=now)


def _note_failure(delivery: AlertDelivery, code: str, *, is_last: bool, now: datetime) -> None:
    if is_last:
        _mine(delivery).update(state=State.FAILED, failure=code)
    else:
        pause = timedelta(minutes=PAUSES[delivery.attempts - 1])
        _mine(delivery).update(state=State.PENDING, failure=code, due_at=now + pause)
    if delivery.channel_id is not None and code not in OURS:
        AlertChannel.objects.filter(pk=delivery.channel_id).update(failed_at=now)


def _mine(delivery: AlertDelivery) -> models.QuerySet[AlertDelivery]:
    """The row, unless somebody else has taken it meanwhile: theirs to say how it went."""
    return AlertDelivery.objects.filter(
        pk=delivery.pk, state=State.SENDING, taken_at=delivery.taken_at
    )
