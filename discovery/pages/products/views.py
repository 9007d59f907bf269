"""One product: what to pay for it at most, why, how it has sold, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from discovery.keepa.errors import KeepaError
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import ProductDecision, SearchResult
from discovery.pages.columns import ResultRow, row_of, tone_of
from discovery.pages.products.forms import CostField, DecisionForm
from discovery.pages.products.price_chart import (
    DEFAULT_WINDOW,
    WINDOWS,
    HistoryChart,
    price_chart,
    rank_chart,
)
from discovery.pages.products.waterfall import Step, waterfall
from discovery.products import decisions as products_decisions
from discovery.products import live_check, live_check_text, store
from discovery.profiles.service import ActiveProfile, UnknownProfile, active_profile, all_profiles
from discovery.runs import queries
from discovery.scoring import Score, score
from discovery.scoring.recheck import Outcome
from discovery.text import conditions, formats

APPEARANCES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Calculator:
    """What was typed, and what came of it."""

    cost: str
    error: str
    profile: ActiveProfile
    profiles: tuple[ActiveProfile, ...]


@dataclass(frozen=True, slots=True)
class WindowLink:
    value: str
    label: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class DecisionLine:
    pk: int
    kind: str
    text: str
    when: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    """What moved; ``better`` is None when it goes neither way."""

    text: str
    better: bool | None


@dataclass(frozen=True, slots=True)
class LiveOfferLine:
    seller: str
    condition: str
    total: str
    stock: str
    if_bought: str
    bought_tone: str
    if_matched: str
    matched_tone: str


@dataclass(frozen=True, slots=True)
class CheckPanel:
    """The last look at the live offers."""

    text: str
    icon: str
    tone: str
    when: str
    tokens: int
    cost: str
    findings: tuple[FindingLine, ...]
    offers: tuple[LiveOfferLine, ...]
    price: str


@dataclass(frozen=True, slots=True)
class ProductPage:
    marketplace: str
    row: ResultRow
    score: Score
    category: str
    brand: str
    age: str
    is_old: bool
    calculator: Calculator
    steps: tuple[Step, ...]
    check: CheckPanel | None
    check_tokens: int
    prices: HistoryChart
    rank: HistoryChart
    windows: tuple[WindowLink, ...]
    is_favourite: bool
    decisions: tuple[DecisionLine, ...]
    decision_form: DecisionForm
    appearances: tuple[SearchResult, ...]


@never_cache
@require_safe
def product(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """The page of a product we know: ``?cost=&profile=&window=``. Spends no token.

    For the calculator's htmx, only what depends on the cost and the profile.
    """
    page = _page(request, marketplace, asin)
    is_calculator = request.headers.get("HX-Target") == "computed"
    template = "money.html" if is_calculator else "product.html"
    return render(request, f"discovery/products/{template}", {"page": page})


@require_POST
def favourite(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """Make it a favourite, or no longer one: ``wanted=1|0``."""
    user = _user(request)
    _stored(marketplace, asin)
    if request.POST.get("wanted") == "0":
        products_decisions.remove_favourite(user=user, marketplace=marketplace, asin=asin)
    else:
        products_decisions.add_favourite(user=user, marketplace=marketplace, asin=asin)
    if request.POST.get("back") == "favourites":
        return redirect("discovery:favourites")
    return redirect("discovery:product", marketplace=marketplace, asin=asin)


@require_POST
def check(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """Buy the live offers and compare: ``cost=&profile=``. The answer is kept: reload is free."""
    user = _user(request)
    calculator, cost = _calculator(request.POST, user)
    kept = {"cost": calculator.cost, "profile": calculator.profile.slug}
    back = f"{_address(marketplace, asin)}?{urlencode(kept)}#check"
    if calculator.error:
        messages.error(request, calculator.error)
        return redirect(back)
    try:
        live_check.verify(
            user=user, marketplace=marketplace, asin=asin, profile=calculator.profile, cost=cost
        )
    except live_check.UnknownProduct:
        raise Http404 from None
    except KeepaError as error:
        messages.error(request, str(error))
    return redirect(back)


@require_POST
def decide(request: HttpRequest, marketplace: str, asin: str) -> HttpResponse:
    """Write a line of the log: bought, ignored, or a note."""
    _stored(marketplace, asin)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        page = _page(request, marketplace, asin, decision_form=form)
        return render(request, "discovery/products/product.html", {"page": page}, status=422)
    products_decisions.record_decision(
        user=_user(request), marketplace=marketplace, asin=asin, **form.decision()
    )
    messages.success(request, _("It is in your log."))
    return redirect(f"{_address(marketplace, asin)}#decisions")


@require_POST
def strike_out(request: HttpRequest, marketplace: str, asin: str, pk: int) -> HttpResponse:
    """Remove a line from one's own log."""
    if not products_decisions.forget_decision(user=_user(request), decision_id=pk):
        raise Http404
    return redirect(f"{_address(marketplace, asin)}#decisions")


