"""The token budget all processes share, and the ledger of what was spent.

Every attempt at a call *reserves* its worst cost first and *settles* with what Keepa says. The
bucket row holds the newest balance Keepa told us; the present one follows from it (``Balance``).

An answer that was lost leaves its cost unknown. It stays reserved, together with the balance
known when the call began, until a later balance settles it (``reconcile``).

Nothing here talks to Keepa, and no transaction is open while somebody does: a reservation refuses
to start inside one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from discovery.keepa import budget_sql as sql
from discovery.keepa.balance import Balance, Envelope
from discovery.keepa.errors import TokensExhausted
from discovery.keepa.reconciliation import Call, Observation, find_lost_costs
from discovery.models import TokenLedgerEntry

Outcome = TokenLedgerEntry.Outcome

INTERACTIVE = "interactive"
# Balances of −200 are said to lock a key for a day. Keepa accepts a call while the balance is
# above zero, whatever the call costs: the limit is ours to keep.
LOWEST_BALANCE = -150
# Older than this, a balance says little: somebody else may use the same key.
BALANCE_TRUSTED_FOR = timedelta(minutes=10)
# Before somebody is refused for lack of tokens, the balance must be this fresh.
REFUSAL_TRUSTED_FOR = timedelta(seconds=30)
# A lost call that no balance has settled by then is written down at its worst cost.
LOST_FOR_GOOD = timedelta(days=1)


class BalanceUnknown(Exception):
    """Nobody has told us the balance lately: ask ``/token``, which is free, and try again."""


class Reservation:
    """One attempt at a call; settle it, free it, or it is taken for lost.

    ``outcome``, ``http_status`` and ``duration_ms`` go to the ledger. An exit nobody foresaw (a
    worker told to stop) counts as a timeout: Keepa may still be working.
    """

    def __init__(
        self, *, budget: TokenBudget, call_id: int, described: dict[str, Any], cost: int
    ) -> None:
        self._budget = budget
        self._described = described
        self._is_over = False
        self.call_id = call_id
        self.cost = cost
        self.is_lost = False
        self.outcome: str = Outcome.TIMEOUT
        self.http_status: int | None = None
        self.duration_ms = 0

    def settle(self, envelope: Envelope) -> None:
        """Write down what Keepa says the call has cost."""
        self._close(
            tokens_consumed=envelope.tokens_consumed,
            tokens_left=envelope.tokens_left,
            refill_rate=envelope.refill_rate,
            refill_in_ms=envelope.refill_in_ms,
            server_ms=envelope.server_ms,
            flow_reduction=envelope.flow_reduction,
        )

    def free(self) -> None:
        """Write down that the call cost nothing: it never reached Keepa, or is free."""
        self._close(
            tokens_consumed=0,
            tokens_left=None,
            refill_rate=None,
            refill_in_ms=None,
            server_ms=None,
            flow_reduction=0.0,
        )

    def _close(self, **told: Any) -> None:
        self._budget._settle(
            {
                **self._described,
                **told,
                "call_id": self.call_id,
                "outcome": self.outcome,
                "http_status": self.http_status,
                "duration_ms": self.duration_ms,
            }
        )
        self._is_over = True

    def __enter__(self) -> Reservation:
        return self

    def __exit__(self, *_exception: object) -> None:
        if not self._is_over:
            self.is_lost = True
            self._budget._mark_lost(self)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class TokenBudget:
    """The bucket of one Keepa account, as every process of this installation shares it.

    ``account`` tells accounts apart without telling the key. ``lapse`` is how long a call may
    take before its process is taken for dead. ``floor_percent`` of the capacity is left to
    interactive work (default: ``settings.TOKEN_BACKGROUND_FLOOR_PERCENT``).
    """

    def __init__(
        self,
        *,
        account: str,
        lapse: timedelta = timedelta(seconds=130),
        floor_percent: int | None = None,
        clock: Callable[[], datetime] = _utc_now,
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
    ) -> Reservation:
        """Hold back ``cost`` tokens, the most the call can cost, for one attempt.

        Interactive work may use the last token (the balance may even go negative, never below
        −150); any other purpose leaves the floor. To be used in a ``with``: leaving it without
        ``settle`` or ``free``, by whatever exception, notes the call as lost.

        Raises ``TokensExhausted`` at once when the projected balance does not allow it, and
        ``BalanceUnknown`` when the balance must be asked for first. Raises ``RuntimeError``
        inside a transaction: a network call is about to follow.
        """
        described = {
            "account": self._account,
            "purpose": purpose,
            "endpoint": endpoint,
            "marketplace": marketplace,
            "items": items,
        }
        call_id = self._open(cost, described)
        return Reservation(budget=self, call_id=call_id, described=described, cost=cost)

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
                cursor.execute(sql.RESERVED, [self._account, now])
                self._check(
                    cost, described["purpose"], Balance(*row[1:6]), cursor.fetchone()[0], now
                )
            baseline = (row[6], row[1], row[7]) if ours else (None, None, None)
            cursor.execute(
                sql.RESERVE,
                [
                    self._account,
                    described["purpose"],
                    described["endpoint"],
                    described["marketplace"],
                    described["items"],
                    cost,
                    now,
                    now + self._lapse,
                    *baseline,
                ],
            )
            return int(cursor.fetchone()[0])

    def _check(
        self, cost: int, purpose: str, balance: Balance, reserved: int, now: datetime
    ) -> None:
        age = now - balance.as_of
        if age > BALANCE_TRUSTED_FOR:
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
        # A full bucket always lets background work begin, or on a small plan it never would.
        return max(least, min(cost + capacity * percent // 100, capacity))

    def _settle(self, told: dict[str, Any]) -> None:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(sql.SETTLE, {**told, "now": self._clock()})
            calls_are_lost = cursor.fetchone()[0]
        if calls_are_lost:
            self.reconcile()

    def _mark_lost(self, reservation: Reservation) -> None:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(
                sql.MARK_LOST,
                [
                    reservation.outcome,
                    reservation.http_status,
                    reservation.duration_ms,
                    reservation.call_id,
                ],
            )

    def reconcile(self) -> None:
        """Find out, from the balances told since, what lost calls have cost.

        The part of a balance's fall that no answer accounts for is the cost of the lost calls
        before it. A call that nothing tells about is kept open; after a day it is written down
        at its worst cost, as an estimate.
        """
        now = self._clock()
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(sql.LOCK_BUCKET)
            cursor.execute(sql.MARK_LAPSED, [Outcome.TIMEOUT, self._account, now])
            cursor.execute(sql.OPEN_CALLS, [self._account])
            calls = [Call(*row) for row in cursor.fetchall()]
            known_since = [
                call.baseline_server_ms for call in calls if call.baseline_server_ms is not None
            ]
            if known_since:
                cursor.execute(sql.OBSERVATIONS, [self._account, min(known_since)])
                told = [Observation(*row) for row in cursor.fetchall()]
                for found in find_lost_costs(calls=calls, observations=told):
                    late = found.call.outcome == Outcome.TIMEOUT and found.call.expires_at > now
                    if late and found.tokens == 0:
                        # Keepa may still be at work on it: look again at the next balance.
                        cursor.execute(sql.STILL_OPEN, [*found.seen.key_parts, found.call.call_id])
                        continue
                    outcome = Outcome.RECONCILED if found.is_exact else Outcome.ESTIMATED
                    cursor.execute(
                        sql.WRITE_LOST,
                        {
                            "call_id": found.call.call_id,
                            "tokens": found.tokens,
                            "outcome": outcome,
                            "now": now,
                        },
                    )
            cursor.execute(
                sql.WRITE_OFF,
                {"before": now - LOST_FOR_GOOD, "outcome": Outcome.ESTIMATED, "now": now},
            )

    def cost_of(self, call_id: int) -> int | None:
        """What the ledger says a call has cost; ``None`` while nobody knows."""
        with connection.cursor() as cursor:
            cursor.execute(sql.COST_OF, [call_id])
            row = cursor.fetchone()
        return None if row is None else int(row[0])

    def balance(self) -> Balance | None:
        """The balance there should be now, reservations not counted; no network.

        ``None`` before this account's first answer.
        """
        with connection.cursor() as cursor:
            cursor.execute(sql.READ_BUCKET)
            row = cursor.fetchone()
        if row is None or row[0] != self._account:
            return None
        return Balance(*row[1:6]).at(self._clock())
