"""One product: what to pay for it at most, why, how it has sold, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
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
from discovery.models import CostVat, ProductCost, ProductDecision, RunLine
from discovery.pages.products.forms import CostField, DecisionForm, units_said
from discovery.pages.products.price_chart import (
    DEFAULT_WINDOW,
    WINDOWS,
    HistoryChart,
    price_chart,
    rank_chart,
)
from discovery.pages.products.waterfall import Step, waterfall
from discovery.pages.profile_choice import chosen_profile
from discovery.products import buy_box, decisions, live_check, store
from discovery.products.from_keepa import ProductCard
from discovery.products.product_costs import cost_of
from discovery.products.scored import sold_copy
from discovery.profiles.service import ActiveProfile, active_profile, all_profiles
from discovery.runs import queries
from discovery.runs.own_costs import score_lines_anew
from discovery.scoring import Score, SoldCopy, VatBasis, score
from discovery.scoring.marketplaces import has_vat
from discovery.scoring.pack_size import cost_of_listing
from discovery.text import formats, labels

APPEARANCES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Calculator:
    """What was typed, and what came of it.

    ``bases`` are the choices of its VAT, if any; ``units`` are those the cost is for, if said.
    ``sold`` is the copy that the figures are about, where used ones are sold; ``copies`` its
    choices. ``known`` is what the product costs the user, ``is_kept`` whether the figures use it.
    """

    cost: str
    cost_vat: VatBasis
    bases: tuple[tuple[str, str], ...]
    units: int | None
    sold: SoldCopy
    copies: tuple[tuple[str, str], ...]
    error: str
    profile: ActiveProfile
    profiles: tuple[ActiveProfile, ...]
    known: ProductCost | None
    is_kept: bool


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Everything the page shows; ``check`` is the last look at the live offers.

    ``age`` is that of what Keepa saw, whenever we asked for it. ``buy_box_tokens`` is what the Buy
    Box costs where it was never bought, else ``None``.
    """

    card: ProductCard
    score: Score
    now: datetime
    age: timedelta
    is_old: bool
    calculator: Calculator
    steps: tuple[Step, ...]
    check: live_check.ShownCheck | None
    offers: tuple[live_check.OfferLine, ...]
    check_tokens: int
    buy_box_tokens: int | None
    prices: HistoryChart
    rank: HistoryChart
    window: str
    windows: tuple[tuple[str, str], ...]
    is_favourite: bool
    decisions: tuple[ProductDecision, ...]
    decision_form: DecisionForm
    appearances: tuple[RunLine, ...]


