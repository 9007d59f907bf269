"""What happens when somebody has signed in, whichever page it was on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from discovery.accounts.throttle import forget_failures

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from django.contrib.auth.models import User
    from django.http import HttpRequest

# In the session, in seconds since 1970.
SIGNED_IN_AT, SEEN_AT = "signed-in-at", "seen-at"


def start_clock(session: MutableMapping[str, Any], *, now: float) -> None:
    """Let the session's age and idleness count from ``now``, in seconds since 1970."""
    session[SIGNED_IN_AT] = session[SEEN_AT] = int(now)


def note_sign_in(*, request: HttpRequest, user: User, **_signal: Any) -> None:
    """The clocks of the session start, failures are forgotten, the browser becomes known."""
    start_clock(request.session, now=timezone.now().timestamp())
    name = user.get_username()
    if request.META:  # a request of the site, not one made up to open a session
        forget_failures(request, name=name)
    request.signed_in_as = name  # type: ignore[attr-defined]
