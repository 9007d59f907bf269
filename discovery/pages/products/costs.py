"""Mon coût: what a product costs its user, typed wherever the product is shown."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from discovery.accounts.members import signed_in
from discovery.accounts.preferences import preferences_of
from discovery.models import RunLine
from discovery.pages.columns import headings, sorting
from discovery.pages.products.favourites import KIND as FAVOURITES
from discovery.pages.products.forms import MOST_MONEY, CostField, too_dear, units_said
from discovery.pages.profile_choice import chosen_profile
from discovery.pages.runs.results import counts_shown, row_shown
from discovery.pages.table_layout import layout_of
from discovery.products import decisions, store
from discovery.products.scored import StatedCost
from discovery.products.store import StoredProduct
from discovery.runs import queries
from discovery.runs.endings import frozen_profile
from discovery.runs.outcome_text import yield_of
from discovery.runs.own_costs import state_own_cost
from discovery.scoring import VatBasis
from discovery.scoring.marketplaces import has_vat
from discovery.scoring.pack_size import cost_of_listing

LONGEST = 20  # characters of a cost


@dataclass(slots=True)
class Typed:
    """What was typed in a row, and what is to be said about it beside the field."""

    text: str
    cost: StatedCost | None
    error: str = ""
    note: str = ""

    @property
    def context(self) -> dict[str, Any]:
        """As the cell of a cost takes it."""
        return {"cost_typed": self.text, "cost_error": self.error, "cost_note": self.note}


@require_POST
def cost(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """Keep what the product costs (``cost=&cost_vat=``; empty: forget it), and show its row anew.

    ``units`` is for how many units of a lot it is, by default for all that the listing sells.
    ``line`` is the line of a run it was typed in, ``key`` the row's on its page, ``query`` what
    that page was asked for; without a line it is a row of the favourites, reckoned with
    ``profile``. Without htmx, back to where it was typed. Spends no token.
    """
    user = signed_in(request)
    line = _line_of(request, marketplace, asin)
    product = store.product_of(marketplace=marketplace, asin=asin)
    if product is None and line is None:
        raise Http404
    typed = _typed(request, marketplace, line, product)
    if not typed.error:
        is_scored = state_own_cost(
            user=user,
            marketplace=marketplace,
            asin=asin,
            cost=typed.cost,
            line=line,
            now=timezone.now(),
        )
        if not is_scored:
            typed.note = _(
                "Kept. The data of this product are not at hand any more: the cost counts from "
                "its next analysis."
            )
    if not request.headers.get("HX-Request"):
        return _back(request, typed, marketplace, asin, line)
    # The row and what is sent with it link as the page does that they go back to.
    request.GET = QueryDict(request.POST.get("query", ""))
    context = {"key": request.POST.get("key", "")[:40], **typed.context}
    context |= _run_row(request, line) if line else _favourite_row(request, marketplace, asin)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed.error else HTTPStatus.OK
    return render(request, "discovery/products/cost_saved.html", context, status=status)


def _line_of(request: HttpRequest, marketplace: str, asin: str) -> RunLine | None:
    """The line that was typed in; 404 for anybody else's, and for one of another product."""
    asked = request.POST.get("line", "")
    if not asked:
        return None
    line = queries.scored_line(owner=signed_in(request), pk=asked)
    if line is None or (line.run.marketplace, line.asin) != (marketplace, asin):
        raise Http404
    return line


def _typed(
    request: HttpRequest, marketplace: str, line: RunLine | None, product: StoredProduct | None
) -> Typed:
    text = request.POST.get("cost", "").strip()[:LONGEST]
    try:
        amount: Decimal | None = CostField().clean(text)
    except ValidationError as problem:
        return Typed(text, None, error=" ".join(problem.messages))
    if amount is None:
        return Typed(text, None)
    basis = request.POST.get("cost_vat", "")
    if has_vat(marketplace) and basis in set(VatBasis):
        vat = VatBasis(basis)
    else:
        profile = frozen_profile(line.run) if line else chosen_profile(request, request.POST)
        vat = profile.settings.for_marketplace(marketplace).cost_vat
    units, pack_size = units_said(request.POST), product.facts.pack_size if product else None
    whole = cost_of_listing(amount, units=units, pack_size=pack_size)
    if whole > MOST_MONEY:
        return Typed(text, None, error=" ".join(too_dear(whole).messages))
    return Typed(text, StatedCost(whole, vat, is_whole=True))


def _run_row(request: HttpRequest, line: RunLine) -> dict[str, Any]:
    """The line's row as its page shows it, and what its verdict counts in."""
    run = line.run
    page = counts_shown(request, run)
    return row_shown(request, run, line) | {
        "page": page,
        "yield_text": yield_of(run, page.counts) if run.is_search and run.is_finished else "",
        "purchase": queries.purchase_of(run=run) if run.is_list else None,
        "marketplace": run.marketplace,
    }


def _favourite_row(request: HttpRequest, marketplace: str, asin: str) -> dict[str, Any]:
    user = signed_in(request)
    profile = chosen_profile(request, request.POST)
    row = decisions.known_row(
        user=user, marketplace=marketplace, asin=asin, profile=profile, now=timezone.now()
    )
    sort, descending = sorting(FAVOURITES, request.GET)
    layout = layout_of(FAVOURITES, preferences_of(user=user).table)
    columns = headings(FAVOURITES, sort=sort, descending=descending, shown=layout.shown)
    marks = decisions.marks_of(owner=user, marketplace=marketplace, asins=[asin])
    return {
        "row": row,
        "labels": {name: heading.label for name, heading in columns.items()},
        "favourites": marks.favourites,
        "ignored": marks.ignored,
        "selection": True,
        "profile": profile.slug,
    }


def _back(
    request: HttpRequest, typed: Typed, marketplace: str, asin: str, line: RunLine | None
) -> HttpResponse:
    """To the row that was typed in; a cost that could not be read is said there."""
    if typed.error:
        messages.error(request, typed.error)
    elif typed.note:
        messages.warning(request, typed.note)
    elif typed.cost is None:
        messages.success(request, _("Your cost of this product is forgotten."))
    else:
        messages.success(request, _("Your cost is kept: every page reckons with it."))
    query = QueryDict(request.POST.get("query", "")).urlencode()
    if line:
        place = f"{line.run.get_absolute_url()}{'?' if query else ''}{query}"
        return redirect(f"{place}#row-{line.pk}")
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
        return redirect(came_from)
    answer = redirect("discovery:product", marketplace=marketplace, asin=asin)
    asked = {"profile": request.POST["profile"]} if request.POST.get("profile") else {}
    return redirect(f"{answer.url}?{urlencode(asked)}") if asked else answer
