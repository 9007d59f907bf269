"""Bearer tokens of the JSON API: made, recognised, revoked. Only their hash is ever stored."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from discovery.accounts.api_rate import Tally
from discovery.accounts.roles import viewer_test
from discovery.accounts.token_memo import KnownToken, forget_tokens, memo
from discovery.models import ApiToken, Scope
from discovery.prepared import prepared_rows

if TYPE_CHECKING:
    from django.contrib.auth.models import User
PREFIX = "arb_"  # so that secret scanners, and people, recognise one
PREFIX_SHOWN = 12  # characters kept readable, to tell one's tokens apart
LONGEST = 200  # characters; nothing longer is worth hashing
# Writing down every use would cost each request a write for a date nobody reads to the second.
USE_NOTED_EVERY = timedelta(minutes=1)
LASTING = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())


class TokenExpired(Exception):
    """The token was good until ``expired_at``; its owner may make another."""

    def __init__(self, expired_at: datetime) -> None:
        super().__init__(expired_at)
        self.expired_at = expired_at


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
    """Return whose token it is, in one statement; ``None`` when unknown, revoked, or when its user
    may no longer sign in. Raises ``TokenExpired``.

    The user comes with ``is_viewer``, their role, and ``token_scopes``, what the token opens. The
    call is counted in that same statement on the ``tally``, if there is one: raises
    ``RateLimited``. Then a busy token is looked up once in ``settings.API_TOKEN_MEMO`` seconds, and
    its other calls cost no statement. ``last_used_at`` is brought up to date once a minute at most,
    with a second statement.
    """
    if not _may_be_one(token):
        if tally is not None:
            tally.count_refused()
        return None
    digest = _digest(token)
    known = _look_up(digest) if tally is None else _look_up_or_remember(digest, tally)
    if known is None:
        return None
    if known.expires_at is not None and known.expires_at <= now:
        raise TokenExpired(known.expires_at)
    if known.last_used_at is None or known.last_used_at < now - USE_NOTED_EVERY:
        unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        ApiToken.objects.filter(unnoted, pk=known.token_id).update(last_used_at=now)
        memo.note_use(digest, at=now)
    return _user_of(known)


def _user_of(known: KnownToken) -> User:
    user = _user_model().from_db(connection.alias, _user_columns(), known.user)
    user.is_viewer = known.is_viewer  # type: ignore[attr-defined]
    user.token_scopes = known.scopes  # type: ignore[attr-defined]
    return user


def _may_be_one(token: str) -> bool:
    return token.startswith(PREFIX) and len(token) <= LONGEST


def _look_up_or_remember(digest: str, tally: Tally) -> KnownToken | None:
    """The token, counted on the tally, at a statement or none."""
    began, generation = time.monotonic(), memo.generation
    found = memo.get(digest) if settings.API_TOKEN_MEMO else None
    token_id = None
    if found is not None:
        known, looked_up_at = found
        token_id = known.token_id
        is_recent = began - looked_up_at < settings.API_TOKEN_MEMO
        if is_recent and tally.is_covered(token_id):
            return known
    read = _look_up(digest, tally, token_id)
    if read is not None and settings.API_TOKEN_MEMO:
        memo.keep(digest, read, at=began, generation=generation)
    return read


def _look_up(
    digest: str, tally: Tally | None = None, token_id: int | None = None
) -> KnownToken | None:
    statement, parameters, names = _look_up_statement()
    values = parameters | {"digest": digest}
    if tally is None:
        rows = prepared_rows(statement, values)
    else:
        more = len(names) + len(_OF_THE_TOKEN)  # with the role, without the token's id
        rows = tally.look_up(statement, values, columns=more, token_id=token_id)
    if not rows:
        return None
    pk, last_used_at, expires_at, scopes, *columns, is_viewer = rows[0]
    return KnownToken(
        token_id=pk,
        last_used_at=last_used_at,
        expires_at=expires_at,
        scopes=frozenset(scopes),
        user=tuple(columns),
        is_viewer=is_viewer,
    )


_OF_THE_TOKEN = ("pk", "last_used_at", "expires_at", "scopes")


@cache
def _user_model() -> type[User]:
    return get_user_model()


@cache
def _user_columns() -> list[str]:
    return [field.attname for field in _user_model()._meta.concrete_fields]


@cache
def _look_up_statement() -> tuple[str, dict[str, Any], list[str]]:
    """The ORM's own statement, built once, its parameters but ``digest``, and the user's columns in
    it: building it anew would cost every request several times what running it does.
    """
    names = _user_columns()
    query = (
        ApiToken.objects.filter(
            token_hash="",  # nosec B106 # stands for the digest of each look-up
            revoked_at__isnull=True,
            user__is_active=True,
        )
        .order_by()
        .annotate(is_viewer=viewer_test("user__"))
        .values_list(*_OF_THE_TOKEN, *(f"user__{name}" for name in names), "is_viewer")
        .query
    )
    statement, (*parameters, _digest) = query.sql_with_params()
    named = {f"given_{number}": value for number, value in enumerate(parameters)}
    return statement % (*(f"%({name})s" for name in named), "%(digest)s"), named, names


def revoke(*, token: ApiToken, now: datetime) -> None:
    """Refuse the token from now on; revoking twice keeps the first date."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now)
    forget_tokens()


def _digest(token: str) -> str:
    # A plain hash is right here: 32 random bytes leave nothing to guess, unlike a password.
    return hashlib.sha256(token.encode()).hexdigest()


def api_tokens_of(*, owner: AbstractBaseUser) -> QuerySet[ApiToken]:
    """The owner's tokens, the usable ones first."""
    return ApiToken.objects.filter(user=owner.pk).order_by(
        F("revoked_at").desc(nulls_first=True), "-created_at"
    )


def usable_tokens_of(*, owner: AbstractBaseUser) -> QuerySet[ApiToken]:
    """The owner's tokens that are neither revoked nor expired."""
    return api_tokens_of(owner=owner).filter(LASTING, revoked_at=None)


def expiry_of(token: str) -> datetime | None:
    """When the token with this text ends; ``None`` for one that does not, or is none of ours."""
    rows = ApiToken.objects.filter(token_hash=_digest(token))
    return rows.values_list("expires_at", flat=True).first()
