"""How a line of the logs looks, as text or as JSON, and what never stands in one."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

from pythonjsonlogger.json import JsonFormatter

from arbvault.request_ids import current_id

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = "[hidden]"
# API tokens, and what stands in links that open an account.
SHAPES = (
    (re.compile(r"arb_[\w-]{20,}"), f"arb_{HIDDEN}"),
    (re.compile(r"(/mot-de-passe/choisir/)[^/\s\"']+/[^/\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"([?&]key=)[^&\s\"']+"), rf"\1{HIDDEN}"),  # as Keepa's addresses carry it
    # The password in the address of a database, a Redis, a mail server.
    (re.compile(r"(://[^/\s:@]*:)[^@/\s\"']+(?=@)"), rf"\1{HIDDEN}"),
)
SHORTEST = 6  # characters of a secret; shorter ones are found in harmless words


class Veil:
    """Hides secrets, whatever they have slipped into: messages, addresses, tracebacks."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {form for text in secrets for form in (text, json.dumps(text)[1:-1])}
        # The longest first: one may be part of another.
        self._secrets = sorted((s for s in known if len(s) >= SHORTEST), key=len, reverse=True)

    def over(self, text: str) -> str:
        """The text without any secret."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        for shape, shown in SHAPES:
            text = shape.sub(shown, text)
        return text


class TextFormatter(logging.Formatter):
    """A line for people; the request's id ends it, where there is one."""

    def __init__(self, *, secrets: Iterable[str] = ()) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")
        self._veil = Veil(secrets)

    def formatMessage(self, record: logging.LogRecord) -> str:  # the name is logging's
        """The first line; a traceback follows it."""
        request_id = current_id()
        return super().formatMessage(record) + (f" [{request_id}]" if request_id else "")

    def format(self, record: logging.LogRecord) -> str:
        """The whole record, without secrets."""
        return self._veil.over(super().format(record))


class JsonLines(JsonFormatter):
    """An object a line: time (UTC, ISO 8601), level, logger, message, request_id, and what else a
    record carries; a traceback in ``exc_info``.
    """

    def __init__(self, *, secrets: Iterable[str] = ()) -> None:
        super().__init__(
            "{levelname}{name}{message}",
            style="{",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
            # A request and what of it could not be shown are objects of Django's own records.
            reserved_attrs=[*RESERVED, "request", "response"],
            json_ensure_ascii=False,
        )
        self._veil = Veil(secrets)

    def add_fields(self, log_data: Any, record: logging.LogRecord, message_dict: Any) -> None:
        """What every line has; without a request there is no ``request_id``."""
        super().add_fields(log_data, record, message_dict)
        if request_id := current_id():
            log_data["request_id"] = request_id

    def format(self, record: logging.LogRecord) -> str:
        """The whole record in one line, without secrets."""
        return self._veil.over(super().format(record))


RESERVED = (*logging.LogRecord("", 0, "", 0, "", (), None).__dict__, "message", "asctime")
