"""The sandbox as a WSGI application: Keepa's envelope, statuses and token arithmetic."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from discovery.sandbox import spoil
from discovery.sandbox.answer import Answer
from discovery.sandbox.answers import Answers
from discovery.sandbox.bucket import Balance, TokenBucket
from discovery.sandbox.catalogue import DEFAULT_SEED, Catalogue, catalogue_of
from discovery.sandbox.compression import packed
from discovery.sandbox.control import control
from discovery.sandbox.errors import Refused
from discovery.sandbox.faults import Fault, Faults
from discovery.sandbox.requests import Request
from discovery.sandbox.times import keepa_minutes, utc_now

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_KEPT_CALLS: Final = 20_000
_MOST_BYTES_POSTED: Final = 1_000_000
_WELL_FORMED: Final = re.compile(r"[a-z0-9]{64}")


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the sandbox saw it; `params` are without the key."""

    endpoint: str
    params: dict[str, str]
    tokens: int
    status: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes over the wire; `delay` is in seconds, `is_cut` when half of it arrives."""

    status: int
    body: bytes
    content_type: str = "application/json;charset=UTF-8"
    delay: float = 0.0
    is_cut: bool = False


class ConnectionCut(ConnectionResetError):
    """The server must close the connection without a word."""


class SandboxApp:
    """A WSGI callable; what the tests look at are its public attributes."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        bucket: TokenBucket,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        key: str | None,
        without: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.catalogue = catalogue
        self.bucket = bucket
        self.faults = Faults()
        self.without = dict(without)
        """Endpoints the plan of the key does not hold, and the status they answer: 404 or 402."""
        self.calls: deque[Call] = deque(maxlen=_KEPT_CALLS)
        self.charged_total = 0
        self.gzip_level = 1
        """0 where nothing is sent over a wire: the same format, and nothing made smaller."""
        self.tally: dict[str, dict[str, int]] = {}
        self.answers = Answers(catalogue, clock)
        self._sleep = sleep
        self._key = key
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        reply = self._reply(environ)
        if reply.delay:
            self._sleep(reply.delay)
        # Keepa compresses whatever the client says it accepts.
        encoding, body = packed(
            reply.body, environ.get("HTTP_ACCEPT_ENCODING", ""), gzip_level=self.gzip_level
        )
        headers = [
            ("Content-Type", reply.content_type),
            ("Content-Encoding", encoding),
            ("Content-Length", str(len(body))),
        ]
        if reply.delay:
            headers.append(("X-Sandbox-Delay", f"{reply.delay:g}"))
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
        return _half(body) if reply.is_cut else [body]

    def _reply(self, environ: WSGIEnvironment) -> Reply:
        path = environ.get("PATH_INFO", "/").strip("/")
        body = _posted(environ)
        if path.startswith("sandbox/"):
            status, answer = control(
                self, environ["REQUEST_METHOD"], path.removeprefix("sandbox/"), body
            )
            return Reply(status, json.dumps(answer).encode())
        params = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        key = params.pop("key", "")
        return self._serve(Request(path, params, body), key)

    def _serve(self, request: Request, key: str) -> Reply:
        began = time.perf_counter()
        try:
            self._admit(request, key)
            fault = self.faults.next_for(request.endpoint)
            if fault is not None and not fault.is_charged:
                return self._fail(request, fault, began)
            # Refused before the work is done; the charge below decides for good.
            if request.endpoint != "token" and self.bucket.look().tokens_left <= 0:
                raise _too_many_requests()
            answer = self.answers.endpoints[request.endpoint](request)
            balance = self.bucket.take(answer.cost)
            if not balance.accepted:
                raise _too_many_requests()
        except Refused as refusal:
            return self._refuse(request, refusal, began)
        self._record(request, balance.consumed, HTTPStatus.OK)
        body = _assemble(_envelope(balance, began), answer)
        if fault is None:
            return Reply(HTTPStatus.OK, body)
        if fault.kind == "reset":
            raise ConnectionCut("The connection was cut after the work was done.")
        if fault.kind == "slow":
            return Reply(HTTPStatus.OK, body, delay=fault.seconds)
        if fault.kind == "cut":
            return Reply(HTTPStatus.OK, body, is_cut=True)
        if fault.kind in {"late_502", "504"}:
            status = HTTPStatus.GATEWAY_TIMEOUT if fault.kind == "504" else HTTPStatus.BAD_GATEWAY
            return Reply(status, spoil.PROXY_PAGE, "text/html")
        return Reply(HTTPStatus.OK, spoil.SPOILERS[fault.kind](body))

    def _admit(self, request: Request, key: str) -> None:
        status = self.without.get(request.endpoint)
        if status == HTTPStatus.PAYMENT_REQUIRED:
            raise Refused(402, "paymentRequired", "The plan does not hold this.", request.endpoint)
        if status is not None or request.endpoint not in self.answers.endpoints:
            raise Refused(404, "notFound", "There is no such endpoint.", request.endpoint)
        if not key:
            raise Refused(400, "invalidKey", "The key is missing.", told=_NO_PLAN)
        if self._key is None or key == self._key:
            return
        if _WELL_FORMED.fullmatch(key):
            raise Refused(402, "paymentRequired", "The key has no plan.", told=_NO_PLAN)
        raise Refused(400, "invalidParameter", "The key is malformed.", told=_NO_PLAN)

    def _fail(self, request: Request, fault: Fault, began: float) -> Reply:
        """Trouble that strikes before any work is done: nothing is charged."""
        if fault.kind == "reset_before":
            self._record(request, 0, 0)
            raise ConnectionCut("The connection was cut before the work was done.")
        if fault.kind in {"502", "garbage"}:
            status = HTTPStatus.BAD_GATEWAY if fault.kind == "502" else HTTPStatus.OK
            self._record(request, 0, status)
            return Reply(status, spoil.PROXY_PAGE, "text/html")
        return self._refuse(request, _ON_PURPOSE[fault.kind](), began)

    def _refuse(self, request: Request, refusal: Refused, began: float) -> Reply:
        self._record(request, 0, refusal.status)
        envelope = _envelope(self.bucket.look(), began) | refusal.told
        envelope["error"] = refusal.as_json()
        return Reply(refusal.status, json.dumps(envelope).encode())

    def _record(self, request: Request, tokens: int, status: int) -> None:
        with self._lock:
            self.charged_total += tokens
            self.calls.append(Call(request.endpoint, request.params, tokens, int(status)))
            row = self.tally.setdefault(request.endpoint, {"calls": 0, "answered": 0, "tokens": 0})
            row["calls"] += 1
            row["answered"] += status == HTTPStatus.OK
            row["tokens"] += tokens


