"""To the OpenID Connect provider and back: both ends, and a page for each way it can fail."""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from discovery.accounts import oidc, oidc_members
from discovery.accounts.pending import open_session
from discovery.accounts.throttle import count_failure
from discovery.pages.accounts.sign_in import NEXT, safe_next

logger = logging.getLogger(__name__)
FAILURES = {
    oidc.ProviderUnavailable: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        gettext_lazy("%(provider)s does not answer. Try again in a moment."),
    ),
    oidc.ProviderMistaken: (
        HTTPStatus.BAD_GATEWAY,
        gettext_lazy(
            "%(provider)s answered something that cannot be used. The log of the server says what."
        ),
    ),
    oidc.Denied: (
        HTTPStatus.FORBIDDEN,
        gettext_lazy("%(provider)s did not let you in, or you cancelled."),
    ),
    oidc.StateMismatch: (
        HTTPStatus.BAD_REQUEST,
        gettext_lazy("This sign-in is too old, or was begun in another browser. Begin again."),
    ),
    oidc_members.EmailNotVerified: (
        HTTPStatus.FORBIDDEN,
        gettext_lazy(
            "%(provider)s does not confirm your e-mail address, so nobody here can be recognised "
            "by it."
        ),
    ),
    oidc_members.DomainNotAllowed: (
        HTTPStatus.FORBIDDEN,
        gettext_lazy("People with your e-mail address are not let in here."),
    ),
    oidc_members.NotInvited: (
        HTTPStatus.FORBIDDEN,
        gettext_lazy(
            "Nobody here has your e-mail address. Ask an administrator of this site to invite you."
        ),
    ),
    oidc_members.NotUnique: (
        HTTPStatus.FORBIDDEN,
        gettext_lazy(
            "Your e-mail address fits several accounts, or a name that is taken. Ask an "
            "administrator of this site."
        ),
    ),
    oidc_members.LinkedElsewhere: (
        HTTPStatus.FORBIDDEN,
        gettext_lazy(
            "The account with your e-mail address belongs to another identity of %(provider)s. "
            "Ask an administrator of this site."
        ),
    ),
    oidc_members.Deactivated: (
        HTTPStatus.FORBIDDEN,
        gettext_lazy("Your account is deactivated. An administrator can let you back in."),
    ),
}


@login_not_required
@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider; ``again`` has it ask who it is though it knows."""
    if not oidc.is_on():
        raise Http404
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return redirect("login")  # another site may not sign its visitors in here
    target, again = safe_next(request, request.GET.get(NEXT, "")), "again" in request.GET
    if request.user.is_authenticated and not again:
        return redirect(target)
    try:
        return redirect(oidc.begin(request, next=target, again=again, now=timezone.now()))
    except oidc.SignInFailed as error:
        return _failed(request, error)


@login_not_required
@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Where the provider sends the browser back to."""
    if not oidc.is_on():
        raise Http404
    try:
        identity, target = oidc.finish(request, now=timezone.now())
        user = oidc_members.member_of(identity)
    except oidc.SignInFailed as error:
        return _failed(request, error)
    open_session(request, user)
    oidc.remember_provider(request, identity)
    return redirect(target)


def _failed(request: HttpRequest, error: oidc.SignInFailed) -> HttpResponse:
    status, reason = FAILURES[type(error)]
    logger.warning("Single sign-on failed: %s %s", type(error).__name__, " ".join(error.args))
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        count_failure(request, of="single sign-on", now=timezone.now())
    page = {"reason": reason % {"provider": settings.OIDC_NAME}}
    answer = render(request, "registration/sign_in_failed.html", page, status=status)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        answer["Retry-After"] = "30"
    return answer
