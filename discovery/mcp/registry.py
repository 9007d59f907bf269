"""The tools there are, and which of them a caller may see and use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from discovery.accounts.roles import ReadOnlyAccount
from discovery.api.scopes import AdministratorsOnly, ScopeMissing, check_access
from discovery.models import Scope

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

    Arguments = Mapping[str, Any]
    Run = Callable[["Call", Arguments], "Answer"]

MOST_TOOLS = 12  # an agent reads all of them before each of its tasks


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls a tool, by which request, and when."""

    user: User
    request: HttpRequest
    now: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool found: plain JSON in ``data``; tokens; how old it is and where it comes from.

    ``data_at`` is when Keepa was asked for the data behind it, ``None`` where there is none.
    """

    data: dict[str, Any]
    tokens_spent: int = 0
    tokens_saved: int = 0
    data_at: datetime | None = None
    cache: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool as it is listed, and the function that does it.

    ``arguments`` and ``answer`` are properties of JSON Schema objects. One that ``spends`` never
    does so before its price was accepted (``spending``); ``is_destructive`` where it can replace
    or remove what somebody kept, ``is_idempotent`` where calling it again changes nothing more.
    """

    name: str
    title: str
    description: str
    arguments: Mapping[str, Any]
    answer: Mapping[str, Any]
    run: Run
    scope: Scope = Scope.READ
    required: tuple[str, ...] = ()
    spends: bool = False
    is_destructive: bool = False
    is_idempotent: bool = True
    conditions: Mapping[str, Any] = field(default_factory=dict)

    @property
    def input_schema(self) -> dict[str, Any]:
        """What it takes, as JSON Schema."""
        return {
            "type": "object",
            "properties": dict(self.arguments),
            "required": list(self.required),
            "additionalProperties": False,
        } | dict(self.conditions)


_TOOLS: dict[str, Tool] = {}


def register(*tools: Tool) -> None:
    """Offer these tools; registering one again replaces it. Raises ``ValueError`` for too many."""
    _TOOLS.update({tool.name: tool for tool in tools})
    if len(_TOOLS) > MOST_TOOLS:
        raise ValueError(f"{len(_TOOLS)} tools")


def tool_named(name: str) -> Tool | None:
    """The tool of that name, if there is one."""
    return _TOOLS.get(name)


def tools_for(call: Call) -> list[Tool]:
    """The tools that the caller's token and role open, in the order they are listed."""
    return [tool for tool in _TOOLS.values() if is_open(tool, call)]


def is_open(tool: Tool, call: Call) -> bool:
    """Whether the caller may use the tool."""
    try:
        check_open(tool, call)
    except (AdministratorsOnly, ReadOnlyAccount, ScopeMissing):
        return False
    return True


def check_open(tool: Tool, call: Call) -> None:
    """Raise ``ScopeMissing``, by the token's scopes, ``ReadOnlyAccount``: viewers only read, or
    ``AdministratorsOnly``.
    """
    method = "GET" if tool.scope is Scope.READ else "POST"  # as the API would be asked
    check_access(call.user, method=method, scope=tool.scope)
