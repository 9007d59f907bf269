"""Analyse de liste: give a list, see what it would cost, have it analysed, read the results."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.lists import queries
from discovery.lists.service import cancel_list, create_list, delete_list, resume_list, start_list
from discovery.lists.text import columns_text
from discovery.models import ProductList
from discovery.pages.choices import default_marketplace
from discovery.pages.lists.context import (
    ListLink,
    PlainLine,
    bad_lines_of,
    list_links,
    list_page,
    progress_of,
)
from discovery.pages.lists.forms import ListForm, StartForm
from discovery.profiles.service import UnknownProfile
from discovery.search.quote import Quote, quote_list


@dataclass(frozen=True, slots=True)
class ListsPage:
    form: ListForm
    lists: tuple[ListLink, ...]
    page: Page[ProductList]


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """A list as it was understood, before anything is spent."""

    listed: ProductList
    columns: str
    bad_lines: tuple[PlainLine, ...]
    restored: int
    form: StartForm
    quote: Quote | None


@never_cache
@require_safe
def lists(request: HttpRequest) -> HttpResponse:
    """The form that takes a list, and the user's lists."""
    return _page(request, ListForm())


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Keep the list as it was read and ask its owner to confirm it. Spends nothing."""
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid() or form.read is None:
        too_large = form.trouble == "too_large"
        return _page(
            request,
            form,
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            if too_large
            else HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    listed = create_list(
        owner=_user(request), name=form.name, read=form.read, marketplace=default_marketplace()
    )
    return redirect("discovery:list", list_id=listed.pk)


@never_cache
@require_safe
def one(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """A list to confirm, under way or done: ``?sort=&dir=&verdict=&page=``."""
    listed = _mine(request, list_id)
    if listed.state == ProductList.State.DRAFT:
        return _confirm(request, listed, StartForm(user=_user(request), listed=listed))
    page = list_page(listed, asked=request.GET.dict())
    return render(request, "discovery/lists/list.html", {"page": page})


@never_cache
@require_safe
def quote(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """What the list would cost with the marketplace and profile chosen; nothing for nonsense."""
    listed = _mine(request, list_id)
    form = StartForm(request.GET, user=_user(request), listed=listed)
    priced = _priced(listed, form) if form.is_valid() else None
    context = {"quote": priced, "currency": _currency(form, listed)}
    return render(request, "discovery/lists/quote.html", context)


@require_POST
def start(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Start the analysis of a confirmed list."""
    listed = _mine(request, list_id)
    if listed.state != ProductList.State.DRAFT or not listed.total:
        return redirect("discovery:list", list_id=listed.pk)
    form = StartForm(request.POST, user=_user(request), listed=listed)
    if not form.is_valid():
        return _confirm(request, listed, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    profile, marketplace = form.chosen()
    start_list(listed=listed, profile=profile, marketplace=marketplace)
    return redirect("discovery:list", list_id=listed.pk)


@never_cache
@require_safe
def progress(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """The progress card alone; once the analysis has ended, an order to load the page again."""
    listed = _mine(request, list_id)
    card = progress_of(listed)
    if card is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "discovery/lists/progress.html", {"progress": card})


@require_POST
def cancel(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Stop before the next call to Keepa."""
    if not cancel_list(listed=_mine(request, list_id)):
        messages.info(request, _("This analysis had already ended."))
    return redirect("discovery:list", list_id=list_id)


@require_POST
def resume(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Go on now with what is left."""
    if not resume_list(listed=_mine(request, list_id)):
        messages.info(request, _("There was nothing to resume."))
    return redirect("discovery:list", list_id=list_id)


@require_POST
def delete(request: HttpRequest, list_id: UUID) -> HttpResponse:
    """Remove a list and its results; the products stay known."""
    listed = _mine(request, list_id)
    delete_list(listed=listed)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": listed.name})
    return redirect("discovery:lists")


def _page(request: HttpRequest, form: ListForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    page = queries.page_of_lists(owner=_user(request), number=request.GET.get("page", "1"))
    context = ListsPage(form=form, lists=list_links(page), page=page)
    return render(request, "discovery/lists/lists.html", {"page": context}, status=status)


def _confirm(
    request: HttpRequest, listed: ProductList, form: StartForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    page = ConfirmPage(
        listed=listed,
        columns=columns_text(listed.columns),
        bad_lines=bad_lines_of(listed),
        restored=queries.restored_count(listed=listed),
        form=form,
        quote=_priced(listed, form) if listed.total and not form.errors else None,
    )
    context = {"page": page, "currency": _currency(form, listed)}
    return render(request, "discovery/lists/confirm.html", context, status=status)


def _priced(listed: ProductList, form: StartForm) -> Quote | None:
    try:
        profile, marketplace = form.chosen()
    except UnknownProfile:
        return None
    return quote_list(listed=listed, profile=profile, marketplace=marketplace)


def _currency(form: StartForm, listed: ProductList) -> str:
    chosen = str(form["marketplace"].value() or listed.marketplace)
    return MARKETPLACES[chosen].currency if chosen in MARKETPLACES else ""


def _mine(request: HttpRequest, list_id: UUID) -> ProductList:
    return queries.list_of(owner=_user(request), list_id=list_id)


def _user(request: HttpRequest) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)  # the middleware lets nobody else in
