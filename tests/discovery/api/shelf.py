"""What the tests of the calls about products share: a caller, and products that are stored."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

BOOK = "B00TESTB01"


def caller_with(bearer: str) -> Client:
    """A program with this token, which reads English."""
    return Client(headers={"authorization": f"Bearer {bearer}", "accept-language": "en"})


def send(caller: Client, method: str, address: str, body: Any = None, **headers: str) -> Any:
    """What the API answers; a body is sent as JSON."""
    content = b"" if body is None else json.dumps(body).encode()
    return caller.generic(
        method, f"/api/v1{address}", content, content_type="application/json", headers=headers
    )


def fields(answer: Any) -> set[str]:
    """The fields that a refusal names."""
    return {error["field"] for error in answer.json().get("errors", ())}


def all_pages(caller: Client, address: str, plural: str) -> list[Any]:
    """The rows of every page of a list, two at a time."""
    rows: list[Any] = []
    mark = "&" if "?" in address else "?"
    cursor = None
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = send(caller, "GET", f"{address}{mark}limit=2{more}").json()
        rows += page[plural]
        cursor = page["next"]
        if cursor is None:
            return rows
