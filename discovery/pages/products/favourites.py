"""Favoris: the products a user keeps an eye on, scored as they are known now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.accounts.members import signed_in
from discovery.accounts.preferences import preferences_of
from discovery.pages.columns import headings, order_text, sort_labels, sorting
from discovery.pages.products.marks import ACTIONS, mark_several
from discovery.pages.profile_choice import chosen_profile
from discovery.pages.table_layout import layout_of
from discovery.products import decisions, marks
from discovery.products.columns import Row
from discovery.products.decisions import KnownFavourite, score_favourites
from discovery.runs.sorts import DEFAULT, SORTS
from discovery.scoring.verdict import SHOWN_RANK

KIND = "favourites"
MOST_SORTED = 1000  # the newest: to sort by a figure, every one of them is scored
# Column of ``SORTS`` -> what of a row with a score it sorts by.
FIGURES: Mapping[str, Callable[[Any, Any], Any]] = {
    "title": lambda card, _score: card.title.casefold(),
    "verdict_order": lambda _card, score: -SHOWN_RANK[score.shown_verdict],
    "max_cost": lambda _card, score: score.max_cost,
    "price": lambda _card, score: score.sell_price,
    "profit": lambda _card, score: score.shown_profit,
    "roi_percent": lambda _card, score: score.shown_roi,
    "velocity_score": lambda _card, score: score.velocity_score,
    "bsr": lambda card, _score: card.bsr,
}


@never_cache
@require_safe
def favourites(request: HttpRequest) -> HttpResponse:
    """The user's favourites: ``?sort=&dir=&page=``, newest first. Spends no token."""
    user, now = signed_in(request), timezone.now()
    profile = chosen_profile(request, request.GET)
    sort, descending = sorting(KIND, request.GET)
    mine, number = decisions.favourites_of(owner=user), request.GET.get("page", "1")

    def scored(kept: Sequence[Any]) -> list[KnownFavourite]:
        return score_favourites(favourites=kept, user=user, profile=profile, now=now)

    page: Page[Any]
    if sort == DEFAULT:
        kept = mine if descending else mine.order_by("created_at")
        page = decisions.page_of_favourites(favourites=kept, number=number)
        lines = scored(list(page))
    else:
        known = _sorted(scored(list(mine[:MOST_SORTED])), sort=sort, descending=descending)
        page = decisions.page_of_favourites(favourites=known, number=number)
        lines = list(page)
    # A product is ignored on one marketplace, and may be a favourite of several.
    products = [(line.marketplace, line.asin) for line in lines]
    ignored = marks.ignored_among(user=user, products=products)
    lines = [
        replace(line, is_ignored=product in ignored)
        for product, line in zip(products, lines, strict=True)
    ]
    layout = layout_of(KIND, preferences_of(user=user).table)
    columns = headings(KIND, sort=sort, descending=descending, shown=layout.shown)
    context = {
        "lines": lines,
        "page": page,
        "profile_name": profile.name,
        "profile": profile.slug,
        "now": now,
        "layout": layout,
        "columns": columns,
        "labels": {name: heading.label for name, heading in columns.items()},
        "sort": sort,
        "sorts": sort_labels(KIND),
        "order": order_text(KIND, sort=sort, descending=descending),
        "favourites": frozenset(line.asin for line in lines),
        "selection": f"{reverse('discovery:favourites_selection')}?{request.GET.urlencode()}",
        "of_favourites": True,
    }
    return render(request, "discovery/products/favourites.html", {"page": context})


def _sorted(
    known: Sequence[KnownFavourite], *, sort: str, descending: bool
) -> list[KnownFavourite]:
    """The favourites by a figure; those without it come last, the newest of equals first."""
    figure = FIGURES[SORTS[KIND][sort].column]

    def of(row: Row) -> Any:
        return figure(row.card, row.score) if row.card and row.score else None

    figures = [(of(line.row), line) for line in known]
    having = sorted(
        (pair for pair in figures if pair[0] is not None),
        key=lambda pair: pair[0],
        reverse=descending,
    )
    return [line for _figure, line in having] + [line for found, line in figures if found is None]


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
