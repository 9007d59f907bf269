"""Sends one message, or looks at an address, and ends; the question is one line of JSON.

It bounds itself in memory and in time before it looks at anything, and its answer is a code: no
address and nothing a server has said leaves it. ``private`` tells whether addresses inside are
allowed; where they are not, every connection is checked as it is made, whatever a name stood for
a moment before and wherever a redirect would lead. Redirects are not followed at all.
"""

from __future__ import annotations

import json
import logging
import re
import resource
import signal
import sys
from typing import Any

from discovery.sourcing.alerts.sender.inside import UnknownHost, addresses_of, is_inside
from discovery.sourcing.alerts.sender.services import Refused, opened, shown

MEMORY = 1024**3  # bytes of addresses; a message takes 60 MB
CLOCK = 25  # seconds
CONNECTING = 5.0  # seconds
READING = 8.0  # seconds between two bytes


class _Statuses(logging.Handler):
    """What apprise tells its log of an answer, but for the status nothing."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.status = ""

    def emit(self, record: logging.LogRecord) -> None:
        if found := re.search(r"error=(\d{3})\b", record.getMessage()):
            self.status = found[1]


class Guard:
    """Refuses connections that lead inside, at the moment they are made."""

    def __init__(self) -> None:
        self.refused = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "socket.connect":
            return
        address = arguments[1]
        if not isinstance(address, tuple) or is_inside(str(address[0])):
            self.refused = True
            raise ConnectionRefusedError("inside")


def bound() -> None:
    """Limit this process in memory and in time."""
    if sys.platform.startswith("linux"):  # elsewhere the limit is not kept, or refused
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(CLOCK)  # its default action ends us, wherever we are


def answer(question: dict[str, Any]) -> dict[str, str]:
    """``code`` is ``sent`` or ``fine``, or why not; with ``fine``, what may be shown."""
    from apprise import Apprise, AppriseAsset

    statuses = _silenced()
    asset = AppriseAsset(http_redirects=False, async_mode=False, secure_logging=True)
    asset.app_id = asset.app_desc = "ArbitrageVault"
    try:
        scheme, plugin, host = opened(question["address"], asset=asset)
        if host and not question["private"] and any(map(is_inside, addresses_of(host))):
            return {"code": "private_address"}
    except Refused as error:
        return {"code": error.code}
    except UnknownHost:
        return {"code": "unknown_host"}
    if question.get("only_look"):
        return {"code": "fine", "scheme": scheme, "shown": shown(scheme, host)}
    guard = Guard()
    if not question["private"]:
        sys.addaudithook(guard)
    plugin.socket_connect_timeout, plugin.socket_read_timeout = CONNECTING, READING
    plugin.redirects = False
    messenger = Apprise(asset=asset)
    messenger.add(plugin)
    if messenger.notify(body=question["body"], title=question["title"], body_format="text"):
        return {"code": "sent"}
    if guard.refused:
        return {"code": "private_address"}
    return {"code": f"status_{statuses.status}" if statuses.status else "unreachable"}


def _silenced() -> _Statuses:
    """Keep apprise's log to ourselves: it names addresses and topics."""
    statuses, log = _Statuses(), logging.getLogger("apprise")
    log.handlers, log.propagate = [statuses], False
    log.setLevel(logging.WARNING)
    logging.disable(logging.INFO)
    return statuses


if __name__ == "__main__":
    bound()
    sys.stdout.write(json.dumps(answer(json.loads(sys.stdin.read()))))
