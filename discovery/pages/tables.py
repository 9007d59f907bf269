"""What users choose about their tables: columns, order and density, and filters with a name."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from discovery.accounts.members import signed_in
from discovery.accounts.preferences import keep_preferences, preferences_of
from discovery.models import SavedFilter
from discovery.pages.back import address_back
from discovery.pages.columns import ON_PAGE
from discovery.pages.table_layout import changed
from discovery.runs import saved_filters
from discovery.runs.saved_filters import table_query

LAST_PLACE = 99


@dataclass(frozen=True, slots=True)
class SavedFilters:
    """The filters a user has named, and what the table shows now as such a query."""

    filters: QuerySet[SavedFilter]
    current: str


def saved_of(request: HttpRequest) -> SavedFilters:
    """What a table offers of filters."""
    filters = saved_filters.filters_of(user_id=signed_in(request).pk)
    return SavedFilters(filters, table_query(request.GET))


@require_POST
def keep_table(request: HttpRequest) -> HttpResponse:
    """Remember columns, order and density; ``action=reset`` forgets them."""
    user, kind = signed_in(request), request.POST.get("kind", "")
    if kind not in ON_PAGE:
        return HttpResponseBadRequest()
    if request.POST.get("action") == "reset":
        keep_preferences(user=user, table={})
        return _back(request)
    table = changed(
        preferences_of(user=user).table,
        kind=kind,
        shown=request.POST.getlist("column"),
        places={name: place for name in ON_PAGE[kind] if (place := _place(request, name))},
        density=request.POST.get("density", ""),
    )
    keep_preferences(user=user, table=table)
    return _back(request)


@require_POST
def keep_filter(request: HttpRequest) -> HttpResponse:
    """Keep what a table shows (``query``) under a ``name``, in place of one called so."""
    name = request.POST.get("name", "").replace("\x00", "").strip()
    query = table_query(QueryDict(request.POST.get("query", "")))
    if not name or len(name) > saved_filters.LONGEST_NAME:
        messages.error(request, _("Give the filter a name of 60 characters at most."))
    elif not query or len(query) > saved_filters.LONGEST_QUERY:
        messages.error(request, _("There is nothing to keep: narrow the table down first."))
    else:
        try:
            saved_filters.keep_filter(user=signed_in(request), name=name, query=query)
        except saved_filters.TooManyFilters as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The filter “%(name)s” is kept.") % {"name": name})
    return _back(request)


@require_POST
def forget_filter(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one of one's own filters."""
    if not saved_filters.forget_filter(user=signed_in(request), pk=pk):
        raise Http404
    return _back(request)


def _place(request: HttpRequest, name: str) -> int | None:
    typed = request.POST.get(f"place_{name}", "")
    is_place = typed.isascii() and typed.isdecimal() and len(typed) <= len(str(LAST_PLACE))
    return int(typed) if is_place else None


def _back(request: HttpRequest) -> HttpResponse:
    """To the table that was being looked at."""
    return redirect(f"{address_back(request, default=reverse('discovery:niches'))}#results")
