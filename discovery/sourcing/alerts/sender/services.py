"""The services a message may go to: an allow-list over apprise, and what an address may say.

apprise knows a hundred and forty services; among them are some that write to this machine's log or
its screen, and parameters that read its files. Here stand those with a plain interface over HTTPS
and mail, each with the parameters it may be given: whatever is not named is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

LONGEST = 1000  # characters of an address


class Refused(Exception):
    """The address is not one a message may go to; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Service:
    """``host`` tells where it will connect to, ``None`` for a service's own well-known servers."""

    module: str
    plugin: str
    parameters: frozenset[str] = frozenset()
    host: Callable[[Any], str | None] = lambda _plugin: None

    def load(self) -> Any:
        """apprise's own class of it."""
        return getattr(import_module(f"apprise.plugins.{self.module}"), self.plugin)


def _own(plugin: Any) -> str | None:
    return str(plugin.host)


def _ntfy(plugin: Any) -> str | None:
    return str(plugin.host) if plugin.mode == "private" else None


def _mail(plugin: Any) -> str | None:
    return str(plugin.smtp_host)


def _named(*names: str) -> frozenset[str]:
    return frozenset(names)


_NTFY = Service(
    "ntfy",
    "NotifyNtfy",
    _named("auth", "delay", "email", "mode", "priority", "tags", "to", "token"),
    _ntfy,
)
_JSON = Service("custom_json", "NotifyJSON", _named("method"), _own)
_MAIL = Service(
    "email",
    "NotifyEmail",
    _named("bcc", "cc", "from", "mode", "name", "pass", "reply", "smtp", "to", "user"),
    _mail,
)
_GOTIFY = Service("gotify", "NotifyGotify", _named("priority"), _own)
_MATTERMOST = Service(
    "mattermost", "NotifyMattermost", _named("channel", "channels", "mode", "to"), _own
)
_SIGNAL = Service("signal_api", "NotifySignalAPI", _named("from", "status", "to"), _own)

# Scheme -> service, as people know them: the first of each is the one proposed.
SERVICES = {
    "ntfys": _NTFY,
    "ntfy": _NTFY,
    "tgram": Service(
        "telegram",
        "NotifyTelegram",
        _named("detect", "preview", "silent", "thread", "to", "topic"),
    ),
    "discord": Service("discord", "NotifyDiscord", _named("footer", "ping", "thread", "tts")),
    "slack": Service("slack", "NotifySlack", _named("footer", "mode", "timestamp", "to", "token")),
    "mailtos": _MAIL,
    "mailto": _MAIL,
    "jsons": _JSON,
    "json": _JSON,
    "pover": Service("pushover", "NotifyPushover", _named("priority", "sound", "to", "ttl")),
    "gotifys": _GOTIFY,
    "gotify": _GOTIFY,
    "pbul": Service("pushbullet", "NotifyPushBullet", _named("to")),
    "gchat": Service("google_chat", "NotifyGoogleChat", _named("key", "thread", "token")),
    "mmosts": _MATTERMOST,
    "mmost": _MATTERMOST,
    "signals": _SIGNAL,
    "signal": _SIGNAL,
}


def opened(address: str, *, asset: Any) -> tuple[str, Any, str | None]:
    """The scheme of the address, apprise's object that sends to it, and the host it will ask.

    A web address as Discord, Slack and ntfy.sh show it is understood too. Raises ``Refused``:
    ``not_an_address``, ``service_not_allowed`` or ``parameter_not_allowed``.
    """
    text = address.strip()
    scheme = text.partition("://")[0].lower()
    if "://" not in text or len(text) > LONGEST or not text.isprintable():
        raise Refused("not_an_address")
    if scheme == "https":
        scheme, said = _native(text)
    elif scheme in SERVICES:
        said = SERVICES[scheme].load().parse_url(text)
    else:
        raise Refused("service_not_allowed")
    if not said:
        raise Refused("not_an_address")
    service = SERVICES[scheme]
    if not {name.strip().lower() for name in said.get("qsd") or {}} <= service.parameters:
        raise Refused("parameter_not_allowed")
    try:
        plugin = service.load()(**said, asset=asset)
    except TypeError:  # how apprise says that a part is missing or wrong
        raise Refused("not_an_address") from None
    return scheme, plugin, service.host(plugin)


def shown(scheme: str, host: str | None) -> str:
    """What may be shown of an address: the scheme, and the ends of the host that is one's own."""
    if not host:
        return f"{scheme}://…"
    name = urlsplit(f"//{host}").hostname or ""
    return f"{scheme}://{name[:2]}…{name[-4:] if len(name) > 8 else ''}"


def _native(text: str) -> tuple[str, Any]:
    for scheme, service in SERVICES.items():
        # apprise builds its own form of the address from it.
        if said := service.load().parse_native_url(text):
            return scheme, said
    raise Refused("service_not_allowed")
