"""How long a session lasts: ``SESSION_IDLE`` without a request, ``SESSION_COOKIE_AGE`` in all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import auth
from django.contrib.auth import middleware
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from discovery.accounts.sessions import SEEN_AT, SIGNED_IN_AT, start_clock
from discovery.keepa.balance import CLOCK_SKEW

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest

# Noting every request would cost each a write, for a time that nobody needs to the minute.
SEEN_NOTED_EVERY = timedelta(minutes=5)
# What a page asks for by itself while nobody may be looking: it keeps no session alive.
POLLED = frozenset({"discovery:progress", "discovery:list_progress"})


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    """Django's, but a session that is too old, or was idle for too long, is nobody's.

    Like Django's it reads the session when somebody asks for the user, not before.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Put the user on the request, for pages and API alike."""
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user(request))  # type: ignore[assignment]


def _user(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    if auth.SESSION_KEY in request.session and _has_ended(request):
        request.session.flush()
    return auth.get_user(request)


def _has_ended(request: HttpRequest) -> bool:
    session, now = request.session, timezone.now().timestamp()
    if SIGNED_IN_AT not in session:  # opened by a version that did not note it
        start_clock(session, now=now)
    if session[SEEN_AT] > now + CLOCK_SKEW.total_seconds():
        # A clock was set back since: it is not to be missed for as long as that was.
        session[SEEN_AT] = int(now)
        session[SIGNED_IN_AT] = min(session[SIGNED_IN_AT], int(now))
    idle = now - session[SEEN_AT]
    if (
        idle > settings.SESSION_IDLE.total_seconds()
        or now - session[SIGNED_IN_AT] > settings.SESSION_COOKIE_AGE
    ):
        return True
    every = min(SEEN_NOTED_EVERY, settings.SESSION_IDLE / 10).total_seconds()
    match = request.resolver_match
    if idle >= every and (match is None or match.view_name not in POLLED):
        session[SEEN_AT] = int(now)
    return False
