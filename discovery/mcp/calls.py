"""One call of a tool, from its arguments to its answer; a failure is an answer too.

Failures are told as the API tells them: the same code, sentence and fields, in the same language.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _

from discovery.accounts.roles import ReadOnlyAccount, is_viewer
from discovery.api import api
from discovery.mcp.answers import structured
from discovery.mcp.arguments import checked
from discovery.mcp.registry import Answer, Call, Tool, is_open
from discovery.models import Scope

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
        if not is_open(tool, call):
            return _closed(call, tool)
        answer = tool.run(call, checked(tool, arguments))
        return Outcome(structured(answer, now=call.now))
    except Exception as error:
        told = _as_the_api(call, error)
        if told is None:
            logger.exception("The tool %s failed", tool.name)
            detail = _("Something went wrong on our side. It has been noted.")
            told = {"code": "unforeseen", "detail": detail, "status": 500}
        return _error(call, told)


def _closed(call: Call, tool: Tool) -> Outcome:
    if tool.scope is not Scope.READ and is_viewer(call.user):
        return _error(call, _as_the_api(call, ReadOnlyAccount()) or {})
    sentence = _("This token lacks the scope “%(scope)s”, which %(tool)s needs.")
    detail = sentence % {"scope": tool.scope.value, "tool": tool.name}
    status = HTTPStatus.FORBIDDEN.value
    return _error(call, {"code": "scope_missing", "detail": detail, "status": status})


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
