"""Favoris: the products a user keeps an eye on, scored as they are known now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from discovery.accounts.members import signed_in
from discovery.pages.profile_choice import chosen_profile
from discovery.products import decisions
from discovery.products.decisions import score_favourites


@never_cache
@require_safe
def favourites(request: HttpRequest) -> HttpResponse:
    """The user's favourites, newest first. Spends no token."""
    user, now = signed_in(request), timezone.now()
    profile = chosen_profile(request, request.GET)
    page = decisions.page_of_favourites(owner=user, number=request.GET.get("page", "1"))
    known = score_favourites(favourites=list(page), profile=profile, now=now)
    context = {"lines": known, "page": page, "profile": profile, "now": now}
    return render(request, "discovery/products/favourites.html", {"page": context})
