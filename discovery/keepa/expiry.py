"""Where the tokens of a day have gone: used, still there, or expired.

Keepa holds an hour's refill and lets the rest expire, and tells of neither. The balances it reports
with every answer show it: what the refills between two of them would have brought beyond what the
plan holds is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from discovery.keepa.balance import (
    CLOCK_SKEW,
    EXPIRY_MINUTES,
    REFILL_PERIOD_MS,
    Balance,
    capacity_of,
)
from discovery.keepa.budget import SPARING
from discovery.models import TokenBucket

BY_ITSELF = SPARING | {"background"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A call of the ledger: when it was answered, what it cost, what balance was told after it.

    ``expired`` is known where calls before this one are left out: what expired between the first
    balance since midnight and this one.
    """

    at: datetime
    tokens: int
    purpose: str
    balance: Balance | None
    expired: int | None = None


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
    told = [(entry.balance, entry.expired) for entry in entries if entry.balance is not None]
    if not told:
        return None
    earlier = [balance for balance, _expired in told if balance.as_of <= since]
    start = earlier[-1].at(since) if earlier else told[0][0]
    known, expired = start, 0
    for balance, summed in told:
        if balance.as_of >= known.as_of:
            expired += overflow(known, until=balance.as_of) if summed is None else summed
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


# What the calls of a day cost by purpose; the last balance told before it, the first and the last
# told in it; and what expired between these two, which is ``overflow`` between each balance and the
# next: a day may have a hundred thousand of them.
DAY = """
WITH calls AS MATERIALIZED (
    SELECT id, created_at, tokens_consumed, purpose, tokens_left, refill_rate, refill_in_ms,
           num_nulls(tokens_left, refill_rate, refill_in_ms) = 0 AS is_told
      FROM keepa_token_ledger
     WHERE account = %(account)s AND created_at >= %(since)s AND created_at <= %(until)s),
     told AS (
    SELECT *, lead(created_at) OVER (ORDER BY created_at, id) AS next_at,
           row_number() OVER (ORDER BY created_at, id) AS place
      FROM calls WHERE is_told),
     refilled AS (
    SELECT greatest(refill_rate * %(holds)s - tokens_left, 0) AS room,
           trunc(greatest(floor(
               (trunc(extract(epoch FROM next_at - created_at) * 1000) - refill_in_ms)
               / %(period)s) + 1, 0)::float8
               * greatest(refill_rate - %(flow_reduction)s::float8, 0))::bigint AS brought
      FROM told WHERE next_at IS NOT NULL),
     before AS (
    SELECT created_at, tokens_left, refill_rate, refill_in_ms FROM keepa_token_ledger
     WHERE account = %(account)s AND created_at < %(since)s AND server_ms IS NOT NULL
     ORDER BY created_at DESC, id DESC LIMIT 1),
     edges AS (
    SELECT created_at, tokens_left, refill_rate, refill_in_ms, place,
           CASE WHEN place > 1 THEN
               (SELECT coalesce(sum(greatest(brought - room, 0)), 0)::bigint FROM refilled)
           END AS expired
      FROM told WHERE place = 1 OR next_at IS NULL)
SELECT created_at, 0, '', tokens_left, refill_rate, refill_in_ms, NULL::bigint, 0 AS place
  FROM before
UNION ALL
SELECT created_at, 0, '', tokens_left, refill_rate, refill_in_ms, expired, place FROM edges
UNION ALL
SELECT %(since)s::timestamptz, sum(tokens_consumed)::bigint, purpose, NULL, NULL, NULL, NULL, 0
  FROM calls GROUP BY purpose
 ORDER BY place
"""


def token_day(*, since: datetime, now: datetime) -> TokenDay | None:
    """The account of the tokens since a moment, from the ledger; ``None`` before the first balance.

    Two statements: the bucket, and what the calls since then add up to.
    """
    bucket = TokenBucket.objects.values_list("account", "flow_reduction").first()
    if bucket is None:
        return None
    account, flow_reduction = bucket
    asked: dict[str, Any] = {
        "account": account,
        "flow_reduction": flow_reduction,
        "since": since,
        "until": now + CLOCK_SKEW,
        "holds": EXPIRY_MINUTES,
        "period": REFILL_PERIOD_MS,
    }
    with connection.cursor() as cursor:
        cursor.execute(DAY, asked)
        rows = cursor.fetchall()
    entries = []
    for at, tokens, purpose, left, refill_rate, refill_in_ms, expired, _place in rows:
        told = None
        if left is not None and refill_rate is not None and refill_in_ms is not None:
            told = Balance(left, refill_rate, refill_in_ms, flow_reduction, at)
        entries.append(Entry(at, tokens, purpose, told, expired))
    return account_of_day(entries, since=since, now=now)
