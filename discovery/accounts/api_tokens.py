"""Bearer tokens of the JSON API: made, recognised, revoked. Only their hash is ever stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from discovery.accounts.api_rate import Tally
from discovery.accounts.roles import viewer_test
from discovery.models import ApiToken, Scope
from discovery.prepared import prepared_rows

if TYPE_CHECKING:
    from django.contrib.auth.models import User
PREFIX = "arb_"  # so that secret scanners, and people, recognise one
PREFIX_SHOWN = 12  # characters kept readable, to tell one's tokens apart
LONGEST = 200  # characters; nothing longer is worth hashing
# Writing down every use would cost each request a write for a date nobody reads to the second.
USE_NOTED_EVERY = timedelta(minutes=1)


class TokenExpired(Exception):
    """A token whose day has come: its owner may make another."""


def create_api_token(
    *,
    user: User,
    name: str = "",
    scopes: Iterable[Scope] = (Scope.READ, Scope.SEARCH),
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Return the new token's row and its text, which cannot be shown again.

    Without ``expires_at`` it lasts until it is revoked.
    """
    text = PREFIX + secrets.token_urlsafe(32)
    given = set(scopes)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=text[:PREFIX_SHOWN],
        token_hash=_digest(text),
        scopes=[scope.value for scope in Scope if scope in given],
        expires_at=expires_at,
    )
    return token, text


def user_for_bearer(token: str, *, now: datetime, tally: Tally | None = None) -> User | None:
    """Return whose token it is, with their role and the token's scopes (``user.token_scopes``), in
    one statement; ``None`` when unknown, revoked, expired, or when its user may no longer sign in.

    The call is counted in that same statement on the ``tally``, if there is one: raises
    ``RateLimited``. ``last_used_at`` is brought up to date once a minute at most, with a second
    statement.
    """
    if not _may_be_one(token):
        if tally is not None:
            tally.count_refused()
        return None
    found = _look_up(_digest(token), tally)
    if found is None:
        return None
    token_id, last_used_at, user = found
    if last_used_at is None or last_used_at < now - USE_NOTED_EVERY:
        unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        ApiToken.objects.filter(unnoted, pk=token_id).update(last_used_at=now)
    return user


def is_expired(token: str) -> bool:
    """Whether a token that ``user_for_bearer`` does not know is refused for its age alone."""
    if not _may_be_one(token):
        return False
    expired = ApiToken.objects.filter(expires_at__lte=Now(), revoked_at=None, user__is_active=True)
    return expired.filter(token_hash=_digest(token)).exists()


def _may_be_one(token: str) -> bool:
    return token.startswith(PREFIX) and len(token) <= LONGEST


def _look_up(digest: str, tally: Tally | None) -> tuple[int, datetime | None, User] | None:
    statement, parameters, names = _look_up_statement()
    values = parameters | {"digest": digest}
    if tally is None:
        rows = prepared_rows(statement, values)
    else:
        rows = tally.look_up(statement, values, columns=len(names) + 3)
    if not rows:
        return None
    token_id, last_used_at, scopes, *columns, viewer = rows[0]
    user = get_user_model().from_db(connection.alias, names, columns)
    user.is_viewer = viewer  # type: ignore[attr-defined]
    user.token_scopes = frozenset(scopes)  # type: ignore[attr-defined]
    return token_id, last_used_at, user


@cache
def _look_up_statement() -> tuple[str, dict[str, Any], list[str]]:
    """The ORM's own statement, built once, its parameters but ``digest``, and the user's columns in
    it: building it anew would cost every request several times what running it does.
    """
    names = [field.attname for field in get_user_model()._meta.concrete_fields]
    query = (
        ApiToken.objects.filter(
            token_hash="",  # nosec B106 # stands for the digest of each look-up
            revoked_at__isnull=True,
            user__is_active=True,
        )
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))
        .order_by()
        .annotate(is_viewer=viewer_test("user__"))
        .values_list(
            "pk", "last_used_at", "scopes", *(f"user__{name}" for name in names), "is_viewer"
        )
        .query
    )
    statement, (*parameters, _digest) = query.sql_with_params()
    named = {f"given_{number}": value for number, value in enumerate(parameters)}
    return statement % (*(f"%({name})s" for name in named), "%(digest)s"), named, names


def revoke(*, token: ApiToken, now: datetime) -> None:
    """Refuse the token from now on; revoking twice keeps the first date."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now)


def _digest(token: str) -> str:
    # A plain hash is right here: 32 random bytes leave nothing to guess, unlike a password.
    return hashlib.sha256(token.encode()).hexdigest()


def api_tokens_of(*, owner: AbstractBaseUser) -> QuerySet[ApiToken]:
    """The owner's tokens, the usable ones first."""
    return ApiToken.objects.filter(user=owner.pk).order_by(
        F("revoked_at").desc(nulls_first=True), "-created_at"
    )


def expiry_of(token: str) -> datetime | None:
    """When the token with this text ends; ``None`` for one that does not, or is none of ours."""
    rows = ApiToken.objects.filter(token_hash=_digest(token))
    return rows.values_list("expires_at", flat=True).first()
