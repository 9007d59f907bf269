"""Every refusal of the API, as RFC 9457 problem details in the caller's language."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.errors import AuthenticationError, HttpError, ValidationError

from discovery.accounts.api_rate import RateLimited
from discovery.accounts.api_tokens import TokenExpired
from discovery.accounts.idempotent_calls import CallInProgress, KeyReused
from discovery.accounts.roles import READ_ONLY, ReadOnlyAccount
from discovery.api.idempotency import InvalidKey
from discovery.api.parameter_problems import sentences_of
from discovery.api.scopes import AdministratorsOnly, ScopeMissing
from discovery.search.failures import EXPECTED, STATUS_OF, failure_of
from discovery.sourcing.sources.base import SourceGone
from discovery.sourcing.starting import AlreadyAtWork

if TYPE_CHECKING:
    from django.http import HttpRequest
    from ninja import NinjaAPI

CONTENT_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="ArbitrageVault"'

TITLES = {
    HTTPStatus.BAD_REQUEST: gettext_lazy("The request could not be understood."),
    HTTPStatus.UNAUTHORIZED: gettext_lazy("A valid API token, or a signed-in session, is needed."),
    HTTPStatus.PAYMENT_REQUIRED: gettext_lazy("There are not enough Keepa tokens."),
    HTTPStatus.FORBIDDEN: gettext_lazy("This request is not allowed."),
    HTTPStatus.NOT_FOUND: gettext_lazy("There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: gettext_lazy("This address does not know this method."),
    HTTPStatus.CONFLICT: gettext_lazy("This cannot be done now."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: gettext_lazy("The request is too large."),
    HTTPStatus.UNPROCESSABLE_ENTITY: gettext_lazy("The request is not valid."),
    HTTPStatus.TOO_MANY_REQUESTS: gettext_lazy("Too many requests."),
    HTTPStatus.BAD_GATEWAY: gettext_lazy("Keepa did not give a usable answer."),
    HTTPStatus.SERVICE_UNAVAILABLE: gettext_lazy("No answer can be given now."),
}


def problem(
    request: HttpRequest,
    status: HTTPStatus,
    *,
    code: str,
    detail: str = "",
    errors: Mapping[str, list[str]] | None = None,
    retry_after: int | None = None,
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The answer itself. ``errors`` maps a field's path (``bsr_range.0``) to sentences.

    ``retry_after`` is in seconds; ``extra`` are further members of the document.
    """
    title = str(TITLES.get(status, status.phrase))
    content: dict[str, Any] = {
        "type": f"urn:arbitragevault:problem:{code}",
        "title": title,
        "status": status.value,
        "detail": detail or title,
        "instance": request.path,
        "code": code,
    }
    if errors:
        content["errors"] = [
            {"field": path, "pointer": _pointer(path), "detail": sentence}
            for path, sentences in errors.items()
            for sentence in sentences
        ]
    if retry_after is not None:
        content["retry_after"] = retry_after
    if request_id := getattr(request, "request_id", ""):
        content["request_id"] = request_id
    response = HttpResponse(
        json.dumps(content | dict(extra or {}), ensure_ascii=False),
        status=status,
        content_type=CONTENT_TYPE,
    )
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def handle_problems(api: NinjaAPI) -> None:
    """Register what answers each expected failure; the others are Django's to report."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        **dict.fromkeys(EXPECTED, _expected),
        AuthenticationError: _unauthorized,
        TokenExpired: _token_expired,
        ScopeMissing: _scope_missing,
        AdministratorsOnly: _always(
            HTTPStatus.FORBIDDEN,
            "administrators_only",
            gettext_lazy("Only administrators may do this."),
        ),
        RateLimited: rate_limited,
        # Bodies are read by ``search.request``: only a path or query parameter can get here.
        ValidationError: _parameters,
        InvalidKey: _always(
            HTTPStatus.BAD_REQUEST,
            "invalid_idempotency_key",
            gettext_lazy("Idempotency-Key takes 1 to 255 visible ASCII characters."),
        ),
        KeyReused: _always(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            gettext_lazy("This Idempotency-Key was used for another call within the last day."),
        ),
        CallInProgress: _in_progress,
        HttpError: _refused,
        ReadOnlyAccount: _always(HTTPStatus.FORBIDDEN, "read_only", READ_ONLY),
        AlreadyAtWork: _always(
            HTTPStatus.CONFLICT,
            "already_at_work",
            gettext_lazy("A run of this job is under way already."),
        ),
        SourceGone: _always(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "source_gone",
            gettext_lazy("What the job asks about is no more."),
        ),
        Http404: _always(HTTPStatus.NOT_FOUND, "not_found"),
        RequestDataTooBig: _always(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large"),
        Exception: _unforeseen,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _always(
    status: HTTPStatus, code: str, detail: object = ""
) -> Callable[[HttpRequest, Any], HttpResponse]:
    return lambda request, _error: problem(request, status, code=code, detail=str(detail))


def _expected(request: HttpRequest, error: Exception) -> HttpResponse:
    failure = failure_of(error)
    return problem(
        request,
        STATUS_OF[failure.blame],
        code=failure.code,
        detail=failure.message,
        errors=failure.errors,
        retry_after=failure.retry_after,
        extra={"tokens_spent": failure.tokens_spent},
    )


def _unauthorized(request: HttpRequest, error: Exception) -> HttpResponse:
    response = problem(request, HTTPStatus.UNAUTHORIZED, code="unauthorized")
    response["WWW-Authenticate"] = CHALLENGE
    return response


def _token_expired(request: HttpRequest, error: TokenExpired) -> HttpResponse:
    detail = _("This API token has expired: make another.")
    response = problem(request, HTTPStatus.UNAUTHORIZED, code="token_expired", detail=detail)
    response["WWW-Authenticate"] = f'{CHALLENGE}, error="invalid_token"'
    return response


def _scope_missing(request: HttpRequest, error: ScopeMissing) -> HttpResponse:
    """403 as in RFC 6750; a session is told by its role before it gets here."""
    scope = error.scope.value
    detail = _("This API token was made without the scope “%(scope)s”.") % {"scope": scope}
    extra = {"required_scope": scope}
    code = "insufficient_scope"
    response = problem(request, HTTPStatus.FORBIDDEN, code=code, detail=detail, extra=extra)
    response["WWW-Authenticate"] = f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
    return response


def _parameters(request: HttpRequest, error: ValidationError) -> HttpResponse:
    unprocessable, errors = HTTPStatus.UNPROCESSABLE_ENTITY, sentences_of(error)
    return problem(request, unprocessable, code="invalid_request", errors=errors)


def _in_progress(request: HttpRequest, error: CallInProgress) -> HttpResponse:
    return problem(
        request,
        HTTPStatus.CONFLICT,
        code="idempotency_in_progress",
        detail=_("The call of this Idempotency-Key is still being answered."),
        retry_after=error.retry_after,
    )


def rate_limited(request: HttpRequest, error: RateLimited) -> HttpResponse:
    """429, with when to come back; ``violated-policies`` is of the draft of ``RateLimit``."""
    sentence = _("At most %(limit)d requests are answered in %(window)d s. Wait %(wait)d s.")
    numbers = {
        "limit": error.limit,
        "window": settings.API_RATE_WINDOW.total_seconds(),
        "wait": error.retry_after,
    }
    return problem(
        request,
        HTTPStatus.TOO_MANY_REQUESTS,
        code="rate_limited",
        detail=sentence % numbers,
        retry_after=error.retry_after,
        extra={"violated-policies": [allowance.policy for allowance in error.exceeded]},
    )


def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.FORBIDDEN:
        detail = _("The CSRF token is missing or wrong. Programs use a Bearer token instead.")
        return problem(request, status, code="csrf", detail=detail)
    if status is HTTPStatus.BAD_REQUEST:
        return problem(request, status, code="not_json", detail=_("The body is not a JSON object."))
    return problem(request, status, code="refused")


def _unforeseen(request: HttpRequest, error: Exception) -> HttpResponse:
    # Django logs it, mails it and answers 500; in development it shows it.
    raise error


def _pointer(path: str) -> str:
    return "#" + "".join(f"/{part}" for part in path.split(".") if part)
