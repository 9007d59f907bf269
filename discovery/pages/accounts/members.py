"""Membres: who uses the site, in which role; for administrators alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from discovery.accounts import members as accounts_members
from discovery.accounts.mail import mail_is_sent
from discovery.accounts.password_links import LinkKind, password_link, queue_mail
from discovery.accounts.roles import Role, role_of
from discovery.pages.accounts.forms import InvitationForm, RoleForm

View = Callable[..., HttpResponse]
FRESH = "members-fresh-link"  # in the session: whose link the next page shows, once


@dataclass(frozen=True, slots=True)
class MemberLine:
    pk: int
    name: str
    email: str
    role: Role
    last_login: datetime | None
    is_active: bool
    is_waiting: bool
    is_self: bool


@dataclass(frozen=True, slots=True)
class FreshLink:
    """A link just made; ``mailed_to`` is empty when no mail leaves the site."""

    name: str
    address: str
    expires_at: datetime
    mailed_to: str


@dataclass(frozen=True, slots=True)
class MembersPage:
    lines: tuple[MemberLine, ...]
    page: Page[User]
    form: InvitationForm
    roles: tuple[Role, ...]
    has_mail: bool
    fresh: FreshLink | None


def administrators_only(view: View) -> View:
    """403 for everybody else."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if role_of(_user(request)) is not Role.ADMINISTRATOR:
            raise PermissionDenied
        return view(request, **kwargs)

    return guarded


@administrators_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest) -> HttpResponse:
    """Everybody; posting invites somebody."""
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            member = accounts_members.invite(
                name=form.cleaned_data["name"],
                email=form.cleaned_data["email"],
                role=form.asked_role(),
            )
        except accounts_members.NameTaken:
            form.name_is_taken()
        else:
            return _show_link(request, member)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    page = accounts_members.page_of_members(number=request.GET.get("page", "1"))
    context = MembersPage(
        lines=tuple(_line(user, reader=_user(request)) for user in page),
        page=page,
        form=form,
        roles=tuple(Role),
        has_mail=mail_is_sent(),
        fresh=_fresh_link(request),
    )
    return render(request, "discovery/accounts/members.html", {"page": context}, status=status)


@administrators_only
@require_POST
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link to choose a password: for an invitation that was lost, or a forgotten one."""
    return _show_link(request, get_object_or_404(User, pk=pk, is_active=True))


@administrators_only
@require_POST
def change_role(request: HttpRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This role does not exist."))
        return redirect("discovery:members")
    role = form.asked_role()
    try:
        accounts_members.change_role(member=member, role=role)
    except accounts_members.LastAdministrator:
        _refuse_last(request)
    else:
        told = _("%(name)s is now: %(role)s.")
        messages.success(request, told % {"name": member.get_username(), "role": role.label})
    # Whoever took the role from themselves may not open the page any more.
    still_allowed = role is Role.ADMINISTRATOR or member.pk != request.user.pk
    return redirect("discovery:members" if still_allowed else "dashboard")


@administrators_only
@require_POST
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing of theirs is deleted; they cannot sign in until they are let back in."""
    member = get_object_or_404(User, pk=pk)
    try:
        accounts_members.deactivate(member=member)
    except accounts_members.LastAdministrator:
        _refuse_last(request)
    else:
        told = _("%(name)s can no longer sign in. Nothing of theirs was deleted.")
        messages.info(request, told % {"name": member.get_username()})
    return redirect("discovery:members")


@administrators_only
@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(User, pk=pk)
    accounts_members.reactivate(member=member)
    messages.success(request, _("%(name)s can sign in again.") % {"name": member.get_username()})
    return redirect("discovery:members")


def _refuse_last(request: HttpRequest) -> None:
    messages.error(
        request,
        _("This is the last administrator. Make somebody else one first: nothing was changed."),
    )


def _show_link(request: HttpRequest, member: User) -> HttpResponse:
    accounts_members.end_earlier_invitations(member=member)
    mailed = queue_mail(
        user=member,
        kind=_kind(member),
        site=request.build_absolute_uri("/").rstrip("/"),
        language=get_language() or "",
    )
    # Not the link itself, which sessions would keep in the clear.
    request.session[FRESH] = {"pk": member.pk, "mailed": mailed}
    return redirect("discovery:members")


def _fresh_link(request: HttpRequest) -> FreshLink | None:
    """The link of whoever was just invited; asked for a second time there is none."""
    if request.method != "GET" or FRESH not in request.session:
        return None
    noted = request.session.pop(FRESH)
    member = User.objects.filter(pk=noted["pk"], is_active=True).first()
    if member is None:
        return None
    made = password_link(user=member, kind=_kind(member), now=timezone.now())
    return FreshLink(
        name=member.get_username(),
        address=request.build_absolute_uri(made.path),
        expires_at=made.expires_at,
        mailed_to=member.email if noted["mailed"] else "",
    )


def _kind(member: User) -> LinkKind:
    return LinkKind.INVITATION if accounts_members.is_waiting(member) else LinkKind.RESET


def _line(user: User, *, reader: User) -> MemberLine:
    return MemberLine(
        pk=user.pk,
        name=user.get_username(),
        email=user.email if user.email != user.get_username() else "",
        role=role_of(user),
        last_login=user.last_login,
        is_active=user.is_active,
        is_waiting=accounts_members.is_waiting(user),
        is_self=user.pk == reader.pk,
    )


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # the middleware lets nobody else in
