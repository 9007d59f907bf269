"""The connection to Keepa: exchanges over HTTP, and the attempts that make up one question.

``KeepaTransport`` sends one request and returns what was received, however broken; it never
lets the key out. ``Caller`` asks a question in one or several attempts, each reserved and settled
in the token budget, and makes an answer or a ``KeepaError`` of them.

Retried are network faults and 5xx, a bounded number of times with jitter; never a refusal
(400, 402, 404, 405), never 429, never a timeout (Keepa may still be working on it) and never an
answer that makes no sense.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import httpx

from discovery.keepa import costs
from discovery.keepa.balance import Envelope, read_envelope
from discovery.keepa.budget import BalanceUnknown, Outcome, Reservation, TokenBudget
from discovery.keepa.errors import (
    BadRequest,
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

CONNECT_TIMEOUT = 10.0  # seconds
# A full answer of 100 products with ten years of history stays well below.
LARGEST_ANSWER = 512 * 1024 * 1024
LONGEST_WAIT = 86_400.0  # seconds; Keepa locks a key for a day at most
_KEY_IN_ADDRESS = re.compile(r"([?&]key=)[^&\s\"']*")
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
HIDDEN = "[hidden]"
FIRST_PAUSE = 0.5  # seconds before the first retry; doubled before each further one
COME_BACK_IN = 60.0  # seconds, after a fault of Keepa's that names no time itself
LONGEST_DETAIL = 200

_REJECTIONS: dict[int, type[KeepaRejected]] = {
    400: BadRequest,
    402: InvalidKey,
    404: NotFound,
    405: ParameterOutOfRange,
}


class Failure(StrEnum):
    """How an exchange failed."""

    NOT_SENT = "not_sent"  # Keepa never saw the request: it cost nothing
    BROKEN = "broken"  # Keepa may have worked, and charged, for nothing
    TIMEOUT = "timeout"  # the same, and it may still be at it


@dataclass(frozen=True, slots=True)
class Exchange:
    """The status and body received; the body may be partial when there is a ``failure``.

    ``retry_after``: seconds, where the answer names them.
    """

    status: int | None
    text: str
    failure: Failure | None = None
    retry_after: float | None = None


class _HideKey(logging.Filter):
    """httpx logs every address it asks; Keepa's addresses hold the key."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if "key=" in text:
            record.msg = _KEY_IN_ADDRESS.sub(rf"\1{HIDDEN}", text)
            record.args = ()
        return True


_hide_key = _HideKey()
for _name in ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2"):
    logging.getLogger(_name).addFilter(_hide_key)


