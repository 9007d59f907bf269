"""Agents as tests write them: ``anne.call("get_run", run_id=…)`` is what hers is answered."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from jsonschema import Draft202012Validator

from discovery.accounts.api_tokens import create_api_token
from discovery.mcp.answers import output_schema
from discovery.mcp.registry import tool_named
from discovery.models import Scope, TokenLedgerEntry
from discovery.profiles.service import ensure_shipped_profiles

VERSION = "2025-06-18"
ACCEPTED = "application/json, text/event-stream"


class Agent:
    """A program with a token of its user's, which speaks the protocol without a client."""

    def __init__(self, user: User, scopes: Iterable[Scope]) -> None:
        self.user = user
        self.token = create_api_token(user=user, scopes=scopes)[1]
        self.client = Client(headers={"authorization": f"Bearer {self.token}"})

    def post(self, body: bytes | dict[str, Any], **headers: str) -> Any:
        """The answer to one POST."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"accept": ACCEPTED, "mcp-protocol-version": VERSION, "accept-language": "en"}
        return self.client.post(
            "/mcp", content, content_type="application/json", headers=sent | headers
        )

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The JSON-RPC message that answers a request."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self.post(message)
        assert answer.status_code == 200, answer.content
        answered: dict[str, Any] = answer.json()
        return answered

    def tools(self) -> dict[str, dict[str, Any]]:
        """The tools that are listed, by name."""
        return {tool["name"]: tool for tool in self.ask("tools/list")["result"]["tools"]}

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """What a tool answers; it is no error, and as the tool's output schema says."""
        result = self._result(name, arguments)
        assert not result["isError"], result["structuredContent"]
        content: dict[str, Any] = result["structuredContent"]
        return content

    def fail(self, name: str, **arguments: Any) -> dict[str, Any]:
        """The error that a tool answers."""
        result = self._result(name, arguments)
        assert result["isError"], result["structuredContent"]
        error: dict[str, Any] = result["structuredContent"]["error"]
        return error

    def _result(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = self.ask("tools/call", name=name, arguments=arguments)["result"]
        tool = tool_named(name)
        assert tool is not None
        Draft202012Validator(output_schema(dict(tool.answer))).validate(result["structuredContent"])
        assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
        return result


def spent() -> int:
    """Tokens that Keepa was paid."""
    entries = TokenLedgerEntry.objects.values_list("tokens_consumed", flat=True)
    return sum(tokens or 0 for tokens in entries)


@pytest.fixture
def anne(db: None) -> Agent:
    """An agent that may spend."""
    return Agent(User.objects.create_user("anne"), [Scope.READ, Scope.SEARCH])


@pytest.fixture
def reader(anne: Agent) -> Agent:
    """Another one of Anne's, which may only read."""
    return Agent(anne.user, [Scope.READ])


@pytest.fixture
def paul(db: None) -> Agent:
    """Somebody else's."""
    return Agent(User.objects.create_user("paul"), [Scope.READ, Scope.SEARCH])


@pytest.fixture
def profiles(transactional_db: None) -> None:
    """The profiles that every site has."""
    ensure_shipped_profiles()
