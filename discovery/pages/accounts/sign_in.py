"""The sign-in page, the second factor after it, a passkey in its place, and signing out."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlsafe_base64_decode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django.views.generic import TemplateView

from discovery.accounts import oidc, passkeys, second_factor
from discovery.accounts.password_links import emergency_tokens
from discovery.accounts.pending import Pending, begin, open_session, pending_of
from discovery.accounts.second_factor import Step
from discovery.accounts.throttle import count_failure, try_second_factor
from discovery.pages.accounts.factor_forms import (
    CodeInput,
    NewAppForm,
    app_being_set_up,
    forget_app,
)

logger = logging.getLogger(__name__)
NEXT = "next"
LONGEST_NEXT = 2000  # characters


def safe_next(request: HttpRequest, asked: str) -> str:
    """Where to go after the sign-in: an address of this site, or the dashboard."""
    is_ours = len(asked) <= LONGEST_NEXT and url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if is_ours else reverse(settings.LOGIN_REDIRECT_URL)


class SignIn(auth.LoginView):
    """Name and password, or single sign-on, or a passkey: whatever the site has switched on."""

    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With what the page offers."""
        offered = {
            "provider": settings.OIDC_NAME if oidc.is_on() else "",
            "has_passwords": settings.LOCAL_LOGIN,
            "has_passkeys": second_factor.is_on(),
        }
        return super().get_context_data(**kwargs) | offered

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse every password where passwords are switched off."""
        if not settings.LOCAL_LOGIN:
            return self.render_to_response(
                self.get_context_data(form=AuthenticationForm(request)), status=HTTPStatus.FORBIDDEN
            )
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Open a session, or ask for the second factor first."""
        user = form.get_user()
        if second_factor.step_after_password(user):
            begin(self.request, user=user, next=self.get_success_url(), now=timezone.now())
            return redirect("discovery:second_factor")
        return super().form_valid(form)


class SignOut(auth.LogoutView):
    """Ends the session; one that began at a provider is ended there too."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a page that leads on to the provider.

        Not a redirection: the pages' policy lets no form lead to another site.
        """
        noted = request.session.get(oidc.SIGNED_IN)
        answer: HttpResponse = super().post(request, *args, **kwargs)
        if address := oidc.where_logout_leads(request, noted):
            page = {"address": address, "provider": settings.OIDC_NAME}
            return render(request, "registration/signed_out.html", page)
        return answer


class CodeForm(forms.Form):
    """The code of the app, or a recovery code; guesses are counted."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=CodeInput(autofocus=True),
    )

    def __init__(self, request: HttpRequest, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.request = request
        self.user = user

    def clean_code(self) -> str:
        """Refuse a wrong or used one, and any once too many were wrong."""
        now, code = timezone.now(), str(self.cleaned_data["code"])
        attempt = try_second_factor(self.request, user=self.user, now=now)
        try:
            is_right = second_factor.check_code(user=self.user, code=code, now=now)
        except second_factor.SealedWithAnotherKey:
            logger.error("SECRET_KEY opens no second factor of %s: was it changed?", self.user.pk)  # noqa: TRY400
            raise ValidationError(
                _("This site cannot read your second factor any more: have it reset.")
            ) from None
        if not is_right:
            raise ValidationError(_("This code is wrong, too old, or was used already."))
        attempt.take_back()
        return code


@login_not_required
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """After the password: the second factor is shown, or set up where the site requires one."""
    if not second_factor.is_on():
        raise Http404
    pending = pending_of(request, now=timezone.now())
    if pending is None:
        return redirect("login")
    return _ask(request, pending) if pending.step is Step.ASK else _enrol(request, pending)


def _ask(request: HttpRequest, pending: Pending) -> HttpResponse:
    credential = request.POST.get("credential")
    given = request.POST if request.method == "POST" and not credential else None
    form = CodeForm(request, pending.user, given)
    is_refused = False
    if credential:
        now = timezone.now()
        attempt = try_second_factor(request, user=pending.user, now=now)
        try:
            passkeys.use_passkey(request, user=pending.user, answer=credential, now=now)
        except passkeys.NoPasskey:
            is_refused = True
        else:
            attempt.take_back()
            return _let_in(request, pending)
    elif form.is_bound and form.is_valid():
        return _let_in(request, pending)
    kinds = {factor.kind for factor in second_factor.factors_of(pending.user)}
    page = {
        "form": form,
        "user_name": pending.user.get_username(),
        "has_app": second_factor.Kind.TOTP in kinds,
        "has_passkeys": second_factor.Kind.WEBAUTHN in kinds,
        "is_refused": is_refused,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors or is_refused else HTTPStatus.OK
    return render(request, "registration/second_factor.html", page, status=status)


def _let_in(request: HttpRequest, pending: Pending) -> HttpResponse:
    open_session(request, pending.user)
    return redirect(pending.next)


def _enrol(request: HttpRequest, pending: Pending) -> HttpResponse:
    app = app_being_set_up(request, pending.user)
    form = NewAppForm(app, pending.user, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        open_session(request, pending.user)
        forget_app(request)
        request.session[second_factor.SHOW_CODES] = pending.next
        return redirect("discovery:security")
    page = {"form": form, "app": app, "user_name": pending.user.get_username()}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "registration/set_up_factor.html", page, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: HttpRequest) -> HttpResponse:
    """What the browser needs to show a passkey; posting one signs in without name and password."""
    if not second_factor.is_on():
        raise Http404
    now = timezone.now()
    if request.method != "POST":
        pending = pending_of(request, now=now)
        user = pending.user if pending and "second" in request.GET else None
        return JsonResponse(passkeys.options_to_use(request, user=user))
    try:
        user = passkeys.user_of_passkey(request, answer=request.POST.get("credential", ""), now=now)
        if not user.is_active:
            raise passkeys.NoPasskey  # noqa: TRY301
    except passkeys.NoPasskey:
        count_failure(request, of="passkey", now=now)
        return render(
            request,
            "registration/sign_in_failed.html",
            {"reason": _("This passkey does not open anything here. Sign in in another way.")},
            status=HTTPStatus.FORBIDDEN,
        )
    open_session(request, user)
    return redirect(safe_next(request, request.POST.get(NEXT, "")))


@method_decorator((login_not_required, never_cache), name="dispatch")
class Emergency(TemplateView):
    """The link ``manage.py sign_in_link`` prints: an administrator comes in though the provider is
    gone. It works once, and only where passwords are switched off.
    """

    template_name = "registration/emergency.html"
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """404 where one signs in with passwords; 410 for a link that was used or is too old."""
        if settings.LOCAL_LOGIN:
            raise Http404
        user = _user_of_link(kwargs["uidb64"])
        if user is None or not emergency_tokens.check_token(user, kwargs["token"]):
            count_failure(request, of="password link", now=timezone.now())
            return render(
                request,
                "registration/sign_in_failed.html",
                {"reason": _("This link was used, or is too old.")},
                status=HTTPStatus.GONE,
            )
        self.user = user
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Whom the link is for."""
        return {"user_name": self.user.get_username()}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Only a button opens the session: what looks links up beforehand must not use it."""
        open_session(request, self.user)
        return redirect(settings.LOGIN_REDIRECT_URL)


def _user_of_link(uidb64: str) -> User | None:
    try:
        pk = int(urlsafe_base64_decode(uidb64).decode())
    except (ValueError, UnicodeDecodeError):
        return None
    return User.objects.filter(pk=min(pk, 2**31 - 1), is_superuser=True, is_active=True).first()
