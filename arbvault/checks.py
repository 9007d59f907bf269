"""System checks: a setting that cannot work says so, with what to do, before it costs anything.

Errors would lose money or data, warnings would surprise, infos state what mode the site is in.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning, register

from discovery.accounts.mail import mail_is_sent

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
UNSHARED_CACHES = (".locmem.LocMemCache", ".dummy.DummyCache")

# A check: whether it fails, how bad that is, its code, what is wrong, what to do.
Check = tuple[bool, "type[Error | Warning | Info]", str, str, str]


@register("queue")
def check_queue(**_scope: Any) -> list[CheckMessage]:
    """The queue must never do paid work twice."""
    queue = settings.Q_CLUSTER
    return _failed(
        (
            not 0 < queue.get("timeout", 0) < queue.get("retry", 60),
            Error,
            "E001",
            "The queue would start a task again while it still runs.",
            "Q_CLUSTER: set a timeout, and a retry above it.",
        ),
        (
            queue.get("max_attempts") != 1 or not queue.get("ack_failures"),
            Error,
            "E002",
            "The queue would repeat a failed task, and spend its tokens again.",
            "Q_CLUSTER: max_attempts 1 and ack_failures True.",
        ),
        (
            bool(queue.get("catch_up", True)),
            Error,
            "E003",
            "After a pause the queue would run every missed schedule in a row.",
            "Q_CLUSTER: catch_up False.",
        ),
    )


@register("keepa")
def check_keepa(**_scope: Any) -> list[CheckMessage]:
    """The key must not travel in the clear, and a call must not outlive its lease."""
    address = urlsplit(settings.KEEPA_BASE_URL)
    key_travels = not settings.KEEPA_SANDBOX and address.hostname not in LOOPBACK
    return _failed(
        (
            key_travels and address.scheme != "https",
            Error,
            "E004",
            "The Keepa key would travel unencrypted.",
            "KEEPA_BASE_URL: use https.",
        ),
        (
            settings.LEASE_SECONDS < settings.KEEPA_TIMEOUT,
            Warning,
            "W001",
            "A slow Keepa answer outlasts its lease: a second process would ask, and pay, too.",
            "LEASE_SECONDS: at least KEEPA_TIMEOUT.",
        ),
    )


@register("keepa", deploy=True)
def check_mode(**_scope: Any) -> list[CheckMessage]:
    """With `check --deploy` only: as an info it would head the output of every command."""
    message = "There is no Keepa key: every page shows demonstration data."
    return _failed((settings.KEEPA_SANDBOX, Info, "I001", message, "Set KEEPA_API_KEY."))


@register("hosting")
def check_hosting(**_scope: Any) -> list[CheckMessage]:
    """What is harmless on one's own machine and is not on a network."""
    return _failed(
        (
            settings.HOST not in LOOPBACK and settings.DEBUG,
            Warning,
            "W002",
            "DEBUG shows settings and sources to whoever reaches the site.",
            "Unset DEBUG, or HOST.",
        ),
        (
            "*" in settings.ALLOWED_HOSTS,
            Warning,
            "W003",
            "Any host name is accepted, so links in mails can be forged.",
            "ALLOWED_HOSTS: the names the site is reached by.",
        ),
        (
            str(settings.CACHES["default"]["BACKEND"]).endswith(UNSHARED_CACHES),
            Warning,
            "W004",
            "The web server cannot see whether the queue is alive.",
            "CACHE_URL: a cache that processes share.",
        ),
        (
            bool(settings.ALERT_EMAILS) and not mail_is_sent(),
            Warning,
            "W005",
            "Alerts are to be mailed, but there is no mail server.",
            "EMAIL_URL, such as smtp+tls://user:password@host:587.",
        ),
    )


def _failed(*checks: Check) -> list[CheckMessage]:
    return [
        kind(message, hint=hint, id=f"arbvault.{code}")
        for fails, kind, code, message, hint in checks
        if fails
    ]
