"""System checks: a setting that cannot work says so, with what to do, before it costs anything.

Errors would lose money or data, warnings would surprise, infos state what mode the site is in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning, register

from discovery.accounts.mail import mail_is_sent

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
UNSHARED_CACHES = (".locmem.LocMemCache", ".dummy.DummyCache")


@register("queue")
def check_queue(**_scope: Any) -> Iterator[CheckMessage]:
    """The queue must never do paid work twice."""
    queue = settings.Q_CLUSTER
    if not 0 < queue.get("timeout", 0) < queue.get("retry", 60):
        yield Error(
            "The queue would start a task again while it still runs.",
            hint="Q_CLUSTER: set a timeout, and a retry above it.",
            id="arbvault.E001",
        )
    if queue.get("max_attempts") != 1 or not queue.get("ack_failures"):
        yield Error(
            "The queue would repeat a failed task, and spend its tokens again.",
            hint="Q_CLUSTER: max_attempts 1 and ack_failures True.",
            id="arbvault.E002",
        )
    if queue.get("catch_up", True):
        yield Error(
            "After a pause the queue would run every missed schedule in a row.",
            hint="Q_CLUSTER: catch_up False.",
            id="arbvault.E003",
        )


@register("keepa")
def check_keepa(**_scope: Any) -> Iterator[CheckMessage]:
    """The key must not travel in the clear."""
    address = urlsplit(settings.KEEPA_BASE_URL)
    key_travels = not settings.KEEPA_SANDBOX and address.hostname not in LOOPBACK
    if key_travels and address.scheme != "https":
        yield Error(
            "The Keepa key would travel unencrypted.",
            hint="KEEPA_BASE_URL: use https.",
            id="arbvault.E004",
        )


@register("keepa", deploy=True)
def check_mode(**_scope: Any) -> Iterator[CheckMessage]:
    """With `check --deploy` only: as an info it would head the output of every command."""
    if settings.KEEPA_SANDBOX:
        message = "There is no Keepa key: every page shows demonstration data."
        yield Info(message, hint="Set KEEPA_API_KEY.", id="arbvault.I001")


@register("hosting")
def check_hosting(**_scope: Any) -> Iterator[CheckMessage]:
    """What is harmless on one's own machine and is not on a network."""
    if settings.HOST not in LOOPBACK and settings.DEBUG:
        yield Warning(
            "DEBUG shows settings and sources to whoever reaches the site.",
            hint="Unset DEBUG, or HOST.",
            id="arbvault.W002",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Warning(
            "Any host name is accepted, so links in mails can be forged.",
            hint="ALLOWED_HOSTS: the names the site is reached by.",
            id="arbvault.W003",
        )
    if any(network.prefixlen == 0 for network in settings.TRUSTED_PROXIES):
        yield Warning(
            "Anybody may say which address they come from, and try passwords without end.",
            hint="TRUSTED_PROXIES: the addresses of your proxies.",
            id="arbvault.W006",
        )
    if str(settings.CACHES["default"]["BACKEND"]).endswith(UNSHARED_CACHES):
        yield Warning(
            "What one process notes in the cache (links sent, limits) the others do not see.",
            hint="CACHE_URL: a cache that processes share.",
            id="arbvault.W004",
        )
    if settings.ALERT_EMAILS and not mail_is_sent():
        yield Warning(
            "Alerts are to be mailed, but there is no mail server.",
            hint="EMAIL_URL, such as smtp+tls://user:password@host:587.",
            id="arbvault.W005",
        )


@register("sign_in")
def check_sign_in(**_scope: Any) -> Iterator[CheckMessage]:
    """Nobody may be locked out by a setting, and no identity believed that anybody could forge."""
    if settings.OIDC_DISCOVERY_URL:
        if not _is_private(settings.OIDC_DISCOVERY_URL):
            yield Error(
                "Whoever stands between the site and the provider could sign in as anybody.",
                hint="OIDC_DISCOVERY_URL: use https.",
                id="arbvault.E005",
            )
        if not (settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET):
            yield Error(
                "The provider of the single sign-on would not know this site.",
                hint="Set OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.",
                id="arbvault.E006",
            )
    elif not settings.LOCAL_LOGIN:
        yield Error(
            "Nobody could sign in: passwords are switched off, and there is no single sign-on.",
            hint="Set OIDC_DISCOVERY_URL, or unset LOCAL_LOGIN.",
            id="arbvault.E007",
        )
    if settings.MFA == "off":
        return
    if not settings.LOCAL_LOGIN:
        yield Warning(
            "Nobody is asked for a second factor, which follows a password, and there are none.",
            hint="Unset MFA, or LOCAL_LOGIN; the provider has a second factor of its own.",
            id="arbvault.W007",
        )
    if not _is_private(settings.SITE_ADDRESS):
        yield Warning(
            "Browsers have no passkeys at http addresses: only apps will serve as second factor.",
            hint="Serve the site over https, and say so in SITE_ADDRESS.",
            id="arbvault.W008",
        )


def _is_private(address: str) -> bool:
    """Whether nobody else reads what travels there: https, or this very machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in LOOPBACK
