"""Every address of the URLconf, by name; those of the API by operation, each with its method."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from analytics.api import api

ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
SAMPLES = {"int": "1", "uuid": "12345678-1234-5678-1234-567812345678"}
# Of the names in the URLconf, two are given where an address has no name of its own.
UNNAMED = {"/mcp/": "mcp", "/admin/password_change/": "admin_password_change"}


@dataclass(frozen=True, slots=True)
class Address:
    """A pattern of the URLconf; ``method`` is the one that an operation of the API answers to."""

    name: str
    route: str
    method: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of its arguments, in their order."""
        return tuple(name for _kind, name in ARGUMENT.findall(self.route))

    @property
    def sample(self) -> str:
        """A path that the pattern accepts, of nothing that exists."""
        return ARGUMENT.sub(lambda found: SAMPLES.get(found[1] or "str", "x"), self.route)

    @property
    def is_call(self) -> bool:
        """Whether it is an operation of the API."""
        return bool(self.method)

    @property
    def is_of_the_admin(self) -> bool:
        """Whether it is one of Django's admin site."""
        return self.route.startswith("/admin/")

    def with_arguments(self, value: Any) -> str:
        """The path with ``value(argument)`` in the place of each argument."""
        return ARGUMENT.sub(lambda found: str(value(found[2])), self.route)


def _methods() -> dict[str, str]:
    """The method of each operation of the API, by the name of its address."""
    operations = list(api._operations())
    methods = {call.view_func.__name__: next(iter(call.methods)) for call in operations}
    assert len(methods) == len(operations), "two operations of the API have the same name"
    return methods


def _walk(
    resolver: URLResolver, prefix: str, space: str, methods: Mapping[str, str]
) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        route = prefix + _route(entry)
        if isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else space
            yield from _walk(entry, route, inner, methods)
            continue
        name = f"{space}{entry.name}" if entry.name else UNNAMED.get(route, route)
        method = methods.get(entry.name or "", "") if space == "api:" else ""
        yield Address(name, route, method, entry.default_args)


def _route(entry: URLPattern | URLResolver) -> str:
    """The pattern as a route; a regular expression's groups become arguments."""
    text = str(entry.pattern)
    if isinstance(entry.pattern, RegexPattern):
        return re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", text).strip("^$").replace("\\Z", "")
    return text


ADDRESSES = tuple(_walk(get_resolver(), "/", "", _methods()))
PATHS = sorted({address.sample for address in ADDRESSES})