@never_cache
@require_safe
def product(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """The page of a product: ``?cost=&cost_vat=&units=&grade=&profile=&window=``, for no token.

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
    if request.POST.get("back") == "favourites":
        return redirect("discovery:favourites")
    return redirect("discovery:product", marketplace=marketplace, asin=asin)


@require_POST
def check(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """Buy the live offers and compare: ``cost=&cost_vat=&units=&grade=&profile=``.

    The answer is kept: reload is free. 404 for a profile that is not open to the user.
    """
    user, stored = signed_in(request), _stored(marketplace, asin)
    calculator, cost = _calculator(request, request.POST, stored)
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
            cost=_of_listing(cost, calculator.units, stored),
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
    """Write a line of the log: bought, ignored, or a note."""
    _stored(marketplace, asin)
    settings = active_profile(user=signed_in(request)).settings
    usual = settings.for_marketplace(marketplace).cost_vat
    form = DecisionForm(request.POST, marketplace=marketplace, usual=usual)
    if not form.is_valid():
        page = _page(request, marketplace, asin, decision_form=form)
        return render(request, "discovery/products/product.html", {"page": page}, status=422)
    decisions.record_decision(
        user=signed_in(request), marketplace=marketplace, asin=asin, **form.cleaned_data
    )
    score_lines_anew(user=signed_in(request), marketplace=marketplace, asin=asin)
    messages.success(request, _("It is in your log."))
    return redirect(f"{_address(marketplace, asin)}#decisions")


@require_POST
def strike_out(request: HttpRequest, marketplace: str, asin: str, pk: int) -> HttpResponse:
    """Remove a line from one's own log."""
    if not decisions.forget_decision(user=signed_in(request), decision_id=pk):
        raise Http404
    return redirect(f"{_address(marketplace, asin)}#decisions")


def _page(
    request: HttpRequest, marketplace: str, asin: str, decision_form: DecisionForm | None = None
) -> ProductPage:
    now, user = timezone.now(), signed_in(request)
    stored = _stored(marketplace, asin)
    calculator, cost = _calculator(request, request.GET, stored)
    profile = calculator.profile
    scored = score(
        stored.facts,
        profile.settings,
        now=now,
        cost=cost,
        cost_vat=calculator.cost_vat,
        cost_units=calculator.units,
        sold=calculator.sold,
    )
    check = live_check.latest_check(
        user=user,
        marketplace=marketplace,
        asin=asin,
        profile=profile,
        cost=_of_listing(cost, calculator.units, stored),
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
    return ProductPage(
        card=store.product_card(stored),
        score=scored,
        now=now,
        age=age,
        is_old=age > timedelta(days=1),
        calculator=calculator,
        steps=waterfall(scored),
        check=check,
        offers=live_check.offers_of(
            check.check,
            facts=stored.facts,
            profile=profile,
            shown=scored,
        )
        if check
        else (),
        check_tokens=live_check.MOST_TOKENS,
        buy_box_tokens=buy_box.price_of(stored, now=now),
        prices=price_chart(
            history, now=now, window=window, currency=market.currency, exponent=market.exponent
        ),
        rank=rank_chart(history, now=now, window=window),
        window=window,
        windows=tuple((name, _(label)) for name, (_days, label) in WINDOWS.items()),
        is_favourite=decisions.is_favourite(user=user, marketplace=marketplace, asin=asin),
        decisions=tuple(decisions.decisions_of(owner=user, marketplace=marketplace, asin=asin)),
        decision_form=decision_form
        or DecisionForm(marketplace=marketplace, usual=calculator.cost_vat),
        appearances=tuple(appearances[:APPEARANCES_SHOWN]),
    )


def _calculator(
    request: HttpRequest, data: QueryDict, stored: store.StoredProduct
) -> tuple[Calculator, Decimal | None]:
    """What ``data`` asks to be reckoned; where it tells no cost, with the one that is known."""
    user, marketplace = signed_in(request), stored.marketplace
    profiles = tuple(all_profiles(user=user))
    profile = chosen_profile(request, data)
    known = cost_of(user=user, marketplace=marketplace, asin=stored.asin)
    default = known if "cost" not in data else None
    typed = data.get("cost", formats.exact(default.cost) if default else "").strip()[:20]
    cost, error = None, ""
    try:
        cost = CostField().clean(typed)
    except ValidationError as problem:
        error = " ".join(problem.messages)
    chosen = data.get("cost_vat", "")
    usual = profile.settings.for_marketplace(marketplace).cost_vat
    usual = VatBasis(default.cost_vat) if default else usual
    vat = VatBasis(chosen) if chosen in set(VatBasis) else usual
    units = units_said(data)
    if default and units is None:  # what is known is the cost of all that the listing sells
        units = stored.facts.pack_size
    grade = data.get("grade", "")
    copy = sold_copy(default.cost if default else None)
    whole = _of_listing(cost, units, stored)
    calculator = Calculator(
        cost=typed,
        cost_vat=vat,
        bases=_bases() if has_vat(marketplace) else (),
        units=units,
        sold=SoldCopy(grade) if grade in set(SoldCopy) else copy,
        copies=tuple((sold, labels.sold_copy_label(sold)) for sold in SoldCopy),
        error=error,
        profile=profile,
        profiles=profiles,
        known=known,
        is_kept=known is not None and (known.cost, known.cost_vat) == (whole, vat),
    )
    return calculator, cost


def _bases() -> tuple[tuple[str, str], ...]:
    return tuple((basis, str(label)) for basis, label in CostVat.choices)


def _of_listing(
    cost: Decimal | None, units: int | None, stored: store.StoredProduct
) -> Decimal | None:
    """The cost of all that the listing sells at once, given for so many units."""
    if cost is None:
        return None
    return cost_of_listing(cost, units=units, pack_size=stored.facts.pack_size)


def _stored(marketplace: str, asin: str) -> store.StoredProduct:
    found = store.product_of(marketplace=marketplace, asin=asin)
    if found is None:
        raise Http404
    return found


def _address(marketplace: str, asin: str) -> str:
    return reverse("discovery:product", kwargs={"marketplace": marketplace, "asin": asin})
