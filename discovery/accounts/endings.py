"""What a new password, and being sent away or let back in, ends for good: in one place.

Connected to the user's own saving, so that no page, command or administration form is missed:
sessions, API tokens and password links of before then open nothing any more. Code that changes
users past their saving (``QuerySet.update``) calls ``end_access`` itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from discovery.accounts.token_memo import forget_tokens
from discovery.models import AccessEnd, ApiToken

if TYPE_CHECKING:
    from collections.abc import Collection

OPENS = ("password", "is_active")  # the user's fields whose change ends the access of before


def end_access(*, user: User, now: datetime) -> None:
    """End the user's sessions, API tokens and password links.

    The session in which somebody has just changed their own password is brought back by Django's
    ``update_session_auth_hash``, under a new key.
    """
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    forget_tokens()
    AccessEnd.objects.update_or_create(user=user, defaults={"ended_at": now})
    Session.objects.filter(pk__in=_sessions_of(user, now=now)).delete()


def note_state(
    *, instance: User, update_fields: Collection[str] | None, raw: bool, **_signal: Any
) -> None:
    """Before a user is saved: keep aside what opens the account as it is stored."""
    concerned = update_fields is None or not set(OPENS).isdisjoint(update_fields)
    before = None
    if concerned and not raw and not instance._state.adding:
        before = User.objects.filter(pk=instance.pk).values(*OPENS).first()
    instance._opened_before = before  # type: ignore[attr-defined]


def end_former_access(
    *, instance: User, update_fields: Collection[str] | None, **_signal: Any
) -> None:
    """After a user was saved: end what the former password, or activity, had opened."""
    before = instance.__dict__.pop("_opened_before", None)
    if before is None:
        return
    told = update_fields or OPENS
    changed = {name for name in OPENS if name in told and before[name] != getattr(instance, name)}
    if changed and not (changed == {"password"} and _is_the_same_password(instance, update_fields)):
        end_access(user=instance, now=timezone.now())


def _is_the_same_password(user: User, update_fields: Collection[str] | None) -> bool:
    """Whether Django only wrote the same password down in a newer way, as it does at a sign-in.

    It then saves this one field, and has made sure that ``_password`` is not set.
    """
    return (
        update_fields is not None
        and set(update_fields) == {"password"}
        and user._password is None  # type: ignore[attr-defined]
        and is_password_usable(user.password)
    )


def _sessions_of(user: User, *, now: datetime) -> list[str]:
    """The keys of the user's sessions: they are few, and only their contents say whose they are."""
    store = SessionStore()
    rows = Session.objects.filter(expire_date__gt=now).values_list("session_key", "session_data")
    return [
        key for key, data in rows.iterator() if store.decode(data).get(SESSION_KEY) == str(user.pk)
    ]
