"""The attempts that make up one question, and the answer or the ``KeepaError`` they amount to.

Each attempt is reserved and settled in the token budget.

Retried are network faults and 5xx, a bounded number of times with jitter; never a refusal
(400, 402, 404, 405), never 429, never a timeout (Keepa may still be working on it) and never an
answer that makes no sense.

An answer lost on the way may have been paid for. The balance, which is free, tells: what has cost
nothing is asked again as often as any fault; what was paid for, or may have been, once more and
never again, so that no question costs more than twice its price; and while not even the balance
can be had, nothing that costs tokens is asked again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from discovery.keepa import costs
from discovery.keepa.balance import Envelope, read_envelope
from discovery.keepa.budget import BalanceUnknown, Outcome, Reservation, TokenBudget
from discovery.keepa.errors import (
    BadRequest,
    EndpointNotInPlan,
    GarbledAnswer,
    InvalidKey,
    KeepaError,
    KeepaRefused,
    KeepaRejected,
    KeepaTimeout,
    KeepaUnavailable,
    NotFound,
    ParameterOutOfRange,
    TokensExhausted,
)
from discovery.keepa.raw_fields import as_integer
from discovery.keepa.storable import read_json
from discovery.keepa.transport import Exchange, Failure, KeepaTransport

FIRST_PAUSE = 0.5  # seconds before the first retry; doubled before each further one
COME_BACK_IN = 60.0  # seconds, after a fault of Keepa's that names no time itself
LONGEST_DETAIL = 200
# What not every plan includes; others answer it 402 or 404.
NOT_IN_EVERY_PLAN = frozenset({"deal", "seller"})
# Further tries after an attempt that was paid for, and after one of which nobody can tell.
ONCE_MORE, NEVER = 1, 0

_Decided = TypeVar("_Decided")
_REJECTIONS: dict[int, type[KeepaRejected]] = {
    400: BadRequest,
    402: InvalidKey,
    404: NotFound,
    405: ParameterOutOfRange,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One question, whatever the number of attempts; ``cost`` is the most it can cost."""

    endpoint: str
    params: Mapping[str, str | int]
    cost: int
    purpose: str
    items: int = 0
    marketplace: str = ""
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The decoded JSON, its cost in tokens, and the balance it reported, if any."""

    body: Mapping[str, Any]
    tokens_spent: int
    envelope: Envelope | None


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt: what came of it, its number in the ledger, and how many more may follow it.

    ``paid``: it has cost tokens, or may have.
    """

    answer: Answer
    error: KeepaError | None
    call_id: int
    paid: bool
    allowed: int


