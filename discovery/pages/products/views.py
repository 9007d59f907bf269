"""One product: what to pay for it at most, why, how it has sold, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.accounts.members import signed_in
from discovery.keepa.errors import KeepaError
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import ProductDecision, RunLine
from discovery.pages.back import address_back
from discovery.pages.products.calculator import Calculator, calculator_of
from discovery.pages.products.chart_data import chart_data
from discovery.pages.products.forms import DecisionForm
from discovery.pages.products.price_chart import (
    DEFAULT_WINDOW,
    WINDOWS,
    HistoryChart,
    price_chart,
    rank_chart,
)
from discovery.pages.products.waterfall import Step, waterfall
from discovery.pages.profile_choice import chosen_profile
from discovery.products import buy_box, decisions, live_check, sourcing_links, store
from discovery.products.calculation import Outcome, outcome_of, whole_cost
from discovery.products.from_keepa import ProductCard
from discovery.products.purchases import HasSales
from discovery.runs import queries
from discovery.runs.own_costs import score_lines_anew
from discovery.scoring import Condition, Score, score
from discovery.sourcing.queries import pick_of_product
from discovery.sourcing.shown import ShownPick, shown
from discovery.text import formats

APPEARANCES_SHOWN = 8
# What the chart shows beside the usual series to who sells used copies.
SHOWN_OF_USED = frozenset({"USED", "BUY_BOX_USED_SHIPPING", "COUNT_USED"})


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Everything the page shows; ``check`` is the last look at the live offers.

    ``score`` is made with what the calculator tries, ``usual`` without; what was bought or verified
    is judged by the latter. ``chart`` is drawn in the browser, ``prices`` and ``rank`` without it.
    ``age`` is that of what Keepa saw, whenever we asked for it. ``buy_box_tokens`` is what the Buy
    Box costs where it was never bought, else ``None``.
    """

    card: ProductCard
    score: Score
    now: datetime
    age: timedelta
    is_old: bool
    usual: Score
    calculator: Calculator
    outcome: Outcome
    steps: tuple[Step, ...]
    check: live_check.ShownCheck | None
    offers: tuple[live_check.OfferLine, ...]
    check_tokens: int
    buy_box_tokens: int | None
    prices: HistoryChart
    rank: HistoryChart
    chart: Mapping[str, Any]
    window: str
    windows: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    is_favourite: bool
    decisions: tuple[ProductDecision, ...]
    decision_form: DecisionForm
    appearances: tuple[RunLine, ...]
    found: ShownPick | None


