"""What holds for every answer of the API, whatever the call: HEAD, OPTIONS, 405, the rate limit,
what may be kept of it, and that a call with an ``Idempotency-Key`` is done once.

The rate limit is told as in draft-ietf-httpapi-ratelimit-headers-11, ``RateLimit-Policy`` and
``RateLimit``; the three fields of its earlier versions are gone from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified
from django.urls import URLPattern, URLResolver
from django.utils.cache import patch_vary_headers
from django.utils.functional import LazyObject, SimpleLazyObject
from django.utils.http import parse_etags
from ninja import NinjaAPI

from discovery.accounts.api_rate import Tally
from discovery.api.described import describe, operation_id
from discovery.api.idempotency import settle
from discovery.api.problems import problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase
    from ninja.openapi.schema import OpenAPISchema
    from ninja.operation import Operation

    View = Callable[..., HttpResponseBase]

READ = ("application/json", "text/csv")  # what reads answer
VARIES_BY = ("Authorization", "Accept-Language", "Cookie")


class Api(NinjaAPI):
    """The calls, each with what holds for all of them; described as they answer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._descriptions: dict[str, OpenAPISchema] = {}

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """The addresses, for Django."""
        for operation in self._operations():
            if "run" not in vars(operation):
                operation.run = _named(operation)  # type: ignore[method-assign]
        patterns, app_name, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _answering(pattern.callback)
        return patterns, app_name, namespace

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """What a call may write headers on, made when it does: most answers are made by the call.

        ``_answering`` puts the answer itself in its place.
        """
        make = super().create_temporal_response
        return cast("HttpResponse", SimpleLazyObject(lambda: make(request)))

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The description, with what holds for every call.

        It is put together once a process: that takes seconds, and calls do not change.
        """
        said = sorted((name, value) for name, value in options.items() if value)
        key = f"{len(self._routers)} {said}"
        if key not in self._descriptions:
            functions = {operation_id(call): call.view_func for call in self._operations()}
            self._descriptions[key] = describe(super().get_openapi_schema(**options), functions)
        return self._descriptions[key]

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """A name that stays when modules move: of its tag and its function."""
        return operation_id(operation)

    def _operations(self) -> Iterator[Operation]:
        for router in self._get_bound_routers():
            for view in router.path_operations.values():
                yield from view.operations


def _named(operation: Operation) -> Callable[..., HttpResponseBase]:
    """The operation's ``run``, which lets ``discovery.api.auth`` know whose scope is asked for."""
    run = operation.run

    def named(request: HttpRequest, **values: Any) -> HttpResponseBase:
        request.operation = operation.view_func  # type: ignore[attr-defined]
        return run(request, **values)

    return named


def _answering(view: View) -> View:
    """The view, answering HEAD as GET and OPTIONS, refusing other methods as a problem."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        method = request.method
        if method == "HEAD":
            request.method = "GET"  # the web server leaves the body out
        response = None
        try:
            response = view(request, *args, **kwargs)
            if isinstance(response, LazyObject):
                response = response._wrapped
        finally:
            request.method = method
            settle(request, response)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response = _other_method(request, allowed=response.headers["Allow"])
        response = _with_validator(request, response)
        tally: Tally | None = getattr(request, "tally", None)
        if tally is not None and tally.allowances:
            tell_rate(response, tally)
        return response

    return answer


def _with_validator(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A read may be kept by its reader and asked for again, at 304; nothing else is kept."""
    patch_vary_headers(response, VARIES_BY)
    if not _is_a_read(request, response):
        response.headers.setdefault("Cache-Control", "no-store")
        return response
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'  # type: ignore[attr-defined]
    # Weak comparison: the tag comes back weak from whom the answer was compressed for.
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if known == ["*"] or etag in {tag.removeprefix("W/") for tag in known}:
        vary = response.headers["Vary"]
        response = HttpResponseNotModified(headers={"Vary": vary})
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _is_a_read(request: HttpRequest, response: HttpResponseBase) -> bool:
    return (
        request.method in {"GET", "HEAD"}
        and response.status_code == HTTPStatus.OK
        and response.headers.get("Content-Type", "").startswith(READ)
    )


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
