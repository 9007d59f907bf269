"""Configuration: the business profiles, the connection to Keepa, notifications, API tokens."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.accounts import api_tokens
from discovery.accounts import notifications as accounts_notifications
from discovery.accounts.api_tokens import create_api_token, revoke
from discovery.accounts.mail import mail_is_sent
from discovery.keepa import balance, get_client
from discovery.keepa.errors import KeepaError
from discovery.models import ApiToken, BusinessProfile, NotificationSettings
from discovery.profiles.service import may_change, stored_profiles
from discovery.text import formats

KEY_SHOWN = 4  # characters of the Keepa key, to tell one from another
TOKENS_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class ProfileCard:
    profile: BusinessProfile
    description: str
    is_own: bool
    may_change: bool


@dataclass(frozen=True, slots=True)
class KeepaStatus:
    """How the site reaches Keepa; the key itself is never shown."""

    is_demonstration: bool
    key: str
    address: str
    gauge: balance.Balance | None


@dataclass(frozen=True, slots=True)
class TokenLine:
    token: ApiToken
    created: str
    used: str
    revoked: str


@dataclass(frozen=True, slots=True)
class ConfigurationPage:
    profiles: tuple[ProfileCard, ...]
    keepa: KeepaStatus
    notifications: NotificationSettings
    mail_works: bool
    email: str
    tokens: tuple[TokenLine, ...]
    new_token: str = ""
    token_error: str = ""


@never_cache
@require_safe
def configuration(request: HttpRequest) -> HttpResponse:
    """Everything that can be set. Spends no token."""
    return _page(request)


@require_POST
def check_keepa(request: HttpRequest) -> HttpResponse:
    """Ask Keepa for the balance, which is free: the key works, or why not."""
    try:
        status = get_client().token_status()
    except KeepaError as error:
        messages.error(request, str(error))
    else:
        text = _("Keepa answers: %(left)s left, %(rate)s more a minute.")
        values = {
            "left": formats.tokens(status.left),
            "rate": formats.number(status.refill_rate),
        }
        messages.success(request, text % values)
    return redirect("discovery:configuration")


@require_POST
def notify(request: HttpRequest) -> HttpResponse:
    """Keep what to be told by e-mail; with ``action=test``, send a test."""
    user = _user(request)
    accounts_notifications.choose(
        user=user,
        search_finished="search_finished" in request.POST,
        cache_alert="cache_alert" in request.POST and user.is_staff,
    )
    if request.POST.get("action") == "test":
        _send_test(request, user)
    else:
        messages.success(request, _("Saved."))
    return redirect("discovery:configuration")


@never_cache
@require_POST
def create_token(request: HttpRequest) -> HttpResponse:
    """Make an API token and show it, this once: the answer is not a redirect."""
    user = _user(request)
    name = request.POST.get("name", "").replace("\x00", "").strip()
    if not 1 <= len(name) <= 80:
        error = _("Give the token a name of at most 80 characters.")
        return _page(request, token_error=error, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if api_tokens.api_tokens_of(owner=user).filter(revoked_at=None).count() >= TOKENS_AT_MOST:
        error = _("You have %(count)d tokens: revoke one first.") % {"count": TOKENS_AT_MOST}
        return _page(request, token_error=error, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    _row, text = create_api_token(user=user, name=name)
    return _page(request, new_token=text)


@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse one of one's own tokens from now on."""
    token = api_tokens.api_tokens_of(owner=_user(request)).filter(pk=pk).first()
    if token is None:
        raise Http404
    revoke(token=token, now=timezone.now())
    messages.success(request, _("The token %(prefix)s… is revoked.") % {"prefix": token.prefix})
    return redirect("discovery:configuration")


def _send_test(request: HttpRequest, user: User) -> None:
    try:
        accounts_notifications.send_test(user=user)
    except accounts_notifications.MailProblem as error:
        messages.error(request, str(error))
    else:
        text = _("A test was sent to %(address)s.")
        messages.success(request, text % {"address": user.email})


def _page(
    request: HttpRequest,
    *,
    new_token: str = "",
    token_error: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    user = _user(request)
    page = ConfigurationPage(
        profiles=_profiles(user),
        keepa=_keepa(),
        notifications=accounts_notifications.settings_of(user=user),
        mail_works=mail_is_sent(),
        email=user.email,
        tokens=_tokens(user),
        new_token=new_token,
        token_error=token_error,
    )
    return render(request, "discovery/profiles/configuration.html", {"page": page}, status=status)


def _profiles(user: AbstractBaseUser) -> tuple[ProfileCard, ...]:
    return tuple(
        ProfileCard(
            profile=one,
            description=_(one.description) if one.description else "",
            is_own=one.owner_id == user.pk,
            may_change=may_change(profile=one, user=user),
        )
        for one in stored_profiles(user=user)
    )


def _keepa() -> KeepaStatus:
    key = settings.KEEPA_API_KEY
    return KeepaStatus(
        is_demonstration=settings.KEEPA_SANDBOX,
        key=f"…{key[-KEY_SHOWN:]}" if key else "",
        address=settings.KEEPA_BASE_URL,
        gauge=balance.token_balance(now=timezone.now()),
    )


def _tokens(user: AbstractBaseUser) -> tuple[TokenLine, ...]:
    return tuple(
        TokenLine(
            token=one,
            created=formats.when(one.created_at),
            used=formats.when(one.last_used_at) if one.last_used_at else "",
            revoked=formats.when(one.revoked_at) if one.revoked_at else "",
        )
        for one in api_tokens.api_tokens_of(owner=user)
    )


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # the middleware lets nobody else in
