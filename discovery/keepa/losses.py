"""The answers that were lost on the way: what the ledger tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from discovery.models import TokenLedgerEntry

Outcome = TokenLedgerEntry.Outcome


@dataclass(frozen=True, slots=True)
class LostAnswers:
    """``calls`` got no answer and cost ``tokens``; ``asked_again`` calls made one of them again."""

    calls: int
    tokens: int
    asked_again: int


def lost_answers(*, now: datetime, within: timedelta = timedelta(days=1)) -> LostAnswers:
    """The losses of the last day, or of ``within``, in one statement."""
    is_lost = Q(outcome__in=(Outcome.RECONCILED, Outcome.ESTIMATED))
    told = TokenLedgerEntry.objects.filter(created_at__gt=now - within).aggregate(
        calls=Count("pk", filter=is_lost),
        tokens=Sum("tokens_consumed", filter=is_lost, default=0),
        asked_again=Count("repeats"),
    )
    return LostAnswers(**told)
