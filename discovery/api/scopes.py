"""Which scope an operation needs: unless it says so, ``read`` for GET, else ``search``.

A token has the scopes it was made with; a browser's session those of its user's role.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from discovery.accounts.roles import SAFE_METHODS, ReadOnlyAccount, Role, is_viewer, role_of
from discovery.models import Scope

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Operation = TypeVar("Operation", bound=Callable[..., Any])
OF_ROLE = {
    Role.VIEWER: frozenset({Scope.READ}),
    Role.MEMBER: frozenset({Scope.READ, Scope.SEARCH}),
    Role.ADMINISTRATOR: frozenset(Scope),
}


class ScopeMissing(Exception):
    """The token was not made for this: it lacks ``scope``."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self.scope = scope


class AdministratorsOnly(Exception):
    """The operation is for administrators, whatever the scopes of a token."""


def needs(scope: Scope) -> Callable[[Operation], Operation]:
    """Mark an operation: it is refused to a token without this scope.

    What needs ``admin`` is refused to users who are no administrators, too.
    """

    def marked(operation: Operation) -> Operation:
        operation.scope = scope  # type: ignore[attr-defined]
        return operation

    return marked


def scope_of(operation: Callable[..., Any] | None, method: str) -> Scope:
    """The scope that an operation needs when called with this method."""
    marked: Scope | None = getattr(operation, "scope", None)
    return marked or (Scope.READ if method in SAFE_METHODS else Scope.SEARCH)


def check_access(user: User, *, method: str, scope: Scope) -> None:
    """Raise ``ReadOnlyAccount``, ``AdministratorsOnly`` or ``ScopeMissing``, or let pass.

    What the role forbids comes first: no other token would help.
    """
    if method not in SAFE_METHODS and is_viewer(user):
        raise ReadOnlyAccount
    if scope is Scope.ADMIN and role_of(user) is not Role.ADMINISTRATOR:
        raise AdministratorsOnly
    held = getattr(user, "token_scopes", None)
    if scope not in (OF_ROLE[role_of(user)] if held is None else held):
        raise ScopeMissing(scope)


def held_scopes(user: User) -> frozenset[Scope]:
    """What the call's token, or its session, may do in its owner's role."""
    granted: frozenset[str] | None = getattr(user, "token_scopes", None)
    allowed = OF_ROLE[role_of(user)]
    return allowed if granted is None else frozenset(one for one in allowed if one in granted)
