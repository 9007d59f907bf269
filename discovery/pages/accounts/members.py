"""Membres: who uses the site, in which role; for administrators alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from discovery.accounts import members as service
from discovery.accounts import second_factor
from discovery.accounts.mail import mail_is_sent
from discovery.accounts.password_links import LinkKind, password_link, queue_mail
from discovery.accounts.roles import Role, role_of
from discovery.pages.accounts.forms import InvitationForm, RoleForm

View = Callable[..., HttpResponse]
FRESH = "members-fresh-link"  # in the session: whose link the next page shows, once


def administrators_only(view: View) -> View:
    """403 for everybody else; a sentence for what would leave the site without any."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if role_of(service.signed_in(request)) is not Role.ADMINISTRATOR:
            raise PermissionDenied
        try:
            return view(request, **kwargs)
        except service.LastAdministrator:
            text = _(
                "This is the last administrator. Make somebody else one first: nothing was changed."
            )
            messages.error(request, text)
            return redirect("discovery:members")

    return guarded


@administrators_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest) -> HttpResponse:
    """Everybody; posting invites somebody. A link just made is shown once."""
    given = request.POST if request.method == "POST" else None
    form = InvitationForm(given, needs_address=not settings.LOCAL_LOGIN)
    if form.is_bound and form.is_valid():
        try:
            return _show_link(request, service.invite(**form.cleaned_data))
        except service.NameTaken:
            form.name_is_taken()
    page: dict[str, Any] = {
        "page": service.page_of_members(number=request.GET.get("page", "1")),
        "form": form,
        "roles": tuple(Role),
        "has_mail": mail_is_sent(),
        "has_second_factor": second_factor.is_on(),
        "provider": "" if settings.LOCAL_LOGIN else settings.OIDC_NAME,
    }
    if request.method == "GET" and FRESH in request.session:
        noted = request.session.pop(FRESH)
        if member := User.objects.filter(pk=noted["pk"], is_active=True).first():
            link = password_link(user=member, kind=_kind(member), now=timezone.now())
            page |= {"link": link, "invited": member, "mailed": noted["mailed"]}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "discovery/accounts/members.html", {"page": page}, status=status)


@administrators_only
@require_POST
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link to choose a password: for an invitation that was lost, or a forgotten one."""
    member = get_object_or_404(User, pk=pk, is_active=True)
    if not settings.LOCAL_LOGIN and not service.is_waiting(member):
        raise Http404
    return _show_link(request, member)


@administrators_only
@require_POST
def change_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the member the role ``role=``."""
    member = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This role does not exist."))
        return redirect("discovery:members")
    role = form.cleaned_data["role"]
    service.change_role(member=member, role=role)
    text = _("%(name)s is now: %(role)s.")
    messages.success(request, text % {"name": member.get_username(), "role": role.label})
    # Whoever took the role from themselves may not open the page any more.
    still_allowed = role is Role.ADMINISTRATOR or member.pk != request.user.pk
    return redirect("discovery:members" if still_allowed else "dashboard")


@administrators_only
@require_POST
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing of theirs is deleted; they cannot sign in until they are let back in, and what they
    were signed in with ends for good.
    """
    member = get_object_or_404(User, pk=pk)
    service.deactivate(member=member)
    text = _(
        "%(name)s can no longer sign in; their sessions have ended and their API tokens are "
        "revoked. Nothing of theirs was deleted."
    )
    messages.info(request, text % {"name": member.get_username()})
    return redirect("discovery:members")


@administrators_only
@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody who was sent away sign in again."""
    member = get_object_or_404(User, pk=pk)
    service.reactivate(member=member)
    messages.success(request, _("%(name)s can sign in again.") % {"name": member.get_username()})
    return redirect("discovery:members")


@administrators_only
@require_POST
def reset_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove the second factor of a member who has lost it; they sign in and set up another."""
    if not second_factor.is_on():
        raise Http404
    member = get_object_or_404(User, pk=pk)
    second_factor.reset_factors(user=member)
    text = _("%(name)s has no second factor any more, and can set up another.")
    messages.success(request, text % {"name": member.get_username()})
    return redirect("discovery:members")


def _show_link(request: HttpRequest, member: User) -> HttpResponse:
    service.end_earlier_invitations(member=member)
    mailed = queue_mail(
        user=member,
        kind=_kind(member),
        site=request.build_absolute_uri("/").rstrip("/"),
        language=get_language() or "",
    )
    if settings.LOCAL_LOGIN:
        # Not the link itself, which sessions would keep in the clear.
        request.session[FRESH] = {"pk": member.pk, "mailed": mailed}
    else:
        text = _("%(name)s is invited, and signs in with %(provider)s.")
        if mailed:
            text += " " + _("The invitation is being mailed to %(address)s.")
        told = {"name": member.get_username(), "address": member.email}
        messages.success(request, text % (told | {"provider": settings.OIDC_NAME}))
    return redirect("discovery:members")


def _kind(member: User) -> LinkKind:
    return LinkKind.INVITATION if service.is_waiting(member) else LinkKind.RESET
