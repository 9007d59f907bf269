"""The searches at other shops that a product's page offers: add, change, remove, order, reset."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from discovery.accounts.members import signed_in
from discovery.accounts.preferences import preferences_of
from discovery.products.sourcing_links import (
    LONGEST_NAME,
    LONGEST_PATTERN,
    LinkProblem,
    SourcingLink,
    check_link,
    keep_links,
    links_to_change,
)
from discovery.products.sourcing_links_text import problem_text

USUAL_MARKETPLACE = "fr"
_ACTION = re.compile(r"(up|down|remove):(\d{1,2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """A link as typed; ``error`` is why it is refused and ``field`` where."""

    name: str
    pattern: str
    error: str = ""
    field: str = ""

    @property
    def link(self) -> SourcingLink:
        """As it would be kept."""
        return SourcingLink(self.name, self.pattern)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sourcing_links(request: HttpRequest) -> HttpResponse:
    """One form for all of them; ``action=save|reset|up:N|down:N|remove:N`` says what is done.

    What was typed is kept with every action; an empty row is no link.
    """
    user = signed_in(request)
    if request.method != "POST":
        marketplace = preferences_of(user=user).marketplace or USUAL_MARKETPLACE
        shown = links_to_change(user=user, marketplace=marketplace)
        return _page(request, [Row(link.name, link.pattern) for link in shown])
    action = request.POST.get("action", "save")
    if action == "reset":
        keep_links((), user=user)
        messages.success(request, _("The site's own links are back."))
        return redirect("discovery:sourcing_links")
    rows = [_checked(row) for row in _moved(_typed_rows(request.POST), action)]
    if any(row.error for row in rows):
        return _page(request, rows, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if not rows:
        messages.warning(request, _("Keep at least one link, or go back to the site's own."))
        return redirect("discovery:sourcing_links")
    try:
        keep_links([row.link for row in rows], user=user)
    except LinkProblem as problem:
        rows[-1] = replace(rows[-1], error=problem_text(problem), field=problem.field)
        return _page(request, rows, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("Saved."))
    return redirect("discovery:sourcing_links")


def _typed_rows(data: QueryDict) -> list[Row]:
    typed = zip(data.getlist("name"), data.getlist("pattern"), strict=False)
    rows = [Row(name.strip(), pattern.strip()) for name, pattern in typed]
    return [row for row in rows if row.name or row.pattern]


def _moved(rows: list[Row], action: str) -> list[Row]:
    """The rows after a move or a removal; as they are where the action names none of them."""
    found = _ACTION.fullmatch(action)
    if found is None or int(found[2]) >= len(rows):
        return rows
    verb, at = found[1], int(found[2])
    row = rows.pop(at)
    if verb != "remove":
        rows.insert(max(at + (1 if verb == "down" else -1), 0), row)
    return rows


def _checked(row: Row) -> Row:
    try:
        check_link(row.link)
    except LinkProblem as problem:
        return replace(row, error=problem_text(problem), field=problem.field)
    return row


def _page(request: HttpRequest, rows: list[Row], status: int = HTTPStatus.OK) -> HttpResponse:
    page = {"rows": rows, "longest_name": LONGEST_NAME, "longest_pattern": LONGEST_PATTERN}
    return render(request, "discovery/products/sourcing_links.html", page, status=status)
