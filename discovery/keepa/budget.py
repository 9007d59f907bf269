"""The token budget all processes share, and the ledger of what was spent.

Every attempt at a call *reserves* its worst cost first and *settles* with what Keepa says. The
bucket row holds the newest balance Keepa reported; the present one follows from it (``Balance``).

An answer that was lost leaves its cost unknown. It stays reserved, together with the balance
known when the call began, until a later balance settles it (``reconcile``).

Nothing here talks to Keepa, and no transaction is open while somebody does: a reservation refuses
to start inside one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from discovery.keepa import budget_sql as sql
from discovery.keepa.balance import CLOCK_SKEW, Balance, Envelope, token_balance
from discovery.keepa.errors import TokensExhausted
from discovery.keepa.reconciliation import Call, Observation, find_lost_costs
from discovery.models import TokenLedgerEntry

Outcome = TokenLedgerEntry.Outcome

INTERACTIVE = "interactive"
# Jobs of AutoSourcing, and what idle tokens refresh: both leave the floor, and small bites only.
AUTOSOURCING = "autosourcing"
IDLE = "idle"
SPARING = frozenset({AUTOSOURCING, IDLE})
# Of the capacity: the largest batch of sparing work, so that nobody waits long behind it.
LARGEST_BITE = 0.1
# Balances of −200 are said to lock a key for a day. Keepa accepts a call while the balance is
# above zero, whatever the call costs: the limit is ours to keep.
LOWEST_BALANCE = -150
# Older than this, a balance is not relied on: somebody else may use the same key.
BALANCE_TRUSTED_FOR = timedelta(minutes=10)
# Before somebody is refused for lack of tokens, the balance must be this fresh.
REFUSAL_TRUSTED_FOR = timedelta(seconds=30)
# Of the capacity: a smaller batch is not worth a call of its own when there is a choice.
WORTH_WAITING_FOR = 0.1
# A lost call that no balance has settled by then is written down at its worst cost.
LOST_FOR_GOOD = timedelta(days=1)


_NOTHING_REPORTED = dict.fromkeys(spec.name for spec in fields(Envelope))


class BalanceUnknown(Exception):
    """No answer has reported the balance lately: ask ``/token``, which is free, and try again."""


class Reservation:
    """One attempt at a call; settle or charge it, or it is taken for lost.

    ``outcome``, ``http_status`` and ``duration_ms`` go to the ledger. An exit nobody foresaw (a
    worker told to stop) counts as a timeout: Keepa may still be working.
    """

    def __init__(self, *, budget: TokenBudget, call_id: int, described: dict[str, Any]) -> None:
        self._budget = budget
        self._described = described
        self._is_over = False
        self.call_id = call_id
        self.is_lost = False
        self.outcome: str = Outcome.TIMEOUT
        self.http_status: int | None = None
        self.duration_ms = 0

    def settle(self, envelope: Envelope) -> None:
        """Write down what Keepa says the call has cost."""
        self._close(asdict(envelope))

    def charge(self, tokens: int) -> None:
        """Write down what a call has cost whose answer tells nothing of the balance.

        So it is when Keepa never saw it (0), and when Keepa refused it: a refused call reports
        a balance of 0 whatever there is (keepacom/api_backend#25).
        """
        self._close({**_NOTHING_REPORTED, "tokens_consumed": tokens})

    def _close(self, reported: dict[str, Any]) -> None:
        self._budget._settle({**self._described, **reported, **self._ending})
        self._is_over = True

    @property
    def _ending(self) -> dict[str, Any]:
        names = ("call_id", "outcome", "http_status", "duration_ms")
        return {name: getattr(self, name) for name in names}

    def __enter__(self) -> Reservation:
        return self

    def __exit__(self, *_exception: object) -> None:
        if not self._is_over:
            self.is_lost = True
            self._budget._mark_lost(self._ending)


class TokenBudget:
    """The bucket of one Keepa account, as every process of this installation shares it.

    ``account`` identifies the account without revealing the key. ``lapse`` is how long a call may
    take before its process is taken for dead. ``floor_percent`` of the capacity is left to
    interactive work (default: ``settings.TOKEN_BACKGROUND_FLOOR_PERCENT``).
    """

    def __init__(
        self,
        *,
        account: str,
        lapse: timedelta = timedelta(seconds=130),
        floor_percent: int | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._account = account
        self._lapse = lapse
        self._floor_percent = floor_percent
        self._clock = clock

    def reserve(
        self,
        cost: int,
        *,
        purpose: str,
        endpoint: str,
        items: int = 0,
        marketplace: str = "",
        repeats: int | None = None,
    ) -> Reservation:
        """Hold back ``cost`` tokens, the most the call can cost, for one attempt.

        Interactive work may use the last token (the balance may even go negative, never below
        −150); any other purpose leaves the floor. To be used in a ``with``: leaving it without
        ``settle`` or ``charge``, by whatever exception, notes the call as lost. ``repeats`` is the
        call without an answer that this one makes again.

        Raises ``TokensExhausted`` at once when the projected balance does not allow it, and
        ``BalanceUnknown`` when the balance must be asked for first: it is too old, or an answer was
        lost since, which may have been paid for. Raises ``RuntimeError`` inside a transaction: a
        network call is about to follow.
        """
        described = {
            "account": self._account,
            "purpose": purpose,
            "endpoint": endpoint,
            "marketplace": marketplace,
            "items": items,
            "repeats": repeats,
        }
        call_id = self._open(cost, described)
        return Reservation(budget=self, call_id=call_id, described=described)

    def _open(self, cost: int, described: dict[str, Any]) -> int:
        now = self._clock()
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            # A free call needs no tokens, hence no lock and no balance.
            cursor.execute(sql.LOCK_BUCKET if cost else sql.READ_BUCKET)
            row = cursor.fetchone()
            ours = row is not None and row[0] == self._account
            if cost:
                if not ours:
                    raise BalanceUnknown
                # After the lock: what others reserved while we waited must be seen.
                cursor.execute(sql.LOST_SINCE, [self._account, row[5], now])
                if cursor.fetchone()[0]:
                    raise BalanceUnknown
                cursor.execute(sql.RESERVED, [self._account, now, now + CLOCK_SKEW])
                self._check(
                    cost, described["purpose"], Balance(*row[1:6]), cursor.fetchone()[0], now
                )
            server_ms, tokens_left, ledger_id = (row[6], row[1], row[7]) if ours else [None] * 3
            reservation = {
                **described,
                "cost": cost,
                "started_at": now,
                "expires_at": now + self._lapse,
                "baseline_server_ms": server_ms,
                "baseline_tokens_left": tokens_left,
                "baseline_ledger_id": ledger_id,
            }
            cursor.execute(sql.RESERVE, reservation)
            return int(cursor.fetchone()[0])

    def batch_size(self, each: int, *, most: int, purpose: str) -> int:
        """How many items, at most ``each`` tokens each, the next call should hold: 1 to ``most``.

        As many as may be reserved now and the plan can hold at once; for sparing work, no more
        than a tenth of that. When that is hardly any, as many as are worth waiting for: reserving
        them then says how long that is.

        Raises ``BalanceUnknown`` when the balance must be asked for first.
        """
        now = self._clock()
        with connection.cursor() as cursor:
            cursor.execute(sql.READ_BUCKET)
            row = cursor.fetchone()
            if row is None or row[0] != self._account or not _is_recent(row[5], now):
                raise BalanceUnknown
            cursor.execute(sql.RESERVED, [self._account, now, now + CLOCK_SKEW])
            reserved = cursor.fetchone()[0]
        balance = Balance(*row[1:6]).at(now)
        capacity, available = balance.capacity, balance.left - reserved
        bite = int(capacity * LARGEST_BITE) if purpose in SPARING else capacity
        sizes = range(min(most, max(bite // each, 1)), 0, -1)
        fits = (n for n in sizes if self._needed(n * each, purpose, capacity) <= available)
        worth_it = int(capacity * WORTH_WAITING_FOR) // each
        return max(next(fits, 0), min(worth_it, sizes[0]), 1)

    def _check(
        self, cost: int, purpose: str, balance: Balance, reserved: int, now: datetime
    ) -> None:
        age = now - balance.as_of
        if not _is_recent(balance.as_of, now):
            raise BalanceUnknown
        balance = balance.at(now)
        needed = self._needed(cost, purpose, balance.capacity)
        available = balance.left - reserved
        if available >= needed:
            return
        if age > REFUSAL_TRUSTED_FOR:
            raise BalanceUnknown
        if needed > balance.capacity:
            raise TokensExhausted(needed=cost, available=available, permanent=True)
        # What others reserved comes back or is spent; that it is spent is the safer guess.
        wait = balance.seconds_until(min(needed + reserved, balance.capacity))
        raise TokensExhausted(
            needed=cost,
            available=available,
            retry_after=None if wait is None else max(wait, 1.0),
        )

    def _needed(self, cost: int, purpose: str, capacity: int) -> int:
        """The balance a call of this cost must find."""
        least = max(1, cost + LOWEST_BALANCE)
        if purpose == INTERACTIVE:
            return least
        percent = self._floor_percent
        if percent is None:
            percent = settings.TOKEN_BACKGROUND_FLOOR_PERCENT
        if purpose in SPARING and cost > capacity * LARGEST_BITE:
            return max(least, capacity)  # one call that cannot be made smaller: of a full bucket
        # A full bucket always lets background work begin, or on a small plan it never would.
        return max(least, min(cost + capacity * percent // 100, capacity))

    def _settle(self, reported: dict[str, Any]) -> None:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            now = self._clock()
            cursor.execute(sql.SETTLE, {**reported, "now": now, "latest": now + CLOCK_SKEW})
            calls_are_lost = cursor.fetchone()[0]
        if calls_are_lost:
            self.reconcile()

    def _mark_lost(self, ending: dict[str, Any]) -> None:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(sql.MARK_LOST, ending)

    def reconcile(self) -> None:
        """Find out, from the balances reported since, what lost calls have cost.

        The part of a balance's fall that no answer accounts for is the cost of the lost calls
        before it. A call that no balance settles is kept open; after a day it is written down
        at its worst cost, as an estimate.
        """
        now = self._clock()
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(sql.LOCK_BUCKET)
            # One begun in the future stands from before the clock was set back.
            latest = now + CLOCK_SKEW
            cursor.execute(sql.MARK_LAPSED, [Outcome.TIMEOUT, self._account, now, latest])
            cursor.execute(sql.OPEN_CALLS, [self._account])
            calls = [Call(*row) for row in cursor.fetchall()]
            if known_since := [call.baseline[0] for call in calls if call.is_traceable]:
                cursor.execute(sql.OBSERVATIONS, [self._account, min(known_since)])
                observations = [Observation(*row) for row in cursor.fetchall()]
                for found in find_lost_costs(calls=calls, observations=observations):
                    may_work_for = found.call.expires_at - now
                    late = timedelta(0) < may_work_for <= self._lapse + CLOCK_SKEW
                    if late and found.call.outcome == Outcome.TIMEOUT and found.tokens == 0:
                        # Keepa may still be at work on it: look again at the next balance.
                        cursor.execute(sql.STILL_OPEN, [*found.seen.key_parts, found.call.call_id])
                        continue
                    outcome = Outcome.RECONCILED if found.is_exact else Outcome.ESTIMATED
                    call_id = found.call.call_id
                    cursor.execute(sql.WRITE_LOST, [call_id, found.tokens, outcome, now])
            cursor.execute(sql.WRITE_OFF, [now - LOST_FOR_GOOD, Outcome.ESTIMATED, now])

    def cost_of(self, call_id: int) -> int | None:
        """What the ledger says a call has cost; ``None`` while nobody knows."""
        entries = TokenLedgerEntry.objects.filter(call_id=call_id)
        return entries.values_list("tokens_consumed", flat=True).first()

    def was_free(self, call_id: int) -> bool:
        """Whether the balances show beyond doubt that a lost call has cost nothing.

        What calls settled by the same balance have cost together cannot be told apart.
        """
        entries = TokenLedgerEntry.objects
        found = entries.filter(call_id=call_id, outcome=Outcome.RECONCILED, tokens_consumed=0)
        settled = found.values_list("created_at", flat=True).first()
        if settled is None:
            return False
        doubtful = entries.filter(
            account=self._account,
            created_at=settled,
            outcome__in=(Outcome.RECONCILED, Outcome.ESTIMATED),
            tokens_consumed__gt=0,
        )
        return not doubtful.exists()

    def balance(self) -> Balance | None:
        """``token_balance`` of this account; ``None`` before its first answer."""
        return token_balance(now=self._clock(), account=self._account)


def _is_recent(received_at: datetime, now: datetime) -> bool:
    """Whether a balance may be relied on. One told in the future is none: a clock was set."""
    return -CLOCK_SKEW <= now - received_at <= BALANCE_TRUSTED_FOR
