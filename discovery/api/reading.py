"""Reading what a call of the API is sent."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest
from ninja.errors import HttpError


def read_body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object sent, its numbers exact; raises ``HttpError`` 400 for anything else.

    Text that cannot be stored (a NUL, half a surrogate pair) is refused here, once for all.
    """
    try:
        data = json.loads(request.body, parse_float=Decimal)
        json.dumps(data, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError, InvalidOperation):
        raise HttpError(400, "not JSON") from None
    if not isinstance(data, dict) or b"\\u0000" in request.body:
        raise HttpError(400, "not an object")
    return data
