"""``Idempotency-Key``: a call that is made again is not done again, and spends nothing.

As in draft-ietf-httpapi-idempotency-key-header. An answer that a retry could better (no tokens, too
many requests, a conflict, a fault) is not kept.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import DatabaseError
from django.http import HttpResponse
from ninja.utils import contribute_operation_callback

from discovery.accounts.idempotent_calls import (
    Claim,
    KeptAnswer,
    claim_call,
    keep_answer,
    let_go,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase
    from ninja.operation import Operation as NinjaOperation

Operation = TypeVar("Operation", bound=Callable[..., Any])
HEADER = "Idempotency-Key"
IN_META = "HTTP_IDEMPOTENCY_KEY"
REPLAYED = "Idempotent-Replayed"
LONGEST_KEY = 255
VISIBLE_ASCII = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_KEY}}}")
# A retry may do what these could not.
NOT_KEPT = frozenset(
    {HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
)

logger = logging.getLogger(__name__)


class InvalidKey(Exception):
    """The header is no key: 1 to 255 visible ASCII characters."""


def idempotent(operation: Operation) -> Operation:
    """The operation, which heeds the header ``Idempotency-Key`` of its request."""

    def heed(described: NinjaOperation) -> None:
        # Only now: the parameters have been read from the function itself.
        described.view_func = _heeding(operation)

    operation.is_idempotent = True  # type: ignore[attr-defined]
    contribute_operation_callback(operation, heed)
    return operation


def settle(request: HttpRequest, response: HttpResponseBase | None) -> None:
    """Keep the answer of a call that has a key, or let go of it; ``None`` is a fault.

    Raises nothing: the caller gets its answer, and the call may be made again after a while.
    """
    claim: Claim | None = getattr(request, "idempotent_call", None)
    if claim is None:
        return
    try:
        if isinstance(response, HttpResponse) and _is_kept(response.status_code):
            headers = dict(response.headers)
            keep_answer(claim, KeptAnswer(response.status_code, headers, response.content))
        else:
            let_go(claim)
    except DatabaseError:
        logger.exception("A call's answer could not be kept under its Idempotency-Key.")


def _heeding(operation: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(operation)
    def heeding(request: HttpRequest, **values: Any) -> Any:
        # Without ``request.headers``, which reads them all.
        key = request.META.get(IN_META)
        if key is None:
            return operation(request, **values)
        if VISIBLE_ASCII.fullmatch(key) is None:
            raise InvalidKey
        user_id = request.auth.pk  # type: ignore[attr-defined]
        found = claim_call(user_id=user_id, key=key, fingerprint=_fingerprint(request))
        if isinstance(found, Claim):
            request.idempotent_call = found  # type: ignore[attr-defined] # for ``settle``
            return operation(request, **values)
        again = HttpResponse(found.body, status=found.status, headers=found.headers)
        again.headers[REPLAYED] = "true"
        return again

    return heeding


def _fingerprint(request: HttpRequest) -> str:
    asked = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(asked + request.body).hexdigest()


def _is_kept(status: int) -> bool:
    return status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in NOT_KEPT
