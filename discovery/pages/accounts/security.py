"""Mon compte, the second factor: an app, passkeys, recovery codes.

Who has signed in a while ago gives the password again before anything is changed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from discovery.accounts import oidc, passkeys, second_factor
from discovery.accounts.members import signed_in
from discovery.accounts.sessions import SIGNED_IN_AT
from discovery.accounts.throttle import try_old_password
from discovery.pages.accounts.factor_forms import NewAppForm, app_being_set_up, forget_app

CONFIRMED_AT = "confirmed-at"  # in the session, in seconds since 1970
FRESH = timedelta(minutes=10)


class ConfirmForm(forms.Form):
    """The present password; guesses are counted."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.request = request
        self.user = user

    def clean_password(self) -> str:
        """Refuse a wrong one, and any once too many were wrong."""
        attempt = try_old_password(self.request, user=self.user, now=timezone.now())
        password = str(self.cleaned_data["password"])
        if not self.user.check_password(password):
            raise ValidationError(_("This is not your password."))
        attempt.take_back()
        return password


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def security(request: HttpRequest) -> HttpResponse:
    """What the user has set up; posting ``action`` changes it."""
    if not second_factor.is_on():
        raise Http404
    user = signed_in(request)
    if not _is_fresh(request):
        return _confirm(request, user)
    action = request.POST.get("action", "")
    if request.method == "POST" and action != "app":
        _change(request, user, action)
        return redirect("discovery:security")
    app = app_being_set_up(request, user)
    form = NewAppForm(app, user, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        forget_app(request)
        _show_codes(request, user)
        messages.success(request, _("The app is set up."))
        return redirect("discovery:security")
    page: dict[str, Any] = {"form": form, "app": app} | _what_there_is(request, user)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "discovery/accounts/security.html", {"page": page}, status=status)


@never_cache
@require_safe
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to make a passkey."""
    if not second_factor.is_on():
        raise Http404
    if not _is_fresh(request):
        raise PermissionDenied
    return JsonResponse(passkeys.options_to_add(request, user=signed_in(request)))


def _is_fresh(request: HttpRequest) -> bool:
    """Whether the user has just signed in, or given the password again."""
    session = request.session
    last = max(session.get(SIGNED_IN_AT, 0), session.get(CONFIRMED_AT, 0))
    return abs(timezone.now() - datetime.fromtimestamp(last, tz=UTC)) <= FRESH


def _confirm(request: HttpRequest, user: User) -> HttpResponse:
    given = request.POST if request.POST.get("action") == "confirm" else None
    form = ConfirmForm(request, user, given)
    if form.is_bound and form.is_valid():
        request.session[CONFIRMED_AT] = int(timezone.now().timestamp())
        return redirect("discovery:security")
    page = {"confirm": form, "provider": settings.OIDC_NAME if oidc.is_on() else ""}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    if request.method == "POST" and given is None:
        status = HTTPStatus.FORBIDDEN
    return render(request, "discovery/accounts/security.html", {"page": page}, status=status)


def _change(request: HttpRequest, user: User, action: str) -> None:
    if action == "passkey":
        _add_passkey(request, user)
    elif action == "codes":
        second_factor.renew_recovery_codes(user)
        request.session[second_factor.SHOW_CODES] = ""
    elif action == "remove":
        pk = request.POST.get("pk", "")
        try:
            if second_factor.remove_factor(user=user, pk=int(pk) if pk.isdecimal() else 0):
                messages.success(request, _("It is removed, and opens nothing any more."))
        except second_factor.LastFactor:
            text = _("This site requires a second factor: set another one up first.")
            messages.error(request, text)


def _add_passkey(request: HttpRequest, user: User) -> None:
    try:
        passkeys.add_passkey(
            request,
            user=user,
            name=request.POST.get("name", "").strip() or _("Passkey"),
            answer=request.POST.get("credential", ""),
        )
    except passkeys.NoPasskey:
        messages.error(request, _("The passkey was not added: its answer proves nothing."))
        return
    _show_codes(request, user)
    messages.success(request, _("The passkey is added."))


def _show_codes(request: HttpRequest, user: User) -> None:
    """Recovery codes made with the first factor are shown once, on the next page."""
    if len(second_factor.factors_of(user)) == 1:
        request.session[second_factor.SHOW_CODES] = ""


def _what_there_is(request: HttpRequest, user: User) -> dict[str, Any]:
    shows = request.method == "GET" and second_factor.SHOW_CODES in request.session
    then = request.session.pop(second_factor.SHOW_CODES) if shows else ""
    left = second_factor.recovery_codes_of(user)
    factors = second_factor.factors_of(user)
    return {
        "factors": factors,
        "has_app": any(factor.kind == second_factor.Kind.TOTP for factor in factors),
        "codes": left if shows else (),
        "codes_left": len(left),
        "then": then,
        "is_required": settings.MFA == "required",
    }
