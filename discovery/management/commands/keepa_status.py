"""Whether Keepa answers, and how many tokens are left; asking costs nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from discovery.keepa.balance import Balance
from discovery.keepa.client import get_client
from discovery.keepa.losses import LostAnswers, lost_answers
from discovery.management.terminal import SearchCommand
from discovery.text import formats


class Command(SearchCommand):
    """Ask Keepa how it is."""

    help = "Say whether Keepa can be reached, with which kind of key, and how many tokens are left."

    def run(self, options: Mapping[str, Any]) -> None:
        """Print the server, the key and the tokens left; costs no token."""
        self._print(_("Keepa"), _server())
        self._print(_("Key"), _("set, not shown") if settings.KEEPA_API_KEY else _("not set"))
        started = time.monotonic()
        balance = get_client().token_status()
        milliseconds = round((time.monotonic() - started) * 1000)
        self._print(
            _("Connection"), _("answers in %(time)s") % {"time": formats.duration(milliseconds)}
        )
        self._print(_("Tokens left"), _left(balance))
        self._print(_("Refill"), _refill(balance))
        self._print(_("Lost"), _lost(lost_answers(now=timezone.now())))

    def _print(self, name: str, value: str) -> None:
        self.stdout.write(f"{name:<12} {value}")


def _server() -> str:
    if settings.KEEPA_SANDBOX:
        return _("sandbox with demonstration data, %(url)s") % {"url": settings.KEEPA_BASE_URL}
    return str(settings.KEEPA_BASE_URL)


def _left(balance: Balance) -> str:
    return _("%(left)s of %(capacity)s") % {
        "left": formats.number(balance.left),
        "capacity": formats.number(balance.capacity),
    }


def _lost(lost: LostAnswers) -> str:
    if not lost.calls:
        return _("no answer in 24 hours")
    sentence = ngettext(
        "%(calls)s answer in 24 hours, which cost %(tokens)s; asked again: %(again)s",
        "%(calls)s answers in 24 hours, which cost %(tokens)s; asked again: %(again)s",
        lost.calls,
    )
    return sentence % {
        "calls": formats.number(lost.calls),
        "tokens": formats.tokens(lost.tokens),
        "again": formats.number(lost.asked_again),
    }


def _refill(balance: Balance) -> str:
    return _("%(tokens)s a minute, the next in %(wait)s") % {
        "tokens": formats.tokens(balance.refill_rate),
        "wait": formats.wait(balance.refill_in_ms / 1000),
    }
