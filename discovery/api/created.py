"""What was made over the API: ``201`` with the address at which it is read."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from ninja.responses import Status


def created(
    response: HttpResponse, answer: dict[str, Any], *, read_by: str, at: tuple[Any, ...]
) -> Status[dict[str, Any]]:
    """The answer to a call that has made something, which ``read_by`` reads; ``at`` its numbers.

    ``read_by`` is the name of an operation's function.
    """
    response["Location"] = reverse(f"api:{read_by}", args=at)
    return Status(201, answer)
