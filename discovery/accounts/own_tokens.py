"""Tokens that a program makes for its owner: no wider, and no longer, than the one that asks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from discovery.accounts.api_tokens import create_api_token, expiry_of, usable_tokens_of
from discovery.models import ApiToken, Scope

MOST_TOKENS = 20  # usable ones of one user


class TooManyTokens(Exception):
    """The user has as many usable tokens as one may have."""

    code = "too_many_tokens"

    def __str__(self) -> str:
        return _("You have %(count)d tokens: revoke one first.") % {"count": MOST_TOKENS}


class TokenTooWide(Exception):
    """The new token may do more, or lasts longer, than the one that asks; ``field`` tells which."""

    code = "token_too_wide"

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field

    def __str__(self) -> str:
        if self.field == "scopes":
            return _("A token cannot make one that may do more than itself.")
        return _("A token cannot make one that lasts longer than itself.")


def make_token(
    *,
    user: User,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None,
    held: Collection[Scope],
    bearer: str,
) -> tuple[ApiToken, str]:
    """The new token's row and its text, which cannot be shown again.

    ``held`` are the scopes of who asks, ``bearer`` the text of their token, empty for a session.
    Raises ``TokenTooWide`` and ``TooManyTokens``.
    """
    if not set(scopes) <= set(held):
        raise TokenTooWide("scopes")
    ends = expiry_of(bearer) if bearer else None
    if ends is not None and (expires_at is None or expires_at > ends):
        raise TokenTooWide("expires_at")
    check_number_of_tokens(user=user)
    return create_api_token(user=user, name=name, scopes=scopes, expires_at=expires_at)


def check_number_of_tokens(*, user: User) -> None:
    """Raises ``TooManyTokens`` where the user may not have another one."""
    if usable_tokens_of(owner=user).count() >= MOST_TOKENS:
        raise TooManyTokens
