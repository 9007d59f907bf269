"""Which member somebody is whom the provider has signed in.

First by what the provider numbers them with, which never changes; the first time by their verified
address. An address that is not verified opens nothing: anybody can write anybody's down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from discovery.accounts.members import LONGEST_NAME, NameTaken, invite
from discovery.accounts.oidc import SignInFailed
from discovery.accounts.roles import Role

if TYPE_CHECKING:
    from discovery.accounts.oidc import Identity


class EmailNotVerified(SignInFailed):
    """Somebody new whose address the provider does not vouch for."""


class DomainNotAllowed(SignInFailed):
    """The address is of none of ``OIDC_EMAIL_DOMAINS``."""


class NotInvited(SignInFailed):
    """Nobody here has this address, and the provider's people are not let in by themselves."""


class NotUnique(SignInFailed):
    """Several members have the address, or another name like it is taken: nobody is guessed at."""


class LinkedElsewhere(SignInFailed):
    """The member with this address has signed in as another person of this provider before."""


class Deactivated(SignInFailed):
    """The member may not come in any more."""


def member_of(identity: Identity) -> User:
    """The member this is, made where the settings allow it. Raises a ``SignInFailed``."""
    user = _known(identity) or _first_time(identity)
    if not user.is_active:
        raise Deactivated
    return user


def unlink(user: User) -> int:
    """Let the next person of any provider with the member's verified address be them.

    Returns how many links were removed.
    """
    removed: int = SocialAccount.objects.filter(user=user).delete()[0]
    return removed


def _known(identity: Identity) -> User | None:
    account = (
        SocialAccount.objects.select_related("user")
        .filter(provider=identity.issuer, uid=identity.subject)
        .first()
    )
    if account is None:
        return None
    account.save(update_fields=["last_login"])  # the field notes the time itself
    user: User = account.user
    return user


def _first_time(identity: Identity) -> User:
    _check_email(identity.email)
    try:
        with transaction.atomic():
            user = _with_address(identity.email) or _make(identity.email)
            _link(user, identity)
            return user
    except (IntegrityError, NameTaken, LinkedElsewhere) as error:
        # The same person in two tabs: what the other has just written down counts.
        if known := _known(identity):
            return known
        if isinstance(error, LinkedElsewhere):
            raise
        raise NotUnique from None


def _link(user: User, identity: Identity) -> None:
    # Two of the provider's people at once with one address: one waits for the other.
    if not User.objects.select_for_update().get(pk=user.pk).is_active:
        raise Deactivated
    if SocialAccount.objects.filter(user=user, provider=identity.issuer).exists():
        raise LinkedElsewhere
    SocialAccount.objects.create(user=user, provider=identity.issuer, uid=identity.subject)


def _check_email(email: str) -> None:
    if not email or len(email) > LONGEST_NAME:
        raise EmailNotVerified
    domain = email.rpartition("@")[2].casefold()
    allowed = {allowed.lstrip("@").casefold() for allowed in settings.OIDC_EMAIL_DOMAINS}
    if allowed and domain not in allowed:
        raise DomainNotAllowed


def _with_address(email: str) -> User | None:
    users = list(User.objects.filter(email__iexact=email)[:2])
    if len(users) > 1:
        raise NotUnique
    return users[0] if users else None


def _make(email: str) -> User:
    if not settings.OIDC_CREATE_USERS:
        raise NotInvited
    return invite(name=email, email=email, role=Role(settings.OIDC_DEFAULT_ROLE))