class KeepaTransport:
    """A pool of connections to Keepa, under one key."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        timeout: float,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._key = api_key
        self._http = httpx.Client(
            base_url=base_url,
            transport=transport,
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT)),
            headers={"Accept-Encoding": "gzip", "Accept": "application/json"},
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
            # A proxy set in the environment cannot reach a server on this machine.
            trust_env=not _is_local(base_url),
        )

    def __repr__(self) -> str:
        return f"KeepaTransport({self._http.base_url!s})"

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()

    def ask(
        self,
        endpoint: str,
        params: Mapping[str, str | int],
        json: Mapping[str, Any] | None = None,
    ) -> Exchange:
        """GET the endpoint, or POST ``json`` to it."""
        request = self._http.build_request(
            "GET" if json is None else "POST",
            f"/{endpoint}",
            params={"key": self._key, **params},
            json=json,
        )
        try:
            response = self._http.send(request, stream=True)
        except _NOT_SENT:
            return Exchange(None, "", Failure.NOT_SENT)
        except httpx.TimeoutException:
            return Exchange(None, "", Failure.TIMEOUT)
        except httpx.HTTPError:
            return Exchange(None, "", Failure.BROKEN)
        return self._receive(response)

    def scrub(self, text: str) -> str:
        """The text without the key, should Keepa have echoed it."""
        return text.replace(self._key, HIDDEN) if self._key else text

    @staticmethod
    def _receive(response: httpx.Response) -> Exchange:
        # What came before the connection broke may still hold what the call has cost.
        received = bytearray()
        failure = None
        try:
            for chunk in response.iter_bytes():
                received += chunk
                if len(received) > LARGEST_ANSWER:
                    failure = Failure.BROKEN
                    break
        except httpx.DecodingError:
            pass  # all of it arrived, and is garbage: the reader of the text will see
        except httpx.HTTPError as error:
            timed_out = isinstance(error, httpx.TimeoutException)
            failure = Failure.TIMEOUT if timed_out else Failure.BROKEN
        finally:
            response.close()
        seconds = response.headers.get("Retry-After", "")
        return Exchange(
            response.status_code,
            received.decode("utf-8", errors="replace"),
            failure,
            min(float(seconds), LONGEST_WAIT) if seconds.isdecimal() else None,
        )


def _is_local(base_url: str) -> bool:
    host = httpx.URL(base_url).host
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
        spent = 0
        for number in range(self._retries + 1):
            try:
                answer, error = self._attempt(call)
            except KeepaError as unasked:  # no tokens for another attempt, or no balance
                unasked.tokens_spent += spent
                raise
            spent += answer.tokens_spent
            if error is None:
                return replace(answer, tokens_spent=spent)
            error.tokens_spent = spent
            # A timeout, which is a kind of this error, is not tried again.
            if type(error) is not KeepaUnavailable or number == self._retries:
                raise error
            self._sleep(FIRST_PAUSE * 2**number * (0.5 + self._jitter()))
        raise KeepaUnavailable(tokens_spent=spent, retry_after=COME_BACK_IN)

    def _attempt(self, call: Call) -> tuple[Answer, KeepaError | None]:
        with self._reserve(call) as reservation:
            began = time.monotonic()
            exchange = self._transport.ask(call.endpoint, call.params, call.body)
            reservation.duration_ms = int((time.monotonic() - began) * 1000)
            reservation.http_status = exchange.status
            body = _json_of(exchange)
            envelope = read_envelope(body, exchange.text)
            error = self._error_of(call, exchange, body, envelope)
            reservation.outcome = _outcome_of(error, exchange)
            is_free = exchange.failure is Failure.NOT_SENT or isinstance(error, InvalidKey)
            if envelope is not None:
                reservation.settle(envelope)
            elif is_free or not call.cost:
                reservation.free()
        spent = envelope.tokens_consumed if envelope is not None else 0
        if reservation.is_lost:
            spent = self._recover(call, reservation)
        return Answer(body if isinstance(body, dict) else {}, spent, envelope), error

    def _reserve(self, call: Call) -> Reservation:
        for asked_already in (False, True):
            try:
                return self._budget.reserve(
                    call.cost,
                    purpose=call.purpose,
                    endpoint=call.endpoint,
                    items=call.items,
                    marketplace=call.marketplace,
                )
            except BalanceUnknown:
                if not asked_already:
                    self.ask_balance(purpose=call.purpose)
        raise KeepaUnavailable(retry_after=COME_BACK_IN)

    def ask_balance(self, *, purpose: str) -> Envelope:
        """Ask Keepa for the balance; costs no token. Raises ``KeepaError``."""
        answer = self.ask(Call("token", {}, costs.TOKEN_STATUS, purpose))
        if answer.envelope is None:
            raise GarbledAnswer(retry_after=COME_BACK_IN)
        return answer.envelope

    def _recover(self, call: Call, reservation: Reservation) -> int:
        """Find out at once, for free, what an answer that was lost has cost."""
        with suppress(KeepaError):
            self.ask_balance(purpose=call.purpose)
        return self._budget.cost_of(reservation.call_id) or 0

    def _error_of(
        self, call: Call, exchange: Exchange, body: Any, envelope: Envelope | None
    ) -> KeepaError | None:
        """The error an exchange amounts to, if any."""
        if exchange.failure is Failure.TIMEOUT:
            return KeepaTimeout(retry_after=COME_BACK_IN)
        status = exchange.status
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
            wait = COME_BACK_IN if wait is None else max(wait, 1.0)
            return TokensExhausted(http_status=status, retry_after=wait)
        if status == 400 and (call.endpoint == "token" or _refills_nothing(body)):
            return InvalidKey(http_status=status, detail=detail)
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
        return json.loads(exchange.text)
    except (ValueError, RecursionError):
        return None


def _refills_nothing(body: Any) -> bool:
    # So Keepa answers a key it refuses; on /token, which has no other parameter, any 400 does.
    return isinstance(body, dict) and body.get("refillRate") == 0


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