@never_cache
@require_safe
def product(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """The page of a product: ``?cost=&cost_vat=&units=&grade=&profile=&window=``, for no token.

    ``?price=&quantity=&by=fba|fbm&shipping=`` try another sale; nothing of it is kept.

    Without ``?cost=`` it is what the product is known to cost the user, empty is none.
    ``?cost_vat=`` says whether the cost holds VAT; by default it is as the profile says.
    ``?grade=`` is a ``SoldCopy``, by default that of the listing. For the calculator's htmx, only
    what depends on the cost and the profile.
    """
    page = _page(request, marketplace, asin)
    is_calculator = request.headers.get("HX-Target") == "computed"
    template = "computed.html" if is_calculator else "product.html"
    return render(request, f"discovery/products/{template}", {"page": page})


@require_POST
def favourite(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """Make it a favourite, or no longer one: ``wanted=1|0``."""
    _stored(marketplace, asin)
    is_wanted = request.POST.get("wanted") != "0"
    change = decisions.add_favourite if is_wanted else decisions.remove_favourite
    change(user=signed_in(request), marketplace=marketplace, asin=asin)
    return redirect(address_back(request, default=_address(marketplace, asin)))


@require_POST
def check(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """Buy the live offers and compare: ``cost=&cost_vat=&units=&grade=&profile=``.

    The answer is kept: reload is free. 404 for a profile that is not open to the user.
    """
    user, stored = signed_in(request), _stored(marketplace, asin)
    calculator, cost = calculator_of(request, request.POST, stored)
    if request.POST.get("profile", "") not in {"", calculator.profile.slug}:
        raise Http404  # nothing is bought for another profile than the one asked for
    kept = {"cost": calculator.cost, "profile": calculator.profile.slug}
    kept |= {"units": str(calculator.units)} if calculator.units else {}
    if calculator.bases:
        kept["cost_vat"] = calculator.cost_vat.value
    kept |= {"grade": calculator.sold.value} if "grade" in request.POST else {}
    back = f"{_address(marketplace, asin)}?{urlencode(kept)}#check"
    if calculator.error:
        messages.error(request, calculator.error)
        return redirect(back)
    try:
        live_check.verify(
            user=user,
            marketplace=marketplace,
            asin=asin,
            profile=calculator.profile,
            cost=whole_cost(cost, calculator.units, stored),
            cost_vat=calculator.cost_vat,
            sold=calculator.sold,
        )
    except live_check.UnknownProduct:
        raise Http404 from None
    except KeepaError as error:
        messages.error(request, str(error))
    return redirect(back)


@require_POST
def buy_buy_box(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """Buy the Buy Box of a product known by its statistics alone; it is scored with it then."""
    _stored(marketplace, asin)
    try:
        purchase = buy_box.buy(marketplace=marketplace, asins=[asin])
    except KeepaError as error:
        messages.error(request, str(error))
    else:
        if purchase.unanswered:
            messages.warning(request, _("Keepa has nothing new on this product."))
        else:
            tokens = formats.tokens(purchase.tokens_spent)
            messages.success(
                request, _("The Buy Box is known now: %(tokens)s.") % {"tokens": tokens}
            )
    return redirect(f"{_address(marketplace, asin)}?{request.GET.urlencode()}")


@require_POST
def decide(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """Write a line of the log: ignored, a note, or bought, scored with ``?profile=`` then."""
    _stored(marketplace, asin)
    user = signed_in(request)
    profile = chosen_profile(request, request.GET)
    usual = profile.settings.for_marketplace(marketplace).cost_vat
    form = DecisionForm(request.POST, marketplace=marketplace, usual=usual)
    if not form.is_valid():
        page = _page(request, marketplace, asin, decision_form=form)
        return render(request, "discovery/products/product.html", {"page": page}, status=422)
    decisions.record_decision(
        user=user, marketplace=marketplace, asin=asin, profile=profile, **form.cleaned_data
    )
    score_lines_anew(user=user, marketplace=marketplace, asin=asin)
    messages.success(request, _("It is in your log."))
    return redirect(_decisions(request, marketplace, asin))


@require_POST
def strike_out(request: HttpRequest, marketplace: str, asin: str, pk: int) -> HttpResponse:
    """Remove a line from one's own log, and its purchase of which nothing is sold."""
    try:
        if not decisions.forget_decision(user=signed_in(request), decision_id=pk):
            raise Http404
    except HasSales as error:
        messages.error(request, str(error))
    return redirect(_decisions(request, marketplace, asin))


def _page(
    request: HttpRequest, marketplace: str, asin: str, decision_form: DecisionForm | None = None
) -> ProductPage:
    now, user = timezone.now(), signed_in(request)
    stored = _stored(marketplace, asin)
    calculator, cost = calculator_of(request, request.GET, stored)
    profile = calculator.profile
    score_with = partial(
        score,
        stored.facts,
        profile.settings,
        now=now,
        cost=cost,
        cost_vat=calculator.cost_vat,
        cost_units=calculator.units,
        sold=calculator.sold,
    )
    usual, scored = score_with(), score_with(what_if=calculator.what_if)
    check = live_check.latest_check(
        user=user,
        marketplace=marketplace,
        asin=asin,
        profile=profile,
        cost=whole_cost(cost, calculator.units, stored),
        cost_vat=calculator.cost_vat,
        sold=calculator.sold,
        now=now,
    )
    age = now - stored.seen_at
    window = request.GET.get("window", "")
    window = window if window in WINDOWS else DEFAULT_WINDOW
    history = store.history_of_product(marketplace=marketplace, asin=asin)
    market = MARKETPLACES[marketplace]
    appearances = queries.appearances_of(owner=user, asin=asin, marketplace=marketplace)
    pick = pick_of_product(owner=user, marketplace=marketplace, asin=asin)
    card = store.product_card(stored)
    return ProductPage(
        card=card,
        score=scored,
        now=now,
        age=age,
        is_old=age > timedelta(days=1),
        usual=usual,
        calculator=calculator,
        outcome=outcome_of(scored, quantity=calculator.quantity),
        steps=waterfall(scored, is_own_price=calculator.what_if.price is not None),
        check=check,
        offers=live_check.offers_of(
            check.check,
            facts=stored.facts,
            profile=profile,
            shown=usual,
        )
        if check
        else (),
        check_tokens=live_check.MOST_TOKENS,
        buy_box_tokens=buy_box.price_of(stored, now=now),
        prices=price_chart(
            history, now=now, window=window, currency=market.currency, exponent=market.exponent
        ),
        rank=rank_chart(history, now=now, window=window),
        chart=chart_data(
            history,
            now=now,
            window=window,
            currency=market.currency,
            exponent=market.exponent,
            shown=SHOWN_OF_USED if usual.condition is Condition.USED else frozenset(),
        ),
        window=window,
        windows=tuple((name, _(label)) for name, (_days, label) in WINDOWS.items()),
        links=sourcing_links.addresses_for(card, sourcing_links.links_of(user=user)),
        is_favourite=decisions.is_favourite(user=user, marketplace=marketplace, asin=asin),
        decisions=tuple(decisions.decisions_of(owner=user, marketplace=marketplace, asin=asin)),
        decision_form=decision_form
        or DecisionForm(marketplace=marketplace, usual=calculator.cost_vat),
        appearances=tuple(appearances[:APPEARANCES_SHOWN]),
        found=shown([pick], user=user)[0] if pick else None,
    )


def _stored(marketplace: str, asin: str) -> store.StoredProduct:
    found = store.product_of(marketplace=marketplace, asin=asin)
    if found is None:
        raise Http404
    return found


def _decisions(request: HttpRequest, marketplace: str, asin: str) -> str:
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return f"{_address(marketplace, asin)}{query}#decisions"


def _address(marketplace: str, asin: str) -> str:
    return reverse("discovery:product", kwargs={"marketplace": marketplace, "asin": asin})
