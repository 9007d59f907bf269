"""Alerts over the API: what one was told, when one may be told, and whether it arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from discovery.accounts.preferences import preferences_of
from discovery.api.auth import caller_of
from discovery.api.fields import Body, body_refusal, clock, moment, refuse, whole, words, yes_or_no
from discovery.api.fields import Field as BodyField
from discovery.api.paging import PAGE, Cursor, Limit, PageAnswer, page_of
from discovery.api.parameters import example
from discovery.api.schemas import WRITING_REFUSALS
from discovery.models import Alert, AlertDelivery
from discovery.sourcing.alerts import choices, queries
from discovery.sourcing.alerts.text import buying_text, failure_text, figures_text, reason_text

router = Router(tags=["alerts"])
MOST_A_DAY = 200
LONGEST_ZONE = 40
ALERT: dict[str, Any] = {
    "id": 51, "pick": 31, "asin": "B00EXAMPLE", "marketplace": "fr", "title": "A board game",
    "job": 4, "reason": "first", "text": "It meets the alert rule of your job for the first time.",
    "figures": "Buy · ROI 65% · profit €5.20", "buying": "to buy at €8.00", "told": "now",
    "created_at": "2026-11-20T08:00:00Z", "read_at": None,
}  # fmt: skip
DELIVERY: dict[str, Any] = {
    "id": 77, "channel": 2, "digest": False, "alerts": 1, "state": "sent", "failure": "",
    "failure_text": "", "attempts": 1, "repeats": 0, "due_at": "2026-11-20T08:00:00Z",
    "sent_at": "2026-11-20T08:00:04Z", "created_at": "2026-11-20T08:00:00Z",
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "by_email": True, "daily_cap": 20, "quiet_from": "22:00", "quiet_until": "07:00",
    "digest_at": "08:00", "time_zone": "Europe/Paris",
}  # fmt: skip


def zone(description: str) -> BodyField:
    """The name of a time zone; empty for the site's."""
    said = words(description, longest=LONGEST_ZONE)

    def read(value: Any) -> str:
        name: str = said.read(value)
        try:
            return ZoneInfo(name).key if name else ""
        except (ValueError, LookupError, OSError):
            sentence = _("There is no such time zone: write Europe/Paris.")
            raise body_refusal("said", sentence=sentence) from None

    return BodyField(said.schema, read)


SETTINGS_BODY = Body(
    "Alert settings",
    {
        "by_email": yes_or_no("Alerts by e-mail."),
        "daily_cap": whole(
            "Alerts a day at most; the rest is in the digest.", low=0, high=MOST_A_DAY, default=20
        ),
        "quiet_from": clock("Nothing is sent from then on."),
        "quiet_until": clock("What was found meanwhile is told then."),
        "digest_at": clock("When the digest is sent."),
        "time_zone": zone("Of these hours, and of jobs: `Europe/Paris`; empty: the site's."),
    },
    SETTINGS,
)
READ_BODY = Body(
    "Read",
    {"until": moment("Those told until then; else all.")},
    {"until": "2026-11-20T08:00:00Z"},
)


class ToldAlertAnswer(Schema):
    """A pick that crossed its job's rule, with its figures at that moment."""

    id: int
    pick: int
    asin: str
    marketplace: str
    title: str
    job: int | None
    reason: str
    text: str = Field(description="The reason, in words.")
    figures: str
    buying: str = Field(description="Where it was to be bought, and at what price.")
    told: Literal["now", "later", "digest"]
    created_at: datetime
    read_at: datetime | None


class AlertsAnswer(PageAnswer):
    """A page of alerts, the newest first."""

    model_config = example(alerts=[ALERT], unread=1, next=None)
    alerts: list[ToldAlertAnswer]
    unread: int = Field(description="Counted up to 100.")


class ReadAnswer(Schema):
    """How many alerts were not read yet."""

    model_config = example(read=3)
    read: int


class AlertSettingsAnswer(Schema):
    """When the caller may be told; hours are of `time_zone`."""

    model_config = example(**SETTINGS)
    by_email: bool
    daily_cap: int
    quiet_from: str | None
    quiet_until: str | None
    digest_at: str | None
    time_zone: str


class DeliveryAnswer(Schema):
    """One message over one way: an alert, or a digest of several."""

    id: int
    channel: int | None = Field(description="Null: by e-mail.")
    digest: bool
    alerts: int
    state: Literal["pending", "sending", "sent", "failed"]
    failure: str
    failure_text: str
    attempts: int
    repeats: int = Field(description="How often it may have arrived before.")
    due_at: datetime
    sent_at: datetime | None
    created_at: datetime