def _page(
    request: HttpRequest, marketplace: str, asin: str, decision_form: DecisionForm | None = None
) -> ProductPage:
    now, user = timezone.now(), _user(request)
    stored = _stored(marketplace, asin)
    calculator, cost = _calculator(request.GET, user)
    scored = score(stored.facts, calculator.profile.settings, now=now, cost=cost)
    card = store.product_card(stored)
    window = request.GET.get("window", DEFAULT_WINDOW)
    window = window if window in WINDOWS else DEFAULT_WINDOW
    history = store.history_of_product(marketplace=marketplace, asin=asin)
    market = MARKETPLACES[marketplace]
    age = now - stored.fetched_at
    panel = _checked(user, stored, calculator.profile, scored, cost)
    log = products_decisions.decisions_of(owner=user, marketplace=marketplace, asin=asin)
    return ProductPage(
        marketplace=marketplace,
        row=row_of(card, scored, position=0),
        score=scored,
        category=card.category or "",
        brand=card.brand or "",
        age=formats.age(age),
        is_old=age > timedelta(days=1),
        calculator=calculator,
        steps=waterfall(scored),
        check=panel,
        check_tokens=live_check.MOST_TOKENS,
        prices=price_chart(
            history, now=now, window=window, currency=market.currency, exponent=market.exponent
        ),
        rank=rank_chart(history, now=now, window=window),
        windows=_windows(window),
        is_favourite=products_decisions.is_favourite(user=user, marketplace=marketplace, asin=asin),
        decisions=tuple(_decision_line(one, market.currency) for one in log),
        decision_form=decision_form or DecisionForm(),
        appearances=tuple(
            queries.appearances_of(owner=user, asin=asin, marketplace=marketplace)[
                :APPEARANCES_SHOWN
            ]
        ),
    )


def _checked(
    user: AbstractBaseUser,
    stored: store.StoredProduct,
    profile: ActiveProfile,
    scored: Score,
    cost: Decimal | None,
) -> CheckPanel | None:
    found = live_check.latest_check(user=user, marketplace=stored.marketplace, asin=stored.asin)
    if found is None:
        return None
    currency = scored.currency
    icon, tone = live_check_text.OUTCOME_TONES[Outcome(found.outcome)]
    lines = live_check.offers_of(
        found,
        facts=stored.facts,
        profile=profile,
        cost=cost or (None if scored.hypothetical else scored.landed_cost),
        price=scored.sell_price,
    )
    return CheckPanel(
        text=live_check_text.outcome_text(found.outcome),
        icon=icon,
        tone=tone,
        when=formats.when(found.checked_at),
        tokens=found.tokens_spent,
        cost=formats.money(found.cost, currency) if found.cost else "",
        findings=tuple(
            FindingLine(live_check_text.finding_text(one, currency=currency), one.better)
            for one in live_check.findings_of(found)
        ),
        offers=tuple(
            LiveOfferLine(
                seller=live_check_text.seller_label(one.kind),
                condition=live_check_text.offer_condition(one.condition),
                total=formats.money(one.total, currency),
                stock=formats.number(one.stock),
                if_bought=formats.money(one.if_bought, currency),
                bought_tone=tone_of(one.if_bought),
                if_matched=formats.money(one.if_matched, currency),
                matched_tone=tone_of(one.if_matched),
            )
            for one in lines
        ),
        price=formats.money(scored.sell_price, currency),
    )


def _calculator(data: QueryDict, user: AbstractBaseUser) -> tuple[Calculator, Decimal | None]:
    profiles = tuple(all_profiles(user=user))
    try:
        profile = active_profile(slug=data.get("profile") or None, user=user)
    except UnknownProfile:
        profile = active_profile(user=user)
    typed = data.get("cost", "").strip()[:20]
    cost, error = None, ""
    try:
        cost = CostField().clean(typed)
    except ValidationError as problem:
        error = " ".join(problem.messages)
    return Calculator(typed, error, profile, profiles), cost


def _windows(current: str) -> tuple[WindowLink, ...]:
    labels = {"30": _("30 d"), "90": _("90 d"), "365": _("1 year"), "all": _("Everything")}
    return tuple(WindowLink(value, labels[value], value == current) for value in WINDOWS)


def _decision_line(decision: ProductDecision, currency: str) -> DecisionLine:
    parts = []
    if decision.price is not None:
        price = formats.money(decision.price, currency)
        parts.append(f"{decision.quantity} × {price}" if decision.quantity else price)
    if decision.note:
        parts.append(decision.note)
    return DecisionLine(
        pk=decision.pk,
        kind=decision.get_kind_display(),
        text=conditions.joined(parts),
        when=formats.when(decision.created_at),
    )


def _stored(marketplace: str, asin: str) -> store.StoredProduct:
    found = store.product_of(marketplace=marketplace, asin=asin)
    if found is None:
        raise Http404
    return found


def _address(marketplace: str, asin: str) -> str:
    return reverse("discovery:product", kwargs={"marketplace": marketplace, "asin": asin})


def _user(request: HttpRequest) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)  # the middleware lets nobody else in
