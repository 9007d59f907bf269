"""The address of the tools: who calls, from where, how often; the protocol is the library's."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from ninja.errors import AuthenticationError, HttpError

from discovery.accounts.addresses import counted_address
from discovery.accounts.api_rate import RateLimited, Tally
from discovery.accounts.api_tokens import TokenExpired, user_for_bearer
from discovery.api import api
from discovery.api.every_answer import tell_rate
from discovery.api.problems import problem
from discovery.api.reading import read_body
from discovery.mcp.registry import Call, register
from discovery.mcp.tools import deciding, niches, products, runs, sourcing

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

LARGEST_BODY = 256 * 1024  # bytes; a hundred identifiers with their costs are a tenth of it
PARSE_ERROR = -32700  # of JSON-RPC
# What of a request the protocol looks at: no cookie is among them.
PASSED_ON = ("accept", "content-type", "mcp-method", "mcp-name", "mcp-protocol-version")
# The library writes these for its own connection.
KEPT_BACK = frozenset({"content-length", "connection"})

for listed in (niches, runs, products, sourcing, deciding):
    register(*listed.TOOLS)


@never_cache
@csrf_exempt  # a browser's cookies open nothing here
@login_not_required  # a token opens it
def endpoint(request: HttpRequest) -> HttpResponse:
    """One message of an agent, by POST with a Bearer token; there is no stream to open by GET."""
    if request.method != "POST":
        refused = problem(request, HTTPStatus.METHOD_NOT_ALLOWED, code="method_not_allowed")
        refused["Allow"] = "POST"
        return refused
    if not _is_own_origin(request):
        detail = _("Pages of other sites may not call this address.")
        return problem(request, HTTPStatus.FORBIDDEN, code="foreign_origin", detail=detail)
    tally = Tally(address=counted_address(request))
    try:
        user = _user_of(request, tally)
        response = _answer(request, user)
    except (AuthenticationError, TokenExpired, RateLimited, RequestDataTooBig) as error:
        response = api.on_exception(request, error)
    if tally.allowances:
        tell_rate(response, tally)
    return response


def _user_of(request: HttpRequest, tally: Tally) -> User:
    """Whose token it is; raises ``AuthenticationError``, ``TokenExpired``, ``RateLimited``."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        tally.count_refused()
        raise AuthenticationError
    user = user_for_bearer(token.strip(), now=timezone.now(), tally=tally)
    if user is None:
        raise AuthenticationError
    return user


def _is_own_origin(request: HttpRequest) -> bool:
    """Whether no page of another site sent it: a name that leads here may be anybody's."""
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.get_host()}"
    return origin is None or origin == own or origin in settings.CSRF_TRUSTED_ORIGINS


def _answer(request: HttpRequest, user: User) -> HttpResponse:
    # With the first call: it takes a second and 40 MB, which most commands never need.
    from discovery.mcp.transport import exchange

    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and int(length[:20]) > LARGEST_BODY:
        raise RequestDataTooBig
    try:
        read_body(request)
    except HttpError:
        return _not_json()
    call = Call(user=user, request=request, now=timezone.now())
    passed = ((name, request.headers.get(name)) for name in PASSED_ON)
    reply = exchange(
        call,
        headers=[(name.encode(), value.encode("latin-1", "replace")) for name, value in passed
                 if value is not None],
        body=request.body,
        path=request.path,
    )  # fmt: skip
    response = HttpResponse(reply.body, status=reply.status)
    for name, value in reply.headers:
        if name.lower() not in KEPT_BACK:
            response[name] = value
    return response


def _not_json() -> HttpResponse:
    error = {"code": PARSE_ERROR, "message": _("The body is not a JSON object.")}
    refusal = {"jsonrpc": "2.0", "id": None, "error": error}
    return JsonResponse(refusal, status=HTTPStatus.BAD_REQUEST)
