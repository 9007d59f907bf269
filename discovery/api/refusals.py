"""The refusals of the services that tell themselves why: one line each, with its status."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from discovery.accounts.members import LastAdministrator, NameTaken
from discovery.accounts.notifications import MailProblem
from discovery.accounts.own_tokens import TooManyTokens
from discovery.api.problems import problem
from discovery.products.purchase_import import AnotherFile
from discovery.products.purchase_lines import NoHeadings
from discovery.products.purchases import FewerThanSold, HasSales, MoreThanBought
from discovery.products.sourcing_links import LinkProblem
from discovery.products.sourcing_links_text import problem_text
from discovery.sourcing.alerts.sending import CannotSend
from discovery.sourcing.alerts.text import failure_text

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from ninja import NinjaAPI

# Their text is the sentence, their ``code`` the code.
STATUS_OF: dict[type[Exception], HTTPStatus] = {
    MoreThanBought: HTTPStatus.CONFLICT,
    FewerThanSold: HTTPStatus.CONFLICT,
    HasSales: HTTPStatus.CONFLICT,
    NoHeadings: HTTPStatus.UNPROCESSABLE_ENTITY,
    MailProblem: HTTPStatus.CONFLICT,
    TooManyTokens: HTTPStatus.CONFLICT,
}
# What is wrong with the address itself, not with its server or the moment.
OF_ADDRESSES = {
    "not_an_address", "service_not_allowed", "parameter_not_allowed", "unknown_host",
    "private_address",
}  # fmt: skip


def handle_refusals(api: NinjaAPI) -> None:
    """Register an answer for each."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        **dict.fromkeys(STATUS_OF, _told),
        LinkProblem: _wrong_link,
        CannotSend: _not_sent,
        AnotherFile: _another_file,
        LastAdministrator: _last_administrator,
        NameTaken: _name_taken,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _told(request: HttpRequest, error: Exception) -> HttpResponse:
    code: str = getattr(error, "code", "refused")
    return problem(request, STATUS_OF[type(error)], code=code, detail=str(error))


def _wrong_link(request: HttpRequest, error: LinkProblem) -> HttpResponse:
    text = problem_text(error)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return problem(request, status, code="invalid_link", errors={f"links.{error.field}": [text]})


def _not_sent(request: HttpRequest, error: CannotSend) -> HttpResponse:
    text = failure_text(error.code)
    if error.code in OF_ADDRESSES:
        errors, status = {"address": [text]}, HTTPStatus.UNPROCESSABLE_ENTITY
        return problem(request, status, code=error.code, detail=text, errors=errors)
    return problem(request, HTTPStatus.CONFLICT, code=error.code, detail=text)


def _another_file(request: HttpRequest, error: AnotherFile) -> HttpResponse:
    text = _("Another file was given meanwhile: look at it first.")
    return problem(request, HTTPStatus.CONFLICT, code=error.code, detail=text)


def _last_administrator(request: HttpRequest, _error: LastAdministrator) -> HttpResponse:
    text = _("This is the last administrator. Make somebody else one first: nothing was changed.")
    return problem(request, HTTPStatus.CONFLICT, code="last_administrator", detail=text)


def _name_taken(request: HttpRequest, _error: NameTaken) -> HttpResponse:
    text = _("Somebody already has this name.")
    status, errors = HTTPStatus.UNPROCESSABLE_ENTITY, {"name": [text]}
    return problem(request, status, code="name_taken", errors=errors)
