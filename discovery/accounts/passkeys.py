"""Passkeys: as a second factor, or in place of name and password.

Browsers only have them at https addresses and at localhost. A passkey is asked to verify its
owner (finger, face, PIN) when it is made, so that each can also open a session by itself.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.webauthn.internal import auth as webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

if TYPE_CHECKING:
    from django.http import HttpRequest

LONGEST_NAME = 60  # characters
LONGEST_ANSWER = 20_000  # characters of JSON; an authenticator's answer has a few thousand

# What the decoders of allauth and fido2 raise when they read what a stranger made up.
BROKEN = (
    ValidationError, ValueError, TypeError, LookupError, AttributeError, RecursionError,
    ArithmeticError, struct.error, InvalidSignature, UnsupportedAlgorithm, NotImplementedError,
)  # fmt: skip


class NoPasskey(Exception):
    """What the browser sent proves nothing: another challenge, another site, an unknown key."""


def options_to_add(request: HttpRequest, *, user: User) -> dict[str, Any]:
    """What the browser needs to make one; the challenge is noted in the session."""
    with _asked_by(request):
        options: dict[str, Any] = webauthn.begin_registration(user, passwordless=True)
    return options


def add_passkey(request: HttpRequest, *, user: User, name: str, answer: str) -> None:
    """Keep the passkey that the browser has made. Raises ``NoPasskey``."""
    credential = _read(answer)
    with _asked_by(request), _refused():
        webauthn.parse_registration_response(credential)
        made = webauthn.complete_registration(credential)
        if not made.is_user_verified():
            raise NoPasskey
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        webauthn.WebAuthn.add(user, name[:LONGEST_NAME], credential)
        RecoveryCodes.activate(user)


def options_to_use(request: HttpRequest, *, user: User | None) -> dict[str, Any]:
    """What the browser needs to show one: of this user, or whichever it knows for the site."""
    with _asked_by(request):
        options: dict[str, Any] = webauthn.begin_authentication(user)
    return options


def use_passkey(request: HttpRequest, *, user: User, answer: str, now: datetime) -> None:
    """Accept an answer made with one of the user's. Raises ``NoPasskey``."""
    _use(request, user, _read(answer), now)


def user_of_passkey(request: HttpRequest, *, answer: str, now: datetime) -> User:
    """Whose passkey answered, its owner verified by it. Raises ``NoPasskey``."""
    credential = _read(answer)
    with _refused():
        user = webauthn.extract_user_from_response(credential)
        response = webauthn.parse_authentication_response(credential)
    assert isinstance(user, User)  # noqa: S101 # nosec B101 # tells the type checker
    if not response.response.authenticator_data.is_user_verified():
        raise NoPasskey
    _use(request, user, credential, now)
    return user


def _use(request: HttpRequest, user: User, credential: dict[str, Any], now: datetime) -> None:
    with _asked_by(request), _refused():
        used = webauthn.complete_authentication(user, credential)
    Authenticator.objects.filter(pk=used.pk).update(last_used_at=now)


def _read(answer: str) -> dict[str, Any]:
    try:
        credential = json.loads(answer[:LONGEST_ANSWER])
    except (ValueError, RecursionError):
        raise NoPasskey from None
    if not isinstance(credential, dict) or not isinstance(credential.get("response"), dict):
        raise NoPasskey
    return credential


@contextmanager
def _asked_by(request: HttpRequest) -> Iterator[None]:
    """allauth reads the host and the session from the request of its middleware, absent here."""
    with context.request_context(request):
        yield


@contextmanager
def _refused() -> Iterator[None]:
    """Whatever a made-up answer breaks in the decoders is one refusal."""
    try:
        yield
    except BROKEN:
        raise NoPasskey from None
