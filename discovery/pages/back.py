"""Back to the page that a form was sent from."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def address_back(request: HttpRequest, *, default: str) -> str:
    """The address that the form names as ``back``, if it is one of this site; else ``default``."""
    return ours(request.POST.get("back", ""), default=default)


def ours(address: str, *, default: str) -> str:
    """The address, if it is one of this site; else ``default``."""
    is_ours = address.startswith("/") and url_has_allowed_host_and_scheme(address, None)
    return address if is_ours else default
