"""Who may do what: administrators, members, and viewers, who read and change nothing.

A viewer is a user in the group ``viewer``. The question is asked together with the user's own row
(``with_role``), so that knowing the role costs no statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

VIEWERS = "viewer"  # the group's name
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # reading; none of them spends a token
READ_ONLY = _(
    "Your account is read-only: it opens every page of yours, but neither searches nor changes "
    "anything. An administrator can give it another role."
)


class Role(TextChoices):
    """What a user may do; the order is from the most to the least."""

    ADMINISTRATOR = "administrator", _("Administrator")
    MEMBER = "member", _("Member")
    VIEWER = "viewer", _("Viewer (read-only)")


class ReadOnlyAccount(PermissionDenied):
    """A viewer asked for something that changes data or spends tokens."""


def ensure_viewers() -> Group:
    """Return the viewers' group, made if there is none."""
    group, _is_new = Group.objects.get_or_create(name=VIEWERS)
    return group


def viewer_test(user: str = "") -> Q:
    """The condition that the user at this path (``"user__"``) is a viewer.

    An administrator never is, whatever their groups: nobody may lock themselves out.
    """
    memberships = User.groups.through._default_manager.filter(
        user_id=OuterRef(f"{user}pk"), group__name=VIEWERS
    )
    return Q(**{f"{user}is_superuser": False}) & Q(Exists(memberships))


def may_act(user: str = "") -> Q:
    """The condition that the user at this path may spend tokens: has access, and is no viewer."""
    return Q(**{f"{user}is_active": True}) & ~viewer_test(user)


def with_role(users: QuerySet[User]) -> QuerySet[User]:
    """The same users, each with ``is_viewer`` read in the same statement."""
    return users.annotate(is_viewer=viewer_test())


def is_viewer(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether the user only reads; asks the database if their row was read without the answer."""
    if user.pk is None:
        return False
    noted: bool | None = getattr(user, "is_viewer", None)
    if noted is None:
        return User.objects.filter(viewer_test(), pk=user.pk).exists()
    return noted


def role_of(user: User) -> Role:
    """The role; asks the database as ``is_viewer`` does."""
    if user.is_superuser:
        return Role.ADMINISTRATOR
    return Role.VIEWER if is_viewer(user) else Role.MEMBER
