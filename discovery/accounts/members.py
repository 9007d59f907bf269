"""The people of the site: invited, given a role, sent away and let back in."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from discovery.accounts.roles import VIEWERS, Role, ensure_viewers, with_role

PAGE_SIZE = 50
LONGEST_NAME = 150  # characters, as the table has it


class NameTaken(Exception):
    """Somebody else has this user name."""


class LastAdministrator(Exception):
    """Nobody would be left who could give the rights back."""


def signed_in(request: HttpRequest) -> User:
    """Who asks for a page; the middleware lets nobody else in."""
    return cast(User, request.user)


def page_of_members(*, number: str) -> Page[User]:
    """Everybody, with their role, by name."""
    return Paginator(with_role(User.objects.order_by("username")), PAGE_SIZE).get_page(number)


def is_waiting(user: User) -> bool:
    """Whether the user was invited and has not come in yet.

    Who comes in by single sign-on never has a password.
    """
    return not user.has_usable_password() and user.last_login is None


def invite(*, name: str, email: str, role: Role) -> User:
    """Create a user who cannot sign in before they choose a password with a link.

    Raises ``NameTaken``.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(name, email=email, password=None)
            _assign(user, role)
    except IntegrityError as error:
        raise NameTaken(name) from error
    return user


def change_role(*, member: User, role: Role) -> None:
    """Give the role and take the former one away; raises ``LastAdministrator``."""
    with transaction.atomic():
        if role is not Role.ADMINISTRATOR:
            _someone_else_administers(member)
        _assign(member, role)


def deactivate(*, member: User) -> None:
    """End their sessions, tokens and links for good, and let them make no new ones.

    Raises ``LastAdministrator``.
    """
    with transaction.atomic():
        _someone_else_administers(member)
        _set_active(member, is_active=False)


def reactivate(*, member: User) -> None:
    """Let them sign in again, with their former password and role; nothing else comes back."""
    _set_active(member, is_active=True)


def end_earlier_invitations(*, member: User) -> None:
    """A person who has not chosen a password yet has one working link: the next one made."""
    if is_waiting(member):
        member.set_unusable_password()  # random, and part of every link's seal
        member.save(update_fields=["password"])


def _assign(user: User, role: Role) -> None:
    user.is_staff = user.is_superuser = role is Role.ADMINISTRATOR
    user.save(update_fields=["is_staff", "is_superuser"])
    if role is Role.VIEWER:
        user.groups.add(ensure_viewers())
    else:
        user.groups.remove(*user.groups.filter(name=VIEWERS))


def _set_active(member: User, *, is_active: bool) -> None:
    member.is_active = is_active
    member.save(update_fields=["is_active"])  # saved, not updated: see ``endings``


def _someone_else_administers(member: User) -> None:
    """Raise ``LastAdministrator`` if the member is one and no other can sign in.

    Rows are locked in one order: two administrators who demote each other at once wait in turn.
    """
    administrators = list(
        User.objects.filter(is_superuser=True, is_active=True).order_by("pk").select_for_update()
    )
    others = [user for user in administrators if user.pk != member.pk and not is_waiting(user)]
    if member in administrators and not others:
        raise LastAdministrator
