"""What no database stores, taken out of what users and addresses send before any page reads it.

PostgreSQL takes neither NUL nor half of a surrogate pair in any text. From query strings and forms
they are dropped, an address of a page that holds them leads nowhere, and a cookie that holds them
is none. The bodies of the API are refused by the API, in its own words.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any

from django.core.exceptions import BadRequest
from django.http import Http404, QueryDict
from django.utils.deprecation import MiddlewareMixin

from arbvault import errors

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
# Others can stand for characters that UTF-8 cannot, or for no text at all.
CHARSETS = frozenset({"utf-8", "ascii"})


class StorableTextMiddleware(MiddlewareMixin):
    """Pages get no text that cannot be stored; stands before all that reads the request."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Clean the query string and the cookies; 404 and 400 for what has no clean meaning."""
        if _UNSTORABLE.search(request.path_info):
            return errors.not_found(request, Http404())
        if request.encoding and codecs.lookup(request.encoding).name not in CHARSETS:
            return errors.bad_request(request, BadRequest())
        request.COOKIES = {
            name: value for name, value in request.COOKIES.items() if not _UNSTORABLE.search(value)
        }
        if _holds_unstorable(request.GET):
            request.GET = cleaned(request.GET)  # type: ignore[assignment]
        return None

    def process_view(self, request: HttpRequest, *view: Any, **named: Any) -> None:
        """Clean the form; it is read already, for its token."""
        is_form = request.method == "POST" and request.content_type in FORMS
        is_page = not request.path_info.startswith("/api/")
        if is_form and is_page and _holds_unstorable(request.POST):
            request.POST = cleaned(request.POST)  # type: ignore[assignment]


def cleaned(data: QueryDict) -> QueryDict:
    """The same names and values, without what cannot be stored."""
    found = QueryDict(mutable=True)
    for name, values in data.lists():
        for value in values:
            found.appendlist(storable(name), storable(str(value)))
    found._mutable = False  # as Django hands them out
    return found


def storable(text: str) -> str:
    """The text without what no database takes."""
    return _UNSTORABLE.sub("", text)


def _holds_unstorable(data: QueryDict) -> bool:
    return any(
        _UNSTORABLE.search(name) or any(_UNSTORABLE.search(str(value)) for value in values)
        for name, values in data.lists()
    )
