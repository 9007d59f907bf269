"""Known devices: browsers in which somebody has signed in before, told by a signed cookie.

The cookie opens nothing. It only keeps strangers' wrong passwords from locking out the owner of a
name, and is made anew at each sign-in. What it holds of a name is a digest.
"""

from __future__ import annotations

import secrets
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

COOKIE = "device"
SALT = "discovery.devices"
LASTS = timedelta(days=180)
AT_MOST = 5  # people who share a browser


def same_name(name: str) -> str:
    """The name as limits compare it: writing it in another way gives no further attempts."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def known_device(request: HttpRequest, *, name: str) -> str | None:
    """The device's own number under this name; ``None`` where it was never signed in with."""
    return _devices(request).get(_owner(name))


def remember_device(request: HttpRequest, response: HttpResponseBase, *, name: str) -> None:
    """Give the browser a new number under this name; those of the others who share it stay."""
    owner = _owner(name)
    others = {key: number for key, number in _devices(request).items() if key != owner}
    kept = dict([*others.items(), (owner, secrets.token_urlsafe(12))][-AT_MOST:])
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _devices(request: HttpRequest) -> dict[str, str]:
    try:
        devices: dict[str, str] = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LASTS
        )
    except signing.BadSignature:
        return {}
    return devices


def _owner(name: str) -> str:
    return salted_hmac(SALT, same_name(name), algorithm="sha256").hexdigest()[:16]
