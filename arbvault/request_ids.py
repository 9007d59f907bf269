"""The id of a request: taken from who asks or made here, in its answer and in every log line.

A task of the queue has one too, so that what it logs can be told from what others log.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-ID"
# Nothing that could break a line of a log, or make it hard to search for.
ACCEPTED = re.compile(r"[A-Za-z0-9._:-]{1,64}")
logger = logging.getLogger("arbvault.requests")
_current: ContextVar[str] = ContextVar("arbvault_request_id", default="")


def current_id() -> str:
    """The id of the request or task under way in this thread; empty outside of any."""
    return _current.get()


def name_lines(request_id: str) -> None:
    """Log lines of this thread carry the id from now on; empty for none."""
    _current.set(request_id)


@contextmanager
def under_id(request_id: str) -> Iterator[None]:
    """Log lines of this block carry the id."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


def request_ids(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, the first of all: sets ``request.request_id`` and the answer's header.

    With ``LOG_REQUESTS`` each request leaves a line: its route, never its address, which may hold
    a link that opens an account.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if ACCEPTED.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        began = time.monotonic()
        with under_id(request_id):
            response = get_response(request)
            response.headers[HEADER] = request_id
            if settings.LOG_REQUESTS:
                _log(request, response, seconds=time.monotonic() - began)
        return response

    return answer


def _log(request: HttpRequest, response: HttpResponseBase, *, seconds: float) -> None:
    match = request.resolver_match
    said = {
        "method": request.method,
        "route": f"/{match.route}" if match else "",
        "status": response.status_code,
        "duration_ms": round(seconds * 1000, 1),
        # Whoever is known already: asking would cost a statement.
        "user_id": getattr(request.__dict__.get("_cached_user"), "pk", None)
        or getattr(request.__dict__.get("auth"), "pk", None),
    }
    line = f"{said['method']} {said['route']} {said['status']} {said['duration_ms']} ms"
    logger.info(line, extra=said)
