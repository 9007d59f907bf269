"""Alerts in words: why one is told, what a message says, how its delivery went."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from discovery.models import Alert, AlertDelivery, Pick
from discovery.scoring import ShownVerdict, Verdict
from discovery.scoring.marketplaces import marketplace
from discovery.sourcing.alerts.rules import EVENTS, Reason
from discovery.sourcing.pick_text import place_text
from discovery.text import formats, labels

MOST_IN_DIGEST = 50  # alerts named one by one; the rest is a number
LONGEST_TITLE = 120  # characters of a product's title
# What calls people (@everyone) or makes a link in services that read marks in a text. Titles are
# whatever somebody has written on Amazon: a space of no width takes the meaning away.
MARKS = re.compile(r"@|\](?=\()|:(?=//)")
NO_WIDTH = "\N{ZERO WIDTH SPACE}"

REASONS = {
    Reason.FIRST: gettext_noop("It meets the alert rule of your job for the first time."),
    Reason.CROSSED_AGAIN: gettext_noop(
        "It meets the alert rule again, and is better than when you were last told."
    ),
    Reason.BETTER: gettext_noop("It is clearly better than when you were last told."),
    Reason.AMAZON_BACK: gettext_noop("Amazon sells it again."),
    Reason.PRICE_FELL: gettext_noop("Its sell price has fallen."),
}

STATUS = re.compile(r"status_(\d{3})")
FAILURES = {
    "not_an_address": gettext_noop("This is no address of a channel: see the examples below."),
    "service_not_allowed": gettext_noop(
        "This kind of channel is not offered: choose one of those below."
    ),
    "parameter_not_allowed": gettext_noop(
        "The address holds a setting after “?” that is not allowed here: leave it out."
    ),
    "unknown_host": gettext_noop("Nobody knows the server this address names."),
    "private_address": gettext_noop(
        "The address leads into this site's own network, which is not allowed. An administrator "
        "can allow it (ALERTS_ALLOW_PRIVATE_ADDRESSES)."
    ),
    "unreachable": gettext_noop("The server could not be reached, or refused the message."),
    "too_slow": gettext_noop("The server did not answer in time."),
    "sender_failed": gettext_noop("The message could not be sent: see the site's log."),
    "unreadable": gettext_noop(
        "The address can no longer be read, since the site's secret has changed: enter it again."
    ),
    "channel_off": gettext_noop("The channel has been turned off."),
    "no_mail_address": gettext_noop("Your account has no e-mail address."),
    "no_mail_server": gettext_noop("No mail server is set (EMAIL_URL)."),
    "mail_refused": gettext_noop("The mail server refused the message."),
    "nothing_left": gettext_noop("What it told of was deleted meanwhile."),
    "no_access": gettext_noop("The account has been deactivated."),
    "too_many_channels": gettext_noop("You have as many channels as one may have: delete one."),
    "too_many_tests": gettext_noop("This was tried a moment ago: wait a minute."),
}


@dataclass(frozen=True, slots=True)
class Message:
    """A plain text with its subject, in the active language."""

    subject: str
    body: str


def reason_text(reason: str) -> str:
    """Why an alert is told."""
    return _(REASONS[Reason(reason)])


def failure_text(code: str) -> str:
    """Why a message did not go out, or an address is refused; empty for no failure."""
    if not code:
        return ""
    if found := STATUS.fullmatch(code):
        return _("The server answered with the status %(status)s.") % {"status": found[1]}
    return _(FAILURES.get(code, FAILURES["sender_failed"]))


def figures_text(alert: Alert) -> str:
    """What was found, as it was then: verdict, ROI, profit."""
    values, currency = alert.values, marketplace(alert.pick.marketplace).currency
    parts = [_verdict(values)]
    if values.get("roi") is not None:
        parts.append(_("ROI %(percent)s") % {"percent": formats.percent(values["roi"])})
    if values.get("profit"):
        profit = formats.money(Decimal(values["profit"]), currency)
        parts.append(_("profit %(amount)s") % {"amount": profit})
    return " · ".join(parts)


def buying_text(alert: Alert) -> str:
    """Where it was to be bought and at what price; empty when that was not known."""
    values, currency = alert.values, marketplace(alert.pick.marketplace).currency
    if not values.get("cost"):
        return ""
    cost = formats.money(Decimal(values["cost"]), currency)
    seen = Pick(cost_kind=values["cost_kind"], cost_source=values["cost_source"])
    place = place_text(seen, alert.pick.marketplace)
    if not place:
        return _("to buy at %(cost)s") % {"cost": cost}
    return _("to buy at %(cost)s: %(place)s") % {"cost": cost, "place": place}


def message_of(delivery: AlertDelivery, alerts: Sequence[Alert]) -> Message:
    """What a delivery says; its alerts carry their picks."""
    if delivery.is_digest:
        return _digest(alerts)
    alert = alerts[0]
    # Of a favourite the verdict is no news.
    news = reason_text(alert.reason) if alert.reason in EVENTS else _verdict(alert.values)
    subject = f"{news} · {_title(alert.pick)}"
    return Message(subject=subject, body="\n".join(_lines(alert)))


def test_message() -> Message:
    """What the test button sends."""
    return Message(
        subject=_("ArbitrageVault: a test"),
        body=_("Your alerts arrive here. You can change this on the page of alerts.")
        + f"\n{settings.SITE_ADDRESS}{reverse('discovery:alert_settings')}",
    )


def _lines(alert: Alert) -> Iterator[str]:
    pick = alert.pick
    yield f"{_title(pick)} ({pick.asin}, {marketplace(pick.marketplace).code.upper()})"
    yield figures_text(alert)
    if bought_at := buying_text(alert):
        yield _harmless(bought_at)
    yield reason_text(alert.reason)
    if alert.job is not None:
        yield _("Job: %(name)s") % {"name": _harmless(alert.job.name)}
    yield _address(pick)
    if held_back := alert.values.get("held_back"):
        yield ""
        sentence = ngettext(
            "%(count)s more alert was kept back, over your limit of a day: %(address)s",
            "%(count)s more alerts were kept back, over your limit of a day: %(address)s",
            held_back,
        )
        yield sentence % {"count": formats.number(held_back), "address": _centre()}


def _digest(alerts: Sequence[Alert]) -> Message:
    subject = ngettext(
        "ArbitrageVault: %(count)s alert in the digest",
        "ArbitrageVault: %(count)s alerts in the digest",
        len(alerts),
    ) % {"count": formats.number(len(alerts))}
    lines = [_("What your limit of a day has kept back:"), ""]
    for alert in alerts[:MOST_IN_DIGEST]:
        lines += [_title(alert.pick), f"  {figures_text(alert)}", f"  {_address(alert.pick)}"]
    rest = len(alerts) - MOST_IN_DIGEST
    if rest > 0:
        more = ngettext("and %(count)s more", "and %(count)s more", rest)
        lines.append(more % {"count": formats.number(rest)})
    return Message(subject=subject, body="\n".join([*lines, "", _centre()]))


def _verdict(values: dict[str, Any]) -> str:
    shown = ShownVerdict.of(Verdict(values["verdict"]), sourcing=values.get("sourcing", False))
    return labels.verdict_label(shown)


def _title(pick: Pick) -> str:
    title = " ".join(pick.title.split()) or pick.asin
    return _harmless(title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…")


def _harmless(text: str) -> str:
    """Words of others that call nobody, link nowhere and turn no line round."""
    shown = "".join(one for one in text if one.isprintable() or one.isspace())
    return MARKS.sub(rf"\g<0>{NO_WIDTH}", shown)


def _address(pick: Pick) -> str:
    return settings.SITE_ADDRESS + reverse("discovery:pick", args=[pick.pk])


def _centre() -> str:
    return settings.SITE_ADDRESS + reverse("discovery:alerts")