class DeliveriesAnswer(PageAnswer):
    """A page of deliveries, the newest first."""

    model_config = example(deliveries=[DELIVERY], next=None)
    deliveries: list[DeliveryAnswer]


@router.get("", response={200: AlertsAnswer} | WRITING_REFUSALS, summary="Your alerts")
def list_alerts(
    request: HttpRequest, unread: bool = False, cursor: Cursor = None, limit: Limit = PAGE
) -> dict[str, Any]:
    """A page of what the caller was told, the newest first; `unread` leaves out what is read."""
    user = caller_of(request)
    found = queries.all_alerts_of(user=user)
    found = found.filter(read_at=None) if unread else found
    page = page_of(found, order=("-created_at", "-pk"), cursor=cursor, limit=limit)
    return {
        "alerts": [_alert(alert) for alert in page.rows],
        "unread": queries.unread_of(user=user),
        "next": page.next,
    }


@router.post(
    "/read",
    response={200: ReadAnswer} | WRITING_REFUSALS,
    openapi_extra=READ_BODY.openapi,
    summary="Mark alerts as read",
)
def read_alerts(request: HttpRequest) -> dict[str, Any]:
    """Mark the alerts told until a moment as read."""
    now = timezone.now()
    until = min(READ_BODY.read(request)["until"] or now, now)
    return {"read": queries.read_alerts(user=caller_of(request), until=until, now=now)}


@router.get(
    "/settings", response={200: AlertSettingsAnswer} | WRITING_REFUSALS, summary="When you are told"
)
def get_alert_settings(request: HttpRequest) -> dict[str, Any]:
    """When and over what the caller is told."""
    return _settings(request)


@router.put(
    "/settings",
    response={200: AlertSettingsAnswer} | WRITING_REFUSALS,
    openapi_extra=SETTINGS_BODY.openapi,
    summary="Set when you are told",
)
def set_alert_settings(request: HttpRequest) -> dict[str, Any]:
    """Set all of it; what is left out is as for a new account. Jobs run by the clock named."""
    said = SETTINGS_BODY.read(request)
    hours = {name: said[name] for name in ("quiet_from", "quiet_until", "digest_at")}
    if problem := choices.hours_problem(**hours):
        raise refuse(*problem)
    choices.keep_settings(user=caller_of(request), now=timezone.now(), **said)
    return _settings(request)


@router.get(
    "/deliveries", response={200: DeliveriesAnswer} | WRITING_REFUSALS, summary="What was sent"
)
def list_deliveries(
    request: HttpRequest, cursor: Cursor = None, limit: Limit = PAGE
) -> dict[str, Any]:
    """A page of what was sent to the caller, or is to be, the newest first."""
    found = queries.all_deliveries_of(user=caller_of(request))
    page = page_of(found, order=("-created_at", "-pk"), cursor=cursor, limit=limit)
    return {"deliveries": [_delivery(one) for one in page.rows], "next": page.next}


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.pk,
        "pick": alert.pick_id,
        "asin": alert.pick.asin,
        "marketplace": alert.pick.marketplace,
        "title": alert.pick.title,
        "job": alert.job_id,
        "reason": alert.reason,
        "text": reason_text(alert.reason),
        "figures": figures_text(alert),
        "buying": buying_text(alert),
        "told": alert.way,
        "created_at": alert.created_at,
        "read_at": alert.read_at,
    }


def _settings(request: HttpRequest) -> dict[str, Any]:
    user = caller_of(request)
    chosen = choices.settings_of(user=user)
    hours = {name: getattr(chosen, name) for name in ("quiet_from", "quiet_until", "digest_at")}
    return {
        "by_email": chosen.by_email,
        "daily_cap": chosen.daily_cap,
        "time_zone": preferences_of(user=user).time_zone,
        **{name: at.strftime("%H:%M") if at else None for name, at in hours.items()},
    }


def _delivery(delivery: Any) -> dict[str, Any]:
    sent: AlertDelivery = delivery
    return {
        "id": sent.pk,
        "channel": sent.channel_id,
        "digest": sent.is_digest,
        "alerts": delivery.told,
        "state": sent.state,
        "failure": sent.failure,
        "failure_text": failure_text(sent.failure),
        "attempts": sent.attempts,
        "repeats": sent.repeats,
        "due_at": sent.due_at,
        "sent_at": sent.sent_at,
        "created_at": sent.created_at,
    }
