"""Where the tokens of a day have gone: used, still there, or expired.

Keepa holds an hour's refill and lets the rest expire, and tells of neither. The balances it reports
with every answer show it: what the refills between two of them would have brought beyond what the
plan holds is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from discovery.keepa.balance import CLOCK_SKEW, REFILL_PERIOD_MS, Balance, capacity_of
from discovery.keepa.budget import SPARING
from discovery.models import TokenBucket, TokenLedgerEntry

BY_ITSELF = SPARING | {"background"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A call of the ledger: when it was answered, what it cost, what balance was told after it."""

    at: datetime
    tokens: int
    purpose: str
    balance: Balance | None


@dataclass(frozen=True, slots=True)
class TokenDay:
    """Tokens since ``since``: spent for people, spent by what runs by itself, left, expired.

    ``known_from`` is later than ``since`` where Keepa was first asked that day.
    """

    since: datetime
    known_from: datetime
    by_people: int
    by_itself: int
    left: int
    expired: int

    @property
    def used(self) -> int:
        """Tokens spent, by whomever."""
        return self.by_people + self.by_itself

    @property
    def kept(self) -> int:
        """What is kept back for whoever asks next: the balance, 0 when it is negative."""
        return max(self.left, 0)

    @property
    def total(self) -> int:
        """All there was to use."""
        return self.used + self.kept + self.expired

    def percent(self, tokens: int) -> float:
        """A part of the total, in percent."""
        return 100 * tokens / self.total if self.total else 0.0


def account_of_day(entries: Sequence[Entry], *, since: datetime, now: datetime) -> TokenDay | None:
    """The account since ``since``, from the calls in order of time; those before it tell what there
    was then. ``None`` before any balance was told.
    """
    told = [entry.balance for entry in entries if entry.balance is not None]
    if not told:
        return None
    earlier = [balance for balance in told if balance.as_of <= since]
    start = earlier[-1].at(since) if earlier else told[0]
    known, expired = start, 0
    for balance in told:
        if balance.as_of >= known.as_of:
            expired += overflow(known, until=balance.as_of)
            known = balance
    today = [entry for entry in entries if entry.at >= since]
    by_itself = sum(entry.tokens for entry in today if entry.purpose in BY_ITSELF)
    return TokenDay(
        since=since,
        known_from=start.as_of,
        by_people=sum(entry.tokens for entry in today) - by_itself,
        by_itself=by_itself,
        left=known.at(now).left,
        expired=expired + overflow(known, until=now),
    )


def overflow(balance: Balance, *, until: datetime) -> int:
    """Tokens that expire until then, if nobody spends any: what no longer fits."""
    elapsed = int((until - balance.as_of) / timedelta(milliseconds=1))
    refills = max((elapsed - balance.refill_in_ms) // REFILL_PERIOD_MS + 1, 0)
    brought = int(refills * max(balance.refill_rate - balance.flow_reduction, 0.0))
    room = max(capacity_of(balance.refill_rate) - balance.left, 0)
    return max(brought - room, 0)


def token_day(*, since: datetime, now: datetime) -> TokenDay | None:
    """The account of the tokens since a moment, from the ledger; ``None`` before the first balance.

    Two statements: the bucket, and the calls since then with the last balance told before.
    """
    bucket = TokenBucket.objects.values_list("account", "flow_reduction").first()
    if bucket is None:
        return None
    account, flow_reduction = bucket
    calls = TokenLedgerEntry.objects.filter(account=account, created_at__lte=now + CLOCK_SKEW)
    before = calls.filter(created_at__lt=since, server_ms__isnull=False)
    rows = calls.filter(
        Q(created_at__gte=since) | Q(pk__in=before.order_by("-created_at", "-pk").values("pk")[:1])
    )
    columns = rows.order_by("created_at", "pk").values_list(
        "created_at", "tokens_consumed", "purpose", "tokens_left", "refill_rate", "refill_in_ms"
    )
    entries = []
    for at, tokens, purpose, left, refill_rate, refill_in_ms in columns.iterator():
        told = None
        if left is not None and refill_rate is not None and refill_in_ms is not None:
            told = Balance(left, refill_rate, refill_in_ms, flow_reduction, at)
        entries.append(Entry(at, tokens, purpose, told))
    return account_of_day(entries, since=since, now=now)
