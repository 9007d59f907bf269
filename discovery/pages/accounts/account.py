"""Mon compte, and how one comes back without a password: both ends of a link by mail."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordResetForm
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from discovery.accounts import second_factor
from discovery.accounts.api_tokens import usable_tokens_of
from discovery.accounts.mail import mail_is_sent
from discovery.accounts.members import signed_in
from discovery.accounts.password_links import forgotten_password, tokens
from discovery.accounts.pending import begin
from discovery.accounts.second_factor import step_after_password
from discovery.accounts.throttle import TooManyFailures, count_failure
from discovery.pages.accounts.forms import OwnPasswordForm


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Who one is here; posting changes one's password, which ends all that the former one opened
    but this session.
    """
    user = signed_in(request)
    if request.method == "POST" and not settings.LOCAL_LOGIN:
        raise PermissionDenied
    form = OwnPasswordForm(request, user, request.POST if request.method == "POST" else None)
    form.fields["old_password"].widget.attrs.pop("autofocus", None)
    if form.is_bound and form.is_valid():
        with transaction.atomic():  # with what the former password had opened
            form.save()
        update_session_auth_hash(request, user)
        text = _(
            "Your password is changed; your other sessions are closed, and your API tokens revoked."
        )
        messages.success(request, text)
        return redirect("discovery:account")
    tokens = usable_tokens_of(owner=user).count()
    page = {
        "has_mail": mail_is_sent() and settings.LOCAL_LOGIN,
        "has_passwords": settings.LOCAL_LOGIN,
        "provider": "" if settings.LOCAL_LOGIN else settings.OIDC_NAME,
        "has_second_factor": second_factor.is_on(),
        "form": form,
        "tokens": tokens,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "discovery/accounts/account.html", {"page": page}, status=status)


@method_decorator(login_not_required, name="dispatch")
class OnlyWithPasswords:
    """Leads to the sign-in page where nobody has a password here: it says how one comes in."""

    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        if not settings.LOCAL_LOGIN:
            return redirect("login")
        return super().dispatch(*args, **kwargs)  # type: ignore[misc]


class ForgottenPassword(OnlyWithPasswords, auth.PasswordResetView):
    """Asks for an address; the answer is the same whether anybody has it."""

    template_name = "registration/forgotten_password.html"
    extra_context = {"has_mail": mail_is_sent}

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        if not mail_is_sent():
            return self._refused(form, HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            count_failure(self.request, of="forgotten password", now=timezone.now())
        except TooManyFailures as error:
            form.add_error("email", error)
            return self._refused(form, HTTPStatus.TOO_MANY_REQUESTS)
        forgotten_password(
            email=form.cleaned_data["email"],
            site=self.request.build_absolute_uri("/").rstrip("/"),
            language=get_language() or "",
        )
        return redirect("discovery:forgotten_password_sent")

    def form_invalid(self, form: PasswordResetForm) -> HttpResponse:
        return self._refused(form, HTTPStatus.UNPROCESSABLE_ENTITY)

    def _refused(self, form: PasswordResetForm, status: HTTPStatus) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=status)


@login_not_required
@require_safe
def forgotten_password_sent(request: HttpRequest) -> HttpResponse:
    """Says that a mail is on its way, if anybody has the address."""
    return render(request, "registration/forgotten_password_sent.html")


class ChoosePassword(OnlyWithPasswords, auth.PasswordResetConfirmView):
    """The page a link opens: a password is chosen, and its owner is signed in.

    Whoever has a second factor still shows it: a link may have come to somebody else's mail.

    A link that was used, was replaced or is too old is answered 410; whoever tries many, 429.
    """

    template_name = "registration/choose_password.html"
    token_generator = tokens
    success_url = reverse_lazy("dashboard")
    # Signing in also forgets the failed attempts which would lock the new password out.
    post_reset_login = True
    post_reset_login_backend = "discovery.accounts.backends.RoleBackend"

    def form_valid(self, form: Any) -> HttpResponse:
        step = step_after_password(form.user)
        self.post_reset_login = step is None
        with transaction.atomic():
            answer = super().form_valid(form)
        if step is not None:
            begin(
                self.request,
                user=form.user,
                next=self.get_success_url(),
                now=timezone.now(),
            )
            return redirect("discovery:second_factor")
        messages.success(self.request, _("Your password is set, and you are signed in."))
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        context = self.get_context_data(form=form)
        return self.render_to_response(context, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> HttpResponse:
        if not context["validlink"]:
            count_failure(self.request, of="password link", now=timezone.now())
            response_kwargs["status"] = HTTPStatus.GONE
        return super().render_to_response(context, **response_kwargs)
