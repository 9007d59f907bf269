"""Error pages that work when little else does: no database, no session, no template."""

from __future__ import annotations

import logging
import sys
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from arbvault.disk import Trouble, trouble_of
from discovery.accounts.roles import READ_ONLY
from discovery.accounts.throttle import TooManyFailures

logger = logging.getLogger(__name__)
DATABASE_DOWN = (OperationalError, InterfaceError)
RETRY_SECONDS = 10
REASONS = {
    HTTPStatus.BAD_REQUEST: gettext_lazy("The request could not be understood."),
    HTTPStatus.FORBIDDEN: gettext_lazy("You may not open this page."),
    HTTPStatus.NOT_FOUND: gettext_lazy("This page does not exist."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: gettext_lazy("What was sent is too large: at most 5 MB."),
    HTTPStatus.SERVICE_UNAVAILABLE: gettext_lazy(
        "The database is unavailable. Try again in a moment."
    ),
}
# Of the API: those its own calls refuse with. The others are the status's own words.
CODES = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large"}
OF_THE_DISK = {
    Trouble.FULL: gettext_lazy(
        "The disk of the server is full: nothing can be stored. Tell whoever runs it."
    ),
    Trouble.UNWRITABLE: gettext_lazy(
        "The server cannot write to its disk: nothing can be stored. Tell whoever runs it."
    ),
}
OUR_MISTAKE = gettext_lazy("Something went wrong on our side. It has been noted.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; or 413 for more than ``DATA_UPLOAD_MAX_MEMORY_SIZE``."""
    too_big = isinstance(exception, RequestDataTooBig)
    return _page(
        request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_big else HTTPStatus.BAD_REQUEST
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the page is not for this user."""
    return _page(request, HTTPStatus.FORBIDDEN)


def read_only(request: HttpRequest) -> HttpResponse:
    """403: a viewer asked for something that changes data or spends tokens."""
    return _page(request, HTTPStatus.FORBIDDEN, reason=str(READ_ONLY))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form came from another site, or is older than the session."""
    logger.warning("Cross-site request refused at %s: %s", request.path, reason)
    return _page(request, HTTPStatus.FORBIDDEN, reason=_("This form is too old. Load it again."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _page(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503 when what failed is the database or the disk, which is not the site's fault."""
    error = sys.exc_info()[1]
    trouble = trouble_of(error)
    if trouble is not None or _is_database_down(error):
        reason = str(OF_THE_DISK[trouble]) if trouble else ""
        unavailable = HTTPStatus.SERVICE_UNAVAILABLE
        response = _page(request, unavailable, reason=reason, disk=trouble is not None)
        response["Retry-After"] = str(RETRY_SECONDS)
        return response
    return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR)


def _is_database_down(error: BaseException | None) -> bool:
    if isinstance(error, InternalError):
        # Without a code it is not the server who says so: the session was cut while rows arrived.
        return getattr(error.__cause__, "sqlstate", None) is None
    return isinstance(error, DATABASE_DOWN)


def too_many(request: HttpRequest, error: TooManyFailures) -> HttpResponse:
    """429: too many wrong passwords or links; the middleware adds ``Retry-After``."""
    return _page(request, HTTPStatus.TOO_MANY_REQUESTS, reason=" ".join(error.messages))


def _page(
    request: HttpRequest, status: HTTPStatus, *, reason: str = "", disk: bool = False
) -> HttpResponse:
    reason = reason or str(REASONS.get(status, OUR_MISTAKE))
    if request.path_info.startswith("/api/"):
        code = CODES.get(status) or status.phrase.lower().replace(" ", "_")
        retry_after = RETRY_SECONDS if status is HTTPStatus.SERVICE_UNAVAILABLE else None
        from discovery.api.problems import (
            problem,  # with the API, which an error page need not load
        )

        return problem(request, status, code=code, detail=reason, retry_after=retry_after)
    context = {"status": status.value, "reason": reason, "disk": disk}
    # A server error may come from what the context processors need, so they are left out.
    with_request = status < HTTPStatus.INTERNAL_SERVER_ERROR
    try:
        text: str = render_to_string(
            f"errors/{status.value}.html", context, request if with_request else None
        )
    except (TemplateDoesNotExist, *DATABASE_DOWN) as error:
        logger.warning("The page for %s is bare: %r", status.value, error)
        text = _bare(context)
    return HttpResponse(text, status=status)


def _bare(context: dict[str, Any]) -> str:
    return format_html(
        '<!doctype html><html lang="{lang}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>{status} · ArbitrageVault</title><h1>{status}</h1><p>{reason}</p>"
        '<p><a href="/">ArbitrageVault</a></p></html>',
        lang=get_language() or "fr",
        **context,
    )
