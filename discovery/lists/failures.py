"""How it is answered, on pages and in the API, that a list cannot be read."""

from __future__ import annotations

from http import HTTPStatus

READING_SECONDS = 10  # that reading a list takes at most
# Of what cannot be read, where it is not simply unprocessable.
STATUS_OF = {
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "bloated_excel": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "bloated_text": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "reader_busy": HTTPStatus.TOO_MANY_REQUESTS,
    "no_reader": HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(code: str) -> HTTPStatus:
    """The status for the code of an ``UnreadableList``."""
    return STATUS_OF.get(code, HTTPStatus.UNPROCESSABLE_ENTITY)


def retry_after_of(code: str) -> int | None:
    """Seconds after which the same list may well be read; ``None`` where waiting does not help."""
    return READING_SECONDS if code in {"reader_busy", "no_reader"} else None
