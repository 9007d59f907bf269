"""The category picker: walk Keepa's tree, search it, open more of it, choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from discovery.keepa import get_client
from discovery.keepa.categories.stored import open_category
from discovery.keepa.categories.tree import Shelf, browse
from discovery.keepa.errors import InvalidFilters, KeepaError
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.pages.choices import default_marketplace
from discovery.pages.niches.forms import CATEGORY_SEPARATOR, SearchForm
from discovery.text import formats
from discovery.text.conditions import marketplace_label

LONGEST = 60


@dataclass(frozen=True, slots=True)
class TreePage:
    shelf: Shelf
    marketplace_name: str
    marketplaces: tuple[tuple[str, str], ...]


@require_safe
def tree(request: HttpRequest) -> HttpResponse:
    """A place in the tree, ``?marketplace=&in=&words=``: a page, or for htmx its list."""
    marketplace = request.GET.get("marketplace", "")
    if marketplace not in MARKETPLACES:
        marketplace = default_marketplace()
    return _show(request, marketplace, request.GET.get("in", ""), request.GET.get("words", ""))


@require_POST
def open_node(request: HttpRequest) -> HttpResponse:
    """Ask Keepa for the sub-categories of ``in``: at most 31 tokens, once."""
    marketplace, node = request.POST.get("marketplace", ""), request.POST.get("in", "")
    number = int(node) if node.isdecimal() and len(node) <= 15 else None
    if browse(marketplace=marketplace, category_id=number).here is None:
        raise Http404
    if number is not None:
        try:
            spent = open_category(number, marketplace=marketplace, client=get_client())
        except (KeepaError, InvalidFilters) as error:
            messages.error(request, str(error))
        else:
            text = _("The sub-categories are known now: %(tokens)s spent.")
            messages.success(request, text % {"tokens": formats.tokens(spent)})
    if request.headers.get("HX-Request"):
        return _show(request, marketplace, node, "")
    place = urlencode({"marketplace": marketplace, "in": node})
    return redirect(f"{reverse('discovery:tree')}?{place}")


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The sub-category field with one more category in it: ``id=&name=&subcategory=``."""
    chosen = f"{request.GET.get('name', '')[:200]} ({request.GET.get('id', '')[:15]})"
    typed = [one.strip() for one in request.GET.get("subcategory", "").split(CATEGORY_SEPARATOR)]
    terms = list(dict.fromkeys([*(one for one in typed if one), chosen]))
    form = SearchForm(
        user=cast(AbstractBaseUser, request.user),
        initial={"subcategory": f"{CATEGORY_SEPARATOR} ".join(terms)},
    )
    return render(request, "discovery/niches/subcategory_field.html", {"form": form})


def _show(request: HttpRequest, marketplace: str, node: str, words: str) -> HttpResponse:
    number = int(node) if node.isdecimal() and len(node) <= 15 else None
    shelf = browse(
        marketplace=marketplace, category_id=number, words=words.replace("\x00", "")[:LONGEST]
    )
    page = TreePage(
        shelf=shelf,
        marketplace_name=marketplace_label(marketplace),
        marketplaces=tuple((code, marketplace_label(code)) for code in MARKETPLACES),
    )
    is_fragment = request.headers.get("HX-Request")
    template = "category_tree.html" if is_fragment else "categories.html"
    return render(request, f"discovery/niches/{template}", {"page": page})
