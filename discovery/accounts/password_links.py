"""Links with which somebody chooses a password: shown to an administrator, or sent by mail.

A link works once, for a limited time, and holds no secret of ours: its seal covers the password
it replaces and what ended the account's access last, so that using it, signing in, or being sent
away ends it. No link is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import base36_to_int, int_to_base36, urlsafe_base64_encode
from django.utils.translation import override
from django_q.tasks import async_task

from discovery.accounts.mail import mail_is_sent
from discovery.models import AccessEnd

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MAILED_AT_MOST_EVERY = timedelta(minutes=1)  # to one address, however often it is asked for


class LinkKind(StrEnum):
    """Why the link was made; also the name of the mail's templates."""

    INVITATION = "invitation"
    RESET = "reset"  # made by an administrator
    FORGOTTEN = "forgotten"  # asked for on the sign-in page


LASTS = {
    LinkKind.INVITATION: timedelta(days=7),
    LinkKind.RESET: timedelta(days=7),
    LinkKind.FORGOTTEN: timedelta(days=1),
}
EMERGENCY_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """``path`` begins with a slash; the site's address is put before it by who shows it."""

    path: str
    expires_at: datetime


class LinkTokens:
    """The last part of a link, as Django's password views want it checked.

    A token of one ``purpose`` is none of another.
    """

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose

    def make_token(self, user: AbstractBaseUser, *, expires_at: datetime) -> str:
        """The token that opens a password page for this user until ``expires_at``."""
        expires = int(expires_at.timestamp())
        return f"{int_to_base36(expires)}-{_seal(user, expires, self.purpose)}"

    def check_token(self, user: AbstractBaseUser | None, token: str | None) -> bool:
        """Whether the token is this user's, not used yet and not too old."""
        moment, _, seal = (token or "").partition("-")
        if user is None or not user.is_active or not seal:
            return False
        try:
            expires = base36_to_int(moment)
        except ValueError:
            return False
        return (
            constant_time_compare(seal, _seal(user, expires, self.purpose))
            and expires > timezone.now().timestamp()
        )


tokens = LinkTokens("discovery.links")
emergency_tokens = LinkTokens("discovery.emergency")


def password_link(*, user: User, kind: LinkKind, now: datetime) -> PasswordLink:
    """Return a link for this user that is good from now on for as long as its kind lasts.

    Where nobody has a password it is that of the sign-in page, which says how one comes in.
    """
    expires_at = now + LASTS[kind]
    if not settings.LOCAL_LOGIN:
        return PasswordLink(reverse("login"), expires_at)
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = tokens.make_token(user, expires_at=expires_at)
    return PasswordLink(reverse("discovery:choose_password", args=(uid, token)), expires_at)


def emergency_link(*, user: User, now: datetime) -> PasswordLink:
    """Return a link that signs this administrator in once, where passwords are switched off."""
    expires_at = now + EMERGENCY_LASTS
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = emergency_tokens.make_token(user, expires_at=expires_at)
    return PasswordLink(reverse("discovery:emergency", args=(uid, token)), expires_at)


def queue_mail(*, user: User, kind: LinkKind, site: str, language: str) -> bool:
    """Have the queue mail a link; returns whether it will (no mail server or address: no).

    The queue makes the link itself: a task stored in it must not hold a working link.
    """
    if not mail_is_sent() or not user.email:
        return False
    task = "discovery.tasks.mail_link"
    async_task(task, user.pk, kind.value, site, language, task_name=f"mail {kind} {user.pk}")
    return True


def mail_link(*, user_id: int, kind: LinkKind, site: str, language: str, now: datetime) -> bool:
    """Send the link to the user's own address; returns whether there was anybody to send it to.

    ``site`` is the site's address without a final slash. Raises ``SMTPException`` or ``OSError``
    when the mail server refuses: the task then stands among the failed ones.
    """
    user = User.objects.filter(pk=user_id, is_active=True).exclude(email="").first()
    if user is None:
        return False
    link = password_link(user=user, kind=kind, now=now)
    with override(language):
        context = {
            "name": user.get_username(),
            "site": site,
            "address": f"{site}{link.path}",
            "expires_at": link.expires_at,
            "provider": "" if settings.LOCAL_LOGIN else settings.OIDC_NAME,
        }
        subject = render_to_string(f"registration/mail/{kind}_subject.txt", context)
        text = render_to_string(f"registration/mail/{kind}.txt", context)
        send_mail(" ".join(subject.split()), text, None, [user.email])
    return True


def forgotten_password(*, email: str, site: str, language: str) -> None:
    """Have the queue mail a link to whoever has this address, which it looks up itself: the answer
    takes as long for an address that nobody has.
    """
    digest = salted_hmac("discovery.forgotten", email.casefold(), algorithm="sha256").hexdigest()
    if cache.add(f"forgotten-password-{digest}", True, MAILED_AT_MOST_EVERY.total_seconds()):
        task = "discovery.tasks.mail_forgotten"
        async_task(task, email, site, language, task_name="mail forgotten")


def mail_forgotten(*, email: str, site: str, language: str, now: datetime) -> int:
    """Send a link to whoever has this address and a password; returns to how many.

    Somebody who was invited and has no password yet needs the administrator's link. Raises as
    ``mail_link`` does.
    """
    users = User.objects.filter(email__iexact=email, is_active=True).exclude(email="")
    return sum(
        mail_link(user_id=user.pk, kind=LinkKind.FORGOTTEN, site=site, language=language, now=now)
        for user in users
        if user.has_usable_password()
    )


def _seal(user: AbstractBaseUser, expires: int, purpose: str) -> str:
    email = getattr(user, "email", "")
    ended = AccessEnd.objects.filter(user=user.pk).values_list("ended_at", flat=True).first()
    state = f"{user.pk}|{user.password}|{user.last_login}|{email}|{expires}"
    if ended is not None:  # else as sealed by versions that did not date it
        state += f"|{ended.isoformat()}"
    return salted_hmac(purpose, state, algorithm="sha256").hexdigest()[:43]