def _half(body: bytes) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    raise ConnectionCut("The connection was cut within the answer.")


def _too_many_requests() -> Refused:
    return Refused(
        429, "notEnoughTokens", "There are not enough tokens left.", "See refillIn and refillRate."
    )


# A key without a plan has no tokens and is refilled with none.
_NO_PLAN: Final = {"tokensLeft": 0, "refillRate": 0}
_ON_PURPOSE: Final[dict[str, Callable[[], Refused]]] = {
    "429": _too_many_requests,
    "402": lambda: Refused(402, "paymentRequired", "The plan of this key has lapsed."),
    "500": lambda: Refused(500, "internalError", "Something went wrong."),
    "503": lambda: Refused(503, "maintenance", "Down for maintenance."),
}


def _envelope(balance: Balance, began: float) -> dict[str, Any]:
    return {
        "timestamp": balance.timestamp,
        "tokensLeft": balance.tokens_left,
        "refillIn": balance.refill_in,
        "refillRate": balance.refill_rate,
        "tokenFlowReduction": 0.0,
        "tokensConsumed": balance.consumed,
        "processingTimeInMs": int((time.perf_counter() - began) * 1000),
    }


def _assemble(envelope: dict[str, Any], answer: Answer) -> bytes:
    """The envelope first, as Keepa does: a reader may learn the balance of a cut answer."""
    fields = envelope | answer.fields
    head = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    if answer.products is None:
        return head
    return head[:-1] + b',"products":[' + b",".join(answer.products) + b"]}"


def _posted(environ: WSGIEnvironment) -> bytes:
    if environ.get("REQUEST_METHOD") not in {"POST", "PUT"}:
        return b""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    stream = environ["wsgi.input"]
    # In-process transports name no length, and their stream ends by itself.
    wanted = min(length, _MOST_BYTES_POSTED) if length else _MOST_BYTES_POSTED
    return bytes(stream.read(wanted))


def create_app(
    *,
    seed: int = DEFAULT_SEED,
    refill_rate: int = 20,
    tokens: int | None = None,
    clock: Callable[[], datetime] = utc_now,
    key: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
    without: Iterable[str] = (),
) -> SandboxApp:
    """A sandbox of its own, with its own bucket, faults and counters.

    `refill_rate` is in tokens a minute; `tokens` is the balance to begin with (default: a full
    bucket, an hour's refill). `clock` gives aware datetimes. `key` None accepts any key but an
    empty one; with a key of its own it refuses others as Keepa does: malformed ones (400), and
    well-formed ones nobody pays for (402). `sleep` is what the fault `slow` waits with.
    """
    return SandboxApp(
        catalogue=catalogue_of(seed, keepa_minutes(clock())),
        bucket=TokenBucket(refill_rate=refill_rate, tokens=tokens, clock=clock),
        clock=clock,
        sleep=sleep,
        key=key,
        without=dict.fromkeys(without, 404),
    )