class Caller:
    """Asks through ``transport`` on the account of ``budget``."""

    def __init__(
        self,
        *,
        transport: KeepaTransport,
        budget: TokenBudget,
        retries: int = 2,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._transport = transport
        self._budget = budget
        self._retries = retries
        self._sleep = sleep
        self._jitter = jitter

    def ask(self, call: Call) -> Answer:
        """Return the answer; its ``tokens_spent`` counts every attempt, as does the error's.

        Raises ``KeepaError``.
        """
        spent = in_vain = 0
        left, pause, before = self._retries, FIRST_PAUSE, None
        while True:
            try:
                attempt = self._attempt(call, repeats=before)
            except KeepaError as unasked:  # no tokens for another attempt, or no balance
                unasked.tokens_spent += spent
                unasked.in_vain = in_vain
                raise
            spent += attempt.answer.tokens_spent
            error = attempt.error
            if error is None:
                return replace(attempt.answer, tokens_spent=spent)
            in_vain += attempt.paid
            error.tokens_spent, error.in_vain = spent, in_vain
            left = min(left, attempt.allowed)
            # A timeout, which is a kind of this error, is not tried again.
            if type(error) is not KeepaUnavailable or not left:
                raise error
            self._sleep(pause * (0.5 + self._jitter()))
            left, pause, before = left - 1, pause * 2, attempt.call_id

    def _attempt(self, call: Call, *, repeats: int | None) -> _Attempt:
        with self._reserve(call, repeats=repeats) as reservation:
            began = time.monotonic()
            exchange = self._transport.ask(call.endpoint, call.params, call.body)
            reservation.duration_ms = int((time.monotonic() - began) * 1000)
            reservation.http_status = exchange.status
            body = _json_of(exchange)
            envelope = read_envelope(body, exchange.text)
            error = self._error_of(call, exchange, body, envelope)
            reservation.outcome = _outcome_of(error, exchange)
            is_refused = isinstance(error, KeepaRejected)
            is_free = isinstance(error, TokensExhausted) or not call.cost
            spent = _told_cost(body)
            if envelope is not None and not is_refused:
                reservation.settle(envelope)
            elif is_refused or is_free or exchange.failure is Failure.NOT_SENT:
                reservation.charge(spent)
        paid, allowed = False, self._retries
        if reservation.is_lost:
            spent, paid, allowed = self._recover(call, reservation)
        else:
            if envelope is not None:
                spent = envelope.tokens_consumed
            if spent > 0:
                paid, allowed = True, ONCE_MORE
        if call.endpoint != "token":
            error = self._made_sure(error, body, envelope, call=call)
        answer = Answer(body if isinstance(body, dict) else {}, spent, envelope)
        return _Attempt(answer, error, reservation.call_id, paid, allowed)

    def _made_sure(
        self, error: KeepaError | None, body: Any, envelope: Envelope | None, *, call: Call
    ) -> KeepaError | None:
        """The error, after ``/token``, which is free, has told what the answer leaves open."""
        purpose = call.purpose
        if call.endpoint in NOT_IN_EVERY_PLAN and isinstance(error, InvalidKey | NotFound):
            return self._plan_or_key(error, call)
        if isinstance(error, TokensExhausted) and envelope is None:
            # The page of some gateway: it may know less about the tokens than Keepa.
            with suppress(KeepaError):
                wait = self.ask_balance(purpose=purpose).balance.seconds_until(1)
                error.retry_after = max(error.retry_after or 0.0, wait or 0.0)
        elif isinstance(error, BadRequest) and _refills_nothing(body):
            # So Keepa answers a key it does not know, and perhaps a parameter.
            try:
                self.ask_balance(purpose=purpose)
            except TokensExhausted:
                return error
            except KeepaError:
                return InvalidKey(http_status=error.http_status)
        return error

    def _plan_or_key(self, error: KeepaError, call: Call) -> KeepaError:
        """Whether the plan lacks the endpoint, the key is refused, or nobody can tell for now."""
        try:
            self.ask_balance(purpose=call.purpose)
        except TokensExhausted:
            pass  # a key that has a balance is accepted
        except KeepaError as unsure:
            return unsure
        return EndpointNotInPlan(http_status=error.http_status, detail=call.endpoint)

    def _reserve(self, call: Call, *, repeats: int | None) -> Reservation:
        return self._knowing_the_balance(
            lambda: self._budget.reserve(
                call.cost,
                purpose=call.purpose,
                endpoint=call.endpoint,
                items=call.items,
                marketplace=call.marketplace,
                repeats=repeats,
            ),
            purpose=call.purpose,
        )

    def batch_size(self, each: int, *, most: int, purpose: str) -> int:
        """``TokenBudget.batch_size``, the balance asked for first if need be.

        Raises ``KeepaError``.
        """
        return self._knowing_the_balance(
            lambda: self._budget.batch_size(each, most=most, purpose=purpose), purpose=purpose
        )

    def _knowing_the_balance(self, decide: Callable[[], _Decided], *, purpose: str) -> _Decided:
        for asked_already in (False, True):
            try:
                return decide()
            except BalanceUnknown:
                if not asked_already:
                    self.ask_balance(purpose=purpose)
        raise KeepaUnavailable(retry_after=COME_BACK_IN)

    def ask_balance(self, *, purpose: str) -> Envelope:
        """Ask Keepa for the balance; costs no token. Raises ``KeepaError``."""
        answer = self.ask(Call("token", {}, costs.TOKEN_STATUS, purpose))
        if answer.envelope is None:
            raise GarbledAnswer(retry_after=COME_BACK_IN)
        return answer.envelope

    def _recover(self, call: Call, reservation: Reservation) -> tuple[int, bool, int]:
        """Find out at once, for free, what an answer that was lost has cost.

        Returns the tokens, whether it was paid for or may have been, and how many tries may follow.
        """
        number, allowed = reservation.call_id, ONCE_MORE
        try:
            self.ask_balance(purpose=call.purpose)
        except KeepaError:
            allowed = NEVER
        if self._budget.was_free(number):
            return 0, False, self._retries
        return self._budget.cost_of(number) or 0, True, allowed

    def _error_of(
        self, call: Call, exchange: Exchange, body: Any, envelope: Envelope | None
    ) -> KeepaError | None:
        """The error an exchange amounts to, if any."""
        status = exchange.status
        # A gateway that gave up waiting (504) tells nothing of Keepa, which may be at it still.
        if exchange.failure is Failure.TIMEOUT or (status == 504 and envelope is None):
            return KeepaTimeout(http_status=status, retry_after=COME_BACK_IN)
        if exchange.failure is not None or status is None:
            return KeepaUnavailable(retry_after=COME_BACK_IN)
        detail = self._detail(body)
        if status == 200:
            if not isinstance(body, dict):
                return GarbledAnswer(http_status=status, retry_after=COME_BACK_IN)
            return KeepaRefused(http_status=status, detail=detail) if body.get("error") else None
        if status == 429:
            # Keepa accepts a call again with the refill that lifts the balance above zero.
            wait = envelope.balance.seconds_until(1) if envelope else None
            wait = wait or exchange.retry_after or COME_BACK_IN
            return TokensExhausted(http_status=status, retry_after=max(wait, 1.0))
        if status == 400 and call.endpoint == "token":
            # It has no other parameter than the key.
            return InvalidKey(http_status=status)
        if 400 <= status < 500:
            return _REJECTIONS.get(status, KeepaRejected)(http_status=status, detail=detail)
        if status >= 500:
            wait = exchange.retry_after or COME_BACK_IN
            return KeepaUnavailable(http_status=status, detail=detail, retry_after=wait)
        return GarbledAnswer(http_status=status, retry_after=COME_BACK_IN)

    def _detail(self, body: Any) -> str:
        """What Keepa says is wrong, without the key it may repeat."""
        error = body.get("error") if isinstance(body, dict) else None
        if isinstance(error, dict):
            texts = (error.get("message"), error.get("details"), error.get("type"))
            error = next((text for text in texts if isinstance(text, str) and text), "")
        text = error if isinstance(error, str) else ""
        return self._transport.scrub(" ".join(text.split()))[:LONGEST_DETAIL]


def _json_of(exchange: Exchange) -> Any:
    if exchange.failure is not None:
        return None
    try:
        return read_json(exchange.text)
    except (ValueError, RecursionError):
        return None


def _refills_nothing(body: Any) -> bool:
    return isinstance(body, dict) and body.get("refillRate") == 0


def _told_cost(body: Any) -> int:
    """The tokens an answer says it has cost; 0 when it does not say."""
    told = body.get("tokensConsumed") if isinstance(body, dict) else None
    return max(as_integer(told) or 0, 0)


def _outcome_of(error: KeepaError | None, exchange: Exchange) -> str:
    match error:
        case None:
            return Outcome.OK
        case TokensExhausted():
            return Outcome.EXHAUSTED
        case KeepaRejected():
            return Outcome.REFUSED
        case KeepaTimeout():
            return Outcome.TIMEOUT
        case GarbledAnswer():
            return Outcome.GARBLED
    return Outcome.UNREACHABLE if exchange.failure else Outcome.SERVER_ERROR
