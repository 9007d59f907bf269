"""The category picker: walk Keepa's tree, search it, open more of it, choose."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from discovery.accounts.members import signed_in
from discovery.keepa.categories.tree import TreeLevel, browse
from discovery.keepa.errors import InvalidFilters, KeepaError
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.niches.categories import open_once
from discovery.pages.choices import default_marketplace
from discovery.pages.niches.filter_fields import SEPARATOR
from discovery.pages.niches.forms import SearchForm
from discovery.text import formats

LONGEST = 60  # characters of what is searched for


@require_safe
def tree(request: HttpRequest) -> HttpResponse:
    """A place in the tree, ``?marketplace=&in=&words=``: a page, or for htmx its list."""
    asked = request.GET
    marketplace = asked.get("marketplace", "")
    if marketplace not in MARKETPLACES:
        marketplace = default_marketplace(signed_in(request))
    words = asked.get("words", "").replace("\x00", "")[:LONGEST]
    category_id = _category_id(asked.get("in", ""))
    return _page(request, browse(marketplace=marketplace, category_id=category_id, words=words))


@require_POST
def open_node(request: HttpRequest) -> HttpResponse:
    """Ask Keepa for the sub-categories of ``in``: at most 31 tokens, once."""
    marketplace = request.POST.get("marketplace", "")
    category_id = _category_id(request.POST.get("in", ""))
    here = browse(marketplace=marketplace, category_id=category_id).here
    if category_id is None or here is None:
        raise Http404
    try:
        spent = open_once(category_id=category_id, marketplace=marketplace)
    except (KeepaError, InvalidFilters) as error:
        messages.error(request, str(error))
    else:
        text = _("The sub-categories are known now: %(spent)s.")
        messages.success(request, text % {"spent": formats.spent(spent)})
    if request.headers.get("HX-Request"):
        return _page(request, browse(marketplace=marketplace, category_id=category_id))
    place = urlencode({"marketplace": marketplace, "in": category_id})
    return redirect(f"{reverse('discovery:tree')}?{place}")


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The sub-category field with one more category in it: ``id=&name=&subcategory=``."""
    chosen = f"{request.GET.get('name', '')[:200]} ({request.GET.get('id', '')[:15]})"
    typed = request.GET.get("subcategory", "").split(SEPARATOR)
    terms = dict.fromkeys([*(term.strip() for term in typed if term.strip()), chosen])
    initial = {"subcategory": f"{SEPARATOR} ".join(terms)}
    form = SearchForm(user=signed_in(request), initial=initial)
    return render(request, "discovery/niches/subcategory_field.html", {"form": form})


def _category_id(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 15 else None


def _page(request: HttpRequest, level: TreeLevel) -> HttpResponse:
    page = {"level": level, "marketplaces": tuple(MARKETPLACES)}
    is_fragment = request.headers.get("HX-Request")
    template = "category_tree.html" if is_fragment else "categories.html"
    return render(request, f"discovery/niches/{template}", {"page": page})
