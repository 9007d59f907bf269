"""How often one may be wrong: failures counted by name, by address, by both and by known device.

An attempt is written down before the password is looked at and taken back when it was right, so
that a hundred guesses at once count as a hundred. A refused attempt is taken back too: it does
not make the wait longer, and a stranger cannot keep a name closed by knocking on it for ever.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext_lazy

from discovery.accounts.addresses import client_address, counted_address
from discovery.accounts.devices import known_device, same_name
from discovery.keepa.balance import CLOCK_SKEW
from discovery.models import FailedAttempt

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest

logger = logging.getLogger(__name__)


class TooManyFailures(ValidationError):
    """So many were wrong that the next is not looked at; a form shows it like any other error.

    ``retry_after`` is in seconds. ``arbvault.middleware.SignInMiddleware`` makes the answer a 429.
    """

    def __init__(self, retry_after: int) -> None:
        minutes = math.ceil(retry_after / 60)
        sentence = ngettext_lazy(
            "Too many failed attempts. Try again in %(minutes)d minute.",
            "Too many failed attempts. Try again in %(minutes)d minutes.",
            "minutes",
        )
        super().__init__(sentence, code="too_many_failures", params={"minutes": minutes})
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Counter:
    """One way to count: ``key`` is a digest, since people type passwords where names belong."""

    key: str
    limit: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was written down of an attempt that goes on."""

    ids: Sequence[int]

    def take_back(self) -> None:
        """It was no failure."""
        FailedAttempt.objects.filter(pk__in=self.ids).delete()


def try_sign_in(request: HttpRequest, *, name: str, now: datetime) -> Attempt:
    """Write down an attempt to sign in under this name, whether anybody has it.

    From a device where its owner has signed in before, strangers' failures do not count.
    Raises ``TooManyFailures``.
    """
    who = same_name(name)
    device = known_device(request, name=name)
    if device is not None:
        counters = [
            _counter("device", who, device, limit=settings.SIGN_IN_FAILURES_DEVICE),
            _counter("devices", who, limit=settings.SIGN_IN_FAILURES_NAME),
        ]
    else:
        address = counted_address(request)
        counters = [
            _pair(who, address),
            _counter("address", address, limit=settings.SIGN_IN_FAILURES_ADDRESS),
            _counter("name", who, limit=settings.SIGN_IN_FAILURES_NAME),
        ]
    return _try(request, counters, now=now)


def try_old_password(request: HttpRequest, *, user: AbstractBaseUser, now: datetime) -> Attempt:
    """Write down that somebody signed in as this user gives the present password.

    Raises ``TooManyFailures``.
    """
    counter = _counter("old password", str(user.pk), limit=settings.SIGN_IN_FAILURES_NAME_ADDRESS)
    return _try(request, [counter], now=now)


def try_second_factor(request: HttpRequest, *, user: AbstractBaseUser, now: datetime) -> Attempt:
    """Write down that somebody who knows this user's password gives a second factor.

    Counted for the user from wherever: a code is short. The devices the user is known from are
    counted apart, so that who has stolen the password does not lock them out as well.
    Raises ``TooManyFailures``.
    """
    who = str(user.pk)
    device = known_device(request, name=user.get_username())
    if device is not None:
        counter = _counter("code device", who, device, limit=settings.SIGN_IN_FAILURES_DEVICE)
    else:
        counter = _counter("code", who, limit=settings.SIGN_IN_FAILURES_NAME_ADDRESS)
    return _try(request, [counter], now=now)


def count_failure(request: HttpRequest, *, of: str, now: datetime) -> None:
    """Count a link that is none, or a request for one, against the address it came from.

    ``of`` names the kind; each is counted for itself. Raises ``TooManyFailures``.
    """
    address = counted_address(request)
    _try(request, [_counter(of, address, limit=settings.SIGN_IN_FAILURES_ADDRESS)], now=now)


def forget_failures(request: HttpRequest, *, name: str) -> None:
    """Let the name start afresh from this address: its owner has just signed in there.

    What the address did to other names stays: else a guesser would sign in as himself in between.
    """
    pair = _pair(same_name(name), counted_address(request))
    FailedAttempt.objects.filter(key=pair.key).delete()


def forget_all_failures() -> int:
    """Let everybody start afresh; returns how many failures were counted."""
    return FailedAttempt.objects.all().delete()[0]


def forget_old_failures(*, now: datetime) -> int:
    """Remove what no longer counts; returns how many rows."""
    over = Q(at__lte=now - settings.SIGN_IN_WINDOW) | Q(at__gt=now + CLOCK_SKEW)
    return FailedAttempt.objects.filter(over).delete()[0]


def _try(request: HttpRequest, counters: Sequence[Counter], *, now: datetime) -> Attempt:
    rows = FailedAttempt.objects.bulk_create(
        FailedAttempt(key=counter.key, at=now) for counter in counters
    )
    attempt = Attempt([row.pk for row in rows])
    # Only now: of attempts made at once, each sees all those that were written down before it.
    others: dict[str, list[datetime]] = {counter.key: [] for counter in counters}
    # What is dated later was written before somebody set the clock back: nobody is to be locked out
    # for as long as that was.
    counted = FailedAttempt.objects.filter(
        key__in=others, at__gt=now - settings.SIGN_IN_WINDOW, at__lte=now + CLOCK_SKEW
    )
    for key, at in counted.exclude(pk__in=attempt.ids).order_by("-at").values_list("key", "at"):
        others[key].append(at)
    # The limit-th last failure must be forgotten before there is room for another.
    full = [
        others[counter.key][counter.limit - 1]
        for counter in counters
        if len(others[counter.key]) >= counter.limit
    ]
    if full:
        attempt.take_back()
        wait = math.ceil((max(full) + settings.SIGN_IN_WINDOW - now).total_seconds())
        logger.warning("Too many failures: an attempt from %s is refused.", client_address(request))
        refusal = TooManyFailures(max(wait, 1))
        request.refusal = refusal  # type: ignore[attr-defined]
        raise refusal
    return attempt


def _pair(who: str, address: str) -> Counter:
    return _counter("name and address", who, address, limit=settings.SIGN_IN_FAILURES_NAME_ADDRESS)


def _counter(kind: str, *values: str, limit: int) -> Counter:
    return Counter(_digest(kind, *values), limit)


def _digest(kind: str, *values: str) -> str:
    text = "\0".join((kind, *values))
    return salted_hmac("discovery.throttle", text, algorithm="sha256").hexdigest()[:32]
