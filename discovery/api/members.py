"""The people of the site over the API; for administrators alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from discovery.accounts import members, second_factor
from discovery.accounts.password_links import LinkKind, password_link, queue_mail
from discovery.accounts.roles import Role, role_of, with_role
from discovery.api.created import created
from discovery.api.fields import Body, choice, refuse, words
from discovery.api.paging import PAGE, Cursor, Limit, PageAnswer, page_of
from discovery.api.parameters import example
from discovery.api.schemas import WRITING_REFUSALS, Problem
from discovery.api.scopes import needs
from discovery.models import Scope

router = Router(tags=["members"])
REFUSALS = WRITING_REFUSALS | {409: Problem}
RoleName = Literal["administrator", "member", "viewer"]
LONGEST_NAME = 150
MEMBER: dict[str, Any] = {
    "id": 2, "name": "paul", "email": "paul@example.com", "role": "member", "active": True,
    "waiting": False, "joined_at": "2026-11-01T08:00:00Z", "signed_in_at": None,
}  # fmt: skip
ROLE = choice("What they may do.", Role.values)
INVITATION_BODY = Body(
    "Invitation",
    {
        "email": words("Their address; the name where there is none.", longest=LONGEST_NAME),
        "name": words("Their user name; else the address.", longest=LONGEST_NAME),
        "role": choice("What they may do; `member` by default.", Role.values, default="member"),
    },
    {"email": "paul@example.com", "name": "paul", "role": "member"},
)
ROLE_BODY = Body("Role", {"role": ROLE.required}, {"role": "viewer"})


class MemberAnswer(Schema):
    """Somebody who may use the site."""

    model_config = example(**MEMBER)
    id: int
    name: str
    email: str
    role: RoleName
    active: bool
    waiting: bool = Field(description="Invited, and no password chosen yet.")
    joined_at: datetime
    signed_in_at: datetime | None


class MembersAnswer(PageAnswer):
    """A page of members, by name."""

    model_config = example(members=[MEMBER], next=None)
    members: list[MemberAnswer]


class LinkedAnswer(Schema):
    """A member, and the link with which they choose a password: told this once."""

    model_config = example(
        member=MEMBER, link="https://example.com/mot-de-passe/choisir/Mg/c8…/",
        expires_at="2026-11-27T08:00:00Z", mailed=True,
    )  # fmt: skip
    member: MemberAnswer
    link: str
    expires_at: datetime
    mailed: bool = Field(description="It is on its way by mail too.")


@router.get("", response={200: MembersAnswer} | REFUSALS, summary="The members")
@needs(Scope.ADMIN)
def list_members(
    request: HttpRequest, cursor: Cursor = None, limit: Limit = PAGE
) -> dict[str, Any]:
    """A page of everybody, with their role, by name."""
    everybody = with_role(User.objects.all())
    page = page_of(everybody, order=("username", "pk"), cursor=cursor, limit=limit)
    return {"members": [_answer(member) for member in page.rows], "next": page.next}


# No Idempotency-Key here: its answer would be kept, and with it a link that opens an account.
@router.post(
    "",
    response={201: LinkedAnswer} | REFUSALS,
    openapi_extra=INVITATION_BODY.openapi,
    summary="Invite somebody",
)
@needs(Scope.ADMIN)
def invite_member(request: HttpRequest, response: HttpResponse) -> Status[dict[str, Any]]:
    """Create a user who chooses a password with the link; it is mailed where mail is sent."""
    said = _checked(INVITATION_BODY.read(request))
    made = members.invite(name=said["name"], email=said["email"], role=Role(said["role"]))
    return created(response, _linked(request, made), read_by="get_member", at=(made.pk,))


@router.get("/{member_id}", response={200: MemberAnswer} | REFUSALS, summary="A member")
@needs(Scope.ADMIN)
def get_member(request: HttpRequest, member_id: int) -> dict[str, Any]:
    """Somebody who may use the site, or might."""
    return _answer(_member(member_id))


@router.put(
    "/{member_id}/role",
    response={200: MemberAnswer} | REFUSALS,
    openapi_extra=ROLE_BODY.openapi,
    summary="Change a role",
)
@needs(Scope.ADMIN)
def change_role(request: HttpRequest, member_id: int) -> dict[str, Any]:
    """Give the role and take the former one away; 409 for the last administrator."""
    member = _member(member_id)
    members.change_role(member=member, role=Role(ROLE_BODY.read(request)["role"]))
    return _answer(_member(member_id))


@router.post(
    "/{member_id}/link", response={200: LinkedAnswer} | REFUSALS, summary="Make a new link"
)
@needs(Scope.ADMIN)
def make_link(request: HttpRequest, member_id: int) -> dict[str, Any]:
    """A link to choose a password: of an invitation that was lost, or for one forgotten."""
    member = _member(member_id)
    if not member.is_active:
        raise Http404
    return _linked(request, member)


@router.post(
    "/{member_id}/deactivate", response={200: MemberAnswer} | REFUSALS, summary="Send away"
)
@needs(Scope.ADMIN)
def deactivate_member(request: HttpRequest, member_id: int) -> dict[str, Any]:
    """End their sessions, tokens and links for good; nothing of theirs is deleted."""
    members.deactivate(member=_member(member_id))
    return _answer(_member(member_id))


@router.post(
    "/{member_id}/reactivate", response={200: MemberAnswer} | REFUSALS, summary="Let back in"
)
@needs(Scope.ADMIN)
def reactivate_member(request: HttpRequest, member_id: int) -> dict[str, Any]:
    """Let them sign in again, with their former password and role."""
    members.reactivate(member=_member(member_id))
    return _answer(_member(member_id))


@router.post(
    "/{member_id}/reset-second-factor",
    response={200: MemberAnswer} | REFUSALS,
    summary="Remove a lost second factor",
)
@needs(Scope.ADMIN)
def reset_second_factor(request: HttpRequest, member_id: int) -> dict[str, Any]:
    """Remove the second factor of somebody who lost it; 404 where none is asked for."""
    member = _member(member_id)
    if not second_factor.is_on():
        raise Http404
    second_factor.reset_factors(user=member)
    return _answer(_member(member_id))


def _checked(said: dict[str, Any]) -> dict[str, Any]:
    """The invitation with a name, which nobody has yet; raises ``InvalidBody``."""
    try:
        if said["email"]:
            validate_email(said["email"])
    except ValidationError as error:
        raise refuse("email", " ".join(error.messages)) from None
    try:
        if said["name"]:
            UnicodeUsernameValidator()(said["name"])
    except ValidationError as error:
        raise refuse("name", " ".join(error.messages)) from None
    name = said["name"] or said["email"]
    if not name:
        raise refuse("email", _("Give an e-mail address or a user name."))
    if said["email"] and User.objects.filter(email__iexact=said["email"]).exists():
        raise refuse("email", _("Somebody already has this address."))
    if User.objects.filter(username__iexact=name).exists():
        raise refuse("name", _("Somebody already has this name."))
    return said | {"name": name}


def _member(member_id: int) -> User:
    found = with_role(User.objects.filter(pk=member_id)).first()
    if found is None:
        raise Http404
    return found


def _linked(request: HttpRequest, member: User) -> dict[str, Any]:
    members.end_earlier_invitations(member=member)
    kind = LinkKind.INVITATION if members.is_waiting(member) else LinkKind.RESET
    site = request.build_absolute_uri("/").rstrip("/")
    mailed = queue_mail(user=member, kind=kind, site=site, language=get_language() or "")
    link = password_link(user=member, kind=kind, now=timezone.now())
    return {
        "member": _answer(member),
        "link": f"{site}{link.path}",
        "expires_at": link.expires_at,
        "mailed": mailed,
    }


def _answer(member: User) -> dict[str, Any]:
    return {
        "id": member.pk,
        "name": member.get_username(),
        "email": member.email,
        "role": role_of(member).value,
        "active": member.is_active,
        "waiting": members.is_waiting(member),
        "joined_at": member.date_joined,
        "signed_in_at": member.last_login,
    }
