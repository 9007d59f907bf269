"""Configuration: the business profiles, the connection to Keepa, notifications, API tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.accounts import api_tokens, notifications
from discovery.accounts.mail import mail_is_sent
from discovery.accounts.members import signed_in
from discovery.accounts.own_tokens import TooManyTokens, check_number_of_tokens
from discovery.keepa.client import get_client
from discovery.keepa.errors import KeepaError
from discovery.models import ApiToken, BusinessProfile, NotificationSettings
from discovery.pages.profiles.token_form import TokenForm
from discovery.profiles.service import stored_profiles
from discovery.text import formats

KEY_SHOWN = 4  # characters of the Keepa key, to tell one from another


@dataclass(frozen=True, slots=True)
class ConfigurationPage:
    """``key`` is the end of Keepa's key, to tell one from another; it is never shown in full."""

    profiles: Sequence[BusinessProfile]
    key: str
    address: str
    notifications: NotificationSettings
    mail_works: bool
    tokens: Sequence[ApiToken]
    new_token: str
    token_form: TokenForm


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
        rate = formats.number(status.refill_rate)
        messages.success(request, text % {"left": formats.tokens(status.left), "rate": rate})
    return redirect("discovery:configuration")


@require_POST
def notify(request: HttpRequest) -> HttpResponse:
    """Keep what to be told by e-mail; with ``action=test``, send a test."""
    user = signed_in(request)
    notifications.choose(
        user=user,
        search_finished="search_finished" in request.POST,
        cache_alert="cache_alert" in request.POST and user.is_staff,
    )
    if request.POST.get("action") != "test":
        messages.success(request, _("Saved."))
        return redirect("discovery:configuration")
    try:
        notifications.send_test(user=user)
    except notifications.MailProblem as error:
        messages.error(request, str(error))
    else:
        text = _("A test was sent to %(address)s.")
        messages.success(request, text % {"address": user.email})
    return redirect("discovery:configuration")


@never_cache
@require_POST
def create_token(request: HttpRequest) -> HttpResponse:
    """Make an API token and show it, this once: the answer is not a redirect."""
    user = signed_in(request)
    form = TokenForm(user, request.POST)
    if form.is_valid():
        try:
            check_number_of_tokens(user=user)
        except TooManyTokens as error:
            form.add_error("name", str(error))
    if form.errors:
        return _page(request, token_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    told = form.cleaned_data
    _row, text = api_tokens.create_api_token(
        user=user, name=told["name"], scopes=told["scopes"], expires_at=told["expires_at"]
    )
    return _page(request, new_token=text)


@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse one of one's own tokens from now on."""
    token = api_tokens.api_tokens_of(owner=signed_in(request)).filter(pk=pk).first()
    if token is None:
        raise Http404
    api_tokens.revoke(token=token, now=timezone.now())
    messages.success(request, _("The token %(prefix)s… is revoked.") % {"prefix": token.prefix})
    return redirect("discovery:configuration")


def _page(
    request: HttpRequest,
    *,
    new_token: str = "",
    token_form: TokenForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    user, key = signed_in(request), settings.KEEPA_API_KEY
    page = ConfigurationPage(
        profiles=stored_profiles(user=user),
        key=f"…{key[-KEY_SHOWN:]}" if key else "",
        address=settings.KEEPA_BASE_URL,
        notifications=notifications.settings_of(user=user),
        mail_works=mail_is_sent(),
        tokens=list(api_tokens.api_tokens_of(owner=user)),
        new_token=new_token,
        token_form=token_form or TokenForm(user),
    )
    return render(request, "discovery/profiles/configuration.html", {"page": page}, status=status)
