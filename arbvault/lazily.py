"""Addresses whose code is loaded with the first request for them.

The API describes each of its calls to itself when it is loaded: two seconds that pages, commands
and workers of the queue need not wait for.
"""

from __future__ import annotations

import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_not_required
from django.urls import URLResolver
from django.urls.resolvers import RoutePattern
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

API = "analytics.api_urls"
MCP = "analytics.mcp"


class Unopened(URLResolver):
    """A namespace that is looked into when one of its own addresses is asked for or written."""

    def _populate(self) -> None:
        # Django calls it for every resolver to know the names below; a namespace's own are looked
        # up in a resolver made of its patterns (``get_ns_resolver``), so none is missed.
        language: Any = get_language()
        self._reverse_dict[language] = MultiValueDict()
        self._namespace_dict[language] = {}  # type: ignore[attr-defined]
        self._app_dict[language] = {}  # type: ignore[attr-defined]


def api_addresses(route: str) -> URLResolver:
    """What ``include`` is for the API, under the namespace ``api``: ``include`` would load it."""
    return Unopened(RoutePattern(route, is_endpoint=False), API, app_name="api", namespace="api")


@csrf_exempt  # as the view itself, whose answer this is
@login_not_required
def mcp(request: HttpRequest) -> HttpResponseBase:
    """The answer to an agent."""
    view = import_module(MCP).endpoint
    answer: HttpResponseBase = view(request)
    return answer


def load_soon() -> None:
    """Load them beside the first requests: a web server is asked for them sooner or later."""
    threading.Thread(target=lambda: (import_module(API), import_module(MCP)), daemon=True).start()
