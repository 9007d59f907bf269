"""Why a row's verdict is what it is: loaded when the row is opened."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from discovery.accounts.members import signed_in
from discovery.exports.columns import row_of, with_text
from discovery.products import decisions
from discovery.products.columns import Row
from discovery.profiles.service import ActiveProfile, UnknownProfile, active_profile
from discovery.runs import sharing

MOST_COLUMNS = 50


@never_cache
@require_safe
def why(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """The row below a product's: ``?line=&profile=&key=&span=``.

    With ``line`` that stored line's score; without, the product as it is known now, scored with
    the named profile. 404 for a line the user may not read, or of another product.
    """
    line = request.GET.get("line", "")
    row = _of_line(request, marketplace, asin, line) if line else _known(request, marketplace, asin)
    context = {"row": row, "key": row.key, "span": _number(request.GET.get("span", ""))}
    return render(request, "discovery/runs/why_row.html", context)


def _of_line(request: HttpRequest, marketplace: str, asin: str, line: str) -> Row:
    if not (line.isascii() and line.isdecimal() and len(line) < 19):
        raise Http404
    lines = sharing.readable_line(
        user=signed_in(request), marketplace=marketplace, asin=asin, pk=int(line)
    )
    found = with_text(lines).first()
    if found is None:
        raise Http404
    return row_of(found)


def _known(request: HttpRequest, marketplace: str, asin: str) -> Row:
    user = signed_in(request)
    row = decisions.known_row(
        user=user,
        marketplace=marketplace,
        asin=asin,
        profile=_profile(request),
        now=timezone.now(),
    )
    if row is None:
        raise Http404
    return row


def _profile(request: HttpRequest) -> ActiveProfile:
    user = signed_in(request)
    try:
        return active_profile(slug=request.GET.get("profile") or None, user=user)
    except UnknownProfile:
        raise Http404 from None


def _number(typed: str) -> int:
    is_number = typed.isascii() and typed.isdecimal() and len(typed) < 3
    return min(max(int(typed), 1), MOST_COLUMNS) if is_number else 1
