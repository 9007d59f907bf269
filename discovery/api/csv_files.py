"""A CSV file as the documentation of the API shows it."""

from __future__ import annotations

from typing import Any


def described_csv(text: str) -> dict[str, Any]:
    """``openapi_extra`` of a call that answers 200 with such a file."""
    content = {"text/csv": {"schema": {"type": "string"}, "example": text}}
    return {"responses": {200: {"description": "OK", "content": content}}}
