"""A user's channels: added after a look at their address, tried, deleted; addresses stay sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, User
from django.core.cache import cache
from django.db import transaction
from django.utils.translation import override

from discovery.accounts.mail import mail_is_sent, send
from discovery.models import AlertChannel, AlertSettings
from discovery.sourcing.alerts.secrets import Secret, Unreadable, is_of_former_key, opened, seal
from discovery.sourcing.alerts.sending import CannotSend, examine, send_to
from discovery.sourcing.alerts.text import Message, test_message

MOST_CHANNELS = 10  # of one user: each alert is sent over every one
TRIED_AT_MOST_EVERY = 30  # seconds, whichever channel; a test is a message to somebody's server
# What people have -> the form of its address; the words in capitals are theirs to replace.
EXAMPLES = (
    ("ntfy", "ntfys://TOPIC"),
    ("Telegram", "tgram://BOT_TOKEN/CHAT_ID"),
    ("Discord", "https://discord.com/api/webhooks/ID/TOKEN"),
    ("Slack", "https://hooks.slack.com/services/A/B/C"),
    ("Pushover", "pover://USER@TOKEN"),
    ("Pushbullet", "pbul://TOKEN"),
    ("Google Chat", "gchat://WORKSPACE/KEY/TOKEN"),
    ("Mattermost", "mmosts://SERVER/TOKEN"),
    ("Gotify", "gotifys://SERVER/TOKEN"),
    ("Signal", "signals://SERVER/FROM/TO"),
    ("SMTP", "mailtos://USER:PASSWORD@SERVER?to=ADDRESS"),
    ("JSON", "jsons://SERVER/PATH"),
)


@dataclass(frozen=True, slots=True)
class ShownChannel:
    """A channel as it may be shown; ``shown`` is empty when its address can no longer be read."""

    channel: AlertChannel
    shown: str


def add_channel(*, owner: AbstractBaseUser, name: str, address: str) -> AlertChannel:
    """Store a channel, its address sealed, once it was looked at. Raises ``CannotSend``.

    A user's first channel is also when they begin to be told.
    """
    if AlertChannel.objects.filter(owner=owner.pk).count() >= MOST_CHANNELS:
        raise CannotSend("too_many_channels")
    seen = examine(address.strip())
    with transaction.atomic():
        AlertSettings.objects.get_or_create(user_id=owner.pk)
        return AlertChannel.objects.create(
            owner_id=owner.pk,
            name=name,
            scheme=seen.scheme,
            address=seal(Secret(address=address.strip(), shown=seen.shown)),
        )


def channels_of(*, owner: AbstractBaseUser) -> list[ShownChannel]:
    """The user's channels by name."""
    return [
        ShownChannel(channel, shown_address(channel))
        for channel in AlertChannel.objects.filter(owner=owner.pk)
    ]


def shown_address(channel: AlertChannel) -> str:
    """The kind and the ends of the host; empty when the address can no longer be read."""
    try:
        return opened(channel.address).shown
    except Unreadable:
        return ""


def turn_channel(*, channel: AlertChannel, on: bool) -> None:
    """Use it again, or no more until then: what falls due meanwhile is not sent over it."""
    AlertChannel.objects.filter(pk=channel.pk).update(is_active=on)


def delete_channel(*, channel: AlertChannel) -> None:
    """Remove it, with what was still to be sent over it."""
    channel.delete()


def try_channel(*, channel: AlertChannel, language: str, now: datetime) -> None:
    """Send a test message now. Raises ``CannotSend``."""
    _count_test(channel.owner_id)
    with override(language):
        message = test_message()
    try:
        send_over_channel(channel, message, now=now)
    except CannotSend:
        AlertChannel.objects.filter(pk=channel.pk).update(failed_at=now)
        raise


def try_mail(*, user: User, language: str) -> None:
    """Mail a test message now. Raises ``CannotSend``."""
    _count_test(user.pk)
    with override(language):
        send_by_mail(user, test_message())


def send_over_channel(channel: AlertChannel, message: Message, *, now: datetime) -> None:
    """Send the message and note that the channel works. Raises ``CannotSend``."""
    try:
        secret = opened(channel.address)
    except Unreadable as error:
        raise CannotSend(error.code) from None
    send_to(secret.address, title=message.subject, body=message.body)
    worked = {"worked_at": now}
    if is_of_former_key(channel.address):
        AlertChannel.objects.filter(pk=channel.pk).update(address=seal(secret), **worked)
    else:
        AlertChannel.objects.filter(pk=channel.pk).update(**worked)


def send_by_mail(user: User, message: Message) -> None:
    """Mail the message to the user's own address. Raises ``CannotSend``."""
    if not user.email:
        raise CannotSend("no_mail_address")
    if not mail_is_sent():
        raise CannotSend("no_mail_server")
    subject = " ".join(message.subject.split())
    if not send(addresses=[user.email], subject=subject, text=message.body):
        raise CannotSend("mail_refused")


def _count_test(user_id: int) -> None:
    if not cache.add(f"alert-test-{user_id}", True, TRIED_AT_MOST_EVERY):
        raise CannotSend("too_many_tests")
