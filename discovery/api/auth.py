"""Who may call the API, and what: a Bearer token, or a browser that is signed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.utils import timezone
from django.views.decorators.http import require_safe
from ninja.errors import AuthenticationError, HttpError
from ninja.security import HttpBearer
from ninja.security import SessionAuth as NinjaSessionAuth
from ninja.utils import check_csrf

from discovery.accounts.addresses import counted_address
from discovery.accounts.api_rate import RateLimited, Tally
from discovery.accounts.api_tokens import TokenExpired, is_expired, user_for_bearer
from discovery.api.problems import rate_limited
from discovery.api.scopes import check_access, scope_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest, HttpResponseBase

    View = Callable[..., HttpResponseBase]


class BearerAuth(HttpBearer):
    """``Authorization: Bearer arb_…``, made by ``manage.py create_api_token``."""

    def authenticate(self, request: HttpRequest, token: str) -> User:
        """The token's owner; raises ``RateLimited``, ``AuthenticationError``, ``TokenExpired``, or
        one of ``check_access``.
        """
        user = user_for_bearer(token, now=timezone.now(), tally=_tally_of(request))
        if user is None:
            # Not None: a wrong token must not fall back on the browser's session.
            raise TokenExpired if is_expired(token) else AuthenticationError
        return _allowed(request, user)


class SessionAuth(NinjaSessionAuth):
    """The site's own session; anything but a read must carry the CSRF token."""

    def __call__(self, request: HttpRequest) -> Any:
        # Signed in or not comes first: a caller without credentials must hear 401, not 403.
        if not request.user.is_authenticated:
            _tally_of(request).count_refused()
            return None
        _tally_of(request).count_user(request.user.pk)
        if check_csrf(request) is not None:
            raise HttpError(403, "csrf")
        return _allowed(request, request.user)


def _tally_of(request: HttpRequest) -> Tally:
    """What the request uses up; ``every_answer`` tells it to the caller."""
    tally: Tally | None = getattr(request, "tally", None)
    if tally is None:
        tally = Tally(address=counted_address(request))
        request.tally = tally  # type: ignore[attr-defined]
    return tally


def _allowed(request: HttpRequest, user: User) -> User:
    """The user, if they may make this call; raises what ``check_access`` does."""
    method = request.method or ""
    scope = scope_of(getattr(request, "operation", None), method)
    check_access(user, method=method, scope=scope)
    return user


def documentation_guard(view: View) -> View:
    """The documentation is for those who may call: in a browser, or with a Bearer token."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            try:
                if user_for_bearer(token, now=timezone.now(), tally=_tally_of(request)):
                    return view(request, *args, **kwargs)
            except RateLimited as error:
                return rate_limited(request, error)
        return browsers_only(request, *args, **kwargs)

    browsers_only = login_required(view)
    return require_safe(guarded)


def caller_of(request: HttpRequest) -> User:
    """The user whose token or session it is."""
    user: User = request.auth  # type: ignore[attr-defined]
    return user
