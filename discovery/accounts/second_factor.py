"""The second factor: an authenticator app, passkeys, and recovery codes for when both are lost.

Asked for after the password, where ``MFA`` is on. Rows, codes and passkeys are those of
django-allauth; which code counts, and how often one may be wrong, is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Authenticator.Type
FACTORS = (Kind.TOTP, Kind.WEBAUTHN)  # recovery codes alone are none
SHOW_CODES = "show-recovery-codes"  # in the session: the next page shows them, once
LAST_STEP = "last_step"  # in an app's row: the 30 seconds whose code was used last


class Step(StrEnum):
    """What stands between a right password and a session."""

    ASK = "ask"
    ENROL = "enrol"


class LastFactor(Exception):
    """The site requires a second factor, and this is the user's only one."""


class WrongCode(Exception):
    """The code of the app that is being set up is not the one its secret gives now."""


class SealedWithAnotherKey(Exception):
    """What is stored of a factor cannot be read: ``SECRET_KEY`` is not that it was made with."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One way to prove who one is; ``kind`` is ``totp`` or ``webauthn``."""

    pk: int
    kind: str
    name: str
    added_at: datetime
    used_at: datetime | None


def is_on() -> bool:
    """Whether this site knows second factors; where nobody has a password here, it needs none."""
    return settings.MFA != "off" and settings.LOCAL_LOGIN


def step_after_password(user: User) -> Step | None:
    """What this user has to do before their password opens a session; asks nothing where off."""
    if not is_on():
        return None
    if has_factor(user):
        return Step.ASK
    return Step.ENROL if settings.MFA == "required" else None


def has_factor(user: User) -> bool:
    """Whether the user has set up an app or a passkey."""
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def factors_of(user: User) -> list[Factor]:
    """The user's app and passkeys, the oldest first."""
    rows = Authenticator.objects.filter(user=user, type__in=FACTORS).order_by("pk")
    return [
        Factor(
            pk=row.pk,
            kind=row.type,
            name=row.data.get("name", ""),
            added_at=row.created_at,
            used_at=row.last_used_at,
        )
        for row in rows
    ]


def new_secret() -> str:
    """The secret of an app that is to be set up, in base32."""
    return str(totp.generate_totp_secret())


def app_address(user: User, secret: str) -> str:
    """What the picture of a QR code holds: an ``otpauth://`` address."""
    return str(get_adapter().build_totp_url(user, secret))


def app_picture(address: str) -> str:
    """The QR code of the address, as SVG."""
    return str(get_adapter().build_totp_svg(address))


def add_app(*, user: User, secret: str, code: str) -> None:
    """Set up the app that holds the secret, in place of a former one.

    ``code`` shows that it works, and counts no second time. Raises ``WrongCode``.
    """
    step = _step_of(secret, code)
    if step is None:
        raise WrongCode
    with transaction.atomic():
        _lock(user)
        Authenticator.objects.filter(user=user, type=Kind.TOTP).delete()
        row = totp.TOTP.activate(user, secret).instance
        row.data[LAST_STEP] = step
        row.save(update_fields=["data"])
        RecoveryCodes.activate(user)


def check_code(*, user: User, code: str, now: datetime) -> bool:
    """Whether this is the app's code, or a recovery code; each is accepted once.

    Two requests at once with one code: the row is locked, and only the first is right. Raises
    ``SealedWithAnotherKey``.
    """
    code = "".join(code.split()).replace("-", "")
    if not (code.isascii() and code.isdigit()):
        return False
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update().filter(user=user)
        for row in rows.filter(type__in=(Kind.TOTP, Kind.RECOVERY_CODES)).order_by("pk"):
            if _accepts(row, code):
                # Not ``row.save()``: recovery codes are written by another copy of the row.
                Authenticator.objects.filter(pk=row.pk).update(last_used_at=now)
                return True
    return False


def recovery_codes_of(user: User) -> Sequence[str]:
    """Those not used yet; empty before there is an app or a passkey, and once the key is gone."""
    row = Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).first()
    try:
        return row.wrap().get_unused_codes() if row else ()
    except InvalidToken:
        return ()


def renew_recovery_codes(user: User) -> None:
    """Make new ones; those of before open nothing any more."""
    with transaction.atomic():
        _lock(user)
        Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).delete()
        if has_factor(user):
            RecoveryCodes.activate(user)


def remove_factor(*, user: User, pk: int) -> bool:
    """Remove one of the user's own, and the recovery codes with the last; returns whether it was.

    Raises ``LastFactor`` where the site requires one.
    """
    with transaction.atomic():
        _lock(user)
        mine = Authenticator.objects.filter(user=user, type__in=FACTORS)
        if not mine.filter(pk=pk).exists():
            return False
        is_last = not mine.exclude(pk=pk).exists()
        if is_last and settings.MFA == "required":
            raise LastFactor
        mine.filter(pk=pk).delete()
        if is_last:
            Authenticator.objects.filter(user=user).delete()
    return True


def reset_factors(*, user: User) -> int:
    """Remove all that the user has set up, for who has lost it; returns how many factors."""
    with transaction.atomic():
        _lock(user)
        removed: int = Authenticator.objects.filter(user=user, type__in=FACTORS).delete()[0]
        Authenticator.objects.filter(user=user).delete()
    return removed


def _lock(user: User) -> None:
    """One change of a user's factors at a time."""
    User.objects.select_for_update().get(pk=user.pk)


def _accepts(row: Authenticator, code: str) -> bool:
    try:
        if row.type == Kind.TOTP:
            return _use_step(row, code)
        return bool(row.wrap().validate_code(code))
    except InvalidToken:
        raise SealedWithAnotherKey from None


def _use_step(row: Authenticator, code: str) -> bool:
    step = _step_of(get_adapter().decrypt(row.data["secret"]), code)
    if step is None or step <= _last_step(row):
        return False
    row.data[LAST_STEP] = step
    row.save(update_fields=["data"])
    return True


def _last_step(row: Authenticator) -> int:
    """Codes up to this step are used. One beyond the present is of a clock since set back."""
    last: int = row.data.get(LAST_STEP, -1)
    return last if last <= max(totp.yield_hotp_counters_from_time()) else -1


def _step_of(secret: str, code: str) -> int | None:
    """The newest of the steps around now that has this code."""
    steps = [
        step
        for step in totp.yield_hotp_counters_from_time()
        if totp.compare_user_code(
            actual="".join(code.split()),
            expected=totp.format_hotp_value(totp.hotp_value(secret, step)),
        )
    ]
    return max(steps, default=None)
