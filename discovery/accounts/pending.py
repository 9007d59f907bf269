"""Between a right password and the session it opens: who has still to show a second factor.

Noted in the session of a browser that is not signed in. It holds for ten minutes, and ends with
the password it began with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.utils.crypto import constant_time_compare

from discovery.accounts.backends import RoleBackend
from discovery.accounts.second_factor import Step, step_after_password
from discovery.keepa.balance import CLOCK_SKEW

if TYPE_CHECKING:
    from django.http import HttpRequest

KEY = "second-factor"
LASTS = timedelta(minutes=10)
BACKEND = "discovery.accounts.backends.RoleBackend"


@dataclass(frozen=True, slots=True)
class Pending:
    """Who has given their password, what they have to do, and where they wanted to go."""

    user: User
    step: Step
    next: str


def begin(request: HttpRequest, *, user: User, next: str, now: datetime) -> None:
    """Note that this user has given their password."""
    request.session.cycle_key()  # nobody who knew the session of before goes on with it
    request.session[KEY] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),
        "at": now.timestamp(),
        "next": next,
    }


def pending_of(request: HttpRequest, *, now: datetime) -> Pending | None:
    """Who is half signed in in this browser; ``None`` when nobody is, or for too long."""
    noted = request.session.get(KEY)
    if noted is None:
        return None
    age = now - datetime.fromtimestamp(noted["at"], tz=UTC)
    if not -CLOCK_SKEW <= age <= LASTS:  # another host's clock may be a little ahead
        return None
    user = RoleBackend().get_user(noted["user"])
    if user is None or not constant_time_compare(noted["password"], user.get_session_auth_hash()):
        return None
    step = step_after_password(user)
    return Pending(user, step, noted["next"]) if step else None


def open_session(request: HttpRequest, user: User) -> None:
    """Sign the user in; all that was asked for has been shown."""
    request.session.pop(KEY, None)
    login(request, user, backend=BACKEND)
