"""Calls made with an ``Idempotency-Key``: begun once, remembered for a day with their answer.

A call is claimed by one statement that inserts its row, before any work; of two at the same moment
one gets it. Whoever holds the claim keeps the answer, or lets go so that a retry can do the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from discovery.models import IdempotentCall

KEPT = timedelta(hours=24)
# No call takes that long: the process that answered it has died, and it may be made again.
ABANDONED = timedelta(minutes=10)

# What is too old to count, or was abandoned, is begun anew in the same statement.
CLAIM = """
INSERT INTO api_idempotent_call AS call
       (user_id, key, fingerprint, started_at, status, headers, body)
VALUES (%(user)s, %(key)s, %(fingerprint)s, clock_timestamp(), NULL, '{}', '')
ON CONFLICT (user_id, key) DO UPDATE
   SET fingerprint = excluded.fingerprint, started_at = excluded.started_at,
       status = NULL, headers = '{}', body = ''
 WHERE call.started_at < excluded.started_at - %(kept)s
    OR (call.status IS NULL AND call.fingerprint = excluded.fingerprint
        AND call.started_at < excluded.started_at - %(abandoned)s)
RETURNING id, started_at
"""


class KeyReused(Exception):
    """The key was used for another call of this user within the last day."""


class CallInProgress(Exception):
    """The same call is being answered at this moment."""

    retry_after = 2  # seconds


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do a call's work; ``started_at`` tells it from the claim of a later attempt."""

    pk: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What the call answered when it was made first."""

    status: int
    headers: dict[str, str]
    body: bytes


def claim_call(*, user_id: int, key: str, fingerprint: str) -> Claim | KeptAnswer:
    """The claim, for who is first, else the answer. One statement for a new call.

    Raises ``KeyReused``, or ``CallInProgress`` while the first has not answered.
    """
    parameters: dict[str, int | str | timedelta] = {
        "user": user_id, "key": key, "fingerprint": fingerprint, "kept": KEPT,
        "abandoned": ABANDONED,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, parameters)
        row = cursor.fetchone()
    if row is not None:
        return Claim(*row)
    call = IdempotentCall.objects.filter(user_id=user_id, key=key).first()
    if call is None:  # let go of since: the next attempt gets it
        raise CallInProgress
    if call.fingerprint != fingerprint:
        raise KeyReused
    if call.status is None:
        raise CallInProgress
    return KeptAnswer(call.status, call.headers, bytes(call.body))


def keep_answer(claim: Claim, answer: KeptAnswer) -> None:
    """Answer so whenever the call is made again."""
    _claimed(claim).update(status=answer.status, headers=answer.headers, body=answer.body)


def let_go(claim: Claim) -> None:
    """Keep nothing: made again, the call does its work."""
    _claimed(claim).delete()


def forget_calls(*, now: datetime) -> int:
    """Delete the calls of more than a day ago; returns how many."""
    return IdempotentCall.objects.filter(started_at__lt=now - KEPT).delete()[0]


def _claimed(claim: Claim) -> QuerySet[IdempotentCall]:
    return IdempotentCall.objects.filter(pk=claim.pk, started_at=claim.started_at, status=None)
