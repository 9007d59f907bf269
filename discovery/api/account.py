"""Who calls, and how they want the site, over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from discovery.accounts import notifications
from discovery.accounts.mail import mail_is_sent
from discovery.accounts.preferences import keep_preferences, preferences_of
from discovery.accounts.roles import role_of
from discovery.api.alerts import zone
from discovery.api.auth import caller_of
from discovery.api.fields import Body, marketplace, words, yes_or_no
from discovery.api.idempotency import idempotent
from discovery.api.parameters import example
from discovery.api.schemas import ANY_REFUSALS, WRITING_REFUSALS, Problem
from discovery.api.scopes import held_scopes
from discovery.models import Scope
from discovery.profiles.service import profile_named
from discovery.search.request_fields import LONGEST_SLUG
from discovery.sourcing.alerts.choices import choose_zone

router = Router(tags=["account"])
RoleName = Literal["administrator", "member", "viewer"]
ScopeName = Literal["read", "search", "admin"]
PREFERENCES: dict[str, Any] = {
    "marketplace": "fr", "profile": "equilibre", "time_zone": "Europe/Paris",
}  # fmt: skip
PREFERENCES_BODY = Body(
    "Preferences",
    {
        "marketplace": marketplace("Where the caller sells; left out: the site's."),
        "profile": words("With which everything is scored (slug).", longest=LONGEST_SLUG),
        "time_zone": zone("Such as `Europe/Paris`; empty: the site's. Jobs run by its clock."),
    },
    PREFERENCES,
)
NOTIFICATIONS_BODY = Body(
    "Notifications",
    {
        "search_finished": yes_or_no("Mail when a long search has ended."),
        "cache_alert": yes_or_no("Mail when the cache saves too little; administrators only."),
    },
    {"search_finished": True, "cache_alert": False},
)


class RateAnswer(Schema):
    """How often one may ask; 0: as often as one likes."""

    requests: int
    seconds: int


class MeAnswer(Schema):
    """Who the token or the session stands for, and what it may do."""

    model_config = example(
        id=1, name="anne", email="anne@example.com", role="member", scopes=["read", "search"],
        limits={"requests": 60, "seconds": 60},
    )  # fmt: skip
    id: int
    name: str
    email: str
    role: RoleName
    scopes: list[ScopeName]
    limits: RateAnswer


class PreferencesAnswer(Schema):
    """What the caller has chosen; empty: what the site does."""

    model_config = example(**PREFERENCES)
    marketplace: str
    profile: str
    time_zone: str


class NotificationsAnswer(Schema):
    """What the caller is told by e-mail."""

    model_config = example(search_finished=True, cache_alert=False, mail_works=True)
    search_finished: bool
    cache_alert: bool
    mail_works: bool = Field(description="Whether the site can send mail at all.")


@router.get("", response={200: MeAnswer} | ANY_REFUSALS, summary="Who you are here")
def get_me(request: HttpRequest) -> dict[str, Any]:
    """The caller's name, role, scopes and rate limit."""
    user = caller_of(request)
    window: timedelta = settings.API_RATE_WINDOW
    return {
        "id": user.pk,
        "name": user.get_username(),
        "email": user.email,
        "role": role_of(user).value,
        "scopes": [scope.value for scope in Scope if scope in held_scopes(user)],
        "limits": {
            "requests": settings.API_RATE_PER_TOKEN,
            "seconds": round(window.total_seconds()),
        },
    }


@router.get(
    "/preferences", response={200: PreferencesAnswer} | ANY_REFUSALS, summary="Your preferences"
)
def get_preferences(request: HttpRequest) -> dict[str, Any]:
    """Where the caller sells, with which profile, by whose clock."""
    return _preferences(request)


@router.put(
    "/preferences",
    response={200: PreferencesAnswer} | WRITING_REFUSALS,
    openapi_extra=PREFERENCES_BODY.openapi,
    summary="Set your preferences",
)
def set_preferences(request: HttpRequest) -> dict[str, Any]:
    """Set all of them; what is left out is as the site does."""
    user, said = caller_of(request), PREFERENCES_BODY.read(request)
    profile = profile_named(slug=said["profile"], user=user) if said["profile"] else None
    keep_preferences(user=user, marketplace=said["marketplace"] or "", profile=profile)
    choose_zone(user=user, time_zone=said["time_zone"], now=timezone.now())
    return _preferences(request)


@router.get(
    "/notifications",
    response={200: NotificationsAnswer} | ANY_REFUSALS,
    summary="What you are told by e-mail",
)
def get_notifications(request: HttpRequest) -> dict[str, Any]:
    """What the caller is told by e-mail, alerts apart."""
    return _notifications(request)


@router.put(
    "/notifications",
    response={200: NotificationsAnswer} | WRITING_REFUSALS,
    openapi_extra=NOTIFICATIONS_BODY.openapi,
    summary="Set what you are told by e-mail",
)
def set_notifications(request: HttpRequest) -> dict[str, Any]:
    """Set all of it; `cache_alert` is of administrators alone."""
    user, said = caller_of(request), NOTIFICATIONS_BODY.read(request)
    notifications.choose(
        user=user,
        search_finished=said["search_finished"],
        cache_alert=said["cache_alert"] and user.is_staff,
    )
    return _notifications(request)


@router.post(
    "/notifications/test",
    response={204: None, 409: Problem} | WRITING_REFUSALS,
    summary="Send a test mail",
)
@idempotent
def test_notifications(request: HttpRequest) -> Status[None]:
    """Mail a test to the caller's own address; 409 with the reason where it cannot be sent."""
    notifications.send_test(user=caller_of(request))
    return Status(204, None)


def _preferences(request: HttpRequest) -> dict[str, Any]:
    chosen = preferences_of(user=caller_of(request))
    return {
        "marketplace": chosen.marketplace,
        "profile": chosen.profile.slug if chosen.profile else "",
        "time_zone": chosen.time_zone,
    }


def _notifications(request: HttpRequest) -> dict[str, Any]:
    chosen = notifications.settings_of(user=caller_of(request))
    return {
        "search_finished": chosen.search_finished,
        "cache_alert": chosen.cache_alert,
        "mail_works": mail_is_sent(),
    }
