"""What holds for every answer of the API, whatever the call: HEAD, OPTIONS, 405, the rate limit.

The rate limit is told as in draft-ietf-httpapi-ratelimit-headers-11, ``RateLimit-Policy`` and
``RateLimit``; the three fields of its earlier versions are gone from it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI

from discovery.accounts.api_rate import Tally
from discovery.api.problems import CONTENT_TYPE, problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase
    from ninja.openapi.schema import OpenAPISchema

    View = Callable[..., HttpResponseBase]

RETRY_AFTER = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}
RATE = {
    "description": "What is left (draft-ietf-httpapi-ratelimit-headers).",
    "schema": {"type": "string"},
}
RATE_POLICY = {"description": "What is allowed.", "schema": {"type": "string"}}
MAY_SAY_WHEN = ("402", "429", "503")


class Api(NinjaAPI):
    """The calls, each with what holds for all of them; described as they answer."""

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """The addresses, for Django."""
        patterns, app_name, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _answering(pattern.callback)
        return patterns, app_name, namespace

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The description; refusals are problem details, and every answer tells the rate limit."""
        schema = super().get_openapi_schema(**options)
        for path in schema["paths"].values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    _describe(str(status), response)
        return schema


def _describe(status: str, response: dict[str, Any]) -> None:
    headers = {"RateLimit-Policy": RATE_POLICY, "RateLimit": RATE}
    if status in MAY_SAY_WHEN:
        headers["Retry-After"] = RETRY_AFTER
    response["headers"] = headers
    if not status.startswith("2"):
        response["content"] = {CONTENT_TYPE: response["content"].pop("application/json")}


def _answering(view: View) -> View:
    """The view, answering HEAD as GET and OPTIONS, refusing other methods as a problem."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        method = request.method
        if method == "HEAD":
            request.method = "GET"  # the web server leaves the body out
        try:
            response = view(request, *args, **kwargs)
        finally:
            request.method = method
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response = _other_method(request, allowed=response.headers["Allow"])
        tally: Tally | None = getattr(request, "tally", None)
        if tally is not None and tally.allowances:
            tell_rate(response, tally)
        return response

    return answer


def _other_method(request: HttpRequest, *, allowed: str) -> HttpResponse:
    methods = {*allowed.split(", "), "OPTIONS"}
    if "GET" in methods:
        methods.add("HEAD")
    if request.method == "OPTIONS":
        response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    else:
        response = problem(request, HTTPStatus.METHOD_NOT_ALLOWED, code="method_not_allowed")
    response.headers["Allow"] = ", ".join(sorted(methods))
    return response


def tell_rate(response: HttpResponseBase, tally: Tally) -> None:
    """Put what the tally says is left on the answer, for its caller."""
    window = round(settings.API_RATE_WINDOW.total_seconds())
    response.headers["RateLimit-Policy"] = ", ".join(
        f'"{allowance.policy}";q={allowance.limit};w={window}' for allowance in tally.allowances
    )
    response.headers["RateLimit"] = ", ".join(
        f'"{allowance.policy}";r={allowance.left};t={allowance.seconds}'
        for allowance in tally.allowances
    )
