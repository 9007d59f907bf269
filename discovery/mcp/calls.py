"""One call of a tool, from its arguments to its answer; a failure is an answer too.

Failures are told as the API tells them: the same code, sentence and fields, in the same language.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from discovery.api import api
from discovery.mcp.answers import structured
from discovery.mcp.arguments import checked
from discovery.mcp.registry import Answer, Call, Tool, check_open

logger = logging.getLogger(__name__)

TOLD = ("code", "detail", "status", "retry_after", "errors")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call answers: plain JSON, and whether it is an error."""

    content: dict[str, Any]
    is_error: bool = False


def call_tool(call: Call, tool: Tool, arguments: Mapping[str, Any]) -> Outcome:
    """Do what the tool does for the caller. Raises nothing: what went wrong is the outcome."""
    try:
        check_open(tool, call)
        answer = tool.run(call, checked(tool, arguments))
        return Outcome(structured(answer, now=call.now))
    except Exception as error:
        told = _as_the_api(call, error)
        if told is None:
            logger.exception("The tool %s failed", tool.name)
            detail = _("Something went wrong on our side. It has been noted.")
            told = {"code": "unforeseen", "detail": detail, "status": 500}
        return _error(call, told)


def _as_the_api(call: Call, error: Exception) -> dict[str, Any] | None:
    """What the API answers to a failure; ``None`` where it expects none of this kind."""
    try:
        answered = api.on_exception(call.request, error)
    except type(error):  # its handler of last resort
        return None
    told: dict[str, Any] = json.loads(answered.content)
    return told


def _error(call: Call, told: Mapping[str, Any]) -> Outcome:
    error = {name: told[name] for name in TOLD if name in told}
    answer = Answer({"error": error}, tokens_spent=told.get("tokens_spent") or 0)
    return Outcome(structured(answer, now=call.now), is_error=True)
