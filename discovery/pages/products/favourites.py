"""Favoris: the products a user keeps an eye on, scored as they are known now."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.accounts.members import signed_in
from discovery.pages.products.marks import ACTIONS, mark_several
from discovery.products import decisions, marks
from discovery.products.decisions import score_favourites
from discovery.profiles.service import active_profile


@never_cache
@require_safe
def favourites(request: HttpRequest) -> HttpResponse:
    """The user's favourites, newest first. Spends no token."""
    user, now = signed_in(request), timezone.now()
    profile = active_profile(user=user)
    page = decisions.page_of_favourites(owner=user, number=request.GET.get("page", "1"))
    known = score_favourites(favourites=list(page), profile=profile, now=now)
    products = [(line.marketplace, line.asin) for line in known]
    ignored = marks.ignored_among(user=user, products=products)
    context = {
        "lines": known,
        "page": page,
        "profile_name": profile.name,
        "now": now,
        "selection": f"{reverse('discovery:favourites_selection')}?{request.GET.urlencode()}",
        "ignored": {f"{marketplace}/{asin}" for marketplace, asin in ignored},
        "of_favourites": True,
    }
    return render(request, "discovery/products/favourites.html", {"page": context})


@require_POST
def selection(request: HttpRequest) -> HttpResponse:
    """Apply ``action`` to the ticked favourites (``asin=us/B000…``), or to all (``scope=all``)."""
    action = request.POST.get("action", "")
    if action not in ACTIONS:
        return HttpResponseBadRequest()
    ticked = {tuple(sent.split("/", 1)) for sent in request.POST.getlist("asin")}
    takes_all = request.POST.get("scope") == "all"
    mine = marks.favourites_of(user=signed_in(request))
    products = [product for product in mine if takes_all or product in ticked]
    if products:
        mark_several(request, products, action)
    else:
        messages.warning(request, _("Tick the products you mean first."))
    return redirect(f"{reverse('discovery:favourites')}?{request.GET.urlencode()}")
